"""Shift-F2: the user's own commands, each with a letter that starts it."""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from typing import Final

from textual import events
from textual.widget import Widget

from tfm.operations.programs import Program
from tfm.ui.dialog import Dialog
from tfm.ui.row_list import Row, RowList
from tfm.ui.sanitise import fit
from tfm.ui.screen_keys import CHOOSER_KEYS, bindings

__all__ = ["MenuDialog", "letters_for"]

_COMMAND_CELLS: Final = 32


class MenuDialog(Dialog[Program]):
    """``rows`` are titles and commands; the result is the command that was chosen."""

    BINDINGS = bindings(CHOOSER_KEYS)
    BUTTONS = (("run", "Run"), ("cancel", "Cancel"))
    DEFAULT_CSS = "MenuDialog #text { display: none; } MenuDialog RowList { margin-bottom: 1; }"

    def __init__(self, rows: Sequence[tuple[str, Program]]) -> None:
        super().__init__("Menu")
        letters = letters_for([title for title, _program in rows])
        self._by_letter = {letter: program for letter, (_, program) in zip(letters, rows, strict=True) if letter}
        self.list: Final[RowList[Program]] = RowList(
            [
                Row(f"{letter or ' '}  {title}", fit(program.text, _COMMAND_CELLS).rstrip(), program)
                for letter, (title, program) in zip(letters, rows, strict=True)
            ]
        )
        self.list.can_focus = False

    def compose_middle(self) -> Iterable[Widget]:
        yield self.list

    def on_mount(self) -> None:
        self.show_buttons("run", "cancel", focus="run")

    def on_key(self, event: events.Key) -> None:
        program = self._by_letter.get(event.character or "")
        if program is not None and self.app.screen is self:
            event.stop()
            self.dismiss(program)

    def action_move(self, rows: int) -> None:
        self.list.action_move(rows)

    def action_move_page(self, pages: int) -> None:
        self.list.action_move_page(pages)

    def on_row_list_chosen(self) -> None:
        self.pressed("run")

    def pressed(self, name: str) -> None:
        row = self.list.row
        if name == "run" and row is not None:
            self.dismiss(row.value)
        else:
            self.leave()


def letters_for(titles: Sequence[str]) -> list[str]:
    """A letter or digit for each: the first of its own that is free, else any; empty when there are no more."""
    free = list(string.ascii_lowercase + string.digits + string.ascii_uppercase)
    found = []
    for title in titles:
        letter = next((each for each in title.lower() if each in free), free[0] if free else "")
        if letter:
            free.remove(letter)
        found.append(letter)
    return found
