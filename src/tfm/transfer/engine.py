"""Workers: many small objects and the parts of large ones side by side, in a bounded number of threads."""

from __future__ import annotations

import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from enum import Enum
from functools import partial
from typing import Final

from tfm.storage.retry_policy import wait_patiently

__all__ = ["Begun", "BytesBudget", "Engine", "Task"]


class Begun:
    """What a light task gives when its request is on its way: ``finish`` waits for the answer and does the rest. What
    takes longer than that it leaves, as a task, to a worker that has nothing else under way. The ``descriptor``, if
    there is one, is readable when the answer comes."""

    __slots__ = ("descriptor", "finish")

    def __init__(self, finish: Task, descriptor: int | None = None) -> None:
        self.finish = finish
        self.descriptor = descriptor


Task = Callable[[], "Sequence[Task] | Begun | None"]
"""Work for one thread, which handles its own failures; it may give further tasks (parts), which come before new
objects. What it raises all the same ends everything: it is a defect, or means that nothing can be written down."""

_MOST_WAITING: Final = 2000
"""Objects that are ready to be begun: enough that no worker waits for the plan, few enough to weigh nothing."""

_MOST_THREADS: Final = 32
"""However many objects may be under way: more threads would only wait for Python's lock. Light objects need none of
their own."""

_MOST_ON_PARTS: Final = 16
"""Parts at once, however many workers there are: each thread keeps some of the memory that a part took."""

_FIRST_ON_PARTS: Final = 4
"""Parts at once in the beginning, and as long as each is quick: more would wait for the lock of the one file they are
written to, and for Python's. A gibibyte on one machine: 1.7 s, by sixteen at once 2.3 s."""

_QUICK_SECONDS: Final = 0.1
"""A part that takes longer waits for the line, or the server: one more may wait beside it."""

_MOST_BEGUN: Final = 4
"""Large objects that are under way at once; more would only divide the same line."""

_MEANWHILE_SECONDS: Final = 0.1
"""How often a person may want to hear how far it is."""

_PATIENCE_MILLISECONDS: Final = 1000
"""So long a worker waits for any answer. After that for the oldest, as long as its connection does."""

_TURNS: Final = 16
_SLOW_TURNS: Final = 4
_SLOW_TURN_SECONDS: Final = 0.002
"""Half of a small object that takes longer than that (ten times what it needs) waits for a disk, for a file system that
is elsewhere, or for a connection to be made."""

_BUSY_SHARE: Final = 0.6
_FULL_SHARE: Final = 0.9
"""Of a processor, by all who have light objects under way. Below the first Python has time for one more of them; beyond
the second they wait for its lock, and so for each other."""

_MOST_HELD_UP: Final = 4
"""Light objects in a row that were not begun, before more workers take some. The first of a bucket never are."""


class _Kind(Enum):
    SMALL = 0
    LIGHT = 1
    PART = 2


class _Answer(Enum):
    CAME = 0
    SILENT = 1
    UNKNOWN = 2


class Engine:
    """Runs up to ``workers`` tasks at once in daemon threads, 32 at most, begun when there is work for them. Of the
    threads a quarter stays with small objects while there are any, and all help with parts while there are none.

    Light objects are small ones whose request can be begun and its answer waited for later (:class:`Begun`): a few
    workers have ``workers`` of them under way between them. Where that turns out not to be so, they are small ones.
    """

    def __init__(self, workers: int) -> None:
        self._workers = max(1, workers)
        self._most_threads = min(self._workers, _MOST_THREADS)
        self._most_beside_small = min(_MOST_ON_PARTS, max(1, self._most_threads * 3 // 4))
        self._most_on_parts = _FIRST_ON_PARTS
        self._most_carriers = 1
        self._most_carried = self._workers
        self._shared_at = 0.0
        self._lock = threading.Lock()
        # Who waits for what is woken alone: waking everybody for each small object would cost more than moving it.
        self._work_came = threading.Condition(self._lock)
        self._room_came = threading.Condition(self._lock)
        self._quiet_came = threading.Condition(self._lock)
        self._small: deque[Task] = deque()
        self._light: deque[Task] = deque()
        self._large: deque[Task] = deque()
        self._parts: deque[Task] = deque()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._coming = 0
        self._on_parts = 0
        self._part_ended_at = 0.0
        """Or another one was let begin; by the monotonic clock."""

        self._carriers = 0
        self._on_light = 0
        self._held_up = 0
        self._busy = 0
        self._begun = 0
        self._closed = False
        self._stopped = False
        self._paused = False
        self._error: Exception | None = None

    # For who feeds it

    def put(self, task: Task, *, large: bool = False, light: bool = False) -> None:
        """Add an object; waits while many are waiting. Does nothing once stopped."""
        with self._lock:
            while self._objects >= _MOST_WAITING and not self._stopped:
                self._room_came.wait()
            if self._stopped:
                return
            (self._large if large else self._light if light else self._small).append(task)
            if not light or self._carriers < self._most_carriers:
                self._call_workers(1)

    def wait(self, meanwhile: Callable[[], object] | None = None) -> None:
        """No more objects come; returns when all that were put are done, or when it was stopped. Raises what a task
        raised. ``meanwhile`` is called ten times a second in this thread, and what it raises is raised."""
        while not self._is_over_in(None if meanwhile is None else _MEANWHILE_SECONDS):
            if meanwhile is not None:
                meanwhile()
        with self._lock:
            self._work_came.notify_all()
            if self._error is not None:
                raise self._error

    def _is_over_in(self, seconds: float | None) -> bool:
        """Wait so long, at most, for the end of all that was put."""
        with self._lock:
            self._closed = True
            return self._quiet_came.wait_for(lambda: self._stopped or not self._has_work, seconds)

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
    def _objects(self) -> int:
        return len(self._small) + len(self._light) + len(self._large)

    @property
    def _has_work(self) -> bool:
        return bool(self._busy or self._objects or self._parts)

    def _call_workers(self, tasks: int) -> None:
        self._work_came.notify(tasks)
        waiting = len(self._small) + len(self._large)
        # One more than may: it sees whether those that do are slow.
        waiting += min(len(self._parts), max(0, self._most_on_parts + 1 - self._on_parts))
        waiting += min(len(self._light), max(0, self._most_carriers - self._carriers))
        # Of those that are idle each was called for one of the tasks that wait, and has perhaps not come yet.
        while waiting > self._idle + self._coming and len(self._threads) < self._most_threads:
            self._coming += 1
            # In the context of who feeds it: what it asks is counted up with what they ask.
            target = partial(copy_context().run, self._work)
            thread = threading.Thread(target=target, name=f"tfm-transfer-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        wait_patiently()
        try:
            self._carry()
        except Exception as error:  # noqa: BLE001 - the thread's boundary: nobody would wait for it in vain
            self._break_off(error)

    def _carry(self) -> None:
        begun = _UnderWay()
        pace = _Pace()
        comes = True
        leaves = False
        while True:
            leaves = leaves and bool(len(begun))
            taken = self._take(carries=len(begun), comes=comes, leaves=leaves)
            comes = False
            if taken is not None:
                task, kind = taken
                began = time.monotonic()
                given = self._run(task)
                if not isinstance(given, Begun):
                    self._end(kind, given or (), carries=len(begun), seconds=time.monotonic() - began)
                    continue
                pace.note(time.monotonic() - began)
                begun.add(given)
                leaves = leaves or (pace.is_known and self._share_light(pace, carries=len(begun)))
                if len(begun) < self._most_carried and not leaves:
                    continue
            elif not len(begun):
                return
            for finish, answer in begun.answered():
                if answer is _Answer.SILENT and not leaves:
                    self._step_aside()
                    leaves = True
                began = time.monotonic()
                given = self._run(finish)
                if answer is _Answer.CAME:
                    pace.note(time.monotonic() - began)
                self._end(None, () if isinstance(given, Begun) else given or (), carries=len(begun) or leaves)
            leaves = leaves or (pace.is_known and self._share_light(pace, carries=len(begun)))

    def _run(self, task: Task) -> Sequence[Task] | Begun | None:
        try:
            return task()
        except Exception as error:  # noqa: BLE001 - the thread's boundary: wait() raises it
            self._break_off(error)
            return None

    def _break_off(self, error: Exception) -> None:
        with self._lock:
            self._error = self._error or error
        self.stop()

    def _end(self, kind: _Kind | None, further: Sequence[Task], *, carries: int, seconds: float = 0.0) -> None:
        """A task ended after ``seconds`` that gave ``further`` ones; one that had been begun has no kind. Its worker
        still ``carries`` so many."""
        with self._lock:
            self._busy -= 1
            if kind is _Kind.PART:
                self._on_parts -= 1
                self._judge_part(seconds)
            elif kind is not _Kind.SMALL:
                self._on_light -= 1
                self._carriers -= not carries
            if kind is _Kind.LIGHT:
                # Nothing was begun, and its thread held up: if that goes on, others do what it would have done.
                self._held_up += 1
                if self._held_up > _MOST_HELD_UP and self._most_carriers < self._most_threads:
                    self._let_share(self._most_carriers + 1)
                    self._call_workers(1)
            if further:
                (self._small if kind is None else self._parts).extend(further)
                self._call_workers(len(further) - (kind is not None))  # who carries others takes none of these

    def _share_light(self, pace: _Pace, *, carries: int) -> bool:
        """One worker more for the light objects, or one less: whether that is the one whose ``pace`` this is, which
        then ends what it ``carries`` and is none of them any more. One is enough as long as Python is what takes the
        time: a thread for each request costs twice as much as the request does, in threads that wake each other, and
        wait for Python's lock a dozen times for each object."""
        with self._lock:
            most = min(max(1, self._most_carriers + pace.judged(self._carriers)), self._most_threads)
            # What was seen before the last change says nothing of what came of it.
            if most == self._most_carriers or pace.began < self._shared_at:
                pace.begin()
                return False
            leaves = most < self._most_carriers and carries > 0
            self._let_share(most)
            self._carriers -= leaves
            self._call_carrier()
        pace.begin()
        return leaves

    def _let_share(self, most: int) -> None:
        self._most_carriers = most
        self._most_carried = max(1, self._workers // most)
        self._shared_at = time.monotonic()

    def _call_carrier(self) -> None:
        """Somebody for the light objects that wait, where others may share them."""
        if self._light and self._carriers < self._most_carriers and not self._stopped:
            self._call_workers(1)

    def _step_aside(self) -> None:
        """Another worker takes the light objects that come while this one waits for an answer that does not."""
        with self._lock:
            self._carriers -= 1
            self._call_carrier()

    def _judge_part(self, seconds: float) -> None:
        """More parts at once where they are slow, fewer where they are quick."""
        self._part_ended_at = time.monotonic()
        if seconds < _QUICK_SECONDS:
            self._most_on_parts = max(_FIRST_ON_PARTS, self._most_on_parts - 1)
        else:
            self._allow_more_parts()

    def _allow_more_parts(self) -> None:
        if self._most_on_parts < _MOST_ON_PARTS:
            self._most_on_parts += 1
            self._call_workers(1)

    def _wait_for_work(self) -> None:
        """Wakes up by itself where parts wait for others, which may be slow, or silent."""
        parts_wait = bool(self._parts) and self._most_on_parts < _MOST_ON_PARTS and not self._paused
        self._idle += 1
        self._work_came.wait(_QUICK_SECONDS if parts_wait else None)
        self._idle -= 1
        if parts_wait and self._parts and time.monotonic() - self._part_ended_at >= _QUICK_SECONDS:
            self._part_ended_at = time.monotonic()
            self._allow_more_parts()

    def _take(self, *, carries: int, comes: bool, leaves: bool) -> tuple[Task, _Kind] | None:
        """The next task; None where there is none for who ``carries`` so many, and where all is over. A new thread
        ``comes``; one that ``leaves`` the light objects to others takes none of them beside those that it carries."""
        with self._lock:
            self._coming -= comes
            while not self._stopped:
                chosen = None if self._paused or leaves else self._choose(carries)
                if chosen is not None:
                    self._busy += 1
                    if chosen[1] is not _Kind.LIGHT:
                        self._call_carrier()
                    if self._objects == _MOST_WAITING // 2:
                        self._room_came.notify()
                    return chosen
                if carries:
                    return None
                if not self._has_work:
                    self._quiet_came.notify_all()
                    if self._closed:
                        return None
                self._wait_for_work()
            if not self._busy:
                self._quiet_came.notify_all()
            return None

    def _choose(self, carries: int) -> tuple[Task, _Kind] | None:
        light = bool(self._light) and self._on_light < self._workers
        if carries:
            self._held_up = 0
            if light and carries < self._most_carried:
                self._on_light += 1
                return self._light.popleft(), _Kind.LIGHT
            return None  # nothing else, which may take long: an answer waits here
        light = light and self._carriers < self._most_carriers
        most_on_parts = self._most_beside_small if self._small or light else _MOST_ON_PARTS
        if self._parts and self._on_parts < min(most_on_parts, self._most_on_parts):
            if not self._on_parts:
                self._part_ended_at = time.monotonic()
            self._on_parts += 1
            return self._parts.popleft(), _Kind.PART
        if self._large and self._begun < _MOST_BEGUN:
            self._begun += 1
            return self._large.popleft(), _Kind.SMALL
        if light:
            self._carriers += 1
            self._on_light += 1
            return self._light.popleft(), _Kind.LIGHT
        return (self._small.popleft(), _Kind.SMALL) if self._small else None


class _UnderWay:
    """What one worker has begun, the oldest first."""

    def __init__(self) -> None:
        self._begun: deque[Begun] = deque()
        self._poll = select.poll() if hasattr(select, "poll") else None

    def __len__(self) -> int:
        return len(self._begun)

    def add(self, begun: Begun) -> None:
        self._begun.append(begun)
        if self._poll is not None and begun.descriptor is not None:
            self._poll.register(begun.descriptor, select.POLLIN)

    def answered(self) -> Iterator[tuple[Task, _Answer]]:
        """What ends those whose answers came, once one has, each of which is under way no more; and whether it came.
        Where none comes for a second, or nobody can tell, the oldest: its answer is the likeliest to come, and it knows
        how long to wait."""
        watched = self._poll is not None and self._begun[0].descriptor is not None
        ready = self._ready()
        for each in [each for each in self._begun if each.descriptor in ready] or [self._begun[0]]:
            self._begun.remove(each)
            if self._poll is not None and each.descriptor is not None:
                self._poll.unregister(each.descriptor)
            came = each.descriptor in ready
            yield each.finish, _Answer.CAME if came else _Answer.SILENT if watched else _Answer.UNKNOWN

    def _ready(self) -> set[int | None]:
        if self._poll is None or self._begun[0].descriptor is None:
            return set()
        return {descriptor for descriptor, _ in self._poll.poll(_PATIENCE_MILLISECONDS)}


class _Pace:
    """How one worker's light objects take its time, while no answer is waited for."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Look anew, from here on."""
        self._turns = 0
        self._slow_turns = 0
        self.began = time.monotonic()
        self._processor = time.thread_time()

    def note(self, seconds: float) -> None:
        self._turns += 1
        self._slow_turns += seconds > _SLOW_TURN_SECONDS

    @property
    def is_known(self) -> bool:
        """Whether there is enough to judge: less of what is slow."""
        return self._turns >= _TURNS or self._slow_turns >= _SLOW_TURNS

    def judged(self, carriers: int) -> int:
        """1 where most turns took so long that others could be done meanwhile, and Python has time for one more of so
        many ``carriers``; -1 where one less would do as well: they are quick, or wait for each other."""
        used = time.thread_time() - self._processor
        share = carriers * used / max(time.monotonic() - self.began, 1e-6)
        if self._slow_turns * 8 <= self._turns or share > _FULL_SHARE:
            return -1
        return 1 if self._slow_turns * 2 >= self._turns and share < _BUSY_SHARE else 0


class BytesBudget:
    """How much of all objects and parts is in memory at once. One that is larger than the whole comes alone."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._used = 0
        self._spare: list[bytearray] = []
        self._changed = threading.Condition()

    @contextmanager
    def held(self, size_bytes: int) -> Iterator[None]:
        """So many bytes of it are taken within the block."""
        self.take(size_bytes)
        try:
            yield
        finally:
            self.give_back(size_bytes)

    @contextmanager
    def memory(self, size_bytes: int) -> Iterator[bytearray]:
        """As :meth:`held`, with so much memory, in which anything may be. It is used again: what threads free of that
        size the C library keeps, a part for each."""
        with self.held(size_bytes):
            with self._changed:
                if self._spare and len(self._spare[-1]) != size_bytes:
                    self._spare.clear()
                memory = self._spare.pop() if self._spare else None
            memory = bytearray(size_bytes) if memory is None else memory
            try:
                yield memory
            finally:
                with self._changed:
                    if size_bytes * (len(self._spare) + 1) <= self._most_bytes:
                        self._spare.append(memory)

    def take(self, size_bytes: int) -> None:
        with self._changed:
            while self._used and self._used + size_bytes > self._most_bytes:
                self._changed.wait()
            self._used += size_bytes

    def give_back(self, size_bytes: int) -> None:
        with self._changed:
            self._used -= size_bytes
            self._changed.notify_all()
