"""Look for something in an object of any size: range by range, never more than some megabytes of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tfm.core.progress import Cancel, Progress
from tfm.operations.needle import LINE_BYTES, LiteralNeedle, Needle, Span

__all__ = ["ByteSearch", "Hit"]

FIRST_RANGE_BYTES: Final = 256 * 1024
_GROWTH: Final = 4
_LARGEST_RANGE_BYTES: Final = 64 * 1024 * 1024
"""Forward, a range is read piece by piece from one answer: 10 GB are 164 requests."""

_LARGEST_BACKWARD_BYTES: Final = 4 * 1024 * 1024
"""Backward, a range is in memory as a whole."""

NEWLINE: Final = LiteralNeedle(b"\n")

_LOOK_BACK_BYTES: Final = 8192
"""How far back the beginning of the line is looked for in which a search begins."""

Chunks = Callable[[int, int], Iterator[bytes]]
"""The bytes of that range, in pieces of any size; one request. Fewer at the end of the object."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where it was found; ``wrapped`` when the search went on beyond an end of the object."""

    start: int
    end: int
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class ByteSearch:
    """One search. ``ranges`` are the sizes of the requests: the first, and the largest forward and backward."""

    chunks: Chunks
    size_bytes: int
    needle: Needle = NEWLINE
    tell: Callable[[Progress], None] = lambda _progress: None
    cancel: Cancel = Cancel()  # noqa: RUF009 - nobody sets this one
    ranges: tuple[int, int, int] = (FIRST_RANGE_BYTES, _LARGEST_RANGE_BYTES, _LARGEST_BACKWARD_BYTES)
    line_bytes: int = LINE_BYTES

    def forward(self, start: int) -> Hit | None:
        """The first occurrence that begins at ``start`` or after it, else from the beginning on; None if there is none,
        or the search was stopped."""
        found = self._forward(start, self.size_bytes, 0)
        if found is None and start > 0 and not self.cancel.wanted:
            found = self._forward(0, start, self.size_bytes - start)
            return found and replace(found, wrapped=True)
        return found

    def backward(self, before: int) -> Hit | None:
        """The last occurrence that begins before ``before``, else the last one of all."""
        found = self._backward(0, before, 0)
        if found is None and before < self.size_bytes and not self.cancel.wanted:
            found = self._backward(before, self.size_bytes, before)
            return found and replace(found, wrapped=True)
        return found

    def _done(self, bytes_done: int) -> bool:
        """Tell how far it is; whether to stop."""
        self.tell(Progress(bytes_done=bytes_done, bytes_total=self.size_bytes))
        return self.cancel.wanted

    def line(self, number: int) -> int | None:
        """Where the line of that number begins, from 1 on: all before it is read. None if there are not so many."""
        if number <= 1:
            return 0
        left, offset = number - 1, 0
        for chunk in self._stream(0):
            newlines = chunk.count(b"\n")
            if newlines >= left:
                position = -1
                for _ in range(left):
                    position = chunk.find(b"\n", position + 1)
                begins = offset + position + 1
                return begins if begins < self.size_bytes else None
            left -= newlines
            offset += len(chunk)
            if self._done(offset):
                break
        return None

    # Forward

    def _forward(self, start: int, limit: int, done: int) -> Hit | None:
        """The first occurrence that begins from ``start`` on and before ``limit``."""
        for base, data, settled in self._windows(start):
            for first, last in self._spans(data, settled):
                if base + first >= limit:
                    return None
                if base + first >= start:
                    return Hit(base + first, base + last)
            if base + settled >= limit or self._done(done + max(0, base + settled - start)):
                return None
        return None

    def _spans(self, data: bytes, settled: int) -> Iterator[Span]:
        if self.needle.lines:
            yield from self.needle.spans(data[:settled])
            return
        for span in self.needle.spans(data):
            if span[0] >= settled:
                return
            yield span

    def _windows(self, start: int) -> Iterator[tuple[int, bytes, int]]:
        """Offset and bytes, and how many of these are settled: occurrences that begin there are to be seen whole."""
        base = max(0, start - _LOOK_BACK_BYTES) if self.needle.lines else start
        held, trimmed = b"", not self.needle.lines or base == 0
        for chunk in self._stream(base):
            held += chunk
            if not trimmed:
                if base + len(held) < start:
                    continue
                cut = _beginning(held, start - base)
                base, held, trimmed = base + cut, held[cut:], True
            settled = self._settled(held)
            if settled:
                yield base, held, settled
                base, held = base + settled, held[settled:]
        if held:
            yield base, held, len(held)

    def _settled(self, held: bytes) -> int:
        if not self.needle.lines:
            return max(0, len(held) - self.needle.reach + 1)
        settled = held.rfind(b"\n") + 1
        return settled if settled or len(held) < self.line_bytes else _character_start(held, len(held))

    def _stream(self, start: int) -> Iterator[bytes]:
        """All bytes from there on, by requests that grow: mostly a match is near, the rest is not asked for."""
        size, largest, _ = self.ranges
        while start < self.size_bytes:
            end = min(self.size_bytes, start + size)
            for chunk in self.chunks(start, end):
                if self.cancel.wanted:
                    return
                start += len(chunk)
                if chunk:
                    yield chunk
            if start < end:
                return  # the object ends before its time
            size = min(largest, size * _GROWTH)

    # Backward

    def _backward(self, low: int, high: int, done: int) -> Hit | None:
        """The last occurrence that begins from ``low`` on and before ``high``."""
        before = high
        size, _, largest = self.ranges
        if self.needle.lines and before:
            before = self._end_of_line(before)
        while before > low:
            base = max(0, before - size)
            end = min(self.size_bytes, before + (0 if self.needle.lines else self.needle.reach - 1))
            data = b"".join(self.chunks(base, end))
            if self.needle.lines and base > 0:
                cut = data.find(b"\n") + 1
                if not 0 < cut < len(data):
                    if size < self.line_bytes:
                        size *= 2
                        continue
                    cut = _first_whole(data)
                base, data = base + cut, data[cut:]
            found = self.needle.last(data, min(before, high) - base)
            if found is not None:
                return Hit(base + found[0], base + found[1]) if base + found[0] >= low else None
            before = base
            if self._done(done + max(0, high - before)):
                return None
            size = min(max(size, largest), size * _GROWTH)
        return None

    def _end_of_line(self, position: int) -> int:
        """Just behind the line in which that position is, or some way on where the line is very long."""
        end = min(self.size_bytes, position + _LOOK_BACK_BYTES)
        data = b"".join(self.chunks(position - 1, end))
        newline = data.find(b"\n")
        return position + newline if newline >= 0 else end


def _beginning(held: bytes, position: int) -> int:
    """Where the line begins that has ``position`` in it, as far as it is held."""
    newline = held.rfind(b"\n", 0, position)
    return newline + 1 if newline >= 0 else _first_whole(held)


def _first_whole(data: bytes) -> int:
    """Past the rest of a character that is cut in two."""
    return next((index for index in range(min(4, len(data))) if data[index] & 0xC0 != 0x80), 0)


def _character_start(data: bytes, end: int) -> int:
    """``end``, or the beginning of the character that is cut in two there."""
    for back in range(1, min(4, end) + 1):
        byte = data[end - back]
        if byte & 0xC0 == 0x80:
            continue
        length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return end - back if length > back and end > back else end
    return end
