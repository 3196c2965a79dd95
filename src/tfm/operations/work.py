"""Work in the background: something that takes its time, told of as it goes, stopped when somebody wishes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, Generic, NamedTuple, TypeVar

from tfm.core.errors import StorageError
from tfm.core.progress import Cancel, Progress

__all__ = ["RunningWork", "Task", "Work", "WorkState", "WorkUpdate", "begin_work"]

Result = TypeVar("Result")

Task = Callable[[Callable[[Progress], None], Cancel], Result]
"""What is done: it calls the first as it goes on, looks at the second between two requests, and returns a result.

Stopped, it returns what came of it so far, or raises."""


class WorkState(StrEnum):
    """How far work is."""

    RUNNING = "running"
    DONE = "done"
    """There is a result, also where the work was told to stop and did."""

    FAILED = "failed"


class WorkUpdate(NamedTuple, Generic[Result]):
    """All there is to say, so that the latest one is enough. ``result`` comes with DONE, ``error`` with FAILED."""

    state: WorkState
    progress: Progress = Progress()
    result: Result | None = None
    error: StorageError | None = None


class Work(Generic[Result]):
    """A task in a thread of its own. ``title`` says what it is, in a sentence's words: ``a delete``."""

    def __init__(self, title: str, task: Task[Result], deliver: Callable[[WorkUpdate[Result]], None]) -> None:
        self.title: Final = title
        self._task = task
        self._deliver = deliver
        self._cancel = Cancel()
        self._ended = threading.Event()
        self._progress = Progress()

    def stop(self) -> None:
        """Wish for an end; returns at once. What is under way, one request or one file, is finished."""
        self._cancel.set()

    @property
    def is_stopping(self) -> bool:
        """Whether an end is wished for."""
        return self._cancel.wanted

    @property
    def ended(self) -> bool:
        """Whether nothing more happens."""
        return self._ended.is_set()

    def run(self) -> None:
        """Do it, in this thread; whatever goes wrong is told, not raised."""
        try:
            update = WorkUpdate(WorkState.DONE, result=self._task(self._tell, self._cancel))
        except StorageError as error:
            update = WorkUpdate(WorkState.FAILED, self._progress, error=error)
        except Exception as error:  # noqa: BLE001 - the thread's boundary: shown, never a silent death
            update = WorkUpdate(WorkState.FAILED, self._progress, error=_defect(error))
        self._ended.set()
        self._deliver(update)

    def _tell(self, progress: Progress) -> None:
        self._progress = progress
        self._deliver(WorkUpdate(WorkState.RUNNING, progress))


def begin_work(title: str, task: Task[Result], deliver: Callable[[WorkUpdate[Result]], None]) -> Work[Result]:
    """Begin the task; returns at once, raises nothing.

    ``deliver`` is called in the work's thread, as often as the task tells of itself and once at the end, and is short:
    what takes the latest update only, when it has the time, misses nothing.
    """
    work = Work(title, task, deliver)
    # A daemon: a receive that never ends must not hold up quitting.
    threading.Thread(target=work.run, name="tfm-work", daemon=True).start()
    return work


class RunningWork:
    """The work that whoever quits should know of, whatever its results are. One thread's: the screen's."""

    def __init__(self) -> None:
        self._works: list[Work[Any]] = []

    def add(self, work: Work[Any]) -> None:
        self._works = [*self.running(), work]

    def running(self) -> list[Work[Any]]:
        """What has not ended yet, the oldest first."""
        return [work for work in self._works if not work.ended]

    def stop(self) -> None:
        """Wish for an end of all of it."""
        for work in self.running():
            work.stop()


def _defect(error: Exception) -> StorageError:
    return StorageError(
        f"tfm itself failed: {type(error).__name__}: {error}", next_step="Please report it.", operation="work"
    )
