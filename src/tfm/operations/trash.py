"""Delete to the system's trash, where the storage has one; what went there can be put back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tfm.core.capability import Capability
from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.storage.session import Session

__all__ = ["TrashSummary", "Trashed", "goes_to_trash", "move_to_trash", "put_back"]


@dataclass(frozen=True, slots=True)
class Trashed:
    """What went to the trash: ``location`` is where it was, ``trashed`` what its storage finds it by; empty where only
    the system itself can put it back."""

    location: Location
    trashed: str


@dataclass(slots=True)
class TrashSummary:
    """Of so many that were asked for, these went, and those did not; ``stopped`` where somebody wished for an end."""

    asked: int
    trashed: list[Trashed] = field(default_factory=list)
    failures: list[StorageError] = field(default_factory=list)
    stopped: bool = False


def goes_to_trash(session: Session, locations: Sequence[Location]) -> bool:
    """Whether all of them are in storages that have a trash; a disk of its own may still have none. No I/O."""
    storages = {location.storage for location in locations}
    return bool(storages) and all(Capability.TRASH in session.storage(each).capabilities for each in storages)


def move_to_trash(
    session: Session,
    locations: Sequence[Location],
    *,
    progress: Callable[[Progress], None] | None = None,
    cancel: Cancel | None = None,
) -> TrashSummary:
    """Move each of them, whole, to its storage's trash: one step of the disk each, however much is in it.

    Failures do not stop the rest. Nothing is deleted where there is no trash: that is a failure.
    """
    summary = TrashSummary(len(locations))
    for number, location in enumerate(locations):
        if cancel is not None and cancel.wanted:
            summary.stopped = True
            break
        if progress is not None:
            progress(Progress(number, len(locations), current_key=location.key))
        try:
            trashed = session.storage(location.storage).trash(location.key)
            summary.trashed.append(Trashed(location, trashed))
        except StorageError as error:
            summary.failures.append(error)
    return summary


def put_back(
    session: Session,
    trashed: Sequence[Trashed],
    *,
    progress: Callable[[Progress], None] | None = None,
    cancel: Cancel | None = None,
) -> tuple[list[Trashed], list[StorageError]]:
    """Put all of it back where it was, the last one first; what is still in the trash, and why."""
    left: list[Trashed] = []
    failures: list[StorageError] = []
    for number, each in enumerate(reversed(trashed)):
        if cancel is not None and cancel.wanted:
            left += trashed[: len(trashed) - number][::-1]
            break
        if progress is not None:
            progress(Progress(number, len(trashed), current_key=each.location.key))
        try:
            session.storage(each.location.storage).restore(each.location.key, each.trashed)
        except StorageError as error:
            left.append(each)
            failures.append(error)
    return left[::-1], failures
