"""Workers: many small objects and the parts of large ones side by side, in a bounded number of threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from tfm.storage.retry import wait_patiently

__all__ = ["BytesBudget", "Engine", "Task"]

Task = Callable[[], Sequence["Task"] | None]
"""Work for one thread, which handles its own failures; it may give further tasks (parts), which come before new
objects. What it raises all the same ends everything: it is a defect, or means that nothing can be written down."""

_MOST_WAITING: Final = 2000
"""Objects that are ready to be begun: enough that no worker waits for the plan, few enough to weigh nothing."""

_MOST_BEGUN: Final = 4
"""Large objects that are under way at once; more would only divide the same line."""


class Engine:
    """Runs tasks in up to ``workers`` daemon threads, begun when there is work for them. Of the workers a quarter stays
    with small objects while there are any, and all help with parts while there are none."""

    def __init__(self, workers: int) -> None:
        self._workers = max(1, workers)
        self._most_on_parts = max(1, self._workers * 3 // 4)
        self._lock = threading.Lock()
        # Who waits for what is woken alone: waking everybody for each small object would cost more than moving it.
        self._work_came = threading.Condition(self._lock)
        self._room_came = threading.Condition(self._lock)
        self._quiet_came = threading.Condition(self._lock)
        self._small: deque[Task] = deque()
        self._large: deque[Task] = deque()
        self._parts: deque[Task] = deque()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._coming = 0
        self._on_parts = 0
        self._busy = 0
        self._begun = 0
        self._closed = False
        self._stopped = False
        self._paused = False
        self._error: Exception | None = None

    # For who feeds it

    def put(self, task: Task, *, large: bool = False) -> None:
        """Add an object; waits while many are waiting. Does nothing once stopped."""
        with self._lock:
            while len(self._small) + len(self._large) >= _MOST_WAITING and not self._stopped:
                self._room_came.wait()
            if self._stopped:
                return
            (self._large if large else self._small).append(task)
            self._call_workers(1)

    def wait(self) -> None:
        """No more objects come; returns when all that were put are done, or when it was stopped. Raises what a task
        raised."""
        with self._lock:
            self._closed = True
            while not self._stopped and (self._busy or self._waiting):
                self._quiet_came.wait()
            self._work_came.notify_all()
            if self._error is not None:
                raise self._error

    def stop(self) -> None:
        """Begin no further task. Returns at once; tasks that run go on to their end, and hold nothing up."""
        with self._lock:
            self._stopped = True
            self._paused = False
            for condition in (self._work_came, self._room_came, self._quiet_came):
                condition.notify_all()

    def settle(self, seconds: float) -> bool:
        """After :meth:`stop`: wait so long for the tasks that run; whether all have ended."""
        with self._lock:
            return self._quiet_came.wait_for(lambda: not self._busy, seconds)

    def pause(self) -> None:
        """Begin no further task until :meth:`go_on`."""
        with self._lock:
            self._paused = True

    def go_on(self) -> None:
        with self._lock:
            self._paused = False
            self._work_came.notify_all()

    def ended_large(self) -> None:
        """A large object is done: another may be begun. Called by its last task."""
        with self._lock:
            self._begun -= 1

    # The workers

    @property
    def _waiting(self) -> int:
        return len(self._small) + len(self._large) + len(self._parts)

    def _call_workers(self, tasks: int) -> None:
        self._work_came.notify(tasks)
        # Of those that are idle each was called for one of the tasks that wait, and has perhaps not come yet.
        while self._waiting > self._idle + self._coming and len(self._threads) < self._workers:
            self._coming += 1
            thread = threading.Thread(target=self._work, name=f"tfm-transfer-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        wait_patiently()
        taken = self._take(None, ())
        while taken is not None:
            task, is_part = taken
            further: Sequence[Task] | None = None
            try:
                further = task()
            except Exception as error:  # noqa: BLE001 - the thread's boundary: wait() raises it
                with self._lock:
                    self._error = self._error or error
                self.stop()
            taken = self._take(is_part, further or ())

    def _take(self, ended: bool | None, further: Sequence[Task]) -> tuple[Task, bool] | None:
        """The next task, after one that ``ended`` (whether it was a part) and gave ``further`` ones."""
        with self._lock:
            if ended is None:
                self._coming -= 1
            else:
                self._busy -= 1
                self._on_parts -= ended
                self._parts.extend(further)
                if further:
                    self._call_workers(len(further) - 1)
            while not self._stopped:
                chosen = None if self._paused else self._choose()
                if chosen is not None:
                    self._busy += 1
                    if len(self._small) + len(self._large) == _MOST_WAITING // 2:
                        self._room_came.notify()
                    return chosen
                if not self._busy and not self._waiting:
                    self._quiet_came.notify_all()
                    if self._closed:
                        return None
                self._idle += 1
                self._work_came.wait()
                self._idle -= 1
            if not self._busy:
                self._quiet_came.notify_all()
            return None

    def _choose(self) -> tuple[Task, bool] | None:
        if self._parts and (self._on_parts < self._most_on_parts or not self._small):
            self._on_parts += 1
            return self._parts.popleft(), True
        if self._large and self._begun < _MOST_BEGUN:
            self._begun += 1
            return self._large.popleft(), False
        if self._small:
            return self._small.popleft(), False
        return None


class BytesBudget:
    """How much of all objects and parts is in memory at once. One that is larger than the whole comes alone."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._used = 0
        self._changed = threading.Condition()

    def take(self, size_bytes: int) -> None:
        with self._changed:
            while self._used and self._used + size_bytes > self._most_bytes:
                self._changed.wait()
            self._used += size_bytes

    def give_back(self, size_bytes: int) -> None:
        with self._changed:
            self._used -= size_bytes
            self._changed.notify_all()
