"""Before a copy is on record as done, the disk has it."""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path as DiskPath
from types import SimpleNamespace
from typing import TypeVar

import pytest

from tests.passing_backend import PassingBackend
from tfm import Path
from tfm.backends.memory import MemoryBackendFactory
from tfm.core.entry import Kind
from tfm.core.errors import NoSpaceError
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import Settings
from tfm.journal import JobState, Journal, null_journal
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.path.sessions import use_session
from tfm.storage.contract import Backend, BackendContext
from tfm.storage.session import Session

Answer = TypeVar("Answer")
HERE = StorageAddress("memory", "bucket")
NAMES = [f"d/{number}" for number in range(5)]


class Disk:
    """A storage that takes what is written, and is asked whether it has it; ``heard`` is the order."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.answer: Callable[[], None] = lambda: None
        self.session = Session()
        self._factory = MemoryBackendFactory(BackendContext(Settings(), self.session.meter.record))
        self._factory.store.put("bucket", dict.fromkeys(NAMES, b"1"))
        self.session.registry.add("memory", self)

    def open(self, address: StorageAddress) -> Backend:
        return _Backend(self, self._factory.open(address))

    def copied(self, journal: Journal | None, *, sources: str = "d/") -> CopyJob:
        spec = CopySpec((Location(HERE, sources, Kind.DIRECTORY),), Location(HERE, "e/", Kind.DIRECTORY), into=True)
        return CopyJob(self.session, spec, journal=journal)


class _Backend(PassingBackend):
    def __init__(self, disk: Disk, inner: Backend) -> None:
        super().__init__(inner)
        self._disk = disk

    def pass_on(self, what: str, key: str, request: Callable[[], Answer]) -> Answer:
        answer = request()
        self._disk.heard.append(what)
        return answer

    def sync(self, prefix: str) -> None:
        self._disk.heard.append(f"sync {prefix}")
        self._disk.answer()


def test_a_job_asks_the_disk_once_behind_all_its_objects() -> None:
    disk, journal = Disk(), null_journal()
    seen: list[JobState] = []
    there: list[int] = []

    def look() -> None:
        seen.extend(record.state for record in journal.jobs())
        there.append(sum(len(page) for page in disk.session.storage(HERE).scan("e/", recursive=True, fresh=True)))

    disk.answer = look
    assert disk.copied(journal).run().done == len(NAMES)
    assert [what for what in disk.heard if what.startswith("sync")] == ["sync e/"]
    assert there == [len(NAMES)]
    assert seen
    assert JobState.DONE not in seen
    assert [record.state for record in journal.jobs()] == [JobState.DONE]


def test_what_nothing_is_on_record_of_waits_for_no_disk() -> None:
    disk = Disk()
    assert disk.copied(None).run().done == len(NAMES)
    assert not [what for what in disk.heard if what.startswith("sync")]


def test_the_library_waits_for_no_disk() -> None:
    # Whoever copies ten thousand files one by one would wait ten thousand times.
    disk = Disk()
    with use_session(disk.session):
        Path("memory://bucket/d/1").copy("memory://bucket/e")
        Path("memory://bucket/d/").copy("memory://bucket/f")
        assert len(list(Path("memory://bucket/f/").iterdir())) == len(NAMES)
        assert Path("memory://bucket/e").read_bytes() == b"1"
    assert not [what for what in disk.heard if what.startswith("sync")]


def test_what_the_disk_refuses_only_then_is_a_failure() -> None:
    disk, journal = Disk(), null_journal()

    def refuse() -> None:
        raise NoSpaceError("No space left on device.", operation="sync")

    disk.answer = refuse
    summary = disk.copied(journal).run()
    assert [type(error) for error in summary.failures] == [NoSpaceError]
    assert summary.listed == summary.done + summary.failed
    assert [record.state for record in journal.jobs()] == [JobState.FAILED]


def test_who_stops_a_job_does_not_wait_for_the_disk() -> None:
    disk, journal = Disk(), null_journal()
    release = threading.Event()
    job = disk.copied(journal)

    def hang() -> None:
        job.cancel()
        assert release.wait(30)

    disk.answer = hang
    try:
        assert job.run().stopped
        assert [record.state for record in journal.jobs()] != [JobState.DONE]
    finally:
        release.set()


PART_BYTES = 8 << 20
LARGE = bytes(range(256)) * (17 << 12) + b"the end"  # 17 MiB: three parts


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """What the system is told of a disk, in this order: what to begin with (offset and length), and to wait for all."""
    heard: list[tuple[str, int, int]] = []

    def begin(_descriptor: int, offset: int, length: int, _flags: int) -> int:
        heard.append(("begin", offset, length))
        return 0

    def wait(_descriptor: int) -> int:
        heard.append(("wait", 0, 0))
        return 0

    library = SimpleNamespace(sync_file_range=begin, syncfs=wait)
    monkeypatch.setattr("tfm.backends.local.syncing._library", lambda: library)
    return heard


@pytest.fixture
def large(tmp_path: DiskPath) -> Session:
    """A session whose memory has one large object."""
    session = Session()
    factory = MemoryBackendFactory(BackendContext(Settings(), session.meter.record))
    factory.store.put("bucket", {"large": LARGE})
    session.registry.add("memory", factory)
    return session


def to_disk(session: Session, target: DiskPath) -> CopyJob:
    spec = CopySpec(
        (Location(HERE, "large", Kind.FILE),), Location(StorageAddress("file"), str(target), Kind.FILE), into=False
    )
    return CopyJob(session, spec, journal=null_journal())


def test_a_large_file_goes_to_the_disk_as_its_parts_come(
    large: Session, tmp_path: DiskPath, told: list[tuple[str, int, int]]
) -> None:
    assert to_disk(large, tmp_path / "x").run().done == 1
    assert (tmp_path / "x").read_bytes() == LARGE
    assert sorted(told[:-1]) == [
        ("begin", 0, PART_BYTES),
        ("begin", PART_BYTES, PART_BYTES),
        ("begin", 2 * PART_BYTES, len(LARGE) - 2 * PART_BYTES),
    ]
    assert told[-1] == ("wait", 0, 0)


def test_the_library_leaves_it_to_the_system_when_a_large_file_is_written(
    large: Session, tmp_path: DiskPath, told: list[tuple[str, int, int]]
) -> None:
    with use_session(large):
        Path("memory://bucket/large").copy(str(tmp_path / "x"))
    assert (tmp_path / "x").read_bytes() == LARGE
    assert not told


def test_a_disk_that_refuses_a_part_leaves_nothing_behind(
    large: Session, tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> int:
        ctypes.set_errno(errno.ENOSPC)
        return -1

    monkeypatch.setattr("tfm.backends.local.syncing._library", lambda: SimpleNamespace(sync_file_range=refuse))
    summary = to_disk(large, tmp_path / "x").run()
    assert [type(error) for error in summary.failures] == [NoSpaceError]
    assert os.listdir(tmp_path) == []
