"""One job of the list: from its place in the queue to its end, and on when what failed is tried again."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tfm.core.errors import InvalidPathError, StorageError
from tfm.core.progress import Progress
from tfm.operations.conflict import Conflict, ConflictPolicy, Decision
from tfm.operations.copy_spec import CopySpec
from tfm.operations.job_state import JobSnapshot, JobState
from tfm.storage.metering import Tally

if TYPE_CHECKING:
    # The engine and the journal's database come with it: loaded in a job's thread, when there is a job.
    from tfm.operations.copy_job import CopyJob
    from tfm.operations.counted_plan import CountedPlan

__all__ = ["Question", "QueuedJob"]


class Question:
    """Something is in the way of ``job``, which waits for the answer."""

    def __init__(self, job: QueuedJob, conflict: Conflict) -> None:
        self.job: Final = job
        self.conflict: Final = conflict
        self._answered = threading.Event()
        self._decision = Decision(ConflictPolicy.FAIL)

    def answer(self, decision: Decision) -> None:
        self._decision = decision
        self._answered.set()

    def wait(self) -> Decision:
        self._answered.wait()
        return self._decision


class QueuedJob:
    """Made by a JobQueue, which runs it. What is asked of it may be asked in any thread, and takes no time."""

    def __init__(self, number: int, spec: CopySpec, plan: CountedPlan | None = None, job_id: str | None = None) -> None:
        """``job_id`` is that of the interrupted job that is gone on with. ``tally`` has what it asked in this run of
        tfm, with the counting of its plan."""
        self.number: Final = number
        self.spec = spec
        self.plan = plan
        self.tally: Final = Tally() if plan is None else plan.tally
        self.journal_id = job_id
        self.copy: CopyJob | None = None
        self.error: StorageError | None = None
        self.cancel_wanted = False
        self.is_over = False
        self.waits_for_answer = False
        self._problems: list[StorageError] = []
        """Of earlier runs: what was not even planned, so that it is not among what is tried again."""

    @property
    def title(self) -> str:
        """``copy 3 entries``."""
        return self.spec.title

    def snapshot(self) -> JobSnapshot:
        told = None if self.copy is None else self.copy.snapshot()
        if told is None:
            return JobSnapshot(self._state(JobState.QUEUED), Progress(), False, 0.0, None, 0, 0, self.error)
        failed, progress = told.failed + len(self._problems), told.progress
        if self._problems:
            # They are among what was listed, though not among what this run did.
            total = None if progress.objects_total is None else progress.objects_total + len(self._problems)
            done = progress.objects_done + len(self._problems)
            progress = progress._replace(objects_done=done, objects_total=total)
        return JobSnapshot(
            self._state(told.state), progress, told.planned, told.bytes_per_second, told.seconds_left,
            told.skipped, failed, self.error or told.error, told.noun,
        )  # fmt: skip

    def _state(self, told: JobState) -> JobState:
        if not self.is_over:
            # Its thread has still to say that it has ended, and to put that on record.
            return JobState.RUNNING if told.is_over else told
        if told is JobState.DONE and self._problems:
            return JobState.FAILED
        if told.is_over:
            return told
        return JobState.CANCELLED if self.cancel_wanted and self.error is None else JobState.FAILED

    def failures(self) -> list[StorageError]:
        """Everything that could not be done, the first to fail first."""
        done = [] if self.copy is None else list(self.copy.summary.failures)
        failures = [*self._problems, *done]
        return [*failures, self.error] if self.error is not None and self.error not in failures else failures

    # What can be done about it

    @property
    def can_pause(self) -> bool:
        return self.snapshot().state is JobState.RUNNING and not self.cancel_wanted

    @property
    def can_go_on(self) -> bool:
        return self.snapshot().state is JobState.PAUSED and not self.cancel_wanted

    @property
    def can_cancel(self) -> bool:
        return not self.is_over and not self.cancel_wanted

    @property
    def can_retry(self) -> bool:
        """Whether trying again may do more than before: what the plan refused, it refuses again, and a name that cannot
        be there never can."""
        if not self.is_over:
            return False
        if self.snapshot().state is JobState.CANCELLED:
            return True
        refused = {id(error) for error in (*self._problems, *self._not_on_record())}
        return any(id(each) not in refused and not isinstance(each, InvalidPathError) for each in self.failures())

    def pause(self) -> None:
        if self.copy is not None:
            self.copy.pause()

    def go_on(self) -> None:
        if self.copy is not None:
            self.copy.go_on()

    def _not_on_record(self) -> list[StorageError]:
        """Why what a record in the journal does not have was not done."""
        problems = [] if self.plan is None else self.plan.problems
        if self.copy is None or self.copy.id is None:
            return problems
        return [*problems, *self.copy.not_renamed.values()]

    def renew(self) -> None:
        """Ready to run again: with its record in the journal if it has one, from the beginning otherwise."""
        copy = self.copy
        if copy is not None and copy.id is not None and copy.summary.listed:
            self.journal_id = copy.id
            self._problems += self._not_on_record()
        elif copy is not None and copy.not_renamed:
            self.spec = replace(self.spec, sources=tuple(copy.not_renamed))  # all others have their new places
        self.plan = self.copy = self.error = None
        self.cancel_wanted = self.is_over = False
