"""A regular file, read from where it is asked for."""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

from tfm.backends.local.entries import entry_of
from tfm.backends.local.system import path_of, translating
from tfm.core.errors import IsDirectoryError, UnsupportedOperation
from tfm.core.writing import ObjectFacts
from tfm.storage.contract import Reader

__all__ = ["open_file", "require_regular"]

_CHUNK_BYTES: Final = 1 << 20

_LEAST_BYTES: Final = 4096
"""What is asked for where a file goes on beyond the size that it had."""

_OPEN_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
"""O_NONBLOCK: a FIFO that took the file's place after it was looked at must not hold up the thread."""


def open_file(key: str, start: int, length: int | None) -> Reader:
    """Raises UnsupportedOperation for a FIFO, a socket or a device."""
    path = path_of(key, "read")
    with translating(key, "read"):
        # Before it is opened, since opening alone can rewind a tape or wake the writer of a FIFO.
        require_regular(os.stat(path).st_mode, key, "read")
        descriptor = os.open(path, _OPEN_FLAGS)
        try:
            return _open_reader(descriptor, key, start, length)
        except BaseException:
            os.close(descriptor)
            raise


class _FileReader(Reader):
    """Reads to the end that the file has now: sizes in /proc are 0, and a log grows."""

    _descriptor: int | None = None

    def __init__(self, descriptor: int, key: str, facts: os.stat_result, left: int | None) -> None:
        self.entry = entry_of(key, facts, is_symlink=False)
        self.facts = ObjectFacts(modified_timestamp=facts.st_mtime, mode=stat.S_IMODE(facts.st_mode))
        self._descriptor = descriptor
        self._guess = facts.st_size + 1  # so that a small file comes at once, and what was missing of it tells so
        self._whole = facts.st_size
        """0 as soon as anything was read."""

        self._left = left

    def read(self, size: int = -1) -> bytes:
        if size >= 0:
            self._whole = 0
            return self._read_once(size)
        whole, self._whole = self._whole, 0
        first = self._read_once(_CHUNK_BYTES)
        if 0 < whole == len(first) < _CHUNK_BYTES:
            return first  # one byte more was asked for, and did not come
        return first + b"".join(iter(lambda: self._read_once(_CHUNK_BYTES), b""))

    def readinto(self, view: memoryview) -> int:
        if self._descriptor is None:
            raise ValueError("read of a closed reader")
        self._whole = 0
        if self._left is not None:
            view = view[: self._left]
        if not len(view):
            return 0
        with translating(self.entry.key, "read"):
            size = os.readv(self._descriptor, [view])
        if self._left is not None:
            self._left -= size
        return size

    def _read_once(self, size: int) -> bytes:
        if self._descriptor is None:
            raise ValueError("read of a closed reader")
        # Capped: the buffer is allocated before it is known how much there is.
        size = min(size, _CHUNK_BYTES) if self._left is None else min(size, _CHUNK_BYTES, self._left)
        size, self._guess = min(size, max(self._guess, _LEAST_BYTES)), max(0, self._guess - size)
        if size == 0:
            return b""
        with translating(self.entry.key, "read"):
            data = os.read(self._descriptor, size)
        if self._left is not None:
            self._left -= len(data)
        return data

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()


def _open_reader(descriptor: int, key: str, start: int, length: int | None) -> Reader:
    facts = os.fstat(descriptor)
    require_regular(facts.st_mode, key, "read")
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
    return _FileReader(descriptor, key, facts, length)


def require_regular(mode: int, key: str, operation: str) -> None:
    """Raises IsDirectoryError, or UnsupportedOperation for what may block for ever or never end."""
    if stat.S_ISDIR(mode):
        raise IsDirectoryError("This is a directory.", next_step="Open a file in it.", uri=key, operation=operation)
    if not stat.S_ISREG(mode):
        raise UnsupportedOperation(
            "This is a pipe, a socket or a device, which is not read as a file.", uri=key, operation=operation
        )
