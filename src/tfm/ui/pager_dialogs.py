"""What the pager asks: what to look for, and where to go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from textual.widget import Widget

from tfm.operations.needle import Needle, NeedleError
from tfm.ui.choice import Choice
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.pager_search import SearchText
from tfm.ui.text_field import TextField

__all__ = ["FindDialog", "GoDialog", "Place", "place_of_text"]


class FindDialog(Dialog[tuple[SearchText, Needle]]):
    """``last`` is what was looked for before."""

    BUTTONS = (("find", "Find"), ("cancel", "Cancel"))
    DEFAULT_CSS = "FindDialog #wrong { color: ansi_red; margin-bottom: 1; }"

    def __init__(self, last: SearchText) -> None:
        super().__init__("Find bytes" if last.hexadecimal else "Find")
        self._hexadecimal = last.hexadecimal
        self.field: Final = TextField(last.text)
        meanings = [(False, "text"), (True, "regular expression")]
        cases = [(True, "either"), (False, "as typed")]
        self.regular: Final = Choice(_beginning_with(meanings, last.regular))
        self.fold: Final = Choice(_beginning_with(cases, last.fold))
        self.wrong: Final = DialogText(id="wrong")

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow("Find:", self.field)
        if not self._hexadecimal:
            yield FieldRow("As:  ", self.regular)
        yield FieldRow("Case:", self.fold)
        yield self.wrong

    def on_mount(self) -> None:
        if self._hexadecimal:
            self.body.show('Digits in pairs, text in quotes: 7f "ELF" 02')
        self.show_buttons("find", "cancel")
        self.set_focus(self.field)

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
            return
        text = SearchText(self.field.value, self.regular.value, self.fold.value, self._hexadecimal)
        try:
            needle = text.needle()
        except NeedleError as error:
            self.wrong.show(str(error))
        else:
            self.dismiss((text, needle))


def _beginning_with(options: list[tuple[bool, str]], value: bool) -> list[tuple[bool, str]]:
    return sorted(options, key=lambda option: option[0] is not value)


@dataclass(frozen=True, slots=True)
class Place:
    """One of the two: an offset, or the number of a line."""

    offset: int | None = None
    line: int | None = None


_PLACE: Final = re.compile(r"(?P<at>@|0x)?(?P<number>[0-9a-f][0-9a-f,_]*(\.[0-9]+)?)\s*(?P<percent>%)?")


def place_of_text(text: str, size_bytes: int | None, *, hexadecimal: bool) -> Place | None:
    """``120`` a line (a byte in hexadecimal), ``50%`` a share, ``@4096`` or ``0x1000`` a byte; None: none of these.
    ``size_bytes`` None: nobody knows the end, so there are no shares of it."""
    match = _PLACE.fullmatch(text.strip().lower())
    if match is None:
        return None
    number = match["number"].replace(",", "").replace("_", "")
    try:
        if match["percent"]:
            if match["at"] or size_bytes is None:
                return None
            return Place(offset=min(size_bytes, int(size_bytes * float(number) / 100)))
        value = int(number, 16 if match["at"] == "0x" else 10)
    except ValueError:
        return None
    is_line = match["at"] is None and not hexadecimal
    return Place(line=value) if is_line else Place(offset=value if size_bytes is None else min(size_bytes, value))


class GoDialog(Dialog[Place]):
    """Where in an object of that size."""

    BUTTONS = (("go", "Go"), ("cancel", "Cancel"))
    DEFAULT_CSS = "GoDialog #wrong { color: ansi_red; margin-bottom: 1; }"

    def __init__(self, size_bytes: int | None, *, hexadecimal: bool) -> None:
        super().__init__("Go to")
        self._size_bytes = size_bytes
        self._hexadecimal = hexadecimal
        self.field: Final = TextField()
        self.wrong: Final = DialogText(id="wrong")

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow("To:", self.field)
        yield self.wrong

    def on_mount(self) -> None:
        number = "a byte" if self._hexadecimal else "a line (all before it is read)"
        self.body.show(f"120 is {number}, 50% a share, @4096 or 0x1000 a byte.")
        self.show_buttons("go", "cancel")
        self.set_focus(self.field)

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
            return
        place = place_of_text(self.field.value, self._size_bytes, hexadecimal=self._hexadecimal)
        if place is None:
            self.wrong.show("This is no place: type 120, 50%, @4096 or 0x1000.")
        else:
            self.dismiss(place)
