"""Draws a row of the viewer: its bytes as text or hexadecimal, parts of them in a style of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tfm.ui.byte_rows import Row, hex_row_bytes, shown_characters
from tfm.ui.sanitise import cell_width

__all__ = ["FOUND", "FOUND_TOO", "Piece", "StyledBytes", "bytes_column", "draw_row", "joined", "text_pieces"]

FOUND: Final = Style(reverse=True, bold=True)
FOUND_TOO: Final = Style(underline=True, bold=True)
"""What is looked for, where the search stands, and elsewhere on the screen: seen without colour too."""

_OFFSET_CELLS: Final = 12


@dataclass(frozen=True, slots=True)
class StyledBytes:
    """These bytes of the object are drawn in that style. Of two that overlap the later one wins."""

    start: int
    end: int
    style: Style


@dataclass(frozen=True, slots=True)
class Piece:
    """What is drawn for some bytes, one character mostly; offsets are the object's. -1: it stands for none."""

    start: int
    text: str


def draw_row(
    row: Row, *, hexadecimal: bool, column: int, width: int, styles: Sequence[StyledBytes], plain: Style
) -> Strip:
    """The cells of ``row`` from ``column`` on, ``width`` of them."""
    own = [part for part in styles if part.start < row.end and part.end > row.start]
    if hexadecimal:
        pieces = _hexadecimal_pieces(row, width)
    else:
        pieces = _plain_pieces(row, column + width) if not own else text_pieces(row.data, row.start, column + width)
    return joined(pieces, own, plain).crop_extend(column, column + width, plain)


def joined(pieces: Iterator[Piece], styles: Sequence[StyledBytes], plain: Style) -> Strip:
    """The pieces in their styles, neighbours of one style in one segment."""
    segments: list[Segment] = []
    text, style = "", plain
    for piece in pieces:
        own = plain
        for part in styles:
            if part.start <= piece.start < part.end:
                own = plain + part.style
        # A mark stays with its base whatever its style: by itself it would stand on something else.
        if own != style and cell_width(piece.text):
            if text:
                segments.append(Segment(text, style))
            text, style = "", own
        text += piece.text
    return Strip([*segments, Segment(text, style)] if text else segments)


def text_pieces(data: bytes, start: int, cells: int) -> Iterator[Piece]:
    """The characters of a line up to that cell, without its newline."""
    line = data.removesuffix(b"\n").removesuffix(b"\r") if data.endswith(b"\n") else data
    for character, part in shown_characters(line.decode("utf-8", "surrogateescape")):
        if cells < 0:
            return
        yield Piece(start, part)
        start += 1 if character.isascii() else len(character.encode("utf-8", "surrogateescape"))
        cells -= cell_width(part)


def bytes_column(data: bytes, start: int, offset: int) -> int:
    """The cell at which the byte at ``offset`` is drawn, of the line that begins at ``start``."""
    cells = 0
    for piece in text_pieces(data, start, 1 << 30):
        if piece.start >= offset:
            break
        cells += cell_width(piece.text)
    return cells


def _plain_pieces(row: Row, cells: int) -> Iterator[Piece]:
    if row.text:
        yield Piece(row.start, row.text)
        return
    line = row.data.removesuffix(b"\n").removesuffix(b"\r")
    text = line[: cells + 1].decode("ascii") if line.isascii() else ""
    if text and text.isprintable():
        yield Piece(row.start, text)
    else:
        yield from text_pieces(row.data, row.start, cells)


def _hexadecimal_pieces(row: Row, width: int) -> Iterator[Piece]:
    count = hex_row_bytes(width)
    yield Piece(-1, row.text[:_OFFSET_CELLS])
    for index in range(count):
        digits = f"{row.data[index]:02x}" if index < len(row.data) else "  "
        at = row.start + index if index < len(row.data) else -1
        yield Piece(at, digits)
        last = index == count - 1
        yield Piece(-1, "  " if last or (count == 16 and index == 7) else " ")
    for index, byte in enumerate(row.data):
        yield Piece(row.start + index, chr(byte) if 0x20 <= byte < 0x7F else "·")
