"""F7 and Shift-F4: a name is typed, and something of that name is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from tfm.core.location import Location
from tfm.operations.work import Work, WorkState, WorkUpdate, begin_work
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.line import Line
from tfm.ui.places import location_text
from tfm.ui.text_field import TextField
from tfm.ui.update_box import UpdateBox

__all__ = ["NameDialog"]


class _Field(Horizontal):
    """The line to type in, with its word before it."""

    DEFAULT_CSS = "_Field { height: 1; margin-bottom: 1; } _Field Line { width: 6; }"

    def __init__(self, field: TextField) -> None:
        super().__init__()
        self._field = field

    def compose(self) -> ComposeResult:
        yield Line("Name:")
        yield self._field


class NameDialog(Dialog[Location]):
    """``make`` gets what was typed, in a thread of its own, and gives what it made. What it raises is shown, and the
    dialog stays: another name can be tried. The result is None for who left before it was made."""

    DEFAULT_CSS = "NameDialog #state { margin-bottom: 1; }"
    BUTTONS = (("make", "Make"), ("cancel", "Cancel"))

    def __init__(self, title: str, directory: Location, make: Callable[[str], Location]) -> None:
        super().__init__(title)
        self._what = title
        self._directory = directory
        self._make = make
        self._work: Work[Location] | None = None
        self._box: UpdateBox[WorkUpdate[Location]] = UpdateBox(self)
        self.field: Final = TextField()
        self.state: Final = DialogText(id="state")

    def compose_middle(self) -> Iterable[Widget]:
        yield Line("In:   " + location_text(self._directory), keep_end=True)
        yield _Field(self.field)
        yield self.state

    def on_mount(self) -> None:
        self.show_buttons("make", "cancel")
        self.set_focus(self.field)

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
        elif self._work is None:
            self._begin()

    def _begin(self) -> None:
        name = self.field.value
        self.error_block.show(None)
        self.state.show("making…")
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
