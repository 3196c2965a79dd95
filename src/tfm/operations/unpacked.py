"""What a compressed object holds, looked at as an object is. Only what is wanted is unpacked, and what is before it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from tfm.core.errors import StorageError
from tfm.core.progress import Cancel, Progress
from tfm.operations.compression import Compression, decoder_of
from tfm.operations.held_bytes import ByteSource
from tfm.operations.unpacking import PIECE_BYTES, Checkpoints, Unpacking
from tfm.operations.view import BytesNotLoadedError

__all__ = ["UNKNOWN_SIZE_BYTES", "Unpacked"]

UNKNOWN_SIZE_BYTES: Final = 1 << 62
"""The size as long as nobody has seen the end."""

_MOST_BLOCKS: Final = 256
"""16 MiB of what was unpacked are kept."""

_MOST_WAITING: Final = 8
_LOOKING_RANGE_BYTES: Final = 1024 * 1024
_SEARCHING_RANGE_BYTES: Final = 64 * 1024 * 1024


class Unpacked:
    """Over the compressed bytes of ``packed``, of which the size is known. ``changed`` is called in its thread.

    Costs what is read of ``packed``: from the nearest checkpoint on to what is wanted. Going on costs no more than what
    comes next. ``error`` is what the last read ended with; ``cut_off`` where the compressed bytes end too early.
    """

    def __init__(self, compression: Compression, packed: ByteSource, changed: Callable[[], None]) -> None:
        decoder_of(compression)  # raises StorageError where its library is missing
        self.compression: Final = compression
        self.error: StorageError | None = None
        self.cut_off = False
        self._packed = packed
        self._packed_size = packed.size_bytes or 0
        self._changed = changed
        self._size: int | None = None
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._checkpoints = Checkpoints()
        self._parked: dict[bool, Unpacking] = {}  # one that looks, one that searches
        self._waiting: list[tuple[int, int]] = []
        self._closed = False
        self._condition = threading.Condition()

    def open(self) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._run, name="tfm-unpack", daemon=True).start()

    def close(self) -> None:
        """Unpack no more; ``changed`` is not called any more, save by a call that is under way."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    @property
    def size_bytes(self) -> int | None:
        """:data:`UNKNOWN_SIZE_BYTES` until the end was seen."""
        return UNKNOWN_SIZE_BYTES if self._size is None else self._size

    @property
    def known_size_bytes(self) -> int | None:
        return self._size

    def bytes_at(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` to ``end``, fewer at the end. Raises BytesNotLoadedError, at once."""
        with self._condition:
            if self._size is not None:
                end = min(end, self._size)
            start = max(0, start)
            if start >= end:
                return b""
            numbers = range(start // PIECE_BYTES, (end - 1) // PIECE_BYTES + 1)
            if all(number in self._blocks for number in numbers):
                for number in numbers:
                    self._blocks.move_to_end(number)
                joined = b"".join([self._blocks[number] for number in numbers])
                first = start - numbers[0] * PIECE_BYTES
                return joined[first : first + end - start]
            if self.error is None:
                wanted = (start, end)
                self._waiting = ([each for each in self._waiting if each != wanted] + [wanted])[-_MOST_WAITING:]
                self._condition.notify_all()
        raise BytesNotLoadedError

    def awaited_bytes(self, start: int, end: int) -> bytes:
        """As :meth:`bytes_at`, for a thread that may wait. Raises StorageError."""
        while True:
            try:
                return self.bytes_at(start, end)
            except BytesNotLoadedError:
                with self._condition:
                    if self.error is not None:
                        raise self.error from None
                    if self._closed:
                        return b""
                    self._condition.wait(0.2)

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """That range in pieces, in the caller's thread; none of it is kept. Empty ones come on the way there. Raises
        StorageError."""
        way = self._way_to(start, searching=True)
        try:
            while not self._closed and way.offset < end:
                begins = way.offset
                piece = way.piece()
                self._passed(way)
                if not piece and way.ended:
                    return
                yield piece[max(0, start - begins) : end - begins]
                if way.offset > end:
                    return  # the next range begins in this piece: not from here on
        finally:
            way.rest()
            if not way.ended and way.offset <= end:
                with self._condition:
                    self._parked[True] = way

    def find_end(self, tell: Callable[[Progress], None], cancel: Cancel) -> int | None:
        """How long it is: all is read once, for a thread. None where that was stopped. Raises StorageError."""
        way = self._way_to(self._checkpoints.found[-1].offset, searching=True)
        try:
            while not way.ended and not cancel.wanted and not self._closed:
                way.piece()
                self._passed(way)
                tell(Progress(bytes_done=way.packed, bytes_total=self._packed_size))
        finally:
            way.rest()
        return self._size

    def _way_to(self, offset: int, *, searching: bool) -> Unpacking:
        with self._condition:
            parked = self._parked.pop(searching, None)
            start = self._checkpoints.before(offset)
        if parked is not None and start.offset <= parked.offset <= offset:
            return parked
        return Unpacking(
            self.compression,
            self._packed.chunks,
            self._packed_size,
            start,
            largest_range_bytes=_SEARCHING_RANGE_BYTES if searching else _LOOKING_RANGE_BYTES,
            streams=searching,
        )

    def _passed(self, way: Unpacking) -> None:
        """What can be learnt on the way."""
        with self._condition:
            if way.ended:
                self._size, self.cut_off = way.offset, way.cut_off
                self._condition.notify_all()
            elif (way.begins_stream or self._checkpoints.wants(way.offset)) and (here := way.checkpoint()) is not None:
                self._checkpoints.add(here)

    # What follows runs in its own thread.

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                start, end = self._waiting.pop()
            try:
                self._fill(start, end)
            except StorageError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001 - the thread's boundary: shown in the pager
                self._fail(StorageError(f"tfm itself failed: {type(error).__name__}: {error}", operation="view"))
            if not self._is_closed():
                self._changed()

    def _is_closed(self) -> bool:
        return self._closed

    def _fail(self, error: StorageError) -> None:
        with self._condition:
            self.error = error
            self._waiting.clear()
            self._condition.notify_all()

    def _fill(self, start: int, end: int) -> None:
        """Unpack until the blocks of that range are here, or something else is wanted more."""
        with self._condition:
            last = (end - 1) // PIECE_BYTES
            numbers = range(start // PIECE_BYTES, last + 1)
            first = next((number for number in numbers if number not in self._blocks), None)
        if first is None or (self._size is not None and start >= self._size):
            return
        way = self._way_to(first * PIECE_BYTES, searching=False)
        block = bytearray()
        whole = way.offset % PIECE_BYTES == 0
        try:
            while not way.ended and way.offset < (last + 1) * PIECE_BYTES and not self._closed:
                number = way.offset // PIECE_BYTES
                block += way.piece()
                self._passed(way)
                if way.offset % PIECE_BYTES == 0 or way.ended:
                    if whole:
                        self._keep(number, bytes(block))
                    block.clear()
                    whole = True
        finally:
            way.rest()
            if not way.ended and way.offset % PIECE_BYTES == 0:
                with self._condition:
                    self._parked[False] = way

    def _keep(self, number: int, block: bytes) -> None:
        with self._condition:
            if block:
                self._blocks[number] = block
                self._blocks.move_to_end(number)
            while len(self._blocks) > _MOST_BLOCKS:
                self._blocks.popitem(last=False)
            self._condition.notify_all()
