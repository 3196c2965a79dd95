"""A dialog that does one step after the other, each in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from textual.widget import Widget

from tfm.core.errors import StorageError
from tfm.core.progress import Progress
from tfm.operations.work import RunningWork, Task, Work, WorkState, WorkUpdate, begin_work
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.format import format_size
from tfm.ui.update_box import UpdateBox

__all__ = ["StepDialog"]

Result = TypeVar("Result")
Step = TypeVar("Step")


class StepDialog(Dialog[Result]):
    """:meth:`begin_step` begins one; what ends while something is over the dialog is heeded when that has gone.

    A kind of dialog has a button ``cancel``, which is there while a step runs. ``title`` is not foreign text.
    """

    DEFAULT_CSS = "StepDialog #said { margin-bottom: 1; }"

    def __init__(self, title: str, works: RunningWork) -> None:
        super().__init__(title)
        self._step_title = title
        self._works = works
        # Of each step another result, which its own ``then`` knows.
        self._work: Work[Any] | None = None
        self._then: Callable[[Any], None] = lambda _result: None
        self._failed: Callable[[StorageError], None] = lambda _error: None
        self._doing = ""
        self._box: UpdateBox[WorkUpdate[Any]] = UpdateBox(self)
        self.was_stopped = False
        self.said: Final = DialogText(id="said")

    def compose_middle(self) -> Iterable[Widget]:
        yield self.said

    def begin_step(
        self, doing: str, task: Task[Step], then: Callable[[Step], None], failed: Callable[[StorageError], None]
    ) -> None:
        """Do ``task`` in a thread, and tell ``then`` its result, or ``failed`` its error. ``doing`` says what it is."""
        self.error_block.show(None)
        self._doing, self._then, self._failed = doing, then, failed
        self.said.show(doing)
        self.show_buttons("cancel")
        self._work = begin_work(f"“{self._step_title}”", task, self._box.put)
        self._works.add(self._work)

    def stop_step(self) -> bool:
        """Wish for the end of the step that runs; False where none does, or one was told already."""
        if self._work is None or self._work.is_stopping:
            return False
        self._work.stop()
        self.said.show("stopping…")
        return True

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        self._heed()

    def on_screen_resume(self) -> None:
        self._heed()

    def _heed(self) -> None:
        update = self._box.take() if self.app.screen is self else None
        work = self._work
        if update is None or work is None:
            return
        if update.state is WorkState.RUNNING:
            self.said.show(f"{self._doing} {_amount(update.progress)}")
            return
        self._work, self.was_stopped = None, work.is_stopping
        if update.error is not None:
            self._failed(update.error)
        else:
            self._then(update.result)


def _amount(progress: Progress) -> str:
    return f"{format_size(progress.bytes_done)} of {format_size(progress.bytes_total or progress.bytes_done)}"
