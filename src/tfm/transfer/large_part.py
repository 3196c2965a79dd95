"""A part that is too large for the memory: read again as often as its sending asks for it."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Final

from tfm.core.errors import DamagedError, NoSpaceError, StorageError
from tfm.core.progress import Cancel
from tfm.storage.crc32 import crc32 as crc32_of
from tfm.transfer.context import Cancelled
from tfm.transfer.meter import Meter

__all__ = ["LargePart", "kept_on_disk", "own_piece"]

Given = Generator[memoryview, None, None]
Pieces = Callable[[], Given]

_PIECE_BYTES: Final = 1 << 20
"""What a part is read and written by. A quarter of it took a fifth more of the processor, for what is around each."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_LARGE_FILES: Final = "/var/tmp"  # noqa: S108 - where there is one: /tmp is memory on many systems
_CHOICES: Final = ("TMPDIR", "TEMP", "TMP")


class _Own(threading.local):
    piece: bytearray | None = None


_OWN: Final = _Own()


def own_piece() -> memoryview:
    """The memory of a piece, of this thread."""
    if _OWN.piece is None:
        _OWN.piece = bytearray(_PIECE_BYTES)
    return memoryview(_OWN.piece)


class LargePart:
    """A :class:`tfm.core.writing.PartPieces` of what ``read`` gives each time. ``crc32`` is that of the last pieces
    that were given to their end: those that were sent, once it is. To be closed: who sends may stop in the middle."""

    def __init__(self, size_bytes: int, read: Pieces, meter: Meter, cancel: Cancel) -> None:
        self.crc32: int | None = None
        self._size_bytes = size_bytes
        self._read = read
        self._meter = meter
        self._cancel = cancel
        self._told = 0
        self._under_way: Given | None = None

    def __len__(self) -> int:
        return self._size_bytes

    def pieces(self, *, sends: bool = False) -> Given:
        self.close()
        self._under_way = self._given(sends=sends)
        return self._under_way

    def close(self) -> None:
        """Read no more of them; may be called again."""
        if self._under_way is not None:
            self._under_way.close()

    def _given(self, *, sends: bool) -> Given:
        if sends:
            self.tell(0)
        crc32 = done = 0
        with closing(self._read()) as pieces:
            for piece in pieces:
                if self._cancel.wanted:
                    raise Cancelled
                crc32 = crc32_of(piece, crc32)
                done += len(piece)
                if done == self._size_bytes:
                    self.crc32 = crc32
                yield piece
                if sends:
                    self.tell(done)

    def tell(self, sent_bytes: int) -> None:
        """Let the meter have counted so many bytes of it."""
        self._meter.add(sent_bytes - self._told)
        self._told = sent_bytes


@contextmanager
def kept_on_disk(pieces: Iterator[memoryview], size_bytes: int, uri: str) -> Iterator[Pieces]:
    """Take all of them, ``size_bytes``, and give what reads them again. They are in a file without a name, of which
    nothing is left after the block, nor after a kill. Raises NoSpaceError, and DamagedError where what is read is not
    what was written; ``uri`` is for those."""
    directory = _directory()
    with _telling(directory, uri):
        if shutil.disk_usage(directory).free < size_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        file = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115 - closed below
    with file:
        crc32 = 0
        for piece in pieces:
            crc32 = crc32_of(piece, crc32)
            with _telling(directory, uri):
                _write(file.fileno(), piece)
        yield partial(_pieces_again, file.fileno(), size_bytes, crc32, directory, uri)


def _pieces_again(descriptor: int, size_bytes: int, crc32: int, directory: str, uri: str) -> Given:
    view = own_piece()
    now = done = 0
    while done < size_bytes:
        with _telling(directory, uri):
            size = os.preadv(descriptor, [view[: size_bytes - done]], done)
        done += size
        now = crc32_of(view[:size], now)
        if not size or (done == size_bytes and now != crc32):
            raise DamagedError(
                f"What was kept for a moment in {directory} is not what had come; nothing of it was sent.",
                next_step="Copy it again; if that does not help, set TMPDIR to another disk.",
                uri=uri,
                operation="copy",
            )
        yield view[:size]


def _write(descriptor: int, piece: memoryview) -> None:
    """All of it: the system may take less at once than it is asked to, before it says that the disk is full."""
    while len(piece):
        piece = piece[os.write(descriptor, piece) :]


def _directory() -> str:
    chosen = any(os.environ.get(name) for name in _CHOICES)
    return tempfile.gettempdir() if chosen or not os.access(_LARGE_FILES, os.W_OK | os.X_OK) else _LARGE_FILES


@contextmanager
def _telling(directory: str, uri: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = NoSpaceError if error.errno in _FULL else StorageError
        raise kind(
            f"A part that is too large for the memory cannot be kept in {directory}: {error.strerror or error}.",
            next_step="Set TMPDIR to a directory with more room.",
            uri=uri,
            operation="copy",
            error_number=error.errno,
        ) from error
