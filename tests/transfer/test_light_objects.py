"""Light objects: a few workers have many requests under way, and none of them waits for nothing or is lost."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path as Disk
from typing import TypeVar

import pytest

from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tfm import Path
from tfm.core.awaited import Awaited
from tfm.core.errors import ConflictError
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import NOTHING_THERE, ObjectFacts
from tfm.path.sessions import use_session
from tfm.storage.session import Session
from tfm.transfer.engine import Begun, Engine

Told = TypeVar("Told")

SECONDS = 20.0


class Line:
    """Requests that are answered when :meth:`answer` is called; ``most`` is how many were under way at once."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.under_way = 0
        self.most = 0
        self.done = 0
        self.threads: set[int] = set()
        self._answers = threading.Event()

    def task(self) -> Begun:
        with self.changed:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.threads.add(threading.get_ident())
            self.changed.notify_all()
        return Begun(self._finish)

    def _finish(self) -> None:
        assert self._answers.wait(SECONDS)
        with self.changed:
            self.under_way -= 1
            self.done += 1
            self.changed.notify_all()

    def answer(self) -> None:
        self._answers.set()

    def wait(self, what: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(what, SECONDS)


def fill(engine: Engine, line: Line, objects: int) -> None:
    """All at once: a worker that finds nothing more to begin waits for an answer."""
    engine.pause()
    for _ in range(objects):
        engine.put(line.task, light=True)
    engine.go_on()


def test_few_threads_have_as_many_under_way_as_there_are_workers() -> None:
    engine = Engine(32)
    line = Line()
    fill(engine, line, 200)
    line.wait(lambda: line.under_way == 32)
    line.answer()
    engine.wait()
    assert (line.done, line.most, len(line.threads)) == (200, 32, 1)


def test_one_worker_has_one_under_way() -> None:
    engine = Engine(1)
    line = Line()
    line.answer()
    for _ in range(20):
        engine.put(line.task, light=True)
    engine.wait()
    assert (line.done, line.most) == (20, 1)


def test_where_nothing_can_be_begun_all_workers_come() -> None:
    engine = Engine(8)
    together = threading.Barrier(8, timeout=SECONDS)
    begins = threading.Event()

    def blocking() -> None:
        if begins.is_set():
            together.wait()

    for _ in range(20):
        engine.put(blocking, light=True)
    deadline = threading.Event()
    while engine._busy or engine._objects:
        deadline.wait(0.001)
    begins.set()
    for _ in range(8):
        engine.put(blocking, light=True)
    engine.wait()
    assert not together.broken


def test_others_go_on_while_answers_do_not_come() -> None:
    engine = Engine(4)
    line = Line()
    done = threading.Event()
    fill(engine, line, 50)
    line.wait(lambda: line.under_way == 4)
    engine.put(done.set)
    assert done.wait(SECONDS)
    line.answer()
    engine.wait()
    assert line.done == 50


def test_what_is_under_way_when_it_is_stopped_comes_to_its_end() -> None:
    engine = Engine(4)
    line = Line()
    fill(engine, line, 50)
    line.wait(lambda: line.under_way == 4)
    engine.stop()
    assert not engine.settle(0.01)
    line.answer()
    assert engine.settle(SECONDS)
    assert (line.done, line.under_way) == (4, 0)


def test_paused_it_begins_nothing_and_loses_nothing() -> None:
    engine = Engine(4)
    line = Line()
    fill(engine, line, 50)
    line.wait(lambda: line.under_way == 4)
    engine.pause()
    line.answer()
    line.wait(lambda: line.under_way == 0)
    assert line.done == 4
    engine.go_on()
    engine.wait()
    assert line.done == 50


def test_what_takes_long_is_left_to_another_worker() -> None:
    engine = Engine(4)
    carrier: list[int] = []
    waited: list[int] = []
    slow = threading.Event()
    done = threading.Event()

    def wait_out() -> None:
        waited.append(threading.get_ident())
        assert slow.wait(SECONDS)

    def finish() -> list[Callable[[], None]]:
        carrier.append(threading.get_ident())
        return [wait_out]

    engine.put(lambda: Begun(finish), light=True)
    engine.put(lambda: Begun(done.set), light=True)
    assert done.wait(SECONDS)  # though the other one is not done
    slow.set()
    engine.wait()
    assert len(carrier) == len(waited) == 1


class Connections:
    """Objects whose answers come when they are sent, each on a connection of its own."""

    def __init__(self, objects: int) -> None:
        self.pairs = [socket.socketpair() for _ in range(objects)]
        self.changed = threading.Condition()
        self.begun: list[int] = []
        self.done: list[int] = []

    def task(self, number: int) -> Callable[[], Begun]:
        here, _ = self.pairs[number]

        def finish() -> None:
            here.settimeout(SECONDS)
            assert here.recv(1)
            self._note(self.done, number)

        def begin() -> Begun:
            self._note(self.begun, number)
            return Begun(finish, here.fileno())

        return begin

    def fill(self, engine: Engine, objects: int) -> None:
        """All at once, as :func:`fill`."""
        engine.pause()
        for number in range(objects):
            engine.put(self.task(number), light=True)
        engine.go_on()

    def answer(self, number: int) -> None:
        self.pairs[number][1].send(b"x")

    def wait(self, what: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(what, SECONDS)

    def _note(self, numbers: list[int], number: int) -> None:
        with self.changed:
            numbers.append(number)
            self.changed.notify_all()


@pytest.fixture
def connections() -> Iterator[Connections]:
    made = Connections(20)
    yield made
    for pair in made.pairs:
        for each in pair:
            each.close()


def test_an_answer_that_does_not_come_holds_up_no_other(connections: Connections) -> None:
    engine = Engine(4)
    connections.fill(engine, 20)
    connections.wait(lambda: connections.begun == [0, 1, 2, 3])
    for number in range(1, 20):
        connections.wait(lambda number=number: number in connections.begun)  # type: ignore[misc] # of a lambda
        connections.answer(number)
    connections.wait(lambda: len(connections.done) == 19)
    assert 0 not in connections.done
    connections.answer(0)
    engine.wait()
    assert sorted(connections.done) == list(range(20))


def test_answers_are_taken_as_they_come(connections: Connections) -> None:
    engine = Engine(4)
    connections.fill(engine, 4)
    connections.wait(lambda: len(connections.begun) == 4)
    for count, number in enumerate((2, 3, 0, 1), start=1):
        connections.answer(number)
        connections.wait(lambda count=count: len(connections.done) == count)  # type: ignore[misc] # of a lambda
    engine.wait()
    assert connections.done == [2, 3, 0, 1]


def test_a_connection_that_is_closed_is_an_answer_too(connections: Connections) -> None:
    engine = Engine(2)
    ended: list[bytes] = []
    over = threading.Event()
    here, there = connections.pairs[1]

    def finish() -> None:
        ended.append(here.recv(1))
        over.set()

    engine.pause()
    engine.put(connections.task(0), light=True)  # the oldest, which is silent
    engine.put(lambda: Begun(finish, here.fileno()), light=True)
    engine.go_on()
    connections.wait(lambda: bool(connections.begun))
    there.close()
    assert over.wait(SECONDS)
    assert not connections.done
    connections.answer(0)
    engine.wait()
    assert ended == [b""]


def test_what_breaks_outside_of_a_task_is_raised_and_not_waited_for() -> None:
    engine = Engine(2)
    engine.put(lambda: Begun(lambda: None, -1), light=True)
    with pytest.raises(ValueError, match="file descriptor"):
        engine.wait()


class SlowDisk:
    """Objects whose answers are there, and of which a part waits for a disk."""

    def __init__(self, connections: Connections, *, begins_slowly: bool) -> None:
        self._begins_slowly = begins_slowly
        self._connections = connections
        self._lock = threading.Lock()
        self._at_once = 0
        self.most_at_once = 0

    def task(self, number: int) -> Callable[[], Begun]:
        here, _ = self._connections.pairs[number % 20]

        def begin() -> Begun:
            if self._begins_slowly:
                self._wait()
            descriptor = os.dup(here.fileno())  # as a connection of its own

            def finish() -> None:
                os.close(descriptor)
                if not self._begins_slowly:
                    self._wait()

            return Begun(finish, descriptor)

        return begin

    def _wait(self) -> None:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        threading.Event().wait(0.02)  # what it stands for takes time, and no processor
        with self._lock:
            self._at_once -= 1


@pytest.mark.parametrize("begins_slowly", [True, False])
def test_more_workers_come_where_a_disk_is_slow(connections: Connections, begins_slowly: bool) -> None:
    disk = SlowDisk(connections, begins_slowly=begins_slowly)
    for number in range(20):
        connections.answer(number)
    engine = Engine(16)
    engine.pause()
    for number in range(200):
        engine.put(disk.task(number), light=True)
    engine.go_on()
    engine.wait()
    assert disk.most_at_once >= 4


def test_every_layer_tells_when_the_answer_comes(moto: MotoServer) -> None:
    moto.put("bucket", {"a": b"1"})
    session = Session(Settings(s3_conditions="create,replace,delete"))
    storage = session.storage(StorageAddress("s3", "bucket"))

    def came(answer: Awaited[Told] | None) -> Told:
        assert answer is not None
        assert answer.descriptor is not None
        poll = select.poll()
        poll.register(answer.descriptor, select.POLLIN)
        assert poll.poll(SECONDS * 1000)
        return answer()

    entry = storage.lookup("a").file
    assert entry is not None
    with storage.changing_below("p/"):
        # The first of each kind finds the way for those that are begun.
        storage.read("a").close()
        assert came(storage.begin_read("a", most_bytes=1)).content == b"1"
        with pytest.raises(ConflictError, match="grown"):
            came(storage.begin_read("a", most_bytes=0))
        assert came(storage.begin_read("a", most_bytes=1)).content == b"1", "that connection was not used again"
        storage.put("p/1", b"x", facts=ObjectFacts())
        assert came(storage.begin_put("p/2", b"xy", facts=ObjectFacts(), only_if=NOTHING_THERE)).size_bytes == 2
        storage.copy_from(storage.address, entry, "p/3")
        assert came(storage.begin_copy(storage.address, entry, "p/4", only_if=None)).size_bytes == 1


@pytest.mark.parametrize(("how", "times"), [("truncate", 2), ("reset", 2), ("flip", 1)])
def test_a_small_object_whose_answer_breaks_is_asked_for_again(
    moto: MotoServer, tmp_path: Disk, how: str, times: int
) -> None:
    content = {f"{number:02}": bytes([number]) * 3000 for number in range(40)}
    moto.put("bucket", {f"d/{name}": data for name, data in content.items()})
    with FaultProxy(moto.url) as proxy, use_session(Session(Settings(s3_endpoint_url=proxy.url))):
        broken = getattr(proxy, how)(after_bytes=1000, match="GET /bucket/d/39", times=times)
        Path("s3://bucket/d/").copy(tmp_path / "d")
        asked = [line for line in proxy.requests() if line.startswith("GET /bucket/d/")]
    assert broken.times == 0
    assert len(asked) == 40 + times
    assert {path.name: path.read_bytes() for path in (tmp_path / "d").iterdir()} == content


def test_what_a_move_deletes_meanwhile_is_tried_again_too(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [f"{number:04}" for number in range(1100)]
    moto.put("bucket", {f"d/{key}": b"1" for key in keys})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        refused = proxy.answer(503, "SlowDown", match="POST /bucket?delete")
        with use_session(Session(Settings(s3_conditions="create,replace,delete,copy"))):
            Path("s3://bucket/d/").move("s3://bucket/e")
            assert refused.times == 0
            assert not Path("s3://bucket/d/").exists()
            assert [path.name for path in Path("s3://bucket/e/").iterdir(fresh=True)] == keys
