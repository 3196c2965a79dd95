from __future__ import annotations

import threading
from collections.abc import Callable

from tests.scripted_backend import DEADLINE_SECONDS, storage_error
from tfm.core.progress import Cancel, Progress
from tfm.operations.work import RunningWork, WorkState, WorkUpdate, begin_work

Tell = Callable[[Progress], None]


class Heard:
    """What the work said, and that it said its last word."""

    def __init__(self) -> None:
        self.updates: list[WorkUpdate[str]] = []
        self._last = threading.Event()

    def __call__(self, update: WorkUpdate[str]) -> None:
        self.updates.append(update)
        if update.state is not WorkState.RUNNING:
            self._last.set()

    def last(self) -> WorkUpdate[str]:
        assert self._last.wait(DEADLINE_SECONDS)
        return self.updates[-1]


def test_work_tells_how_far_it_is_and_what_came_of_it() -> None:
    heard = Heard()

    def task(tell: Tell, _cancel: Cancel) -> str:
        tell(Progress(1, 2))
        return "done"

    work = begin_work("a test", task, heard)
    assert heard.last() == WorkUpdate(WorkState.DONE, result="done")
    assert heard.updates[0] == WorkUpdate(WorkState.RUNNING, Progress(1, 2))
    assert work.ended


def test_a_failure_comes_with_how_far_it_came() -> None:
    heard, error = Heard(), storage_error()

    def task(tell: Tell, _cancel: Cancel) -> str:
        tell(Progress(1, 2))
        raise error

    begin_work("a test", task, heard)
    assert heard.last() == WorkUpdate(WorkState.FAILED, Progress(1, 2), error=error)


def test_a_mistake_of_tfm_is_told_as_one() -> None:
    heard = Heard()
    begin_work("a test", lambda _tell, _cancel: str(1 // 0), heard)
    error = heard.last().error
    assert error is not None
    assert "tfm itself failed: ZeroDivisionError" in str(error)


def test_stopping_is_a_wish() -> None:
    heard, begun = Heard(), threading.Event()

    def task(_tell: Tell, cancel: Cancel) -> str:
        begun.set()
        while not cancel.wanted:
            pass
        return "half"

    works = RunningWork()
    work = begin_work("a test", task, heard)
    works.add(work)
    assert begun.wait(DEADLINE_SECONDS)
    assert works.running() == [work]
    before = work.is_stopping
    works.stop()
    assert heard.last().result == "half"
    assert (before, work.is_stopping) == (False, True)
    assert works.running() == []
