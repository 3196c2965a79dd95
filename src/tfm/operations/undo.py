"""Undo: the last operations, as far as it is certain what takes them back; the others say that they are permanent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tfm.core.errors import StorageError, UnsupportedOperation
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.operations.copy_spec import CopySpec
from tfm.storage.session import Session

__all__ = ["Permanent", "Tell", "Undo", "UndoLog", "Undone", "counted", "name_of", "these"]

_MOST: Final = 100

Tell = Callable[[Progress], None]
"""Hears how far it is."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of it, in a sentence. ``job`` is a move that is still to be done, for who has a list of jobs."""

    said: str
    failures: Sequence[StorageError] = ()
    job: CopySpec | None = None


class Undo(Protocol):
    """One operation that was done."""

    @property
    def title(self) -> str:
        """What was done, in a few words: ``a rename of a to b``."""
        ...

    @property
    def question(self) -> str:
        """What taking it back would do, as a question."""
        ...

    @property
    def is_small(self) -> bool:
        """Whether it is about one entry, so that nobody needs to be asked."""
        ...

    def run(self, session: Session, tell: Tell, cancel: Cancel) -> tuple[Undone, Undo | None]:
        """Take it back; what came of it, and what is left to be taken back. Raises what a storage answers: then it is
        as it was, and may be tried again."""
        ...


class UndoLog:
    """The last operations of this run of the program. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._steps: list[Undo] = []

    def add(self, step: Undo) -> None:
        with self._lock:
            self._steps = [*self._steps, step][-_MOST:]

    def forget(self, step: Undo) -> None:
        """It is not to be taken back any more: nobody can, or somebody did."""
        with self._lock:
            self._steps = [each for each in self._steps if each is not step]

    @property
    def latest(self) -> Undo | None:
        """What :meth:`undo` would take back."""
        with self._lock:
            return self._steps[-1] if self._steps else None

    def undo(
        self,
        session: Session,
        tell: Tell = lambda _progress: None,
        cancel: Cancel | None = None,
        *,
        step: Undo | None = None,
    ) -> Undone:
        """Take ``step`` back, or the latest. Raises UnsupportedOperation where there is none, or it is permanent (it is
        forgotten then: the next undo is of the one before), and what a storage answers."""
        with self._lock:
            if not self._steps:
                raise UnsupportedOperation("There is nothing to undo.", operation="undo")
            step = step or self._steps[-1]
            self._steps = [each for each in self._steps if each is not step]
        try:
            undone, left = step.run(session, tell, cancel or Cancel())
        except UnsupportedOperation:
            raise
        except BaseException:
            self.add(step)
            raise
        if left is not None:
            self.add(left)
        return undone


@dataclass(frozen=True, slots=True)
class Permanent:
    """Something that nothing takes back, and why: a sentence."""

    title: str
    reason: str
    is_small: bool = False

    @property
    def question(self) -> str:
        return f"That is permanent: {self.reason}"

    def run(self, _session: Session, _tell: Tell, _cancel: Cancel) -> tuple[Undone, Undo | None]:
        raise UnsupportedOperation(
            f"The last was {self.title}. {self.question}",
            next_step="Undo again takes back the one before it.",
            operation="undo",
        )


# What steps call what they are about


def name_of(location: Location) -> str:
    """Without the directories above it."""
    return location.key.removesuffix("/").rpartition("/")[2] or location.storage.authority


def these(locations: Sequence[Location]) -> str:
    """The name of one, the number of several."""
    return name_of(locations[0]) if len(locations) == 1 else counted(len(locations))


def counted(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"
