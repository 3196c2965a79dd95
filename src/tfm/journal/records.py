"""What the journal tells: jobs, their steps, and uploads that are not finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any, Final

from tfm.core.location import StorageAddress
from tfm.core.step import Step
from tfm.core.writing import Part

__all__ = [
    "UNFINISHED",
    "JobRecord",
    "JobState",
    "PartRecord",
    "StepCount",
    "StepRecord",
    "StepState",
    "UploadRecord",
]


class JobState(StrEnum):
    PLANNING = "planning"
    """Steps are still being added; the first may be done meanwhile."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    """It came to its end, and some of its steps failed."""

    CANCELLED = "cancelled"


UNFINISHED: Final = frozenset({JobState.PLANNING, JobState.RUNNING, JobState.PAUSED})
"""States of jobs that want to go on."""


class StepState(IntEnum):
    """The number is the byte that is stored."""

    PENDING = 0
    DONE = 1
    SKIPPED = 2
    FAILED = 3
    MADE = 4
    """A directory that the job made, and that gets its mode and time when all is in it."""


@dataclass(frozen=True, slots=True)
class StepCount:
    """How many steps, and how many bytes they say they hold; a size that is not known counts as none."""

    steps: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class StepRecord:
    """``number`` counts from 1 within the job. ``text`` is why it failed or was skipped."""

    number: int
    step: Step
    state: StepState = StepState.PENDING
    text: str = ""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """``id`` sorts by the time of creation. ``spec`` is what whoever began the job wrote down, as JSON gives it back.

    ``is_planned``: all of its steps are there. ``is_held``: a living process works on it, or may (one on another
    machine, or in another container, cannot be asked); ``process_id`` is that one's. ``boot_id`` names the start of the
    machine in which it was begun, as :class:`tfm.journal.holder.Holder` has it.
    """

    id: str
    kind: str
    title: str
    created_timestamp: float
    spec: Mapping[str, Any]  # JSON: the journal does not look into it
    state: JobState
    is_planned: bool
    counts: Mapping[StepState, StepCount]
    is_held: bool
    process_id: int | None
    boot_id: str = ""

    @property
    def created_at(self) -> datetime:
        """When it was begun, aware, in UTC."""
        return datetime.fromtimestamp(self.created_timestamp, UTC)

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED


@dataclass(frozen=True, slots=True)
class UploadRecord:
    """An upload, or a temporary file, that somebody was about to begin, began, and has not ended.

    ``id`` is the storage's word for it (of a disk: the temporary's path), None as long as nobody knows whether it was
    begun at all: then the storage is asked for uploads of that key that began about ``begun_timestamp``. ``job_id``
    is None where it belongs to no job, and ``step`` the number of the job's step.
    """

    number: int
    address: StorageAddress
    key: str
    begun_timestamp: float
    id: str | None
    part_bytes: int | None
    job_id: str | None
    job_state: JobState | None
    step: int | None
    is_held: bool


@dataclass(frozen=True, slots=True)
class PartRecord:
    """A part that the storage took, and the CRC-32 of its bytes."""

    part: Part
    crc: int | None = None
