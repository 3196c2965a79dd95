"""Files written under a temporary name and renamed, and directories made."""

from __future__ import annotations

import errno
import math
import os
import stat
import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final

from tfm.backends.local.entries import entry_of
from tfm.backends.local.places import Place, Places
from tfm.backends.local.system import translated, translating
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, IsDirectoryError, StorageError, UnsupportedOperation
from tfm.core.writing import Content, ObjectFacts, Precondition
from tfm.storage.atomic_file import AtomicFile
from tfm.storage.unnamed_file import write_unnamed

__all__ = [
    "make_directory",
    "must_be_free",
    "require_file_key",
    "set_directory_facts",
    "set_mode",
    "set_modified",
    "write_all",
    "write_whole",
    "writing_to",
    "written_entry",
]

_NANOSECONDS: Final = 1_000_000_000
_WRITTEN_BYTES: Final = 256 << 10
"""At once: of a MiB the system took four times the time, which went into finding memory of that length in one piece."""


def write_whole(places: Places, key: str, content: Content, facts: ObjectFacts, only_if: Precondition | None) -> Entry:
    def write(descriptor: int) -> None:
        write_all(descriptor, content, 0)
        set_modified(descriptor, facts.modified_timestamp, time.time_ns())

    free = must_be_free(key, only_if)
    with writing_to(places, key) as place:
        if free:
            unnamed = write_unnamed(place.name, write, mode=facts.mode, directory=place.directory)
            if unnamed is not None:
                return entry_of(key, unnamed, is_symlink=False)
        file = AtomicFile(place.name, only_if_free=free, mode=facts.mode, directory=place.directory)
        try:
            write(file.open())
            published = file.commit()
        except BaseException:
            file.abort()
            raise
    return written_entry(key, file, published)


def make_directory(places: Places, key: str, mode: int) -> Entry:
    with places.at(key, "mkdir") as place, translating(key, "mkdir"):
        os.mkdir(place.name, mode, dir_fd=place.directory)
        facts = os.stat(place.name, dir_fd=place.directory, follow_symlinks=False)
    return entry_of(key, facts, is_symlink=False)


def set_directory_facts(places: Places, key: str, facts: ObjectFacts) -> None:
    """Never set-user-id and set-group-id: it may have another owner than the directory that it is a copy of."""
    with places.at(key, "copy") as place, translating(key, "copy"):
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(place.name, flags, dir_fd=place.directory)
        try:
            set_modified(descriptor, facts.modified_timestamp)
            if facts.mode is not None:
                os.fchmod(descriptor, facts.mode & 0o1777)
        finally:
            os.close(descriptor)


def set_mode(places: Places, key: str, mode: int) -> Entry:
    with places.at(key, "chmod") as place, translating(key, "chmod"):
        # Where nothing is confined a link's target gets them, as by the system's own chmod.
        follows = not place.is_confined
        is_symlink = stat.S_ISLNK(os.stat(place.name, dir_fd=place.directory, follow_symlinks=False).st_mode)
        if is_symlink and not follows:
            raise ConflictError("This is a link, and none is followed here.", uri=key, operation="chmod")
        os.chmod(place.name, mode & 0o7777, dir_fd=place.directory)
        facts = os.stat(place.name, dir_fd=place.directory)
    return entry_of(key, facts, is_symlink=is_symlink)


class writing_to(AbstractContextManager[Place]):  # noqa: N801 - used as a function, and around each small file
    """Where the file ``key`` goes. The system's errors in the block become tfm's, with words for what is in the way."""

    __slots__ = ("_at", "_key", "_operation", "_place")

    def __init__(self, places: Places, key: str, operation: str = "write") -> None:
        require_file_key(key, operation)
        self._at = places.at(key, operation)
        self._key = key
        self._operation = operation

    def __enter__(self) -> Place:
        self._place = self._at.__enter__()
        return self._place

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if isinstance(error, OSError):
                _require_writable_kind(self._place, self._key, self._operation, error)
                if not isinstance(error, StorageError):
                    raise translated(error, self._key, self._operation) from error
        finally:
            self._at.__exit__(kind, error, trace)


def require_file_key(key: str, operation: str) -> None:
    if key.endswith("/"):
        raise IsDirectoryError(
            "This is the name of a directory.", next_step="Leave out the slash.", uri=key, operation=operation
        )


def must_be_free(key: str, only_if: Precondition | None, operation: str = "write") -> bool:
    """Raises UnsupportedOperation where ``only_if`` asks for an etag."""
    if only_if is not None and only_if.etag is not None:
        raise UnsupportedOperation("A disk has no etags to compare.", uri=key, operation=operation)
    return only_if is not None


def write_all(descriptor: int, content: Content, offset: int) -> None:
    """All of it: the system may take less at once than it is asked to, before it says that the disk is full."""
    view = memoryview(content).cast("B")
    while view:
        written = os.pwrite(descriptor, view[:_WRITTEN_BYTES], offset)
        view = view[written:]
        offset += written


def set_modified(descriptor: int, timestamp: float | None, accessed_ns: int | None = None) -> None:
    """The other time stays as it is, where it is not told."""
    if timestamp is None:
        return
    accessed = os.fstat(descriptor).st_atime_ns if accessed_ns is None else accessed_ns
    try:
        # By parts: a float of today's seconds, times a thousand million, would lose a tenth of a microsecond.
        seconds = math.floor(timestamp)
        modified = seconds * _NANOSECONDS + round((timestamp - seconds) * _NANOSECONDS)
        os.utime(descriptor, ns=(accessed, modified))
    except (OverflowError, ValueError):  # before or beyond what a disk can say, or not a number
        pass


def written_entry(key: str, file: AtomicFile, published: os.stat_result) -> Entry:
    return entry_of(key, published, is_symlink=file.followed)


def _require_writable_kind(place: Place, key: str, operation: str, error: OSError) -> None:
    """Says it in words where the system's bare number means a link, or a pipe, a socket or a device."""
    if error.errno == errno.ELOOP and place.is_confined:
        raise ConflictError(
            "A link has this name, and none is followed here.",
            next_step="Choose another name, or remove the link.",
            uri=key,
            operation=operation,
        ) from error
    if error.errno == errno.EINVAL and _is_special(place):
        raise UnsupportedOperation(
            "This is a pipe, a socket or a device, which is not written to as a file.", uri=key, operation=operation
        ) from error


def _is_special(place: Place) -> bool:
    try:
        mode = os.stat(place.name, dir_fd=place.directory, follow_symlinks=not place.is_confined).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode)
