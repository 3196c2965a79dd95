"""How far a job is, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tfm.core.errors import OperationFailed, StorageError
from tfm.core.progress import Progress
from tfm.operations.noun import ENTRY, Noun

__all__ = ["CopySummary", "JobSnapshot", "JobState"]


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    """It ended, and not everything was done."""

    CANCELLED = "cancelled"
    """Stopped before the end; it can be resumed."""

    @property
    def is_over(self) -> bool:
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


@dataclass(slots=True)
class CopySummary:
    """What came of it. What was ``listed`` is ``done``, ``skipped`` or ``failed``, once the job ended by itself.

    ``unverified`` counts what was copied though no checksum tells whether it is right. ``renamed`` says that it was
    one step of the disk's own. ``only_looked``: the destination is not known to refuse to overwrite by itself, so it
    was looked at just before. ``noun`` is what is counted, as far as it was seen.
    """

    listed: int = 0
    done: int = 0
    skipped: int = 0
    failed: int = 0
    size_bytes: int = 0
    listed_bytes: int = 0
    unverified: int = 0
    renamed: bool = False
    only_looked: bool = False
    stopped: bool = False
    noun: Noun = ENTRY
    failures: list[StorageError] = field(default_factory=list)

    def raise_failures(self, uri: str, operation: str) -> None:
        """OperationFailed with all of them, if there are any."""
        if self.failures:
            raise OperationFailed(
                f"{self.done:,} done, {self.skipped:,} skipped, {self.failed:,} failed: {self.failures[0]}",
                failures=self.failures,
                uri=uri,
                operation=operation,
            )


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """How far a job is. ``planned`` says whether the totals are final; ``seconds_left`` is None while they are not."""

    state: JobState
    progress: Progress
    planned: bool
    bytes_per_second: float
    seconds_left: float | None
    skipped: int
    failed: int
    error: StorageError | None = None
    noun: Noun = ENTRY
