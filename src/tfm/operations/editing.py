"""Edit an object with a program of this machine: fetched to a private file, and stored again only if it was changed and
nobody else has changed the object meanwhile."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from tfm.core.entry import Asked, Entry, Kind
from tfm.core.errors import ConflictError, DamagedError, IsDirectoryError, NotFoundError, StorageError
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.core.writing import NOTHING_THERE, ObjectFacts, Precondition
from tfm.operations.naming import key_of_name
from tfm.storage.session import Session
from tfm.storage.storage import Storage

__all__ = ["LocalCopy", "safe_name"]

_PIECE_BYTES: Final = 1 << 20
_LONGEST_NAME_BYTES: Final = 200
_BEGINNING_BYTES: Final = 4096


class LocalCopy:
    """A copy of one object on this disk, in a directory of its own that only this user sees.

    :meth:`fetch`, then a program, then :meth:`store` if :meth:`is_changed`, and :meth:`discard`. The file is never
    removed by itself: what somebody has typed is gone only when it is safe elsewhere, or was never there.
    """

    def __init__(self, session: Session, location: Location) -> None:
        self.location: Final = location
        self.path = ""
        self._storage: Final[Storage] = session.storage(location.storage)
        self._entry: Entry | None = None
        self._facts = ObjectFacts()
        self._digest = b""
        self._is_gone = False

    def fetch(self, tell: Callable[[Progress], None], cancel: Cancel) -> bool:
        """Get the object, one version of it, verified as far as its storage has something to compare; one request, and
        one for each break. False where it was cancelled: then nothing is left.

        Raises what the storage answers, IsDirectoryError, and StorageError where this disk takes no copy.
        """
        if self.location.kind is Kind.DIRECTORY:
            raise IsDirectoryError("A directory is not edited.", uri=self._uri, operation="edit")
        with _of_this_disk():
            return self._fetch(tell, cancel)

    def _fetch(self, tell: Callable[[Progress], None], cancel: Cancel) -> bool:
        directory = tempfile.mkdtemp(prefix="tfm-edit-")  # 0700
        self.path = os.path.join(directory, safe_name(self.location.key))
        digest = hashlib.sha256()
        try:
            with self._storage.read(self.location.key) as reader:
                self._entry = reader.entry
                total = reader.entry.size_bytes
                done = 0
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                with open(os.open(self.path, flags, 0o600), "wb") as file:
                    while piece := reader.read(_PIECE_BYTES):
                        if cancel.wanted:
                            self.discard()
                            return False
                        file.write(piece)
                        digest.update(piece)
                        done += len(piece)
                        tell(Progress(0, 1, done, total, self.location.key))
                self._facts = reader.facts or ObjectFacts()
            if total is not None and done != total:
                raise DamagedError(f"{done:,} bytes of {total:,} came.", uri=self._uri, operation="edit")
        except BaseException:
            self.discard()
            raise
        self._digest = digest.digest()
        return True

    def beginning(self) -> bytes:
        """Its first 4 KiB. Raises StorageError where it cannot be read."""
        with _of_this_disk(), open(self.path, "rb") as file:
            return file.read(_BEGINNING_BYTES)

    def is_changed(self) -> bool:
        """Whether the file's content is another one than was fetched. False where the program has
        removed it. Reads it. Raises StorageError where it cannot be read."""
        with _of_this_disk():
            try:
                return self._digest_now() != self._digest
            except FileNotFoundError:
                return False

    def _digest_now(self) -> bytes:
        with open(self.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").digest()

    def store(self, tell: Callable[[Progress], None], cancel: Cancel) -> Entry:
        """Put the file's content in the object's place, if that is still what was fetched, or accepted by
        :meth:`accept`; type, metadata and tags stay. One request up to 16 MiB or so, one before where the storage is
        not known to compare versions, and one where there are tags.

        Raises ConflictError where somebody else has changed or removed it, and what the storage answers; the file
        stays where it is then, and this may be tried again.
        """
        try:
            entry = self._write(self.location.key, self._precondition(), tell, cancel)
        except (ConflictError, NotFoundError) as error:
            if cancel.wanted:
                raise
            raise ConflictError(
                "Somebody else has changed or removed it since it was opened: nothing is replaced.",
                next_step=f"Your text is in {self.path}; compare the two.",
                uri=self._uri,
                operation="edit",
            ) from error
        self._entry, self._is_gone = entry, False
        return entry

    def store_as(self, name: str, tell: Callable[[Progress], None], cancel: Cancel) -> Location:
        """Put the file's content beside the object, as ``name``, with the object's type, metadata and tags; where it
        is. What is there is never replaced.

        Raises ConflictError where something is there, InvalidPathError for no name, and what the storage answers; the
        file stays where it is then.
        """
        above = Location(self.location.storage, self.location.key.rpartition("/")[0], Kind.DIRECTORY)
        directory = replace(above, key=f"{above.key}/" if above.key or self.location.key.startswith("/") else "")
        key = key_of_name(self._storage, directory, name, operation="edit")
        self._write(key, NOTHING_THERE, tell, cancel)
        return replace(self.location, key=key)

    def look(self) -> Entry | None:
        """What is there now, None where nothing is. One request. Raises what the storage answers."""
        return self._storage.lookup(self.location.key, fresh=True, asked=Asked.FILE).file

    def accept(self, there: Entry | None) -> None:
        """From now on ``there``, which :meth:`look` has seen, is what :meth:`store` replaces."""
        self._entry, self._is_gone = there, there is None

    def _said(self) -> ObjectFacts:
        """What the object said of itself when it was fetched, with the tags that it has by now; without where it is
        gone."""
        try:
            return self._storage.with_tags(self.location.key, self._facts)
        except NotFoundError:
            return replace(self._facts, untold_tags=0)

    def _write(self, key: str, only_if: Precondition | None, tell: Callable[[Progress], None], cancel: Cancel) -> Entry:
        facts = replace(self._said(), modified_timestamp=None, mode=None)
        with _of_this_disk(), open(self.path, "rb") as file:
            total = os.fstat(file.fileno()).st_size
            with self._storage.writer(key, facts=facts, only_if=only_if) as writer:
                while piece := file.read(_PIECE_BYTES):
                    if cancel.wanted:
                        raise ConflictError(
                            "Stopped before it was stored.",
                            next_step=f"Your text is in {self.path}.",
                            uri=self._uri,
                            operation="edit",
                        )
                    writer.write(piece)
                    tell(Progress(0, 1, writer.written_bytes, total, key))
                return writer.commit()

    def _precondition(self) -> Precondition | None:
        if self._is_gone:
            return NOTHING_THERE
        before = self._entry
        if before is None:
            raise ValueError("nothing was fetched")
        if before.etag is not None:
            return Precondition(before.etag)
        # Nothing to name the version by: what a look of this moment tells is compared.
        now = self._storage.lookup(self.location.key, fresh=True, asked=Asked.FILE).file
        if now is None:
            raise NotFoundError("It is not there any more.", uri=self._uri, operation="edit")
        if (now.size_bytes, now.modified_timestamp) != (before.size_bytes, before.modified_timestamp):
            raise ConflictError("It is not what was opened.", uri=self._uri, operation="edit")
        return None

    def discard(self) -> None:
        """Remove the file and its directory, with what the program has left there (backups, swap files)."""
        if self.path:
            shutil.rmtree(os.path.dirname(self.path), ignore_errors=True)

    @property
    def _uri(self) -> str:
        return self._storage.uri_of(self.location.key)


@contextmanager
def _of_this_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(
            f"The copy on this disk: {error.strerror or error}.",
            next_step=f"Look at {tempfile.gettempdir()}, or set TMPDIR to a directory with room.",
            operation="edit",
        ) from error


def safe_name(key: str) -> str:
    """The last part of ``key`` as a name for a file of this disk: its ending stays, so that programs know what it is;
    control characters do not, nor what only looks like a name."""
    name = key.removesuffix("/").rpartition("/")[2]
    name = "".join(letter if letter.isprintable() or letter == "\u200d" else "_" for letter in name)
    encoded = name.encode("utf-8", "replace")
    if len(encoded) > _LONGEST_NAME_BYTES:
        stem, dot, ending = name.rpartition(".")
        ending = f"{dot}{ending}" if stem and len(ending) < 20 else ""
        room = _LONGEST_NAME_BYTES - len(ending.encode())
        name = encoded[:room].decode("utf-8", "ignore") + ending
    return name if name.strip(". ") else f"object{name.strip(' ')}"
