"""The half of Path that changes the storage: bytes, directories, deletes."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from tfm.core.capability import Capability
from tfm.core.errors import ConflictError, IsDirectoryError, NotFoundError, StorageError, UnsupportedOperation
from tfm.core.progress import Progress
from tfm.core.writing import NOTHING_THERE, Content
from tfm.path.asking import AskingPath
from tfm.path.sessions import upload_recorder

if TYPE_CHECKING:
    # Whoever only reads should not load them.
    from tfm.operations.delete import DeleteSummary
    from tfm.storage.writer import ObjectWriter

__all__ = ["WritingPath"]


class WritingPath(AskingPath):
    """See :class:`tfm.Path`, which adds listings and open files."""

    __slots__ = ()

    # Bytes

    def write_bytes(self, data: Content) -> int:
        """Replace the object by these bytes, whole and at once; their number.

        One request up to the storage's multipart threshold (16 MiB), above it one for each part and two more. Raises
        IsDirectoryError where the path is written as a directory, NotFoundError (no such bucket; on a disk, no such
        directory), PermissionDeniedError, NoSpaceError; what was there is there still then.
        """
        view = memoryview(data).cast("B")
        key, record = self._writable_key("write"), upload_recorder(self.location.storage)
        with self._storage().writer(key, record=record) as writer:
            return writer.write(view)

    def write_text(
        self, data: str, encoding: str | None = None, errors: str | None = None, newline: str | None = None
    ) -> int:
        """Replace the object by this text; the number of characters. Requests and errors as :meth:`write_bytes`."""
        if not isinstance(data, str):
            raise TypeError(f"data must be str, not {type(data).__name__}")
        buffer = io.BytesIO()
        with io.TextIOWrapper(buffer, io.text_encoding(encoding), errors, newline) as text:
            text.write(data)
            text.flush()
            encoded = buffer.getvalue()
        self.write_bytes(encoded)
        return len(data)

    def touch(self, mode: int = 0o666, exist_ok: bool = True) -> None:  # noqa: ARG002 - an object has no mode
        """Make an empty object where there is none; one that is there keeps its content, and its time, which the
        storage sets itself.

        One request, none where the cache knows that it is there; where the storage is not known to enforce "only if
        the key is free", one more. ConflictError (a FileExistsError) where it is there and ``exist_ok`` is False.
        """
        storage, key = self._storage(), self._writable_key("touch")
        known = storage.known_file(key)
        try:
            if known is not None:
                raise ConflictError("Something is there already.", uri=str(self), operation="touch")
            storage.put(key, b"", only_if=NOTHING_THERE)
        except ConflictError:
            if not exist_ok:
                raise

    def _writer(self, *, exclusive: bool) -> ObjectWriter:
        """For an open file. A key that must be free and is known to be taken is refused now; no request."""
        storage, key = self._storage(), self._writable_key("open")
        if exclusive and storage.known_file(key) is not None:
            raise ConflictError("Something is there already.", uri=str(self), operation="open")
        only_if, record = NOTHING_THERE if exclusive else None, upload_recorder(self.location.storage)
        return storage.writer(key, only_if=only_if, record=record)

    # Directories

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Make a directory: on an object store a marker, for which the directories above need not be there.

        One request, none where the cache knows that it is there. On a disk as pathlib's. ConflictError (a
        FileExistsError) where it is known to be there and ``exist_ok`` is False; an object of the same name is no
        obstacle on an object store. A directory there that only the keys in it make gets its marker.
        """
        storage, place = self._storage(), self._place()
        try:
            if not place:
                self._make_root()
            elif parents and Capability.FLAT_KEYS not in storage.capabilities:
                self._make_with_parents(mode)
            else:
                storage.make_directory(place, mode=mode)
        except ConflictError:
            if not exist_ok or not (Capability.FLAT_KEYS in storage.capabilities or self.is_dir()):
                raise

    def _make_root(self) -> None:
        if not self.is_dir():
            raise NotFoundError(
                "There is no such bucket, and tfm makes none.",
                next_step="Make it with the provider's own tools.",
                uri=str(self),
                operation="mkdir",
            )
        raise ConflictError("The bucket is there already.", uri=str(self), operation="mkdir")

    def _make_with_parents(self, mode: int) -> None:
        storage, place = self._storage(), self._place()
        try:
            storage.make_directory(place, mode=mode)
        except NotFoundError:
            above = self.parent
            if above == self:
                raise
            above.mkdir(parents=True, exist_ok=True)
            storage.make_directory(place, mode=mode)

    def rmdir(self) -> None:
        """Remove an empty directory, its marker on an object store, after a look at what is in it: two requests there.

        Raises NotEmptyError (an OSError, ENOTEMPTY), NotFoundError, NotDirectoryError.
        """
        from tfm.operations.delete import remove_empty_directory

        remove_empty_directory(self._storage(), self._place())

    # Deletes

    def unlink(self, missing_ok: bool = False) -> None:
        """Delete the object: one request where the cache knows that it is there, two where not.

        Raises NotFoundError unless ``missing_ok``, IsDirectoryError where only a directory is here.
        """
        from tfm.operations.delete import delete_file

        try:
            delete_file(self._storage(), self._writable_key("delete"))
        except NotFoundError:
            if not missing_ok:
                raise

    def rmtree(
        self,
        *,
        dry_run: bool = False,
        progress: Callable[[Progress], None] | None = None,
        on_error: Callable[[StorageError], object] | None = None,
    ) -> DeleteSummary:
        """Delete this directory and everything in it; what was done, as a value with ``objects`` and ``size_bytes``.

        On object stores ``2 * ceil(n / 1000)`` requests for n objects, and one for each key that a batch cannot carry;
        the listing is a new one, whatever the cache has. ``progress`` is called after each thousand. Failures do not
        stop the rest: ``on_error`` gets each, or without one they are raised at the end, as OperationFailed with
        ``failures``. ``dry_run`` lists, counts and deletes nothing.

        Raises NotFoundError and NotDirectoryError where there is no such directory.
        """
        from tfm.operations.delete import delete_tree

        summary = delete_tree(self._storage(), self._place(), dry_run=dry_run, progress=progress, on_error=on_error)
        if on_error is None:
            summary.raise_failures(str(self))
        return summary

    # What only some storages have

    def chmod(self, mode: int, *, follow_symlinks: bool = True) -> None:  # noqa: ARG002 - LocalPath's arguments
        """Set the permission bits; UnsupportedOperation where the storage has none."""
        raise UnsupportedOperation("Nothing here has permission bits.", uri=str(self), operation="chmod")

    def symlink_to(self, target: str | os.PathLike[str], target_is_directory: bool = False) -> None:  # noqa: ARG002
        """Make a symbolic link that leads to ``target``; UnsupportedOperation where the storage has none."""
        raise UnsupportedOperation("There are no symbolic links here.", uri=str(self), operation="symlink")

    # What is common to them

    def _writable_key(self, operation: str) -> str:
        """The key of the object that is meant; IsDirectoryError where a directory is."""
        if self._lexical.directory:
            raise IsDirectoryError("This is a directory, not an object.", uri=str(self), operation=operation)
        return self._object_key()
