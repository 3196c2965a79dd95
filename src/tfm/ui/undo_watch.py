"""What the panes have done and can take back, and the taking back as the screen sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tfm.core.errors import StorageError
from tfm.core.progress import Cancel, Progress
from tfm.operations.copy_spec import CopySpec
from tfm.operations.job_state import JobState
from tfm.operations.queued_job import QueuedJob
from tfm.operations.undo import Undo, UndoLog, Undone
from tfm.operations.undo_jobs import step_of_job
from tfm.operations.work import RunningWork, Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.undo_dialog import UndoDialog
from tfm.ui.update_box import UpdateBox

__all__ = ["UndoWatch"]


class UndoWatch:
    """The screen's thread calls everything here, but to ``log`` any thread may add. The screen calls :meth:`heed` when
    something is in ``box``; ``say`` tells what came of it, ``push`` shows a dialog, and ``submit`` begins a move."""

    def __init__(
        self,
        session: Session,
        works: RunningWork,
        box: UpdateBox[WorkUpdate[Undone]],
        *,
        say: Callable[[str], None],
        push: Callable[[UndoDialog, Callable[[Undone | None], None]], None],
        submit: Callable[[CopySpec], QueuedJob],
    ) -> None:
        self.log: Final = UndoLog()
        self.box: Final = box
        self._session = session
        self._works = works
        self._say = say
        self._push = push
        self._submit = submit
        self._work: Work[Undone] | None = None
        self._step: Undo | None = None
        self._wanted = 0
        self._backs: list[QueuedJob] = []

    def undo(self) -> None:
        """Take the latest back: at once where it is about one entry, else ask first. Pressed again meanwhile, it takes
        back one more after it."""
        step = self.log.latest
        if self._work is not None:
            self._wanted += 1
        elif any(not job.is_over for job in self._backs):
            self._say("What was moved is still on its way back; Ctrl-T tells how far it is.")
        elif step is None:
            self._say("There is nothing to undo.")
        elif step.is_small:
            self._begin(step)
        else:
            self._open(step)

    def _begin(self, step: Undo) -> None:
        def task(tell: Callable[[Progress], None], cancel: Cancel) -> Undone:
            return self.log.undo(self._session, tell, cancel, step=step)

        self._step = step
        self._work = begin_work("an undo", task, self.box.put)
        self._works.add(self._work)

    def _open(self, step: Undo, failure: StorageError | None = None) -> None:
        self._push(UndoDialog(self._session, self.log, step, self._works, failure=failure), self._ended)

    def heed(self) -> None:
        """One that was begun at once has ended."""
        update, step = self.box.take(), self._step
        if update is None or update.state is WorkState.RUNNING or step is None:
            return
        self._work = self._step = None
        again, self._wanted = self._wanted, 0
        undone = update.result
        if undone is None or undone.failures:
            error = update.error if undone is None else undone.failures[0]
            self._say(f"Not undone: {step.title}. {'' if error is None else error}")
            self._open(step, error)
            return
        self._ended(undone)
        for _ in range(again):
            self.undo()

    def _ended(self, undone: Undone | None) -> None:
        if undone is None:
            return
        if undone.job is not None:
            self._backs.append(self._submit(undone.job))
        self._say(undone.said)

    def heed_job(self, job: QueuedJob) -> None:
        """A copy or a move has ended."""
        snapshot = job.snapshot()
        did_nothing = snapshot.progress.objects_done <= snapshot.skipped + snapshot.failed
        if job in self._backs or did_nothing:
            return
        whole = snapshot.state is JobState.DONE and not snapshot.skipped
        met_nothing = job.plan is not None and not job.plan.meets_something
        self.log.add(step_of_job(self._session, job.spec, whole=whole, met_nothing=met_nothing))
