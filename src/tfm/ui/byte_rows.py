"""Bytes laid out in rows of the screen, as text or in hexadecimal, from any offset on and backwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tfm.ui.sanitise import cell_width, screen_text

__all__ = ["HEX_ROW_BYTES", "ByteRows", "Row", "looks_binary"]

HEX_ROW_BYTES: Final = 16
_TAB_CELLS: Final = 8
_LOOK_BACK_BYTES: Final = 8192
"""How far back the beginning of a line is looked for. A longer line is cut there: nobody reads a line of megabytes."""


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in one row, and which bytes it stands for."""

    start: int
    end: int
    text: str


def looks_binary(data: bytes) -> bool:
    """A NUL among the first bytes: no text has one."""
    return b"\0" in data[:4096]


class ByteRows:
    """``read(start, end)`` gives bytes, or raises what says that they are not here yet, which is passed on."""

    def __init__(self, read: Callable[[int, int], bytes], *, size_bytes: int, width: int, hexadecimal: bool) -> None:
        self._read = read
        self._size = size_bytes
        self._width = max(1, width)
        self._hexadecimal = hexadecimal
        # A cell may hold a base of four bytes and marks; a row that takes more than this is broken here.
        self._row_bytes = HEX_ROW_BYTES if hexadecimal else 4 * self._width + 32

    def from_offset(self, start: int, count: int) -> list[Row]:
        """``count`` rows from the one that begins at ``start``, fewer at the end."""
        rows: list[Row] = []
        data = self._read(start, min(self._size, start + count * self._row_bytes))
        used = 0
        while len(rows) < count and used < len(data):
            row = self._row(data[used : used + self._row_bytes], start + used)
            rows.append(row)
            used += row.end - row.start
        return rows

    def back_from(self, start: int, count: int) -> int:
        """The offset of the row that is ``count`` rows above the one that begins at ``start``."""
        if self._hexadecimal:
            rest = -start % HEX_ROW_BYTES
            return max(0, start + rest - count * HEX_ROW_BYTES)
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
        if self._hexadecimal:
            return _hexadecimal_row(data, start)
        newline = data.find(b"\n")
        line = data if newline < 0 else data[:newline]
        text, used = _as_many_as_fit(line, self._width, ends=newline >= 0 or start + len(data) >= self._size)
        if newline >= 0 and used == len(line):
            used += 1
        return Row(start, start + max(1, used), text)


def _as_many_as_fit(line: bytes, width: int, *, ends: bool) -> tuple[str, int]:
    """The characters of ``line`` that fit, shown, and the bytes they take. ``ends``: nothing is cut off behind it."""
    plain = line.removesuffix(b"\r") if ends else line
    if plain.isascii() and plain.decode("ascii").isprintable():
        if len(plain) <= width:
            return plain.decode("ascii"), len(line)
        return plain[:width].decode("ascii"), width
    decoded = plain.decode("utf-8", "surrogateescape")
    shown: list[str] = []
    cells = 0
    for index, character in enumerate(decoded):
        part = " " * (_TAB_CELLS - cells % _TAB_CELLS) if character == "\t" else screen_text(character)
        # A mark by itself is shown on a circle; behind its base it takes no room of its own.
        if part.startswith("◌") and shown and len(part) == 2:
            part = part[1:]
        added = cell_width(part)
        if cells + added > width and index > 0:
            return "".join(shown), len(decoded[:index].encode("utf-8", "surrogateescape"))
        shown.append(part)
        cells += added
    if ends:
        return "".join(shown), len(line)
    # The last character may be cut in two by the end of what was read: it begins the next row.
    cut = next((i for i in range(1, min(4, len(line))) if line[-i] & 0xC0 == 0xC0), 0)
    if cut and len(decoded) > cut and decoded[-cut] >= "\udc80" and decoded[-cut] <= "\udcff":
        return "".join(shown[:-cut]), len(line) - cut
    return "".join(shown), len(line)


def _hexadecimal_row(data: bytes, start: int) -> Row:
    piece = data[:HEX_ROW_BYTES]
    half = HEX_ROW_BYTES // 2
    digits = f"{piece[:half].hex(' '):<{half * 3 - 1}}  {piece[half:].hex(' '):<{half * 3 - 1}}"
    text = "".join([chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in piece])
    return Row(start, start + len(piece), f"{start:010x}  {digits}  {text}")
