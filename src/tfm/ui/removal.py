"""What a delete does, permanently or by the trash, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.operations.delete_plan import DeletePlan, run_delete
from tfm.operations.trash import move_to_trash
from tfm.operations.undo import Permanent, Undo, counted
from tfm.operations.undo_steps import MovedToTrash
from tfm.storage.session import Session
from tfm.ui.delete_text import outcome_text, trash_outcome_text

__all__ = ["PermanentRemoval", "Removal", "Removed", "TrashRemoval"]


@dataclass(frozen=True, slots=True)
class Removed:
    """What came of it: ``said`` in a line, ``failures`` each with its cause."""

    said: str
    failures: Sequence[StorageError]
    went_all: bool


class Removal(Protocol):
    """One delete that was agreed to."""

    @property
    def doing(self) -> str:
        """What is said while it runs."""
        ...

    @property
    def stopping(self) -> str:
        """What is said when it was told to stop."""
        ...

    @property
    def total(self) -> Progress:
        """Nothing of how much is done."""
        ...

    def run(self, tell: Callable[[Progress], None], cancel: Cancel) -> Removed:
        """Do it, in the calling thread."""
        ...


@dataclass(frozen=True, slots=True)
class PermanentRemoval:
    """Of exactly what was counted. ``remember`` hears of it, in the thread that does it, for an undo."""

    plan: DeletePlan
    remember: Callable[[Undo], None]
    doing: str = "Deleting…"
    stopping: str = "Stopping, when the batch under way is done…"

    @property
    def total(self) -> Progress:
        return Progress(0, self.plan.objects, 0, self.plan.size_bytes)

    def run(self, tell: Callable[[Progress], None], cancel: Cancel) -> Removed:
        summary = run_delete(self.plan, progress=tell, cancel=cancel)
        if summary.objects or summary.unknown:
            self.remember(Permanent(f"a delete of {counted(summary.objects)}", "nothing of it is in a trash."))
        failures = [*self.plan.failures, *summary.failures]
        return Removed(outcome_text(self.plan, summary), failures, not failures and not summary.stopped)


@dataclass(frozen=True, slots=True)
class TrashRemoval:
    """Each of ``locations`` goes whole. ``remember`` hears of those that went."""

    session: Session
    locations: Sequence[Location]
    remember: Callable[[Undo], None]
    doing: str = "Moving to the trash…"
    stopping: str = "Stopping…"

    @property
    def total(self) -> Progress:
        return Progress(0, len(self.locations))

    def run(self, tell: Callable[[Progress], None], cancel: Cancel) -> Removed:
        summary = move_to_trash(self.session, self.locations, progress=tell, cancel=cancel)
        if summary.trashed:
            self.remember(MovedToTrash(tuple(summary.trashed)))
        went_all = not summary.failures and not summary.stopped
        return Removed(trash_outcome_text(summary), summary.failures, went_all)
