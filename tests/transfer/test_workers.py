"""Workers come when there is work for them."""

from __future__ import annotations

import threading

from tfm.transfer.engine import Engine


def test_a_burst_of_work_calls_every_worker_though_one_was_idle() -> None:
    engine = Engine(8)
    ended = threading.Event()
    engine.put(lambda: ended.set())
    assert ended.wait(10)
    together = threading.Barrier(8, timeout=10)

    def meet() -> None:
        together.wait()

    for _ in range(8):
        engine.put(meet)
    engine.wait()
    assert not together.broken
    engine.stop()


def test_no_more_workers_than_work() -> None:
    engine = Engine(8)
    engine.put(lambda: None)
    engine.wait()
    assert len(engine._threads) == 1
