"""Before more than one entry is put back: what was done last, what taking it back means, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from textual.containers import VerticalScroll
from textual.widget import Widget

from tfm.core.errors import StorageError
from tfm.core.progress import Cancel, Progress
from tfm.operations.undo import Permanent, Undo, UndoLog, Undone
from tfm.operations.work import RunningWork, Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.delete_text import failure_lines, progress_text
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.update_box import UpdateBox

__all__ = ["UndoDialog"]


class UndoDialog(Dialog[Undone]):
    """Of ``step``, which is in ``log``; with ``failure`` it could not be taken back already. The result is what came of
    it, None where nothing was done. Any step can be passed over, for the one before it."""

    BUTTONS = (
        ("undo", "Undo"),
        ("before", "The one before"),
        ("stop", "Stop"),
        ("cancel", "Cancel"),
        ("close", "Close"),
    )
    DEFAULT_CSS = """
    UndoDialog #said { margin-bottom: 1; }
    UndoDialog #failures { height: auto; max-height: 10; margin-bottom: 1; }
    UndoDialog.-low #failures { max-height: 4; }
    """

    def __init__(
        self, session: Session, log: UndoLog, step: Undo, works: RunningWork, *, failure: StorageError | None = None
    ) -> None:
        super().__init__("Undo")
        self._session = session
        self._log = log
        self._step = step
        self._works = works
        self._failure = failure
        self._undone: Undone | None = None
        self._work: Work[Undone] | None = None
        self._box: UpdateBox[WorkUpdate[Undone]] = UpdateBox(self)
        self.said: Final = DialogText(id="said")
        self.failures: Final = DialogText()
        self._scroll = VerticalScroll(self.failures, id="failures")

    def compose_middle(self) -> Iterable[Widget]:
        yield self.said
        yield self._scroll

    def on_mount(self) -> None:
        self._scroll.display = False
        if self._failure is None:
            self._ask()
        else:
            self._show_failure(self._failure)

    def _ask(self) -> None:
        self.body.show(f"The last was {self._step.title}.")
        self.said.show(self._step.question)
        self.error_block.show(None)
        if isinstance(self._step, Permanent):
            self.show_buttons("before", "cancel", focus="cancel")
        else:
            self.show_buttons("undo", "before", "cancel", focus="undo")

    def _show_failure(self, error: StorageError) -> None:
        self.body.show(f"It stays as it is: {self._step.title}.")
        self.said.show()
        self.error_block.show(error, otherwise="Undo the one before it, or leave with Esc.")
        self.show_buttons("before", "close", focus="close")

    def pressed(self, name: str) -> None:
        if name == "undo":
            self._begin()
        elif name == "before":
            self._pass_over()
        elif name == "stop" and self._work is not None:
            self._work.stop()
            self.said.show("Stopping…")
        else:
            self.leave()

    def _pass_over(self) -> None:
        self._log.forget(self._step)
        latest = self._log.latest
        if latest is None:
            self.body.show("There is nothing before it.")
            self.said.show()
            self.error_block.show(None)
            self.show_buttons("close", focus="close")
        else:
            self._step = latest
            self._ask()

    def _begin(self) -> None:
        step = self._step

        def task(tell: Callable[[Progress], None], cancel: Cancel) -> Undone:
            return self._log.undo(self._session, tell, cancel, step=step)

        self.said.show("undoing…")
        # Enter, held down since the question, must not stop it.
        self.show_buttons("stop")
        self._work = begin_work("an undo", task, self._box.put)
        self._works.add(self._work)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take()
        if update is None:
            return
        if update.state is WorkState.RUNNING:
            self.said.show(f"undoing… {progress_text(update.progress)}")
            return
        self._work = None
        if update.result is None:
            self._show_failure(update.error or StorageError("It failed.", operation="undo"))
            return
        self._undone = update.result
        if not self._undone.failures and self.app.screen is self:
            self.leave()
            return
        self.body.show(self._undone.said)
        self.said.show()
        self.failures.show(*failure_lines(self._undone.failures))
        self._scroll.display = True
        self.show_buttons("close", focus="close")

    def leave(self) -> None:
        if self._work is not None and not self._work.is_stopping:
            self.pressed("stop")
        else:
            self.dismiss(self._undone)
