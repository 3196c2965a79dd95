"""A delete that runs: how far it is, the way to stop it, and what it left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from textual.containers import VerticalScroll
from textual.widget import Widget

from tfm.core.progress import Progress
from tfm.operations.work import RunningWork, WorkState, WorkUpdate
from tfm.storage.session import Session
from tfm.ui.delete_text import failure_lines, progress_text
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.line import Line
from tfm.ui.progress_bar import ProgressBar
from tfm.ui.removal import Removal, Removed
from tfm.ui.running_removal import RunningRemoval
from tfm.ui.screen_keys import DELETING_KEYS, bindings
from tfm.ui.update_box import UpdateBox

__all__ = ["DeleteWatch", "DeletingDialog"]


@dataclass(frozen=True, slots=True)
class DeleteWatch:
    """``began`` is called when deleting begins, ``ended`` when it has ended, or its dialog is left before; then
    ``to_background`` gets the delete. ``said`` gets what came of one that went well. All by the screen's thread."""

    began: Callable[[], None]
    ended: Callable[[], None]
    to_background: Callable[[RunningRemoval], None]
    said: Callable[[str], None]


class DeletingDialog(Dialog[None]):
    """Runs ``removal``. It goes when all went, and stays with what failed otherwise.

    The first Esc stops: the batch under way is finished. A second one leaves, whatever the server does meanwhile.
    ``title`` is the delete's in the list of jobs, where it is when the dialog is left before its end.
    """

    BINDINGS = bindings(DELETING_KEYS)
    BUTTONS = (("stop", "Stop"), ("background", "In the background"), ("close", "Close"))
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
        title: str,
        session: Session,
        works: RunningWork,
        watch: DeleteWatch,
    ) -> None:
        super().__init__("Delete")
        self._removal = removal
        self._title_of_job = title
        self._session = session
        self._works = works
        self._watch = watch
        self._has_ended = False
        self.progress: Final = Line(id="progress")
        self.bar: Final = ProgressBar(id="bar")
        self.failures: Final = DialogText()
        self._scroll = VerticalScroll(self.failures, id="failures")
        self._box: UpdateBox[bool] = UpdateBox(self)
        self._deleting: RunningRemoval | None = None

    def compose_middle(self) -> Iterable[Widget]:
        yield self.progress
        yield self.bar
        yield self._scroll

    def on_mount(self) -> None:
        self.body.show(self._removal.doing)
        # Enter, held down since the question, must not stop it.
        self.show_buttons("stop", "background")
        self._show(self._removal.total)
        self._watch.began()
        self._deleting = RunningRemoval(self._removal, self._title_of_job, self._session, partial(self._box.put, True))
        self._works.add(self._deleting.work)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        deleting = self._deleting
        if not self._box.take() or deleting is None or self._has_ended:
            return
        update = deleting.update
        if update.state is WorkState.RUNNING:
            self._show(update.progress)
            return
        self._has_ended = True
        self._watch.ended()
        self._show_outcome(update)

    def _show(self, progress: Progress) -> None:
        self.progress.show(progress_text(progress))
        self.bar.show(progress)

    def _show_outcome(self, update: WorkUpdate[Removed]) -> None:
        removed = update.result
        failures = removed.failures if removed else ()
        if removed is not None and removed.went_all and self.app.screen is self:
            self._watch.said(removed.said)
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
        if name == "background":
            self.action_background()
        elif name == "stop" and self._deleting is not None:
            self._deleting.stop()
            self.body.show(self._removal.stopping)
        else:
            self.leave()

    def leave(self) -> None:
        if self._deleting is not None and not self._has_ended and self._deleting.can_stop:
            self.pressed("stop")
        elif not self._has_ended:
            self.action_background()
        else:
            self.dismiss()

    def action_background(self) -> None:
        """Leave it to run; where it has ended there is nothing to leave."""
        if self._deleting is None or self._has_ended or self.app.screen is not self:
            return
        self._has_ended = True
        self._watch.ended()
        self._watch.to_background(self._deleting)
        self.dismiss()
