"""The workers: fair to small and large, stopped and paused at once, and no failure holds anything up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from tfm.transfer.engine import Begun, BytesBudget, Engine, Task

SECONDS = 20.0


class Gate:
    """Tasks that wait in it until it is opened; ``entered`` counts them."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._changed = threading.Condition()
        self.inside = 0
        self.most = 0
        self.passed = 0

    def task(self) -> None:
        with self._changed:
            self.inside += 1
            self.most = max(self.most, self.inside)
            self._changed.notify_all()
        assert self._open.wait(SECONDS)
        with self._changed:
            self.inside -= 1
            self.passed += 1
            self._changed.notify_all()

    def wait_inside(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.inside >= number, SECONDS), self.inside

    def wait_passed(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.passed >= number, SECONDS), self.passed

    def open(self) -> None:
        self._open.set()


def large(engine: Engine, parts: Sequence[Callable[[], None]]) -> Task:
    """An object of these parts."""
    left = len(parts)
    lock = threading.Lock()

    def part(work: Callable[[], None]) -> Task:
        def run() -> None:
            nonlocal left
            work()
            with lock:
                left -= 1
                last = not left
            if last:
                engine.ended_large()

        return run

    return lambda: [part(work) for work in parts]


def run(engine: Engine) -> threading.Thread:
    thread = threading.Thread(target=engine.wait, daemon=True)
    thread.start()
    return thread


def test_small_objects_go_on_while_large_ones_are_under_way() -> None:
    engine = Engine(8)
    parts, small = Gate(), Gate()
    small.open()
    engine.pause()
    for _ in range(4):
        engine.put(large(engine, [parts.task] * 20), large=True)
    for _ in range(500):
        engine.put(small.task)
    engine.go_on()
    small.wait_passed(500)  # though the parts do not move at all
    assert parts.passed == 0
    parts.open()
    engine.wait()
    assert parts.passed == 80


def test_all_workers_help_with_parts_when_nothing_else_is_there() -> None:
    engine = Engine(8)
    parts = Gate()
    engine.put(large(engine, [parts.task] * 30), large=True)
    parts.wait_inside(8)
    parts.open()
    engine.wait()
    assert (parts.passed, parts.most) == (30, 8)


def test_quick_parts_are_few_at_once_and_slow_ones_many() -> None:
    engine = Engine(32)
    slow, counting = Gate(), threading.Lock()
    inside = most = 0

    def quick() -> None:
        nonlocal inside, most
        with counting:
            inside += 1
            most = max(most, inside)
        time.sleep(0.01)
        with counting:
            inside -= 1

    engine.put(large(engine, [quick] * 100), large=True)
    engine.wait()
    assert 1 <= most <= 8, "four, and some more where the machine is busy"
    engine = Engine(32)
    engine.put(large(engine, [slow.task] * 40), large=True)
    waiting = run(engine)
    slow.wait_inside(16)
    slow.open()
    waiting.join(SECONDS)
    assert slow.passed == 40
    assert slow.most == 16


def test_four_large_objects_are_begun_at_once() -> None:
    engine = Engine(16)
    parts = Gate()
    begun: list[int] = []

    def begin(number: int) -> Task:
        inner = large(engine, [parts.task])

        def task() -> Sequence[Task] | Begun | None:
            begun.append(number)
            return inner()

        return task

    for number in range(9):
        engine.put(begin(number), large=True)
    parts.wait_inside(4)
    assert len(begun) == 4
    parts.open()
    engine.wait()
    assert sorted(begun) == list(range(9))


def test_paused_and_gone_on() -> None:
    engine = Engine(2)
    gate = Gate()
    for _ in range(2):
        engine.put(gate.task)
    gate.wait_inside(2)
    engine.pause()
    for _ in range(10):
        engine.put(gate.task)
    gate.open()
    gate.wait_passed(2)
    assert gate.passed == 2  # whoever was at work came to the end; nobody began anew
    engine.go_on()
    engine.wait()
    assert gate.passed == 12


@pytest.mark.parametrize("paused", [False, True])
def test_stopped_at_once_though_a_worker_is_blocked(paused: bool) -> None:
    engine = Engine(2)
    gate = Gate()
    for _ in range(50):
        engine.put(gate.task)
    gate.wait_inside(2)
    if paused:
        engine.pause()
    waiting = run(engine)
    engine.stop()
    waiting.join(1.0)
    assert not waiting.is_alive()
    assert not engine.settle(0.01)
    gate.open()
    assert engine.settle(SECONDS)
    assert gate.passed == 2


def test_who_feeds_it_waits_and_is_let_go() -> None:
    engine = Engine(1)
    gate = Gate()

    def feed() -> None:
        for _ in range(5000):
            engine.put(gate.task)

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    gate.wait_inside(1)
    feeder.join(0.2)
    assert feeder.is_alive()
    engine.stop()
    feeder.join(SECONDS)
    assert not feeder.is_alive()
    gate.open()


def test_who_feeds_it_goes_on_when_there_is_room() -> None:
    engine = Engine(4)
    gate = Gate()
    gate.open()
    for _ in range(6000):
        engine.put(gate.task)
    engine.wait()
    assert gate.passed == 6000


def test_what_a_task_raises_ends_everything_and_is_raised() -> None:
    engine = Engine(4)

    def fail() -> None:
        raise RuntimeError("nothing can be written down")

    engine.put(fail)
    for _ in range(100):
        engine.put(lambda: None)
    with pytest.raises(RuntimeError, match="written down"):
        engine.wait()
    assert engine.settle(SECONDS)


def test_parts_of_an_object_that_failed_are_not_in_the_way() -> None:
    engine = Engine(2)
    done = Gate()
    done.open()
    engine.put(large(engine, [lambda: None] * 50), large=True)
    for _ in range(20):
        engine.put(done.task)
    engine.wait()
    assert done.passed == 20


def test_the_budget_bounds_what_is_in_memory() -> None:
    budget = BytesBudget(100)
    lock = threading.Lock()
    used = most = 0
    start = threading.Barrier(16)

    def work(size: int) -> None:
        nonlocal used, most
        start.wait(SECONDS)
        for _ in range(200):
            budget.take(size)
            with lock:
                used += size
                most = max(most, used)
            with lock:
                used -= size
            budget.give_back(size)

    threads = [threading.Thread(target=work, args=(size,)) for size in [10, 30, 50, 99] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    assert most <= 100


def test_what_is_larger_than_the_budget_comes_alone() -> None:
    budget = BytesBudget(10)
    budget.take(50)
    got = threading.Event()

    def take() -> None:
        budget.take(1)
        got.set()

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    assert not got.wait(0.05)
    budget.give_back(50)
    assert got.wait(SECONDS)


def test_memory_of_one_size_is_used_again_and_bounded() -> None:
    budget = BytesBudget(100)
    with budget.memory(40) as first, budget.memory(40) as second:
        assert first is not second
    with budget.memory(40) as again:
        assert again is first or again is second
    with budget.memory(30) as other:
        assert len(other) == 30
    with budget.memory(100):  # nothing is held by what is only kept
        pass
