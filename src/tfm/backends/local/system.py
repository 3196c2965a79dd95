"""How the operating system is spoken to: path texts, and its errors as tfm's own."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from types import TracebackType
from typing import Final

from tfm.backends.local.block_sharing import may_share_blocks
from tfm.core.errors import (
    ConflictError,
    InvalidPathError,
    InvalidRequestError,
    IsDirectoryError,
    NoSpaceError,
    NotDirectoryError,
    NotEmptyError,
    NotFoundError,
    PermissionDeniedError,
    ReadOnlyError,
    StorageError,
)

__all__ = ["copy_bytes", "free_bytes", "path_of", "translated", "translating"]

_MORE_SPACE: Final = "Free some space there, or choose another disk."
_MORE_RIGHTS: Final = "Ask its owner for access, or run tfm as a user who has it."
_BLOCK_BYTES: Final = 512
"""What st_blocks counts, whatever the disk's own blocks are: https://man7.org/linux/man-pages/man3/stat.3type.html"""

_MORE_FILES: Final = "Raise the limit of open files (ulimit -n)."

_ERRORS: Final[Mapping[int, tuple[type[StorageError], str]]] = {
    errno.ENOENT: (NotFoundError, ""),
    errno.ENOTDIR: (NotDirectoryError, ""),
    errno.EISDIR: (IsDirectoryError, ""),
    errno.EEXIST: (ConflictError, "Choose another name, or let it be replaced."),
    errno.ENOTEMPTY: (NotEmptyError, "Remove what is in it first."),
    errno.EACCES: (PermissionDeniedError, _MORE_RIGHTS),
    errno.EPERM: (PermissionDeniedError, _MORE_RIGHTS),
    errno.EROFS: (ReadOnlyError, "Choose a place that is not mounted for reading only."),
    errno.ENOSPC: (NoSpaceError, _MORE_SPACE),
    errno.EDQUOT: (NoSpaceError, _MORE_SPACE),
    errno.EFBIG: (NoSpaceError, "A file may not be so large there: choose another disk, or raise ulimit -f."),
    errno.ELOOP: (InvalidPathError, "Its symbolic links lead in a circle."),
    errno.ENAMETOOLONG: (InvalidPathError, "Use a shorter name."),
    errno.EMFILE: (InvalidRequestError, _MORE_FILES),
    errno.ENFILE: (InvalidRequestError, _MORE_FILES),
    errno.EIO: (InvalidRequestError, "The disk or the network file system failed; see the system's log."),
    errno.EBUSY: (InvalidRequestError, "Something is mounted there, or the system uses it."),
}
"""The operating system's errors, and what the reader can do about them."""


def path_of(key: str, operation: str) -> str:
    """``key`` as the operating system takes it. Raises InvalidPathError for text that can name no file."""
    try:
        if b"\0" in os.fsencode(key):
            raise InvalidPathError("A path cannot contain a NUL.", uri=key, operation=operation)
    except UnicodeEncodeError as error:
        raise InvalidPathError("This text cannot be a path here.", uri=key, operation=operation) from error
    return key or "."


class translating:  # noqa: N801 - used as a function; a generator would cost as much as what is done in its block
    """The operating system's errors within the block become tfm's."""

    __slots__ = ("_key", "_operation")

    def __init__(self, key: str, operation: str) -> None:
        self._key = key
        self._operation = operation

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError) and not isinstance(error, StorageError):  # most of tfm's own are OSErrors too
            raise translated(error, self._key, self._operation) from error


def translated(error: OSError, key: str, operation: str) -> StorageError:
    kind, step = _kind_and_step(error.errno, operation)
    return kind(
        f"{error.strerror or error}.",
        next_step=step,
        uri=key or ".",
        operation=operation,
        error_number=error.errno,
    )


def _kind_and_step(number: int | None, operation: str) -> tuple[type[StorageError], str]:
    if number == errno.EEXIST and operation == "rmdir":
        number = errno.ENOTEMPTY  # POSIX allows either
    return _ERRORS.get(number or 0, (InvalidRequestError, ""))


def free_bytes(prefix: str) -> int | None:
    """What this user may still write on the disk of the directory ``prefix``; None where it does not say."""
    try:
        facts = os.statvfs(path_of(prefix or os.curdir, "copy"))
    except OSError:
        return None
    if not facts.f_blocks:  # of a file system that is made of something else
        return None
    return facts.f_frsize * (facts.f_bfree if os.geteuid() == 0 else facts.f_bavail)


def copy_bytes(key: str, size_bytes: int, below: str) -> int:
    """What a copy of that file takes at most below the directory ``below``: none of its holes, and nothing within one
    file system that lets copies share their blocks, or does not say that it does not."""
    path, directory = path_of(key, "copy"), path_of(below or os.curdir, "copy")
    try:
        facts = os.lstat(path)
        device = os.stat(directory).st_dev
    except OSError:
        return size_bytes
    if facts.st_dev == device and may_share_blocks(path, facts, directory):
        return 0
    return min(size_bytes, facts.st_blocks * _BLOCK_BYTES)
