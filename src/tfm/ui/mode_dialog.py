"""Change permission bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from textual.widget import Widget

from tfm.core.errors import InvalidPathError
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.operations.change_mode import ModeSummary, change_mode, parse_mode
from tfm.operations.undo import Undo
from tfm.operations.undo_steps import step_of_mode
from tfm.operations.work import RunningWork, Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.choice import Choice
from tfm.ui.delete_text import failure_lines, names_shown
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.text_field import TextField
from tfm.ui.update_box import UpdateBox

__all__ = ["ModeDialog"]

_DEPTHS: Final = ((False, "only what is chosen"), (True, "with everything below"))


class ModeDialog(Dialog[bool]):
    """Of ``chosen``, all in one storage; ``mode`` is what one of them has. The result is whether anything changed;
    ``remember`` hears how it is taken back, in the thread that does it."""

    BUTTONS = (("change", "Change"), ("cancel", "Cancel"), ("close", "Close"))
    DEFAULT_CSS = "ModeDialog #said { margin-bottom: 1; }"

    def __init__(
        self,
        session: Session,
        chosen: Sequence[Location],
        names: Sequence[str],
        mode: int | None,
        works: RunningWork,
        remember: Callable[[Undo], None],
    ) -> None:
        super().__init__("Rights")
        self._session = session
        self._chosen = chosen
        self._names = names
        self._works = works
        self._remember = remember
        self._work: Work[ModeSummary] | None = None
        self._has_changed = False
        self._box: UpdateBox[WorkUpdate[ModeSummary]] = UpdateBox(self)
        self.field: Final = TextField("" if mode is None else f"{mode & 0o7777:03o}", id="mode")
        self.depth: Final[Choice[bool]] = Choice(_DEPTHS, id="depth")
        self.said: Final = DialogText(id="said")

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow("Mode:", self.field)
        yield FieldRow("For:", self.depth)
        yield self.said

    def on_mount(self) -> None:
        self.body.show(*names_shown(self._names))
        self.said.show("Three digits, 644, or u+x, go-w, a=rX: X is x for directories only.")
        self.show_buttons("change", "cancel")
        self.set_focus(self.field)

    def pressed(self, name: str) -> None:
        if name != "change":
            self.leave()
            return
        if self._work is not None:
            return
        try:
            change = parse_mode(self.field.value)
        except InvalidPathError as error:
            self.error_block.show(error)
            return
        recursive = self.depth.value

        def task(tell: Callable[[Progress], None], cancel: Cancel) -> ModeSummary:
            summary = change_mode(self._session, self._chosen, change, tell, cancel, recursive=recursive)
            step = step_of_mode(self._chosen[0], summary)
            if step is not None:
                self._remember(step)
            return summary

        self.error_block.show(None)
        self.said.show("changing…")
        self._work = begin_work("changing rights", task, self._box.put)
        self._works.add(self._work)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take()
        if update is None or self.app.screen is not self:
            return
        if update.state is WorkState.RUNNING:
            self.said.show(f"changing… {update.progress.objects_done:,}")
            return
        self._work = None
        summary = update.result
        if summary is None:
            self.said.show()
            self.error_block.show(update.error, otherwise="Leave with Esc.")
            return
        self._has_changed = self._has_changed or summary.changed > 0
        if not summary.failures and not summary.stopped:
            self.dismiss(self._has_changed)
            return
        stopped = ", stopped" if summary.stopped else ""
        failed = f"{len(summary.failures):,} could not be changed:" if summary.failures else ""
        lines = failure_lines(summary.failures)[:6]
        self.said.show(f"{summary.changed:,} changed, {summary.kept:,} had it already{stopped}.", failed, *lines)
        self.show_buttons("close", focus="close")

    def leave(self) -> None:
        if self._work is not None:
            self._work.stop()  # and what came of it is said here
        else:
            self.dismiss(self._has_changed)
