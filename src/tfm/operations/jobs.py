"""Copies and moves in the background: a queue, a few at once, questions one at a time, and what was interrupted before.

Loads the engine and the journal in its jobs' threads, so that a program which copies nothing does without them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from tfm.core.errors import StorageError
from tfm.operations.conflict import Conflict, ConflictPolicy, Conflicts, Decision
from tfm.operations.copy_spec import CopySpec
from tfm.operations.job_state import JobState
from tfm.operations.queued_job import Question, QueuedJob
from tfm.storage.session import Session

if TYPE_CHECKING:
    from tfm.journal import Job, JobRecord, Journal
    from tfm.operations.copy_job import CopyJob
    from tfm.operations.counted_plan import CountedPlan

__all__ = ["InterruptedJob", "JobQueue"]

_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class InterruptedJob:
    """A job of an earlier run that nobody works on. ``objects`` is None where its plan was not finished either."""

    id: str
    spec: CopySpec
    objects_done: int
    objects: int | None

    @property
    def title(self) -> str:
        return self.spec.title


class JobQueue:
    """Thread-safe. ``journal_path`` None keeps the journal in memory. ``changed`` is called in the jobs' threads when a
    job or a question came or went, and must be short; how far a job is, its snapshot says."""

    def __init__(
        self,
        session: Session,
        journal_path: str | None,
        *,
        at_once: int = _AT_ONCE,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.journal_error: StorageError | None = None
        self._session = session
        self._journal_path = journal_path
        self._at_once = at_once
        self._changed = changed
        self._lock = threading.Lock()
        self._turn_came = threading.Condition(self._lock)
        self._journal_lock = threading.Lock()
        self._opened_journal: Journal | None = None
        self._jobs: list[QueuedJob] = []
        self._waiting: list[QueuedJob] = []
        self._running: list[QueuedJob] = []
        self._questions: list[Question] = []
        self._interrupted: list[InterruptedJob] = []
        self._count = 0
        self._is_ending = False

    # What there is

    def jobs(self) -> list[QueuedJob]:
        """All of this session, those that are over too, the oldest first."""
        with self._lock:
            return list(self._jobs)

    def active(self) -> list[QueuedJob]:
        """What is not over, the oldest first."""
        return [job for job in self.jobs() if not job.is_over]

    def interrupted(self) -> list[InterruptedJob]:
        """What :meth:`look_back` found and nobody has gone on with."""
        with self._lock:
            return list(self._interrupted)

    def question(self) -> Question | None:
        """The one to be answered first."""
        with self._lock:
            return self._questions[0] if self._questions else None

    # Jobs

    def submit(self, spec: CopySpec, plan: CountedPlan | None = None) -> QueuedJob:
        """Do it when its turn comes; returns at once. ``plan`` is one of this very spec, perhaps counted already."""
        return self._add(QueuedJob(self._next_number(), spec, plan))

    def resume(self, interrupted: InterruptedJob) -> QueuedJob:
        """Go on with a job of an earlier run."""
        with self._lock:
            self._interrupted = [each for each in self._interrupted if each.id != interrupted.id]
        return self._add(QueuedJob(self._next_number(), interrupted.spec, job_id=interrupted.id))

    def retry(self, job: QueuedJob) -> None:
        """Try again what failed, or go on with what was cancelled."""
        if job.can_retry:
            job.renew()
            with self._lock:
                self._jobs.remove(job)
            self._add(job)

    def _next_number(self) -> int:
        with self._lock:
            self._count += 1
            return self._count

    def _add(self, job: QueuedJob) -> QueuedJob:
        with self._lock:
            self._jobs.append(job)
            self._waiting.append(job)
        threading.Thread(target=self._work, args=(job,), name=f"tfm-job-{job.number}", daemon=True).start()
        self._changed()
        return job

    def pause(self, job: QueuedJob) -> None:
        """Begin nothing more of it; what is under way is finished. Another job may take its place meanwhile."""
        job.pause()
        with self._lock:
            self._turn_came.notify_all()

    def go_on(self, job: QueuedJob) -> None:
        """End a pause."""
        job.go_on()

    def cancel(self, job: QueuedJob) -> None:
        """Stop it soon; returns at once. What is done stays. It can be gone on with, and is not offered again."""
        with self._lock:
            job.cancel_wanted = True
            asked = [question for question in self._questions if question.job is job]
            self._questions = [question for question in self._questions if question.job is not job]
            self._turn_came.notify_all()
        if job.plan is not None:
            job.plan.cancel()
        if job.copy is not None:
            job.copy.cancel()
        for question in asked:
            question.answer(Decision(ConflictPolicy.FAIL))
        self._changed()

    def answer(self, question: Question, decision: Decision) -> None:
        """Let its job go on."""
        with self._lock:
            self._questions = [each for each in self._questions if each is not question]
        question.answer(decision)
        self._changed()

    def stop(self) -> None:
        """Cancel everything that is not over, to be offered at the next start; returns at once."""
        self._is_ending = True
        for job in self.active():
            self.cancel(job)

    # In a job's thread

    def _work(self, job: QueuedJob) -> None:
        try:
            with self._turn(job) as has_come:
                if has_come:
                    with self._session.meter.tallying(job.tally):
                        self._run(job)
        except StorageError as error:
            job.error = error
        except Exception as error:  # noqa: BLE001 - the thread's boundary: shown, never a silent death
            job.error = _defect(error)
        finally:
            with self._lock:
                job.is_over = True
                self._waiting = [each for each in self._waiting if each is not job]  # where its turn never came
                self._turn_came.notify_all()
            self._changed()

    @contextmanager
    def _turn(self, job: QueuedJob) -> Iterator[bool]:
        """Wait until it may begin; False where it is cancelled before."""
        with self._lock:
            comes_at_once = self._may_begin(job)
        record = None if comes_at_once else self._on_record(job)
        with self._lock:
            self._turn_came.wait_for(lambda: job.cancel_wanted or self._may_begin(job))
            self._waiting.remove(job)
            has_come = not job.cancel_wanted
            if has_come:
                self._running.append(job)
            self._turn_came.notify_all()
        if record is not None:
            self._end_record(record, keep=not has_come and self._is_ending)
        try:
            yield has_come
        finally:
            with self._lock:
                self._running = [each for each in self._running if each is not job]
                self._turn_came.notify_all()

    def _may_begin(self, job: QueuedJob) -> bool:
        # A paused one takes nobody's place.
        running = sum(each.snapshot().state is not JobState.PAUSED for each in self._running)
        return self._waiting[0] is job and running < self._at_once

    def _on_record(self, job: QueuedJob) -> Job | None:
        """A job that waits outlives a kill too; the record ends when its own is about to begin."""
        if job.journal_id is not None:
            return None  # it has its own
        spec = job.spec
        return self._journal().begin_job("move" if spec.move else "copy", spec.title, spec.record())

    def _end_record(self, record: Job, *, keep: bool) -> None:
        from tfm.journal import JobState as RecordedState

        if keep:
            record.release()
        else:
            record.set_state(RecordedState.CANCELLED)
        record.flush()

    def _run(self, job: QueuedJob) -> None:
        journal = self._journal()
        copy = job.copy = self._made(job, journal)
        if job.cancel_wanted:
            copy.cancel()
            if job.plan is not None:
                job.plan.cancel()
        self._changed()
        try:
            copy.run()
        finally:
            if job.cancel_wanted and not self._is_ending and copy.id is not None:
                self._give_up(journal, copy.id)

    def _made(self, job: QueuedJob, journal: Journal) -> CopyJob:
        from tfm.operations.copy_job import CopyJob
        from tfm.operations.counted_plan import CountedPlan
        from tfm.operations.resume import resume

        ask = partial(self._ask, job)
        if job.journal_id is not None:
            return resume(self._session, journal, job.journal_id, ask=ask, retry_failed=True)
        if job.plan is None:
            job.plan = CountedPlan(self._session, job.spec)
        run_plan = job.plan.run_with(Conflicts(job.spec.policy, ask))
        return CopyJob(self._session, job.spec, journal=journal, ask=ask, plan=run_plan)

    def _give_up(self, journal: Journal, job_id: str) -> None:
        """Who cancelled it is not offered it again at the next start."""
        from tfm.journal import JobState as RecordedState

        record = journal.claim(job_id)
        if record is not None:
            record.set_state(RecordedState.CANCELLED)
            record.flush()

    def _ask(self, job: QueuedJob, conflict: Conflict) -> Decision:
        question = Question(job, conflict)
        with self._lock:
            if job.cancel_wanted:
                return Decision(ConflictPolicy.FAIL)
            self._questions.append(question)
            job.waits_for_answer = True
        self._changed()
        decision = question.wait()
        job.waits_for_answer = False
        return decision

    # The journal

    def _journal(self) -> Journal:
        from tfm.journal import null_journal, open_or_do_without

        with self._journal_lock:
            if self._opened_journal is None:
                path = self._journal_path
                self._opened_journal = null_journal() if path is None else open_or_do_without(path, warn=self._warned)
            return self._opened_journal

    def _warned(self, error: StorageError) -> None:
        self.journal_error = error
        self._changed()

    def look_back(self) -> None:
        """In a thread of its own, at the start: find what was interrupted, and sweep what nobody will go on with. One
        request for each upload that is swept; where nothing was ever copied, nothing is loaded. Fails silently: nobody
        has asked for it, and it comes again."""
        if self._journal_path is None or not os.path.exists(self._journal_path):
            return
        from tfm.operations.resume import clean, resumable

        try:
            journal = self._journal()
            found = [found for record in resumable(journal) if (found := _interrupted(record)) is not None]
            with self._lock:
                self._interrupted = found
            self._changed()
            clean(self._session, journal)
        except (StorageError, OSError):
            pass

    def forget(self, interrupted: InterruptedJob) -> None:
        """Give an interrupted job up, and sweep what it left; a request for each of its uploads, in this thread."""
        from tfm.operations.resume import give_up

        with self._lock:
            self._interrupted = [each for each in self._interrupted if each.id != interrupted.id]
        self._changed()
        give_up(self._session, self._journal(), interrupted.id)


def _interrupted(record: JobRecord) -> InterruptedJob | None:
    """None for a record that another version wrote, and this one cannot read."""
    from tfm.journal import StepState

    try:
        spec = CopySpec.from_record(dict(record.spec))
    except (KeyError, TypeError, ValueError):
        return None
    objects = sum(count.steps for count in record.counts.values())
    return InterruptedJob(record.id, spec, record.counts[StepState.DONE].steps, objects if record.is_planned else None)


def _defect(error: Exception) -> StorageError:
    return StorageError(
        f"tfm itself failed: {type(error).__name__}: {error}", next_step="Please report it.", operation="copy"
    )
