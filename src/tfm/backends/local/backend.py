"""The local disk, by the names the operating system takes: keys are path texts, absolute or relative.

A prefix ``/home/x/`` lists that directory, ``/`` the root, ``./`` or the empty text the working directory. Names are
kept exactly, bytes that are not UTF-8 included (as the surrogates by which Python spells them).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from tfm.backends.local import removing, uploads, writing
from tfm.backends.local.entries import entry_of, target_facts
from tfm.backends.local.listing import list_directory
from tfm.backends.local.places import ConfinedPlaces, PathPlaces, Places
from tfm.backends.local.reading import open_file
from tfm.backends.local.syncing import sync_disk
from tfm.backends.local.system import copy_bytes, free_bytes, path_of, translating
from tfm.core.capability import Capability
from tfm.core.entry import Entry, Lookup
from tfm.core.errors import (
    InvalidPathError,
    NotDirectoryError,
    NotFoundError,
    StorageError,
    UnsupportedOperation,
)
from tfm.core.location import StorageAddress
from tfm.core.page import Page
from tfm.core.writing import (
    Condition,
    Content,
    DeleteFailure,
    ObjectFacts,
    Part,
    PartContent,
    Precondition,
    Upload,
    UploadLimits,
)
from tfm.storage.contract import PAGE_ENTRIES, Backend, BackendContext, Reader

if TYPE_CHECKING:
    from tfm.core.finding import Finding

# What the panes do not need to show a directory is imported by what needs it.

__all__ = ["LocalBackendFactory"]

_ANY_NUMBER: Final = 1 << 62


class LocalBackendFactory:
    """Opens ``file://``; there is nothing to configure."""

    def __init__(self, context: BackendContext) -> None:
        del context  # no request leaves this machine, and no setting is about the disk
        self._held = uploads.HeldUploads()

    def open(self, address: StorageAddress) -> Backend:
        if address.authority:
            raise InvalidPathError(
                f"file:// names no host here, but {address.authority!r} stands where one would.",
                next_step="Write three slashes: file:///path.",
                operation="open",
            )
        return _LocalBackend(address, PathPlaces(), self._held)


class _LocalBackend(Backend):
    capabilities = frozenset(
        {
            Capability.LOCAL_PATHS,
            Capability.WRITE,
            Capability.REMOVE_TREE,
            Capability.SERVER_COPY,
            Capability.RENAME,
            Capability.SET_MODE,
            Capability.TRASH,
        }
    )

    # A part costs opening the temporary, about 20 microseconds: beside a mebibyte that is nothing.
    upload_limits = UploadLimits(whole_bytes=16 << 20, part_bytes=1 << 20, most_parts=_ANY_NUMBER)

    def __init__(
        self, address: StorageAddress, places: Places, held: uploads.HeldUploads, prefix: str | None = None
    ) -> None:
        """``places`` say where keys are that are written; ``prefix`` is what they are confined to."""
        self.address = address
        self._places = places
        self._held = held
        self._prefix = prefix

    def identity(self) -> str:
        return f"file:{os.geteuid()}"

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        """At most 500 entries first and 5,000 later, whichever ``limit`` allows, in the disk's own order.

        A token is good for one page, since the operating system's position in a directory moves on by reading.
        """
        if recursive or start_after is not None:
            raise UnsupportedOperation(
                "A disk lists one directory, in no order.",
                next_step="List each directory by itself, from its beginning.",
                uri=prefix,
                operation="list",
            )
        return list_directory(prefix, token, limit)

    def stat(self, key: str) -> Lookup:
        """One lstat, and one stat more where it is a symbolic link; a broken link is told as ``file``."""
        path = path_of(key, "stat")
        if path.endswith("/") and path != "/":
            path = path[:-1]  # with the slash, lstat would follow a link, and a listing tells of the link
        try:
            with translating(key, "stat"):
                facts = os.lstat(path)
        except (NotFoundError, NotDirectoryError):
            return Lookup()
        is_symlink = stat.S_ISLNK(facts.st_mode)
        if is_symlink:
            facts = target_facts(path) or facts
        entry = entry_of(key, facts, is_symlink=is_symlink)
        if entry.is_directory:
            return Lookup(directory=entry)
        return Lookup() if key.endswith("/") else Lookup(file=entry)

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        """Open a regular file. Raises UnsupportedOperation for a FIFO, a socket or a device, and for ``if_match``."""
        if if_match is not None:
            raise UnsupportedOperation("A disk has no etags to compare.", uri=key, operation="read")
        return open_file(key, start, length)

    def diagnose(self, key: str | None, *, may_write: bool) -> Iterator[Finding]:
        from tfm.backends.local.doctor import examine_directory

        return examine_directory(key, may_write=may_write)

    def conditions(self) -> frozenset[Condition]:
        """COPY as far as there is something to compare: that the name is free, and the source one version of itself."""
        return frozenset({Condition.CREATE, Condition.COPY})

    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        """Written under a temporary name beside it, then renamed. Where ``key`` is a link, its target is replaced.

        Of the facts a disk keeps time and mode; a file has no content type, no metadata and no storage class. Raises
        UnsupportedOperation for an etag in ``only_if``, and where a pipe, a socket or a device has the name.
        """
        return writing.write_whole(self._places, key, content, facts, only_if)

    def begin_upload(self, key: str, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Upload:
        """Makes the temporary file, whose path is the upload's id; as :meth:`put`."""
        return uploads.begin_upload(self._places, self._held, key, facts, only_if)

    def put_part(self, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:
        return uploads.write_part(self._places, self._held, upload, number, content, offset)

    def finish_upload(self, upload: Upload, parts: Sequence[Part], *, checksum: int | None = None) -> Entry:
        """As :meth:`put`. The checksum is not compared: a disk keeps none, and reading all again is the caller's."""
        del checksum
        return uploads.finish_upload(self._places, self._held, upload, parts)

    def abort_upload(self, upload: Upload) -> None:
        uploads.abort_upload(self._places, self._held, upload)

    def delete(self, key: str, *, only_if: Precondition | None = None) -> None:
        """Unlinks a file, a pipe, or a link (not what it leads to: the key of one must not end in a slash)."""
        if only_if is not None:
            raise UnsupportedOperation("A disk has no etags to compare.", uri=key, operation="delete")
        removing.delete_file(self._places, key)

    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        """One after the other; a key that is not there is a failure, as it is for :meth:`delete`. A disk has no
        ``etags``."""
        del etags
        failures = []
        for key in keys:
            try:
                removing.delete_file(self._places, key)
            except StorageError as error:
                failures.append(DeleteFailure(key, error))
        return failures

    def make_directory(self, key: str, *, mode: int = 0o777) -> Entry:
        """``mode`` is what the umask leaves of it."""
        return writing.make_directory(self._places, key, mode)

    def remove_directory(self, key: str) -> None:
        """Raises NotDirectoryError for a link to a directory."""
        removing.remove_directory(self._places, key)

    def remove_tree(
        self, key: str, *, removed: Callable[[Entry], None], failed: Callable[[Entry, StorageError], None]
    ) -> None:
        """Bottom up; ``key`` itself comes last, with an empty name.

        Raises NotDirectoryError for a link to a directory, and InvalidRequestError for ``/``, ``.`` and ``..``.
        A directory that stays only because of what failed in it is not told as failed.
        """
        from tfm.backends.local.tree_removal import remove_tree

        remove_tree(self._places, key, removed, failed)

    def trash(self, key: str) -> str:
        """The text is the path of its .trashinfo. UnsupportedOperation on a disk that has no trash, and for what is in
        the trash already."""
        from tfm.backends.local.trash import to_trash

        return to_trash(self._places, key)

    def restore(self, key: str, trashed: str) -> None:
        from tfm.backends.local.trash import put_back

        put_back(key, trashed)

    def can_copy_from(self, source: StorageAddress) -> bool:
        """From any address of the disk, whatever its profile."""
        return (source.scheme, source.authority) == (self.address.scheme, self.address.authority)

    def copy_from(
        self,
        source: StorageAddress,
        entry: Entry,
        key: str,
        *,
        only_if: Precondition | None = None,
        copied: Callable[[int], None] | None = None,
    ) -> Entry:
        """Shares the blocks of the original where the disk can (btrfs, XFS), else the kernel copies, 8 MiB at a time;
        holes stay holes. Mode, times and extended attributes are kept, and by root the owner, as mv does between disks.

        A link that is copied replaces a link in its way; a file that is copied replaces what the link leads to, as put.
        Raises ConflictError for a file that changed meanwhile and for the file itself, UnsupportedOperation for a pipe,
        a socket or a device, and for an etag in ``only_if``.
        """
        from tfm.backends.local.copying import copy_file

        del source
        return copy_file(self._places, entry, key, only_if, copied)

    def rename(self, key: str, new_key: str, *, only_if: Precondition | None = None) -> None:
        """Links are renamed themselves. ConflictError where both keys are names of one file already."""
        from tfm.backends.local.renaming import rename

        confined = self._prefix is not None and key.startswith(self._prefix)
        rename(self._places if confined else PathPlaces(), self._places, key, new_key, only_if)

    def objection(self, key: str, *, below: str) -> str | None:
        from tfm.backends.local.objections import objection

        return objection(key, below=below)

    def confined(self, prefix: str) -> Backend:
        """Also deletes and renames below ``prefix`` only; what is read and listed is not confined. The directories that
        were last written to stay open, 32 at most, as long as the answer lives."""
        return _LocalBackend(self.address, ConfinedPlaces(prefix), self._held, prefix)

    def free_bytes(self, prefix: str) -> int | None:
        return free_bytes(prefix)

    # Where it is from says its key, whatever the address.
    def copy_bytes(self, source: StorageAddress, entry: Entry, *, below: str) -> int:  # noqa: ARG002
        return copy_bytes(entry.key, entry.size_bytes or 0, below)

    def set_directory_facts(self, key: str, facts: ObjectFacts) -> None:
        writing.set_directory_facts(self._places, key, facts)

    def set_mode(self, key: str, mode: int) -> Entry:
        return writing.set_mode(self._places, key, mode)

    def sync(self, prefix: str) -> None:
        sync_disk(prefix)

    def write_out(self, upload: Upload, *, offset: int, length: int) -> None:
        uploads.write_out(self._places, self._held, upload, offset, length)

    def read_upload(self, upload: Upload, *, start: int, length: int) -> bytes:
        return uploads.read_upload(self._places, self._held, upload, start, length)

    def sweep(self, prefix: str, *, keep: Collection[str] = ()) -> int:
        """0 where there is no such directory. An upload that this process began is held; one that another began is only
        if that process lives."""
        from tfm.backends.local.sweeping import sweep

        return sweep(self._places, prefix, keep)
