"""What a terminal shows after some bytes: as much of one as the panes need, cell by cell, with each cell's style."""

from __future__ import annotations

import re
from typing import Final

from rich.cells import get_character_cell_size

__all__ = ["Cells"]

_CONTROL: Final = re.compile(r"\x1b\[([?>=<]*)([0-9;]*)([$ ]?[@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
_DEFAULTS: Final = {"39": "fg", "49": "bg", "22": "weight"}


class Cells:
    """A screen of ``columns`` by ``lines``. ``at[line][column]`` is a character with the style it has, as codes of
    Select Graphic Rendition; a wide character's second cell is empty text. A control that it does not know fails."""

    def __init__(self, columns: int, lines: int) -> None:
        self._columns, self._lines = columns, lines
        self.modes: dict[str, bool] = {}
        self._clear()

    def _clear(self) -> None:
        self.at = [[(" ", frozenset[str]())] * self._columns for _ in range(self._lines)]
        self._line = self._column = 0
        self._style = frozenset[str]()

    @property
    def rows(self) -> list[str]:
        """The text of each line."""
        return ["".join(character for character, _ in row).rstrip() for row in self.at]

    def feed(self, data: bytes) -> None:
        text = data.decode()
        position = 0
        while position < len(text):
            control = _CONTROL.match(text, position)
            if control is None:
                self._put(text[position])
                position += 1
                continue
            position = control.end()
            self._obey(control[1] or "", control[2] or "", control[3] or "")

    def _put(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._line = min(self._line + 1, self._lines - 1)
        else:
            assert character >= " ", f"a control that the screen should not get: {character!r}"
            # Beyond the last column: the panes switch wrapping off, and position each line.
            width = get_character_cell_size(character)
            for offset, piece in enumerate([character, *[""] * (width - 1)]):
                if self._column + offset < self._columns:
                    self.at[self._line][self._column + offset] = (piece, self._style)
            self._column += width

    def _obey(self, prefix: str, numbers: str, final: str) -> None:
        if final == "m" and not prefix:
            self._restyle(numbers.split(";"))
        elif final == "H":
            line, _, column = numbers.partition(";")
            self._line, self._column = int(line or 1) - 1, int(column or 1) - 1
        elif final in {"h", "l"}:
            self.modes[prefix + numbers] = final == "h"
            if numbers == "1049" and final == "h":
                self._clear()
        else:
            # What the keyboard sends, and questions to the terminal.
            assert final in {"", "u", "$p"}, f"unknown: {prefix}{numbers}{final}"

    def _restyle(self, codes: list[str]) -> None:
        for code in codes:
            if code in {"", "0"}:
                self._style = frozenset()
            elif code not in _DEFAULTS:
                self._style |= {code}
