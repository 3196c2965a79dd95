"""Alt-X: a line is typed, and the program that it names is run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from textual.widget import Widget

from tfm.core.errors import UnsupportedOperation
from tfm.operations.programs import Program, typed_program
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.line import Line
from tfm.ui.text_field import TextField

__all__ = ["CommandDialog"]


class CommandDialog(Dialog[Program]):
    """``directory`` is where it will run, ``before`` what was run earlier. The result is what was typed; ``remember``
    hears it as it stands there."""

    BUTTONS = (("run", "Run"), ("cancel", "Cancel"))
    DEFAULT_CSS = "CommandDialog #text { display: none; } CommandDialog #said { margin-bottom: 1; }"

    def __init__(self, directory: str, before: Sequence[str], remember: Callable[[str], None]) -> None:
        super().__init__("Run a command")
        home = os.path.expanduser("~")
        self._directory = f"~{directory.removeprefix(home)}" if f"{directory}/".startswith(f"{home}/") else directory
        self.field: Final = TextField(before=before, id="command")
        self._remember = remember
        self.said: Final = DialogText(id="said")

    def compose_middle(self) -> Iterable[Widget]:
        yield Line(f"In:      {self._directory}", keep_end=True)
        yield FieldRow("Command:", self.field)
        yield self.said

    def on_mount(self) -> None:
        self.said.show(
            "{file}: the entry under the cursor; {files}: what is selected; & at the end: beside tfm. No shell reads "
            "it; where you want one: sh -c 'ls | wc'."
        )
        self.show_buttons("run", "cancel")
        self.set_focus(self.field)

    def pressed(self, name: str) -> None:
        if name != "run":
            self.leave()
            return
        try:
            program = typed_program(self.field.value)
        except UnsupportedOperation as error:
            self.error_block.show(error, otherwise="Type the name of a program, or leave with Esc.")
            return
        self._remember(self.field.value)
        self.dismiss(program)
