"""Ctrl-T: all copies and moves, and deletes in the background: what can be done about each, and what failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from textual.containers import VerticalScroll
from textual.widget import Widget

from tfm.core.errors import StorageError
from tfm.operations.jobs import InterruptedJob, JobQueue
from tfm.operations.queued_job import QueuedJob
from tfm.operations.work import begin_work
from tfm.storage.session import Session
from tfm.ui.cost_text import spent_lines
from tfm.ui.delete_text import failure_lines
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.job_table import JobTable, Row
from tfm.ui.job_text import details
from tfm.ui.running_removal import RunningRemoval
from tfm.ui.screen_keys import JOB_KEYS, bindings

__all__ = ["JobsDialog"]

_LOOK_SECONDS: Final = 0.25


class JobsDialog(Dialog[None]):
    """Looks at the queue and at ``removals`` four times a second."""

    BINDINGS = bindings(JOB_KEYS)
    BUTTONS = (
        ("resume", "Resume"),
        ("retry", "Retry"),
        ("go_on", "Go on"),
        ("pause", "Pause"),
        ("cancel", "Cancel it"),
        ("forget", "Forget it"),
        ("close", "Close"),
    )
    DEFAULT_CSS = """
    JobsDialog > #box { width: 78; }
    JobsDialog #text { display: none; }
    JobsDialog #details { margin-bottom: 1; }
    JobsDialog #failures { display: none; height: auto; max-height: 8; margin-bottom: 1; }
    JobsDialog #failures.-shown { display: block; }
    JobsDialog.-low #failures { max-height: 3; }
    """

    def __init__(self, session: Session, queue: JobQueue, removals: Sequence[RunningRemoval]) -> None:
        super().__init__("Copies, moves and deletes")
        self._session = session
        self._queue = queue
        self._removals = removals
        self._told: StorageError | None = None
        self.table: Final = JobTable()
        self.details: Final = DialogText(id="details")
        self.failures: Final = DialogText()
        self._scroll = VerticalScroll(self.failures, id="failures")

    def compose_middle(self) -> Iterable[Widget]:
        yield self.table
        yield self.details
        yield self._scroll

    def on_mount(self) -> None:
        self.look()
        self.set_focus(self.table)
        self.set_interval(_LOOK_SECONDS, self.look)

    def look(self) -> None:
        """Show how far they are: what wants something first, then the newest."""
        jobs = self._queue.jobs()
        active = [job for job in jobs if not job.is_over]
        over = [job for job in reversed(jobs) if job.is_over]
        deletes = [each for each in self._removals if not each.is_over]
        deleted = [each for each in reversed(self._removals) if each.is_over]
        self.table.show([*self._queue.interrupted(), *active, *deletes, *deleted, *over])
        self._show_chosen()

    def on_job_table_moved(self) -> None:
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self.table.chosen
        failures = [] if chosen is None or isinstance(chosen, InterruptedJob) else chosen.failures()
        spent = [] if chosen is None or isinstance(chosen, InterruptedJob) else spent_lines(self._session, chosen.tally)
        self.details.show(*filter(None, [_details(chosen), *spent]))
        self.failures.show(*failure_lines(failures))
        self._scroll.set_class(bool(failures), "-shown")
        wanted = {*_possible(chosen), "close"}
        for name, button in self.buttons.items():
            if button.display != (name in wanted):
                button.display = name in wanted
        if self.focused is not None and not self.focused.display:
            self.set_focus(self.table)
        self.error_block.show(self._queue.journal_error)

    # Keys and buttons

    def action_move(self, rows: int) -> None:
        if self.focused is self._scroll:
            self._scroll.scroll_relative(y=rows, animate=False)
        else:
            self.table.move(rows)

    def action_pause(self) -> None:
        self._do("pause", "go_on")

    def action_retry(self) -> None:
        self._do("resume", "retry")

    def action_cancel(self) -> None:
        self._do("cancel", "forget")

    def _do(self, *names: str) -> None:
        for name in _possible(self.table.chosen):
            if name in names:
                self.pressed(name)
                return

    def pressed(self, name: str) -> None:
        chosen = self.table.chosen
        if name == "close" or chosen is None:
            self.leave()
            return
        if isinstance(chosen, InterruptedJob):
            self._about_interrupted(name, chosen)
        elif isinstance(chosen, RunningRemoval):
            chosen.stop()
        else:
            self._about_job(name, chosen)
        self.look()

    def _about_interrupted(self, name: str, job: InterruptedJob) -> None:
        if name == "resume":
            self._queue.resume(job)
        elif name == "forget":
            # It has uploads to abort: a request each.
            begin_work("forgetting a job", lambda _tell, _cancel: self._queue.forget(job), lambda _update: None)

    def _about_job(self, name: str, job: QueuedJob) -> None:
        acts = {"pause": self._queue.pause, "go_on": self._queue.go_on, "cancel": self._queue.cancel}
        acts["retry"] = self._queue.retry
        partial(acts[name], job)()


def _possible(chosen: Row | None) -> list[str]:
    if chosen is None:
        return []
    if isinstance(chosen, InterruptedJob):
        return ["resume", "forget"]
    if isinstance(chosen, RunningRemoval):
        return ["cancel"] if chosen.can_stop else []
    can = {"retry": chosen.can_retry, "go_on": chosen.can_go_on, "pause": chosen.can_pause, "cancel": chosen.can_cancel}
    return [name for name, possible in can.items() if possible]


def _details(chosen: Row | None) -> str:
    if isinstance(chosen, QueuedJob):
        return details(chosen)
    if isinstance(chosen, RunningRemoval):
        return chosen.details
    return "" if chosen is None else "It goes on where it was; what is done is not done again."
