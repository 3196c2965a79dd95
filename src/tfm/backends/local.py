"""The local disk, by the names the operating system takes: keys are path texts, absolute or relative.

A prefix ``/home/x/`` lists that directory, ``/`` the root, ``./`` or the empty text the working directory. Names are
kept exactly, bytes that are not UTF-8 included (as the surrogates by which Python spells them).
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Final, NamedTuple, Protocol

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.errors import (
    InvalidPathError,
    InvalidRequestError,
    IsDirectoryError,
    NotDirectoryError,
    NotFoundError,
    PermissionDeniedError,
    StorageError,
    UnsupportedOperation,
)
from tfm.core.location import StorageAddress
from tfm.core.page import UNKNOWN_MODE, UNKNOWN_SIZE, UNKNOWN_TIME, Page, make_page
from tfm.storage.contract import PAGE_ENTRIES, Backend, BackendContext, Reader

__all__ = ["LocalBackendFactory"]

_FIRST_PAGE_ENTRIES: Final = 500
"""Rows that a screen can show come first; a cold lstat costs about 10 microseconds."""

_LATER_PAGE_ENTRIES: Final = 5000
_CHUNK_BYTES: Final = 1 << 20

_OPEN_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
"""O_NONBLOCK: a FIFO that took the file's place after it was looked at must not hold up the thread."""


class _Rows(Protocol):
    """What os.scandir gives; its own class has no public name."""

    def __iter__(self) -> Iterator[os.DirEntry[str]]: ...

    def close(self) -> None: ...


class _RowFacts(NamedTuple):
    """A row of a page; a tuple, because ten thousand of them are made in a second and none is kept."""

    kind: Kind
    size_bytes: int
    modified_timestamp: float
    mode: int
    is_symlink: bool


class LocalBackendFactory:
    """Opens ``file://``; there is nothing to share and nothing to configure."""

    def __init__(self, context: BackendContext) -> None:
        del context  # no request leaves this machine, and no setting is about the disk

    def open(self, address: StorageAddress) -> Backend:
        if address.authority:
            raise InvalidPathError(
                f"file:// names no host here, but {address.authority!r} stands where one would.",
                next_step="Write three slashes: file:///path.",
                operation="open",
            )
        return _LocalBackend(address)


class _LocalBackend(Backend):
    capabilities = frozenset({Capability.LOCAL_PATHS})

    def __init__(self, address: StorageAddress) -> None:
        self.address = address

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
        if token is None:
            rows = _open_directory(prefix)
            limit = min(limit, _FIRST_PAGE_ENTRIES)
        elif isinstance(token, _OpenDirectory):
            rows = token.take(prefix)
            limit = min(limit, _LATER_PAGE_ENTRIES)
        else:
            raise InvalidRequestError("This token is of another storage.", uri=prefix, operation="list")
        return _read_page(prefix, rows, limit)

    def stat(self, key: str) -> Lookup:
        """One lstat, and one stat more where it is a symbolic link; a broken link is told as ``file``."""
        path = _path_of(key, "stat")
        if path.endswith("/") and path != "/":
            path = path[:-1]  # with the slash, lstat would follow a link, and a listing tells of the link
        try:
            with _translating(key, "stat"):
                facts = os.lstat(path)
        except (NotFoundError, NotDirectoryError):
            return Lookup()
        is_symlink = stat.S_ISLNK(facts.st_mode)
        if is_symlink:
            facts = _target_facts(path) or facts
        entry = _entry(key, facts, is_symlink=is_symlink)
        if entry.is_directory:
            return Lookup(directory=entry)
        return Lookup() if key.endswith("/") else Lookup(file=entry)

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        """Open a regular file. Raises UnsupportedOperation for a FIFO, a socket or a device, and for ``if_match``."""
        if if_match is not None:
            raise UnsupportedOperation("A disk has no etags to compare.", uri=key, operation="read")
        path = _path_of(key, "read")
        with _translating(key, "read"), ExitStack() as stack:
            # Before it is opened, since opening alone can rewind a tape or wake the writer of a FIFO.
            _require_regular(os.stat(path).st_mode, key)
            descriptor = os.open(path, _OPEN_FLAGS)
            stack.callback(os.close, descriptor)
            reader = _open_reader(descriptor, key, start, length)
            stack.pop_all()
            return reader


class _OpenDirectory:
    """The rest of a directory, to be taken once. Dropped, it closes the directory."""

    __slots__ = ("_lock", "_rows", "prefix")

    def __init__(self, prefix: str, rows: _Rows) -> None:
        self.prefix = prefix
        self._rows: _Rows | None = rows
        self._lock = threading.Lock()

    def take(self, prefix: str) -> _Rows:
        with self._lock:
            rows = self._rows
            if rows is None or prefix != self.prefix:
                raise InvalidRequestError(
                    "This token was used before, or is another directory's.",
                    next_step="List the directory from its beginning.",
                    uri=prefix,
                    operation="list",
                )
            self._rows = None
        return rows

    def __del__(self) -> None:
        if self._rows is not None:
            self._rows.close()


class _FileReader(Reader):
    """Reads to the end that the file has now: sizes in /proc are 0, and a log grows."""

    def __init__(self, descriptor: int, entry: Entry, left: int | None) -> None:
        self.entry = entry
        self._file = os.fdopen(descriptor, "rb", buffering=0)
        self._left = left

    def read(self, size: int = -1) -> bytes:
        if size >= 0:
            return self._read_once(size)
        return b"".join(iter(lambda: self._read_once(_CHUNK_BYTES), b""))

    def _read_once(self, size: int) -> bytes:
        # Capped: the buffer is allocated before it is known how much there is.
        size = min(size, _CHUNK_BYTES) if self._left is None else min(size, _CHUNK_BYTES, self._left)
        if size == 0:
            return b""
        with _translating(self.entry.key, "read"):
            data = self._file.read(size) or b""
        if self._left is not None:
            self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()


def _open_directory(prefix: str) -> _Rows:
    if prefix and not prefix.endswith("/"):
        raise InvalidPathError(
            "A directory's prefix ends in a slash.", next_step="Add one.", uri=prefix, operation="list"
        )
    path = _path_of(prefix, "list")
    with _translating(prefix, "list"):
        return os.scandir(path)


def _read_page(prefix: str, rows: _Rows, limit: int) -> Page:
    """The next ``limit`` rows in columns. A last page may be empty: the end is seen by reaching it."""
    with ExitStack() as stack:
        stack.callback(rows.close)
        with _translating(prefix, "list"):
            batch = list(islice(rows, limit))
        facts = [_row_facts(row) for row in batch]
        token = None
        if len(batch) == limit:
            token = _OpenDirectory(prefix, rows)
            stack.pop_all()
        return make_page(
            prefix,
            [row.name for row in batch],
            bytes([fact.kind for fact in facts]),
            [fact.size_bytes for fact in facts],
            [fact.modified_timestamp for fact in facts],
            modes=[fact.mode for fact in facts],
            symlinks=bytes([fact.is_symlink for fact in facts]),
            token=token,
        )


def _row_facts(row: os.DirEntry[str]) -> _RowFacts:
    """What a row says of itself. One that vanished or may not be looked at is still a row, with unknown facts."""
    try:
        is_symlink = row.is_symlink()
        facts = row.stat(follow_symlinks=False)
    except OSError:
        return _RowFacts(_kind_unasked(row), UNKNOWN_SIZE, UNKNOWN_TIME, UNKNOWN_MODE, is_symlink=False)
    if is_symlink:
        try:
            facts = row.stat()
        except OSError:  # broken, a loop, or not ours to follow: the link's own facts remain
            pass
    return _RowFacts(_kind_of(facts.st_mode), facts.st_size, facts.st_mtime, facts.st_mode, is_symlink=is_symlink)


def _kind_unasked(row: os.DirEntry[str]) -> Kind:
    """The kind by what the directory itself says, which is known without asking for the row."""
    try:
        if row.is_dir(follow_symlinks=False):
            return Kind.DIRECTORY
        return Kind.FILE if row.is_file(follow_symlinks=False) else Kind.OTHER
    except OSError:
        return Kind.OTHER


def _kind_of(mode: int) -> Kind:
    if stat.S_ISDIR(mode):
        return Kind.DIRECTORY
    return Kind.FILE if stat.S_ISREG(mode) else Kind.OTHER


def _target_facts(path: str) -> os.stat_result | None:
    """The facts of what a symbolic link points to, None where that cannot be had."""
    try:
        return os.stat(path)
    except OSError:
        return None


def _entry(key: str, facts: os.stat_result, *, is_symlink: bool) -> Entry:
    kind = _kind_of(facts.st_mode)
    name = key.removesuffix("/").rpartition("/")[2]
    if kind is Kind.DIRECTORY and key and not key.endswith("/"):
        key += "/"
    return Entry(name, key, kind, facts.st_size, facts.st_mtime, is_symlink=is_symlink, mode=facts.st_mode)


def _open_reader(descriptor: int, key: str, start: int, length: int | None) -> Reader:
    facts = os.fstat(descriptor)
    _require_regular(facts.st_mode, key)
    if start and facts.st_size and start >= facts.st_size:
        length = 0
    elif start:
        try:
            os.lseek(descriptor, start, os.SEEK_SET)
        except (OSError, OverflowError) as error:
            beyond = isinstance(error, OverflowError) or error.errno == errno.EINVAL
            if start < 0 or not beyond:
                raise
            length = 0  # no file here can be so long
    return _FileReader(descriptor, _entry(key, facts, is_symlink=False), length)


def _require_regular(mode: int, key: str) -> None:
    """Raises IsDirectoryError, or UnsupportedOperation for what may block for ever or never end."""
    if stat.S_ISDIR(mode):
        raise IsDirectoryError("This is a directory.", next_step="Open a file in it.", uri=key, operation="read")
    if not stat.S_ISREG(mode):
        raise UnsupportedOperation(
            "This is a pipe, a socket or a device, which is not read as a file.", uri=key, operation="read"
        )


def _path_of(key: str, operation: str) -> str:
    """``key`` as the operating system takes it. Raises InvalidPathError for text that can name no file."""
    try:
        if b"\0" in os.fsencode(key):
            raise InvalidPathError("A path cannot contain a NUL.", uri=key, operation=operation)
    except UnicodeEncodeError as error:
        raise InvalidPathError("This text cannot be a path here.", uri=key, operation=operation) from error
    return key or "."


@contextmanager
def _translating(key: str, operation: str) -> Iterator[None]:
    """The operating system's errors within the block become tfm's."""
    try:
        yield
    except StorageError:  # most of tfm's own are OSErrors too
        raise
    except OSError as error:
        raise _translated(error, key, operation) from error


def _translated(error: OSError, key: str, operation: str) -> StorageError:
    kind: type[StorageError]
    step = ""
    match error.errno:
        case errno.ENOENT:
            kind = NotFoundError
        case errno.ENOTDIR:
            kind = NotDirectoryError
        case errno.EISDIR:
            kind = IsDirectoryError
        case errno.EACCES | errno.EPERM:
            kind, step = PermissionDeniedError, "Ask its owner for access, or run tfm as a user who has it."
        case errno.ELOOP:
            kind, step = InvalidPathError, "Its symbolic links lead in a circle."
        case errno.ENAMETOOLONG:
            kind, step = InvalidPathError, "Use a shorter name."
        case errno.EMFILE | errno.ENFILE:
            kind, step = InvalidRequestError, "Raise the limit of open files (ulimit -n)."
        case errno.EIO:
            kind, step = InvalidRequestError, "The disk or the network file system failed; see the system's log."
        case _:
            kind = InvalidRequestError
    return kind(
        f"{error.strerror or error}.",
        next_step=step,
        uri=key or ".",
        operation=operation,
        error_number=error.errno,
    )
