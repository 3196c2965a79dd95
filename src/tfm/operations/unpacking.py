"""What compressed bytes hold, one piece after the other, from a checkpoint on; input is asked for as it is needed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tfm.core.errors import StorageError
from tfm.operations.compression import (
    LONGEST_BEGINNING,
    Compression,
    Decoder,
    GzipDecoder,
    compression_of,
    damage_of,
    decoder_of,
)

__all__ = ["PIECE_BYTES", "Checkpoint", "Checkpoints", "Unpacking"]

PIECE_BYTES: Final = 64 * 1024
_INPUT_BYTES: Final = 16 * 1024
"""A decoder gets so much at once: what it has not looked at is kept with each of its copies."""

_FIRST_RANGE_BYTES: Final = 64 * 1024
_GROWTH: Final = 4

_SPACING_BYTES: Final = 1024 * 1024
_MOST_CHECKPOINTS: Final = 192
_RECENT: Final = 32
"""Checkpoints of 40 to 60 KiB: 12 MB at most. The last ones stay close to each other, for paging back."""

Chunks = Callable[[int, int], Iterator[bytes]]
"""The compressed bytes of that range, in pieces; one request."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where one can begin: at ``packed`` of the compressed bytes and ``offset`` of what they hold. Without a decoder a
    stream begins there."""

    packed: int = 0
    offset: int = 0
    decoder: GzipDecoder | None = None


@dataclass(slots=True)
class Checkpoints:
    """The beginning of every stream, and within gzip's a state each MiB, thinned where there are too many."""

    found: list[Checkpoint] = field(default_factory=lambda: [Checkpoint()])

    def before(self, offset: int) -> Checkpoint:
        """The last one that is not behind ``offset``."""
        return self.found[bisect_right(self.found, offset, key=lambda each: each.offset) - 1]

    def wants(self, offset: int) -> bool:
        """Whether none is near."""
        return offset - self.before(offset).offset >= _SPACING_BYTES

    def add(self, checkpoint: Checkpoint) -> None:
        at = bisect_right(self.found, checkpoint.offset, key=lambda each: each.offset)
        if self.found[at - 1].offset == checkpoint.offset:
            return
        self.found.insert(at, checkpoint)
        if len(self.found) > _MOST_CHECKPOINTS:
            self._thin(at)

    def _thin(self, at: int) -> None:
        """Drop the one that is missed least: between the nearest two, but not among those just passed."""
        spared = range(max(1, at - _RECENT), at + 1)
        candidates = [number for number in range(1, len(self.found) - 1) if number not in spared]
        found = self.found
        del found[min(candidates, key=lambda number: found[number + 1].offset - found[number - 1].offset)]


class Unpacking:
    """One way through the compressed bytes, from a checkpoint on. One thread's at a time.

    ``chunks`` asks for compressed bytes, by ranges that grow to ``largest_range_bytes``. Where ``streams``, an answer
    is read while the pieces are taken, else whole, so that no connection waits for a person. ``ended`` from the last
    piece on; ``cut_off`` where the compressed bytes end too early.
    """

    def __init__(
        self,
        compression: Compression,
        chunks: Chunks,
        size_bytes: int,
        start: Checkpoint,
        *,
        largest_range_bytes: int,
        streams: bool = False,
    ) -> None:
        self.offset = start.offset
        self.ended = False
        self.cut_off = False
        self._compression: Final = compression
        self._damage: Final = damage_of(compression)
        self._chunks = chunks
        self._size = size_bytes
        self._range_bytes = _FIRST_RANGE_BYTES
        self._largest = largest_range_bytes
        self._streams = streams
        self._packed = start.packed  # the next compressed byte to ask for
        self._input: Iterator[bytes] = iter(())
        self._held = memoryview(b"")
        self._decoder: Decoder = decoder_of(compression) if start.decoder is None else start.decoder.copy()
        self.begins_stream = start.decoder is None

    def piece(self) -> bytes:
        """What follows, up to the next multiple of :data:`PIECE_BYTES`; nothing at the end. Raises StorageError."""
        parts: list[bytes] = []
        wanted = PIECE_BYTES - self.offset % PIECE_BYTES
        while wanted and not self.ended:
            part = self._some(wanted)
            parts.append(part)
            wanted -= len(part)
            self.offset += len(part)
            self.begins_stream = False
            if self._decoder.eof and not self.ended:
                self._next_stream()
                break
        return b"".join(parts)

    def _some(self, most: int) -> bytes:
        data = self._more(_INPUT_BYTES) if self._decoder.needs_input else b""
        if self._decoder.needs_input and not data:
            self.ended = self.cut_off = True
            return b""
        try:
            return self._decoder.decompress(data, most)
        except self._damage as error:
            raise StorageError(
                f"The {self._compression} data is damaged near byte {self._at:,}: {error}",
                next_step="F8 shows the bytes as they are.",
                operation="view",
            ) from error

    def _next_stream(self) -> None:
        """Behind one there may be another, behind zeros perhaps; anything else is nobody's, and the end."""
        rest = self._decoder.unused_data
        while not (rest := rest.lstrip(b"\0") if self._compression is not Compression.ZSTD else rest):
            rest = self._more(_INPUT_BYTES)
            if not rest:
                self.ended = True
                return
        while len(rest) < LONGEST_BEGINNING and (more := self._more(_INPUT_BYTES)):
            rest += more
        self._held = memoryview(rest + bytes(self._held))
        if compression_of(rest) is not self._compression:
            self.ended = True
            return
        self._decoder = decoder_of(self._compression)
        self.begins_stream = True

    # Its input

    def _more(self, most: int) -> bytes:
        while not self._held:
            chunk = next(self._input, None)
            if chunk is not None:
                self._held = memoryview(chunk)
                self._packed += len(chunk)
                continue
            if self._packed >= self._size:
                return b""
            start, end = self._packed, min(self._size, self._packed + self._range_bytes)
            self._range_bytes = min(self._largest, self._range_bytes * _GROWTH)
            chunks = self._chunks(start, end)
            self._input = chunks if self._streams else iter([b"".join(chunks)])
            first = next(self._input, b"")
            if not first:
                self._size = start  # it ends before its time
                return b""
            self._held = memoryview(first)
            self._packed += len(first)
        data, self._held = bytes(self._held[:most]), self._held[most:]
        return data

    @property
    def _at(self) -> int:
        """The next compressed byte that the decoder has not got."""
        return self._packed - len(self._held)

    @property
    def packed(self) -> int:
        """How many of the compressed bytes it has come through."""
        kept = self._decoder.kept_bytes if isinstance(self._decoder, GzipDecoder) else 0
        return self._at - kept

    def checkpoint(self) -> Checkpoint | None:
        """To begin here again; None in the middle of what cannot be copied."""
        if self.begins_stream:
            return Checkpoint(self._at, self.offset)
        if isinstance(self._decoder, GzipDecoder) and not self.ended:
            return Checkpoint(self._at, self.offset, self._decoder.copy())
        return None

    def rest(self) -> None:
        """Nobody takes more for now: no connection is held open; what was received is kept."""
        close = getattr(self._input, "close", None)
        if close is not None:
            close()
        self._input = iter(())
