"""A delete that runs, in its dialog or in the background, and what the list of jobs says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tfm.core.errors import StorageError
from tfm.core.progress import Cancel, Progress
from tfm.operations.cost import Tally
from tfm.operations.work import Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.delete_text import progress_text
from tfm.ui.removal import Removal, Removed
from tfm.ui.sanitise import fit

__all__ = ["RunningRemoval"]

_BAR_CELLS: Final = 10


class RunningRemoval:
    """Begins ``removal`` at once. ``title`` says what it is: ``delete 3 entries``. One ``listener`` at a time hears, in
    the delete's thread, that there is something to say; what it is, the screen's thread asks. ``tally`` has what it
    asked, without the counting before."""

    def __init__(self, removal: Removal, title: str, session: Session, listener: Callable[[], None]) -> None:
        self.title: Final = title
        self.removal: Final = removal
        self.progress: Progress = removal.total
        self.update: WorkUpdate[Removed] = WorkUpdate(WorkState.RUNNING, self.progress)
        self.tally: Final = Tally()
        self._session = session
        self._listener = listener
        self.work: Final[Work[Removed]] = begin_work("a delete", self._run, self._put)

    def _run(self, tell: Callable[[Progress], None], cancel: Cancel) -> Removed:
        with self._session.meter.tallying(self.tally):
            return self.removal.run(tell, cancel)

    def _put(self, update: WorkUpdate[Removed]) -> None:
        if update.state is WorkState.RUNNING:
            self.progress = update.progress
        self.update = update
        self._listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """From now on ``listener``, which is called once in this thread: what came before is not missed."""
        self._listener = listener
        listener()

    @property
    def is_over(self) -> bool:
        return self.update.state is not WorkState.RUNNING

    @property
    def can_stop(self) -> bool:
        return not self.is_over and not self.work.is_stopping

    def stop(self) -> None:
        """What is under way is finished."""
        self.work.stop()

    def failures(self) -> Sequence[StorageError]:
        if self.update.error is not None:
            return [self.update.error]
        return [] if self.update.result is None else self.update.result.failures

    # For reading

    @property
    def state_text(self) -> str:
        if not self.is_over:
            return "stopping…" if self.work.is_stopping else f"{int(100 * self._share)} %"
        removed = self.update.result
        if removed is not None and removed.went_all:
            return "done"
        return f"{len(self.failures()):,} failed" if self.failures() else "stopped"

    @property
    def details(self) -> str:
        """What came of it so far, in a sentence or two."""
        removed = self.update.result
        return progress_text(self.progress) if removed is None or removed.went_all else removed.said

    @property
    def ended_text(self) -> str:
        """For the status line, when it is over."""
        state = self.state_text
        sign, why = ("✓", "") if state == "done" else ("✗", " (Ctrl-T says why)") if self.failures() else ("", "")
        return f" {sign} {self.title}: {state}{why}".replace("  ", " ")

    def line(self, width: int, *, more: int = 0) -> str:
        """``⇣ delete 3 entries  ███████░░░  68 %  800 of 1,200 +1``, in ``width`` cells."""
        done = int(_BAR_CELLS * self._share)
        bar = "█" * done + "░" * (_BAR_CELLS - done)
        others = f" +{more}" if more else ""
        text = f" ⇣ {self.title}  {bar}  {self.state_text}  {progress_text(self.progress)}{others}"
        return fit(text, width).rstrip()

    @property
    def _share(self) -> float:
        total = self.progress.objects_total
        return min(1.0, self.progress.objects_done / total) if total else 0.0
