"""What a copy tells while it goes on: objects and bytes up to the total, the speed, the time that is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path as Disk

import pytest

from tests.memory_world import MemoryWorld, memory_world
from tests.scripted_backend import DEADLINE_SECONDS
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tfm import Path
from tfm.core.entry import Kind
from tfm.core.progress import Progress
from tfm.core.settings import Settings
from tfm.core.step import Step
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.operations.job_state import JobSnapshot, JobState
from tfm.path.sessions import use_session
from tfm.storage.session import Session
from tfm.transfer.context import Outcome

MEBIBYTE = 1 << 20
PART_BYTES = 8 * MEBIBYTE
LARGE = bytes(range(256)) * (80 * 1024) + b"the end"
"""20 MiB and a little: three parts."""


@pytest.fixture
def proxy(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """Before moto, which one worker asks: one object, or part, after the other."""
    moto.put("bucket", {})
    with FaultProxy(moto.url) as between, use_session(Session(Settings(transfer_workers=1))):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", between.url)
        yield between


class Told:
    """Keeps each value that it is called with; the other methods wait, in another thread, for one that fits."""

    def __init__(self) -> None:
        self.values: list[Progress] = []
        self._came = threading.Condition()

    def __call__(self, value: Progress) -> None:
        with self._came:
            self.values.append(value)
            self._came.notify_all()

    def until_objects(self, least: int) -> None:
        self._until(lambda value: value.objects_done >= least)

    def until_bytes(self, exactly: int) -> None:
        self._until(lambda value: value.bytes_done == exactly)

    def _until(self, fits: Callable[[Progress], bool]) -> None:
        with self._came:
            assert self._came.wait_for(lambda: bool(self.values) and fits(self.values[-1]), DEADLINE_SECONDS)

    @property
    def steps(self) -> list[int]:
        """Bytes, without what was told twice."""
        done = [each.bytes_done for each in self.values]
        return [after for before, after in zip([-1, *done], done, strict=False) if after != before]


def test_objects_and_bytes_of_a_tree_rise_to_the_total(proxy: FaultProxy, tmp_path: Disk) -> None:
    (tmp_path / "d").mkdir()
    for number in range(1, 10):
        (tmp_path / "d" / str(number)).write_bytes(bytes(number))
    told = Told()
    for number in range(2, 10):
        # Each is held back until those before it were told of.
        proxy.at_request(number, partial(told.until_objects, number - 1), match="PUT /bucket/d/")
    Path(tmp_path / "d").copy("s3://bucket/d", progress=told)
    assert told.values == sorted(told.values, key=lambda each: (each.objects_done, each.bytes_done))
    assert {each.objects_done for each in told.values} >= set(range(1, 10))
    assert {each.objects_total for each in told.values} <= {None, 9}
    assert {each.bytes_total for each in told.values} <= {None, 45}
    assert told.values[-1][:4] == (9, 9, 45, 45)
    assert {each.current_key for each in told.values if each.objects_done} == {
        f"{tmp_path}/d/{number}" for number in range(1, 10)
    }


def test_a_large_object_is_told_of_while_it_is_on_its_way(proxy: FaultProxy, tmp_path: Disk) -> None:
    (tmp_path / "x").write_bytes(LARGE)
    told = Told()
    for number in (2, 3):
        proxy.at_request(number, partial(told.until_bytes, (number - 1) * PART_BYTES), match="partNumber=")
    Path(tmp_path / "x").copy("s3://bucket/x", progress=told)
    assert [each for each in told.steps if each] == [PART_BYTES, 2 * PART_BYTES, len(LARGE)]
    assert {each.objects_done for each in told.values if each.bytes_done < len(LARGE)} == {0}
    assert told.values[-1] == Progress(1, 1, len(LARGE), len(LARGE), str(tmp_path / "x"))


def test_bytes_go_back_where_all_is_sent_again(moto: MotoServer, proxy: FaultProxy, tmp_path: Disk) -> None:
    """One bit of the second part is wrong, which only the checksum of the whole tells."""
    moto.put("bucket", {"x": LARGE})
    told = Told()
    flipped = proxy.flip(after_bytes=1000, match="GET /bucket/x")
    proxy.at_request(4, partial(told.until_bytes, 0), match="GET /bucket/x")
    proxy.at_request(3, partial(told.until_bytes, 2 * PART_BYTES), match="GET /bucket/x")
    Path("s3://bucket/x").copy_to(tmp_path / "x", progress_callback=told)
    assert flipped.happened.is_set()
    assert (tmp_path / "x").read_bytes() == LARGE
    assert told.values[-1][:4] == (1, 1, len(LARGE), len(LARGE))
    back = [after for before, after in zip(told.steps, told.steps[1:], strict=False) if after < before]
    assert back == [0]


def test_who_raises_while_a_large_object_is_on_its_way_ends_it(proxy: FaultProxy, tmp_path: Disk) -> None:
    (tmp_path / "x").write_bytes(LARGE)
    raised = threading.Event()

    def tell(value: Progress) -> None:
        if not value.objects_done and value.bytes_done:
            raised.set()
            raise RuntimeError("I have seen enough")

    def wait() -> None:
        assert raised.wait(DEADLINE_SECONDS)

    proxy.at_request(2, wait, match="partNumber=")
    with pytest.raises(RuntimeError, match="seen enough"):
        Path(tmp_path / "x").copy("s3://bucket/x", progress=tell)
    assert raised.is_set()
    assert not Path("s3://bucket/x").exists(fresh=True)


@pytest.fixture
def world() -> Iterator[MemoryWorld]:
    with memory_world(Settings(transfer_workers=1)) as made:
        yield made


class Watched:
    """A copy of ``d/`` that is looked at after each object, of which each takes so many ``seconds``; then ``looked`` is
    called."""

    def __init__(
        self, world: MemoryWorld, seconds: Sequence[float], looked: Callable[[int], object] = lambda count: None
    ) -> None:
        self.seen: list[JobSnapshot] = []
        self._world = world
        self._seconds = seconds
        self._looked = looked
        source, target = Path("memory://bucket/d/"), Path("memory://bucket/e/")
        spec = CopySpec((source.location_as(Kind.DIRECTORY),), target.location_as(Kind.DIRECTORY), into=False)
        self.job = CopyJob(world.session, spec, done=self._look)

    def run(self) -> None:
        self._world.clock.now += self._seconds[0]
        self.job.run()

    def _look(self, _step: Step, _outcome: Outcome) -> None:
        self.seen.append(self.job.snapshot())
        self._looked(len(self.seen))
        self._world.clock.now += self._seconds[len(self.seen)] if len(self.seen) < len(self._seconds) else 0

    def until_planned(self, _count: int = 0) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self.job.snapshot().planned:
            assert time.monotonic() < deadline, "it is never planned"
            threading.Event().wait(0.005)


def test_the_speed_and_the_time_that_is_left(world: MemoryWorld) -> None:
    world.put(files={f"d/{number:02}": bytes(1000) for number in range(12)})
    watched = Watched(world, [0.5] * 12, lambda count: watched.until_planned())
    before = watched.job.snapshot()
    assert (before.state, before.planned, before.bytes_per_second) == (JobState.QUEUED, False, 0)
    assert before.seconds_left is None
    watched.run()
    seen = watched.seen
    assert [each.progress.bytes_done for each in seen] == [1000 * number for number in range(1, 13)]
    assert [each.progress.objects_done for each in seen] == list(range(1, 13))
    assert {(each.progress.bytes_total, each.progress.objects_total) for each in seen[1:]} == {(12_000, 12)}
    assert [each.bytes_per_second for each in seen] == pytest.approx([2000] * 12)
    assert [each.seconds_left for each in seen[1:]] == pytest.approx([0.5 * left for left in range(10, -1, -1)])
    after = watched.job.snapshot()
    assert (after.state, after.seconds_left, after.failed, after.skipped) == (JobState.DONE, 0.0, 0, 0)


def test_the_speed_is_that_of_the_last_seconds(world: MemoryWorld) -> None:
    world.put(files={f"d/{number:02}": bytes(1000) for number in range(20)})
    watched = Watched(world, [0.1] * 10 + [4.0] * 10, lambda count: watched.until_planned())
    watched.run()
    assert watched.seen[9].bytes_per_second == pytest.approx(10_000)
    assert watched.seen[9].seconds_left == pytest.approx(1.0)
    # Of all that was moved since the beginning it would be some 700 bytes in a second.
    assert watched.seen[14].bytes_per_second == pytest.approx(250)
    assert watched.seen[14].seconds_left == pytest.approx(20.0)


def test_nobody_knows_how_long_it_takes_before_all_is_planned(world: MemoryWorld) -> None:
    world.put(files={f"d/{number}": bytes(1000) for number in range(6)})
    world.page_entries = 3
    pages = 0
    first_page_done = threading.Event()

    def hold(prefix: str) -> None:
        nonlocal pages
        pages += prefix == "d/"
        if pages == 2:
            assert first_page_done.wait(DEADLINE_SECONDS)

    world.before_list = hold
    watched = Watched(world, [0.5] * 6, lambda count: first_page_done.set() if count == 3 else None)
    watched.run()
    for snapshot in watched.seen[:3]:
        assert not snapshot.planned
        assert (snapshot.progress.objects_total, snapshot.progress.bytes_total) == (None, None)
        assert snapshot.seconds_left is None
        assert snapshot.bytes_per_second == pytest.approx(2000)
    assert watched.seen[-1].progress.bytes_done == 6000
