"""A delete that runs: how far it is, the way to stop it, and what it left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from textual.containers import VerticalScroll
from textual.widget import Widget

from tfm.core.progress import Progress
from tfm.operations.work import RunningWork, Work, WorkState, WorkUpdate, begin_work
from tfm.ui.delete_text import failure_lines, progress_text
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.line import Line
from tfm.ui.progress_bar import ProgressBar
from tfm.ui.removal import Removal, Removed
from tfm.ui.update_box import UpdateBox

__all__ = ["DeletingDialog"]


class DeletingDialog(Dialog[None]):
    """Runs ``removal``. It goes when all went, and stays with what failed otherwise.

    The first Esc stops: the batch under way is finished. A second one leaves, whatever the server does meanwhile.
    ``ended`` is called with what came of it, or None where somebody left before.
    """

    BUTTONS = (("stop", "Stop"), ("close", "Close"))
    DEFAULT_CSS = """
    DeletingDialog Line { width: 1fr; }
    DeletingDialog #bar { margin-bottom: 1; }
    DeletingDialog #failures { display: none; height: auto; max-height: 10; margin-bottom: 1; }
    DeletingDialog.-ended #failures { display: block; }
    DeletingDialog.-low #failures { max-height: 4; }
    DeletingDialog.-ended #progress, DeletingDialog.-ended #bar { display: none; }
    """

    def __init__(
        self,
        removal: Removal,
        works: RunningWork,
        *,
        began: Callable[[], None],
        ended: Callable[[Removed | None], None],
    ) -> None:
        super().__init__("Delete")
        self._removal = removal
        self._works = works
        self._tell_began = began
        self._tell_ended = ended
        self._has_ended = False
        self.progress: Final = Line(id="progress")
        self.bar: Final = ProgressBar(id="bar")
        self.failures: Final = DialogText()
        self._scroll = VerticalScroll(self.failures, id="failures")
        self._box: UpdateBox[WorkUpdate[Removed]] = UpdateBox(self)
        self._work: Work[Removed] | None = None

    def compose_middle(self) -> Iterable[Widget]:
        yield self.progress
        yield self.bar
        yield self._scroll

    def on_mount(self) -> None:
        self.body.show(self._removal.doing)
        # Enter, held down since the question, must not stop it.
        self.show_buttons("stop")
        self._show(self._removal.total)
        self._tell_began()
        self._work = begin_work("a delete", self._removal.run, self._box.put)
        self._works.add(self._work)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take()
        if update is None or self._has_ended:
            return
        if update.state is WorkState.RUNNING:
            self._show(update.progress)
            return
        self._has_ended = True
        self._tell_ended(update.result)
        self._show_outcome(update)

    def _show(self, progress: Progress) -> None:
        self.progress.show(progress_text(progress))
        self.bar.show(progress)

    def _show_outcome(self, update: WorkUpdate[Removed]) -> None:
        removed = update.result
        failures = removed.failures if removed else ()
        if removed is not None and removed.went_all and self.app.screen is self:
            self.dismiss()
            return
        self.add_class("-ended")
        self.body.show(removed.said if removed else "The delete failed.")
        self.error_block.show(update.error)
        self.failures.show(*failure_lines(failures))
        self.show_buttons("close", focus=None if failures else "close")
        if failures:
            self.set_focus(self._scroll)

    def pressed(self, name: str) -> None:
        if name == "stop" and self._work is not None:
            self._work.stop()
            self.body.show(self._removal.stopping)
        else:
            self.leave()

    def leave(self) -> None:
        if self._work is not None and not self._has_ended and not self._work.is_stopping:
            self.pressed("stop")
            return
        if not self._has_ended:
            self._has_ended = True
            self._tell_ended(None)
        self.dismiss()
