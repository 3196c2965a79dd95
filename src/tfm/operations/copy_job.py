"""A copy or a move under way: planned as it goes, done by workers, written down so that a kill loses nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import ConflictError, StorageError
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.core.step import Step, StepAction
from tfm.core.writing import Condition, Part
from tfm.journal import UNFINISHED, Job, Journal, StepState, null_journal
from tfm.journal import JobState as RecordedState
from tfm.operations.conflict import Conflict, Conflicts, Decision
from tfm.operations.copy_plan import CopyPlanner, Planned, Planner, Problem, Skipped
from tfm.operations.copy_spec import CopySpec
from tfm.operations.durable import reach_the_disk
from tfm.operations.earlier_run import EarlierRun
from tfm.operations.job_state import CopySummary, JobSnapshot, JobState
from tfm.operations.moving import MovedSources, rename_what_can_be
from tfm.operations.noun import ENTRY, noun_for
from tfm.operations.room import with_room
from tfm.operations.sameness import Sameness, sameness_of
from tfm.operations.step_upload import StepUpload
from tfm.storage.session import Session
from tfm.storage.storage import Storage
from tfm.transfer.context import Outcome, TransferContext
from tfm.transfer.directories import Directories
from tfm.transfer.engine import BytesBudget, Engine
from tfm.transfer.meter import Meter
from tfm.transfer.transfer import Transfer
from tfm.transfer.writing_out import WritingOut

__all__ = ["CopyJob"]

_SETTLE_SECONDS: Final = 0.8
"""So long what is under way when a job is stopped may take to end and be written down: Ctrl-C is heard in a second."""

_MEMORY_BYTES: Final = 64 << 20
"""What objects and parts in memory weigh at most; with the program itself that stays below 200 MB."""


class CopyJob:
    """Does ``spec``. :meth:`run` takes as long as the job does; the other methods may be called from any thread."""

    def __init__(
        self,
        session: Session,
        spec: CopySpec,
        *,
        journal: Journal | None = None,
        ask: Callable[[Conflict], Decision] | None = None,
        progress: Callable[[Progress], None] | None = None,
        workers: int | None = None,
        log: Job | None = None,
        restarted: bool = False,
        had_ended: bool = False,
        done: Callable[[Step, Outcome], None] | None = None,
        skipped: Callable[[Skipped], None] | None = None,
        plan: Callable[[CopySpec], Planner] | None = None,
        durable: bool = True,
    ) -> None:
        """``done`` hears of each object that was copied, in the workers' threads, and ``skipped`` of each that was left
        as it is; both are short and do not raise. ``plan`` gives the planner, where somebody has planned already.
        With a ``journal``, a ``durable`` copy is on the disk before it is on record as done. ``log``,
        ``restarted`` and ``had_ended`` are of an earlier run: see :class:`EarlierRun`."""
        self.spec: Final = spec
        self.summary: Final = CopySummary()
        self.not_renamed: Final[dict[Location, StorageError]] = {}
        """Sources of a move that may not have another place on their disk: of them nothing is on record."""
        self._session = session
        self._journal = journal
        self._log = log
        self._earlier = None if log is None else EarlierRun(log, spec, restarted=restarted, had_ended=had_ended)
        self._conflicts = Conflicts(spec.policy, ask)
        self._progress = progress
        self._tell_done = done
        self._tell_skipped = skipped
        self._plan = plan
        self._durable = durable and journal is not None
        self._cancel = Cancel()
        self._lock = threading.Lock()
        self._meter = Meter(session.clock)
        self._engine = Engine(workers or session.settings.transfer_workers)
        self._state = JobState.QUEUED
        self._planned = False
        self._begun = False
        self._current = ""
        self._error: StorageError | None = None
        self._told_at = 0.0
        self._own_journal: Journal | None = None
        self._noun_of_all = ENTRY
        """When there are directories too."""
        self._done_now: set[int] = set()
        self._made: list[int] = []

    # From any thread

    @property
    def title(self) -> str:
        return self.spec.title

    @property
    def id(self) -> str | None:
        """By which it is resumed; None before anything of it is on record."""
        return None if self._log is None else self._log.id

    def snapshot(self) -> JobSnapshot:
        with self._lock:
            speed = self._meter.bytes_per_second()
            left = self.summary.listed_bytes - self._meter.size_bytes
            seconds = left / speed if self._planned and speed > 0 else None
            return JobSnapshot(
                self._state, self._told(), self._planned, speed, seconds, self.summary.skipped, self.summary.failed,
                self._error, self.summary.noun,
            )  # fmt: skip

    def cancel(self) -> None:
        """Stop soon; what is done stays, and what is under way can be resumed. Returns at once."""
        self._cancel.set()
        self._engine.stop()

    def pause(self) -> None:
        with self._lock:
            if self._state is JobState.RUNNING:
                self._state = JobState.PAUSED
                self._engine.pause()

    def go_on(self) -> None:
        with self._lock:
            if self._state is JobState.PAUSED:
                self._state = JobState.RUNNING
                self._engine.go_on()

    # In the job's thread

    def run(self) -> CopySummary:
        """Plan and do it. Raises what could be known before anything was written, and what broke off the beginning;
        failures after that are in the summary."""
        self._state = JobState.RUNNING
        try:
            self._run()
        except StorageError as error:
            self._error = error
            self._end(JobState.FAILED)
            raise
        except BaseException:
            self._cancel.set()
            self._end(JobState.CANCELLED)
            raise
        self._end(self._final_state())
        return self.summary

    def _final_state(self) -> JobState:
        if self._cancel.wanted:
            self.summary.stopped = True
            return JobState.CANCELLED
        return JobState.FAILED if self.summary.failures else JobState.DONE

    def _end(self, state: JobState) -> None:
        self._engine.stop()
        self._engine.settle(_SETTLE_SECONDS)
        with self._lock:
            self._state = state
        try:
            self._tell(force=True)
        finally:
            self._close_log(state)

    def _close_log(self, state: JobState) -> None:
        log = self._log
        if log is None:
            return
        broken_off = state is JobState.FAILED and self._error is not None
        if state is JobState.CANCELLED or (broken_off and (self._begun or self._earlier is not None)):
            log.release()  # it can be resumed
        else:
            log.set_state(RecordedState.DONE if state is JobState.DONE else RecordedState.FAILED)
        log.flush()
        if self._journal is None and self._own_journal is not None:
            self._own_journal.close()

    def _run(self) -> None:
        source = self._session.storage(self.spec.source_storage)
        target = self._session.storage(self.spec.target_storage).confined(self.spec.target_prefix)
        self.summary.noun = noun_for(source.capabilities, target.capabilities)
        self._noun_of_all = noun_for(source.capabilities, target.capabilities, directories=True)
        planner = self._planner(source, target, self.spec)
        if self._earlier is None:
            planner.check()
        spec = self.spec
        if spec.move and self._earlier is None:
            spec = rename_what_can_be(source, target, spec, renamed=self._renamed, failed=self._not_renamed)
        if not spec.sources:
            self._planned = True
            return
        if spec != self.spec:
            planner = self._planner(source, target, spec)  # what was renamed is not there any more
        log = self._opened_log(spec)
        directories = Directories(target, spec.target_prefix)
        writing_out = self._writing_out(target, spec)
        context = TransferContext(
            source, target, directories, self._meter, self._cancel, BytesBudget(_MEMORY_BYTES), writing_out
        )
        moved = MovedSources(source, target, spec, log, kept=self._kept, failed=self._failed) if spec.move else None
        if self._earlier is not None:
            self._earlier.prepare(target, directories, kept=self._others_uploads())
        with ExitStack() as stack:
            stack.callback(writing_out.close)
            for each in spec.sources:
                if each.kind is Kind.DIRECTORY:
                    stack.enter_context(target.changing_below(spec.target_key(each)))
                    if spec.move:
                        stack.enter_context(source.changing_below(each.key))
            steps = self._steps(planner, log, source, target)
            for step, number in steps if self._earlier is not None else with_room(source, target, spec, steps):
                self._begin(context, step, number, moved)
            self._planned = not self._cancel.wanted
            # A large object ends nothing that could be told of, for hours perhaps.
            self._engine.wait(None if self._progress is None else self._tell)
            if self._cancel.wanted:
                return
            self.summary.only_looked = _only_looks(source, target)  # by now the server has told who it is
            self._finish(source, target, directories, log, moved)
            if moved is None:  # a move has, before it deleted
                self._reach_the_disk(target)
        log.flush()

    def _others_uploads(self) -> list[str]:
        """Their ids, of jobs that were interrupted too."""
        orphans = () if self._journal is None else self._journal.orphans()
        return [each.id for each in orphans if each.id is not None and each.job_state in UNFINISHED]

    def _writing_out(self, target: Storage, spec: CopySpec) -> WritingOut:
        waits = (self._durable or spec.move) and Capability.LOCAL_PATHS in target.capabilities
        return WritingOut(target if waits else None, self._cancel)

    def _finish(
        self, source: Storage, target: Storage, directories: Directories, log: Job, moved: MovedSources | None
    ) -> None:
        """All objects are there: directories get what they owe, and what was moved is deleted."""
        directories.finish()
        for number in self._made:
            log.done(number)
        if moved is not None:
            for step, whole in () if self._earlier is None else self._earlier.undeleted(source, target, self._done_now):
                if whole:
                    moved.add(step, None)
                else:
                    self._kept(_copy_gone(source, step))
            moved.finish()

    def _reach_the_disk(self, target: Storage) -> None:
        """Before it is on record that all is done."""
        if not self._durable or not self.summary.done:
            return
        try:
            reach_the_disk(target, self.spec.target_prefix, self._cancel)
        except StorageError as error:
            self._failed(error)

    def _planner(self, source: Storage, target: Storage, spec: CopySpec) -> Planner:
        if self._plan is not None:
            return self._plan(spec)
        was_moved = self._earlier.was_moved if spec.move and self._earlier is not None else None
        return CopyPlanner(source, target, spec, self._conflicts, self._cancel, was_moved=was_moved)

    def _opened_log(self, spec: CopySpec) -> Job:
        if self._log is None:
            journal = self._journal
            if journal is None:
                journal = self._own_journal = null_journal()
            self._log = journal.begin_job("move" if spec.move else "copy", self.title, spec.record())
        return self._log

    def _renamed(self, step: Step) -> None:
        self.summary.listed += 1
        self.summary.done += 1
        self.summary.renamed = True
        self._note_kind(step.kind)
        if self._tell_done is not None:
            self._tell_done(step, Outcome(None, 0, verified=True))

    def _not_renamed(self, source: Location, error: StorageError) -> None:
        self.not_renamed[source] = error
        self._note_kind(source.kind)
        self._failed(error)

    def _steps(self, planner: Planner, log: Job, source: Storage, target: Storage) -> Iterator[tuple[Step, int]]:
        """The steps with their numbers in the journal, as the plan comes; what will not be done is counted."""
        earlier = self._earlier
        if earlier is not None:
            self._count_earlier(log)
            yield from earlier.left_over(source, target)
            yield from self._taken_back(earlier.lost(source, target, self._cancel))
            if log.record().is_planned:
                return
        try:
            for batch in planner.batches():
                left = (
                    batch if earlier is None else [each for each in batch if not earlier.had_planned(*_place_of(each))]
                )
                yield from self._noted(left, log)
                if self._cancel.wanted:
                    return
        except StorageError as error:
            if not self.summary.listed:
                raise
            self._failed(error)
            return
        if planner.is_complete:
            log.steps_added()

    def _noted(self, batch: list[Planned], log: Job) -> Iterator[tuple[Step, int]]:
        steps: list[Step] = []
        with self._lock:
            self.summary.listed += len(batch)
            for each in batch:
                self._note_kind(_place_of(each)[1])
                if isinstance(each, Problem):
                    self._count_failure(each.error)
                elif isinstance(each, Skipped):
                    self.summary.skipped += 1
                    if self._tell_skipped is not None:
                        self._tell_skipped(each)
                else:
                    self.summary.listed_bytes += each.size_bytes or 0
                    steps.append(each)
        yield from zip(steps, log.add_steps(steps), strict=True)

    def _note_kind(self, kind: Kind) -> None:
        if kind is Kind.DIRECTORY:
            self.summary.noun = self._noun_of_all

    def _taken_back(self, lost: Iterator[tuple[Step, int]]) -> Iterator[tuple[Step, int]]:
        """What counted as done, and is to be done again. It stays on record as done meanwhile: who goes on with this
        run looks again."""
        for step, number in lost:
            if number in self._done_now:
                continue
            with self._lock:
                self.summary.done -= 1
            self._meter.add(-(step.size_bytes or 0))
            yield step, number

    def _count_earlier(self, log: Job) -> None:
        """What an earlier run had planned, and what it had done of it."""
        counts = log.counts()
        with self._lock:
            self._note_kind(Kind.DIRECTORY)  # the journal does not count those by themselves
            for state, count in counts.items():
                self.summary.listed += count.steps
                self.summary.listed_bytes += count.size_bytes
                self.summary.done += count.steps if state is StepState.DONE else 0
                self.summary.skipped += count.steps if state is StepState.SKIPPED else 0
            self._meter.add(counts[StepState.DONE].size_bytes)

    def _begin(self, context: TransferContext, step: Step, number: int, moved: MovedSources | None) -> None:
        log = self._log
        if log is None:
            raise RuntimeError("the job has no log")
        self._begun = True
        found = Sameness.OTHER

        def ended(_step: Step, outcome: Outcome | None, error: StorageError | None) -> None:
            resumed = self._earlier is not None and isinstance(error, ConflictError)
            if resumed and is_done():
                outcome, error = Outcome(None, step.size_bytes or 0, verified=found is Sameness.SAME), None
            if outcome is not None and moved is not None and not outcome.verified:
                outcome, error = None, moved.not_verified(step)
            if outcome is not None:
                self._note(number, log, has_all=not context.directories.owes_facts(step.target_key))
            self._ended(number, step, outcome, error, moved)

        def is_done(parts: Sequence[Part] = ()) -> bool:
            nonlocal found
            if found is Sameness.OTHER:
                found = sameness_of(context.source, context.target, step, parts=parts)
            return found is not Sameness.OTHER

        def making() -> None:
            log.made(number)
            log.flush()  # a kill right after it was made would let it be taken for another's

        if step.action is StepAction.DIRECTORY and step.mode is not None:
            context.directories.expect(step.target_key, making)
        upload = None if self._earlier is None else self._earlier.upload(number)
        transfer = Transfer(
            context,
            step,
            record=lambda: StepUpload(log, context.target, number, upload, is_done),
            ended=ended,
            large_ended=self._engine.ended_large,
        )
        self._engine.put(transfer.run, large=transfer.is_large, light=transfer.is_light)

    def _note(self, number: int, log: Job, *, has_all: bool) -> None:
        """A directory has all that its original has only at the end of the job: until then it is no more than made."""
        if has_all:
            log.done(number)
            return
        log.made(number)
        with self._lock:
            self._made.append(number)

    def _ended(
        self, number: int, step: Step, outcome: Outcome | None, error: StorageError | None, moved: MovedSources | None
    ) -> None:
        log = self._log
        if log is None:
            raise RuntimeError("the job has no log")
        if outcome is None:
            if error is not None:
                log.failed(number, str(error))
                with self._lock:
                    self._count_failure(error)
        else:
            with self._lock:
                if self._earlier is not None:
                    self._done_now.add(number)
                self.summary.done += 1
                self.summary.size_bytes += outcome.size_bytes
                self.summary.unverified += not outcome.verified
                self._current = step.source_key
            if self._tell_done is not None:
                self._tell_done(step, outcome)
            if moved is not None:
                moved.add(step, outcome.copied)
        self._tell()

    def _failed(self, error: StorageError) -> None:
        """Something that was not planned."""
        with self._lock:
            self.summary.listed += 1
            self._count_failure(error)

    def _kept(self, error: StorageError) -> None:
        """An object that was copied, and whose source could not be deleted: it was not moved."""
        with self._lock:
            self.summary.done -= 1
            self._count_failure(error)

    def _count_failure(self, error: StorageError) -> None:
        self.summary.failed += 1
        self.summary.failures.append(error)

    def _told(self) -> Progress:
        summary = self.summary
        return Progress(
            summary.done + summary.skipped + summary.failed,
            summary.listed if self._planned else None,
            self._meter.size_bytes,
            summary.listed_bytes if self._planned else None,
            self._current,
        )

    def _tell(self, *, force: bool = False) -> None:
        """At most twenty times a second: a thousand small objects a second need not each be told of."""
        if self._progress is None:
            return
        now = time.monotonic()
        with self._lock:
            if not force and now - self._told_at < 0.05:
                return
            self._told_at = now
            told = self._told()
        self._progress(told)


def _only_looks(source: Storage, target: Storage) -> bool:
    condition = Condition.COPY if target.can_copy_from(source.address) else Condition.CREATE
    return not target.enforces(condition)


def _copy_gone(source: Storage, step: Step) -> StorageError:
    return ConflictError(
        "Its copy is not there as it was copied, so it stays.",
        next_step="Look at both, and move it again if it is still to be moved.",
        uri=source.uri_of(step.source_key),
        operation="move",
    )


def _place_of(planned: Planned) -> tuple[str, Kind]:
    if isinstance(planned, Step):
        return planned.source_key, planned.kind
    return planned.source.key, planned.source.kind
