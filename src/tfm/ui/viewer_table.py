"""Comma-separated values in columns: the first rows decide how wide these are, the first row is their header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.style import Style
from textual.strip import Strip

from tfm.ui.byte_rows import Row
from tfm.ui.sanitise import cell_width, fit, screen_text
from tfm.ui.viewer_rows import Piece, StyledBytes, joined

__all__ = ["Field", "Table", "fields_of", "table_of"]

_DECIDING_ROWS: Final = 1000
_WIDEST_CELLS: Final = 40
_LEAST_CELLS: Final = 3
_SPARE_CELLS: Final = 2
"""Where more rows follow than were looked at: what counts up gets longer."""

_BETWEEN: Final = " │ "
_HEADER: Final = Style(bold=True, underline=True)
_NUMBER: Final = re.compile(r"[-+]?[0-9][0-9.,_ ]*(?:[eE][-+]?[0-9]+)?%?")


@dataclass(frozen=True, slots=True)
class Field:
    """One value, unquoted, and the bytes that it was written with; offsets are those of its line."""

    start: int
    end: int
    text: str


def fields_of(line: bytes, separator: str) -> list[Field]:
    """The values of a line. A quote that is never closed is a character like others: each line stands by itself."""
    text = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
    mark = re.escape(separator)
    pattern = re.compile(rf'(?:"((?:[^"]|"")*+)"|([^{mark}]*))({mark}|$)')
    fields: list[Field] = []
    position = offset = 0
    while True:
        match = pattern.match(text, position)
        if match is None:
            return fields  # not reached: the second alternative takes anything
        quoted, plain, ended = match.groups()
        size = len(text[position : match.start(3)].encode("utf-8", "surrogateescape"))
        fields.append(Field(offset, offset + size, plain if quoted is None else quoted.replace('""', '"')))
        if not ended:
            return fields
        position, offset = match.end(), offset + size + len(separator)


@dataclass(frozen=True, slots=True)
class Column:
    """``cells`` is its width; numbers stand at its right end."""

    cells: int
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """How rows of this file are drawn."""

    separator: str
    header: Row
    columns: Sequence[Column]

    @property
    def cells(self) -> int:
        """The width of all columns."""
        return sum(column.cells for column in self.columns) + len(_BETWEEN) * max(0, len(self.columns) - 1)

    def draw(self, row: Row, *, column: int, width: int, styles: Sequence[StyledBytes], plain: Style) -> Strip:
        """The cells of that row from ``column`` on."""
        base = plain + _HEADER if row.start == self.header.start else plain
        return joined(self._pieces(row), styles, base).crop_extend(column, column + width, base)

    def _pieces(self, row: Row) -> Iterator[Piece]:
        fields = fields_of(row.data, self.separator)
        for number, column in enumerate(self.columns):
            if number:
                yield Piece(-1, _BETWEEN)
            if number < len(fields):
                yield from _aligned(fields[number], column, row.start)
            else:
                yield Piece(-1, " " * column.cells)
        for field in fields[len(self.columns) :]:  # more of them than the first rows have
            yield Piece(-1, _BETWEEN)
            yield Piece(row.start + field.start, screen_text(field.text))

    def column_of(self, start: int, line: bytes, offset: int) -> int:
        """The cell at which the value begins that has that byte, in the line that begins at ``start``."""
        cells = 0
        for field, column in zip(fields_of(line, self.separator), self.columns, strict=False):
            if start + field.end >= offset:
                break
            cells += column.cells + len(_BETWEEN)
        return cells


def _aligned(field: Field, column: Column, start: int) -> Iterator[Piece]:
    shown = screen_text(field.text)
    blank = " " * max(0, column.cells - cell_width(shown))
    # A number is never cut, it would be another one: what is behind it makes room.
    fits = blank or column.numeric or cell_width(shown) == column.cells
    text = shown if fits else fit(field.text, column.cells)
    value = Piece(start + field.start, text)
    yield from [Piece(-1, blank), value] if column.numeric else [value, Piece(-1, blank)]


def table_of(data: bytes, *, tabs: bool, whole: bool) -> Table | None:
    """How to draw a file that begins with ``data``; None where it has no two columns. ``whole``: nothing follows."""
    lines = data.splitlines(keepends=True)[: _DECIDING_ROWS + 1]
    if lines and not whole and len(lines) <= _DECIDING_ROWS:
        lines = lines[:-1]  # it may be cut
    lines = [line for line in lines if line.strip()]
    if not lines:
        return None
    separator = "\t" if tabs else _separator_of(lines)
    rows = [fields_of(line, separator) for line in lines]
    count = max(map(len, rows[:100]))
    if count < 2:
        return None
    header_start = data.index(lines[0])
    header = Row(header_start, header_start + len(lines[0]), "", lines[0])
    spare = 0 if whole else _SPARE_CELLS
    columns = [_column([row[number].text for row in rows if number < len(row)], spare) for number in range(count)]
    return Table(separator, header, columns)


def _column(texts: Sequence[str], spare: int) -> Column:
    widest = max((cell_width(screen_text(text[: 4 * _WIDEST_CELLS])) for text in texts), default=0)
    values = [text for text in texts[1:] if text.strip()]
    numeric = bool(values) and all(_NUMBER.fullmatch(text.strip()) for text in values)
    return Column(max(_LEAST_CELLS, min(_WIDEST_CELLS, widest + spare)), numeric)


def _separator_of(lines: Sequence[bytes]) -> str:
    """The one that gives the most columns in the header, and the same number in the next rows."""

    def sameness(separator: str) -> tuple[int, int]:
        counts = [len(fields_of(line, separator)) for line in lines[:20]]
        return (counts.count(counts[0]) if counts[0] > 1 else 0, counts[0])

    return max((",", ";", "\t", "|"), key=sameness)
