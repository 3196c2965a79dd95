"""Bytes laid out in rows of the screen, as text or in hexadecimal, from any offset on and backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tfm.ui.sanitise import cell_width, screen_text

__all__ = ["ByteRows", "Row", "hex_digits", "hex_row_bytes", "looks_binary", "shown_characters"]

_HEX_ROW_WIDTHS: Final = ((16, 78), (8, 45), (4, 0))
"""Bytes in a row of hexadecimal, and the cells from which on so many fit."""

_TAB_CELLS: Final = 8
_LOOK_BACK_BYTES: Final = 8192
"""How far back the beginning of a line is looked for. A longer line is cut there: nobody reads a line of megabytes."""

_READ_BYTES: Final = 16 * 1024
_MOST_MARKS: Final = 4


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in one row, and which bytes it stands for. ``text`` is blank where lines are not wrapped: how much of
    one is seen is known when it is drawn."""

    start: int
    end: int
    text: str
    data: bytes = b""


def looks_binary(data: bytes) -> bool:
    """A NUL among the first bytes: no text has one."""
    return b"\0" in data[:4096]


def hex_row_bytes(width: int) -> int:
    """How many bytes stand in a row of hexadecimal that is so wide."""
    return next(count for count, cells in _HEX_ROW_WIDTHS if width >= cells)


class ByteRows:
    """``read(start, end)`` gives bytes, or raises what says that they are not here yet, which is passed on."""

    def __init__(
        self,
        read: Callable[[int, int], bytes],
        *,
        size_bytes: int,
        width: int,
        hexadecimal: bool = False,
        wrap: bool = True,
    ) -> None:
        self._read = read
        self._size = size_bytes
        self._width = max(1, width)
        self._hex_bytes = hex_row_bytes(width) if hexadecimal else 0
        self._wrap = wrap
        # A cell may hold a base of four bytes and marks; a row that takes more than this is broken here.
        self._row_bytes = self._hex_bytes or (4 * self._width + 32 if wrap else _LOOK_BACK_BYTES)

    def from_offset(self, start: int, count: int) -> list[Row]:
        """``count`` rows from the one that begins at ``start``, fewer at the end."""
        rows: list[Row] = []
        step = max(self._row_bytes, min(count * self._row_bytes, _READ_BYTES))
        data = self._read(start, min(self._size, start + step))
        used = 0
        while len(rows) < count:
            piece = data[used : used + self._row_bytes]
            end = start + len(data)
            if len(piece) < self._row_bytes and end < self._size and (self._hex_bytes or b"\n" not in piece):
                more = self._read(end, min(self._size, end + step))
                data += more
                if more:
                    continue
            if not piece:
                break
            row = self._row(piece, start + used)
            rows.append(row)
            used += row.end - row.start
        return rows

    def back_from(self, start: int, count: int) -> int:
        """The offset of the row that is ``count`` rows above the one that begins at ``start``."""
        if self._hex_bytes:
            rest = -start % self._hex_bytes
            return max(0, start + rest - count * self._hex_bytes)
        while count > 0 and start > 0:
            starts = self._starts_before(start)
            if count <= len(starts):
                return starts[-count]
            count -= len(starts)
            start = starts[0]
        return start

    def _starts_before(self, end: int) -> list[int]:
        """Where the rows begin of the one line that ends at ``end``."""
        begin = max(0, end - _LOOK_BACK_BYTES)
        # What follows is read too: the last row must come out as it does on the way down.
        data = self._read(begin, min(self._size, end + self._row_bytes))
        newline = data.rfind(b"\n", 0, end - begin - 1)
        if newline >= 0:
            used = newline + 1
        elif begin == 0:
            used = 0
        else:
            # In the middle of a very long line: not in the middle of a character, though.
            used = next((i for i in range(min(4, len(data))) if data[i] & 0xC0 != 0x80), 0)
        starts = []
        while used < end - begin:
            starts.append(begin + used)
            used += max(1, self._row(data[used : used + self._row_bytes], begin + used).end - begin - used)
        return starts

    def _row(self, data: bytes, start: int) -> Row:
        if self._hex_bytes:
            return _hexadecimal_row(data, start, self._hex_bytes)
        newline = data.find(b"\n")
        line = data if newline < 0 else data[:newline]
        ends = newline >= 0 or start + len(data) >= self._size
        if self._wrap:
            text, used = _as_many_as_fit(line, self._width, ends=ends)
        else:
            text, used = "", len(line) if ends else len(line) - _cut_off(line)
        if newline >= 0 and used == len(line):
            used += 1
        used = max(1, used)
        return Row(start, start + used, text, data[:used])


def shown_characters(text: str) -> Iterator[tuple[str, str]]:
    """Each character of a row with what is drawn for it. Tabs are blanks; a mark has its base before it or a circle."""
    cells = marks = 0
    for index, character in enumerate(text):
        part = " " * (_TAB_CELLS - cells % _TAB_CELLS) if character == "\t" else screen_text(character)
        # A mark by itself is shown on a circle; behind its base it takes no room of its own.
        if part.startswith("◌") and index and len(part) == 2:
            marks += 1
            part = part[1:] if marks <= _MOST_MARKS else f"‹{ord(character):04X}›"
        else:
            marks = 0
        cells += cell_width(part)
        yield character, part


def _as_many_as_fit(line: bytes, width: int, *, ends: bool) -> tuple[str, int]:
    """The characters of ``line`` that fit, shown, and the bytes they take. ``ends``: nothing is cut off behind it."""
    plain = line.removesuffix(b"\r") if ends else line
    if plain.isascii() and plain.decode("ascii").isprintable():
        if len(plain) <= width:
            return plain.decode("ascii"), len(line)
        return plain[:width].decode("ascii"), width
    # The last character may be cut in two by the end of what was read: it begins the next row.
    whole = plain if ends else plain[: len(plain) - _cut_off(plain)]
    shown: list[str] = []
    cells = used = 0
    for character, part in shown_characters(whole.decode("utf-8", "surrogateescape")):
        cells += cell_width(part)
        if cells > width and used:
            return "".join(shown), used
        shown.append(part)
        used += len(character.encode("utf-8", "surrogateescape"))
    return "".join(shown), len(line) if ends else len(whole)


def _cut_off(line: bytes) -> int:
    """How many bytes at the end are the beginning of a character whose rest is missing."""
    for back in range(1, min(3, len(line) - 1) + 1):
        byte = line[-back]
        if byte & 0xC0 != 0x80:
            length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return back if length > back else 0
    return 0


def _hexadecimal_row(data: bytes, start: int, count: int) -> Row:
    piece = data[:count]
    text = "".join([chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in piece])
    return Row(start, start + len(piece), f"{start:010x}  {hex_digits(piece, count)}  {text}", piece)


def hex_digits(piece: bytes, count: int) -> str:
    """The digits of up to ``count`` bytes, always in the same cells; sixteen stand in two groups."""
    if count < 16:
        return f"{piece.hex(' '):<{count * 3 - 1}}"
    half = count // 2
    return f"{piece[:half].hex(' '):<{half * 3 - 1}}  {piece[half:].hex(' '):<{half * 3 - 1}}"
