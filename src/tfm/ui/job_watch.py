"""The jobs as the screen sees them: the line that says how far they are, their questions, and what came of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from textual.screen import Screen
from textual.timer import Timer

from tfm.core.errors import StorageError
from tfm.operations.conflict import Decision
from tfm.operations.cost import Tally
from tfm.operations.jobs import JobQueue
from tfm.operations.queued_job import Question, QueuedJob
from tfm.storage.session import Session
from tfm.ui.cost_text import spent_shortly
from tfm.ui.job_text import ended_text, interrupted_text, job_line
from tfm.ui.running_removal import RunningRemoval
from tfm.ui.update_box import UpdateBox

__all__ = ["JobWatch"]

_MOST_LOGGED: Final = 100
"""Failures of one job that the log names; the list of jobs has all."""

_LOOK_SECONDS: Final = 0.25
"""Between two looks at how far the jobs are; none while there is no job."""


class JobWatch:
    """On ``screen``, whose thread calls everything here. ``show`` is called when there is something else to say."""

    def __init__(
        self,
        screen: Screen[None],
        session: Session,
        journal_path: str | None,
        show: Callable[[], None],
        log: Callable[[str], None] = lambda _text: None,
        ended: Callable[[QueuedJob], None] = lambda _job: None,
    ) -> None:
        """``log`` hears in words how each job ended, and ``ended`` that it has."""
        self._screen = screen
        self._session = session
        self._log = log
        self._tell_ended = ended
        self._show = show
        self.box: Final[UpdateBox[bool]] = UpdateBox(screen)
        self.queue: Final = JobQueue(session, journal_path, changed=partial(self.box.put, True))
        self._timer: Timer | None = None
        self._over: set[QueuedJob] = set()
        self._removals: list[RunningRemoval] = []
        self._removals_running: dict[RunningRemoval, Callable[[], None]] = {}
        self._asking: Question | None = None
        self._notice = ""
        self._is_result = False
        self._is_listed = False
        self._has_warned = False

    def look_back(self) -> None:
        """Offer what an earlier run left; in a thread of its own, so that nobody waits for it."""
        threading.Thread(target=self.queue.look_back, name="tfm-look-back", daemon=True).start()

    def line(self, width: int) -> str:
        """What there is to say, in so many cells."""
        jobs, deletes = self.queue.active(), list(self._removals_running)
        more = len(jobs) + len(deletes) - 1
        if jobs:
            return job_line(jobs[0], width, more=more)
        if deletes:
            return deletes[0].line(width, more=more)
        return self._notice or interrupted_text(self.queue.interrupted())

    def heed(self) -> None:
        """Something came or went."""
        self.box.take()
        jobs = self.queue.jobs()
        for job in jobs:
            if job.is_over and job not in self._over:
                self._tell(self._with_cost(ended_text(job), job.tally))
                self._tell_ended(job)
                self._log_failures(job.failures())
        self._heed_removals()
        self._over = {job for job in jobs if job.is_over}
        if self.queue.journal_error is not None and not self._has_warned:
            self._has_warned = True
            self._is_result = False
            self._notice = " ! copies cannot be resumed after a kill: Ctrl-T says why"
        elif len(self._over) < len(jobs):
            self._notice = ""
        if self._has_active and self._timer is None:
            self._timer = self._screen.set_interval(_LOOK_SECONDS, self._look)
        self._look()

    def _heed_removals(self) -> None:
        for running in [each for each in self._removals_running if each.is_over]:
            ended = self._removals_running.pop(running)
            self._tell(self._with_cost(running.ended_text, running.tally))
            self._log_failures(running.failures())
            ended()

    def _tell(self, text: str) -> None:
        """That one has ended: whoever looks at the list sees it there."""
        self._is_result = True
        self._notice = "" if self._is_listed else text
        self._log(text.strip())

    def forget_result(self) -> None:
        """Somebody has gone on: how the last one ended is old, and the list has it."""
        if self._is_result:
            self._notice = ""

    def _with_cost(self, text: str, tally: Tally) -> str:
        spent = spent_shortly(self._session, tally)
        return f"{text} · {spent}" if spent else text

    def _log_failures(self, failures: Sequence[StorageError]) -> None:
        for error in failures[:_MOST_LOGGED]:
            self._log(f"✗ {error}")

    @property
    def _has_active(self) -> bool:
        return bool(self._removals_running or self.queue.active())

    def _look(self) -> None:
        if not self._has_active and self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.ask()
        self._show()

    # Questions

    def ask(self) -> None:
        """Show the question that waits, if nothing else is open: nobody is interrupted in another dialog."""
        question = self.queue.question()
        if question is None or self._asking is not None or self._screen.app.screen is not self._screen:
            return
        from tfm.ui.conflict_dialog import ConflictDialog

        self._asking = question
        self._screen.app.push_screen(ConflictDialog(question, self._session), partial(self._answer, question))

    def _answer(self, question: Question, decision: Decision | None) -> None:
        self._asking = None
        if decision is None:
            self.queue.cancel(question.job)
        else:
            self.queue.answer(question, decision)

    # The list

    def open_list(self) -> None:
        from tfm.ui.jobs_dialog import JobsDialog

        self._notice = ""
        self._is_listed = True
        self._screen.app.push_screen(JobsDialog(self._session, self.queue, self._removals), self._left_list)

    def _left_list(self, _result: None) -> None:
        self._is_listed = False

    # Deletes in the background

    def adopt(self, running: RunningRemoval, ended: Callable[[], None]) -> None:
        """Tell of this delete among the jobs; ``ended`` is called when it is over."""
        self._removals.append(running)
        self._removals_running[running] = ended
        running.listen(partial(self.box.put, True))
