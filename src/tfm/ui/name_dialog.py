"""F7, Shift-F4 and Shift-F6: a name is typed, and something of that name is made, or gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from textual.widget import Widget

from tfm.core.location import Location
from tfm.operations.work import Work, WorkState, WorkUpdate, begin_work
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.line import Line
from tfm.ui.places import location_text
from tfm.ui.text_field import TextField
from tfm.ui.update_box import UpdateBox

__all__ = ["NameDialog"]


class NameDialog(Dialog[Location]):
    """``make`` gets what was typed, in a thread of its own, and gives what it made. What it raises is shown, and the
    dialog stays: another name can be tried. The result is None for who left before it was made."""

    DEFAULT_CSS = "NameDialog #state { margin-bottom: 1; }"

    def __init__(
        self,
        title: str,
        directory: Location,
        make: Callable[[str], Location],
        *,
        button: str = "make",
        name: str = "",
    ) -> None:
        super().__init__(title, buttons=((button, button.capitalize()), ("cancel", "Cancel")))
        self._what = title
        self._directory = directory
        self._make = make
        self._button = button
        self._work: Work[Location] | None = None
        self._box: UpdateBox[WorkUpdate[Location]] = UpdateBox(self)
        self.field: Final = TextField(name)
        self.state: Final = DialogText(id="state")

    def compose_middle(self) -> Iterable[Widget]:
        yield Line("In:   " + location_text(self._directory), keep_end=True)
        yield FieldRow("Name:", self.field)
        yield self.state

    def on_mount(self) -> None:
        self.show_buttons(self._button, "cancel")
        self.set_focus(self.field)

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
        elif self._work is None:
            self._begin()

    def _begin(self) -> None:
        name = self.field.value
        self.error_block.show(None)
        self.state.show("making…" if self._button == "make" else "renaming…")
        self._work = begin_work(self._what, lambda _tell, _cancel: self._make(name), self._box.put)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take()
        if update is None or update.state is WorkState.RUNNING or self.app.screen is not self:
            return
        self._work = None
        self.state.show()
        if update.state is WorkState.DONE:
            self.dismiss(update.result)
        else:
            self.error_block.show(update.error, otherwise="Try another name, or leave with Esc.")
