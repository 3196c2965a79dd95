"""How two directories are to be compared; what differs is selected in the panes, or shown as a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from textual.widget import Widget

from tfm.core.location import Location
from tfm.operations.compare import CompareBy, Comparison
from tfm.operations.work import RunningWork, Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.choice import Choice
from tfm.ui.dialog import Dialog
from tfm.ui.field_row import FieldRow
from tfm.ui.places import location_text
from tfm.ui.update_box import UpdateBox

__all__ = ["CompareDialog", "CompareWish"]

_BY: Final = (
    (CompareBy.SIZE, "by size"),
    (CompareBy.TIME, "by size and time of change"),
    (CompareBy.CONTENT, "by content, read where no checksum tells"),
    (CompareBy.NAME, "by name only"),
)

_DEPTHS: Final = ((True, "with everything below"), (False, "only these two directories"))


@dataclass(frozen=True, slots=True)
class CompareWish:
    """To be compared, and shown as a list."""

    by: CompareBy
    recursive: bool


class CompareDialog(Dialog[CompareWish | Comparison]):
    """The result is a comparison where its rows are to be selected in the panes, and None for who left."""

    BUTTONS = (("compare", "Compare"), ("select", "Select in panes"), ("cancel", "Cancel"))
    DEFAULT_CSS = "CompareDialog #text { text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, session: Session, left: Location, right: Location, works: RunningWork) -> None:
        super().__init__("Compare")
        self._session = session
        self._places = left, right
        self._works = works
        self._work: Work[Comparison] | None = None
        self._box: UpdateBox[WorkUpdate[Comparison]] = UpdateBox(self)
        self.by: Final[Choice[CompareBy]] = Choice(_BY, id="by")
        self.depth: Final[Choice[bool]] = Choice(_DEPTHS, id="depth")

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow("Files:", self.by)
        yield FieldRow("Look:", self.depth)

    def on_mount(self) -> None:
        self._show_places()
        self.show_buttons("compare", "select", "cancel")
        self.set_focus(self.by)

    def _show_places(self, *said: str) -> None:
        left, right = map(location_text, self._places)
        self.body.show(f"Left:  {left}", f"Right: {right}", *said)

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
        elif name == "compare":
            self.dismiss(CompareWish(self.by.value, self.depth.value))
        else:
            # In the panes there is nothing of what is below to be selected.
            comparison = Comparison(self._session, *self._places, self.by.value, recursive=False)
            self._show_places("comparing…")
            self.error_block.show(None)
            self.show_buttons("cancel", focus="cancel")
            self._work = begin_work("a comparison", comparison.run, self._box.put)
            self._works.add(self._work)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take()
        if update is None or self.app.screen is not self or self._work is None:
            return
        if update.state is WorkState.RUNNING:
            self._show_places(f"comparing… {update.progress.objects_done:,}")
        elif update.result is not None:
            self.dismiss(update.result)
        else:
            self._work = None
            self._show_places()
            self.error_block.show(update.error, otherwise="Leave with Esc.")
            self.show_buttons("compare", "select", "cancel", focus="select")

    def leave(self) -> None:
        if self._work is not None:
            self._work.stop()
        self.dismiss(None)
