"""A copy job while a person waits for it: it works in a thread, and this one shows, asks, and hears Ctrl-C."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tfm.cli.copy_account import CopyAccount
from tfm.core.errors import StorageError
from tfm.core.step import Step
from tfm.operations.conflict import Conflict, ConflictPolicy, Decision
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_plan import Skipped
from tfm.transfer.context import Outcome

__all__ = ["JobEvents", "run_job"]

_TICK_SECONDS: Final = 0.1
_SETTLE_SECONDS: Final = 0.8
"""What runs when Ctrl-C comes may end within this; the journal knows the rest."""


@dataclass(frozen=True, slots=True)
class _Question:
    conflict: Conflict
    answer: queue.SimpleQueue[Decision] = field(default_factory=queue.SimpleQueue)


_Event = tuple[Step, Outcome] | Skipped | _Question | None


class JobEvents:
    """What a job's threads tell the one that runs it: the arguments ``ask``, ``done`` and ``skipped`` of a CopyJob."""

    def __init__(self) -> None:
        # Not a SimpleQueue: a signal (there is a tick) at the end of a timeout makes its get() wait for ever in Python
        # 3.11, and nothing was shown until the job was over.
        self._events: queue.Queue[_Event] = queue.Queue()
        self._stopped = False

    def ask(self, conflict: Conflict) -> Decision:
        question = _Question(conflict)
        self._events.put(question)
        # Looked at after it was put: then stop() sees the question, or this sees that it was stopped.
        return Decision(ConflictPolicy.FAIL) if self._stopped else question.answer.get()

    def done(self, step: Step, outcome: Outcome) -> None:
        self._events.put((step, outcome))

    def skipped(self, skipped: Skipped) -> None:
        self._events.put(skipped)

    def ended(self) -> None:
        self._events.put(None)

    def next(self, seconds: float) -> list[_Event]:
        """What was told, waiting so long for the first; nothing more comes after a None."""
        events: list[_Event] = []
        try:
            events.append(self._events.get(timeout=seconds))
            while len(events) < 1000:
                events.append(self._events.get_nowait())
        except queue.Empty:
            pass
        return events

    def stop(self) -> None:
        """Nobody answers any more."""
        self._stopped = True
        for event in self.next(0.001):
            if isinstance(event, _Question):
                event.answer.put(Decision(ConflictPolicy.FAIL))


class _Thread(threading.Thread):
    """Runs the job. A daemon: a request that never ends must not keep the program."""

    def __init__(self, job: CopyJob, events: JobEvents) -> None:
        super().__init__(name="tfm-job", daemon=True)
        self.error: Exception | None = None
        self._job = job
        self._events = events

    def run(self) -> None:
        try:
            self._job.run()
        except Exception as error:  # noqa: BLE001 - the thread's boundary: raised again where it is waited for
            self.error = error
        finally:
            self._events.ended()


def run_job(
    make: Callable[[JobEvents], CopyJob],
    account: CopyAccount,
    ask: Callable[[Conflict], Decision],
    *,
    kept: bool,
    more: bool = False,
) -> None:
    """Run the job that ``make`` gives to its end, and tell the ``account``. A KeyboardInterrupt stops it, and is raised
    on: what it says then is how to go on, where the journal is ``kept``; ``more`` is to come after this job."""
    events = JobEvents()
    job = make(events)
    account.begins(job.spec)
    thread = _Thread(job, events)
    told = 0
    question: _Question | None = None
    try:
        thread.start()
        over = False
        while not over:
            for event in events.next(_TICK_SECONDS):
                if event is None:
                    over = True
                elif isinstance(event, _Question):
                    question = event
                    account.clear()
                    event.answer.put(ask(event.conflict))
                    question = None
                elif isinstance(event, Skipped):
                    account.skipped(job.spec, event)
                else:
                    step, outcome = event
                    account.done(job.spec, step, verified=outcome.verified)
            told = _tell_failures(job, account, told)
            account.progress(job.snapshot())
    except BaseException as error:
        _stop(job, thread, events, question)
        account.ended(job.summary, job.id)
        if isinstance(error, KeyboardInterrupt):
            account.interrupted(job.id if kept else None, more=more)
        raise
    told = _tell_failures(job, account, told)
    account.ended(job.summary, job.id)
    if isinstance(thread.error, StorageError):
        account.not_begun(thread.error)
    elif thread.error is not None:
        raise thread.error


def _tell_failures(job: CopyJob, account: CopyAccount, told: int) -> int:
    failures = job.summary.failures[told:]
    for failure in failures:
        account.failed(failure)
    return told + len(failures)


def _stop(job: CopyJob, thread: threading.Thread, events: JobEvents, question: _Question | None) -> None:
    """Let what runs come to its end, for a moment. Another KeyboardInterrupt ends that too."""
    # A worker that comes to its end while Python does finds the journal closed, and would say so in a traceback.
    threading.excepthook = lambda _failure: None
    job.cancel()
    if question is not None:
        question.answer.put(Decision(ConflictPolicy.FAIL))
    events.stop()
    thread.join(_SETTLE_SECONDS)
