"""Before a copy is on record as done, the disk has it."""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path as DiskPath
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
from tfm.operations.job_state import CopySummary
from tfm.path.sessions import use_session
from tfm.storage.contract import Backend, BackendContext, Reader
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


class SystemCalls:
    """What the system is told of a disk; what a call of ``sync_file_range`` answers is in ``number``."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.has_begun = threading.Event()
        self.number = 0

    def sync_file_range(self, descriptor: int, offset: int, length: int, flags: int) -> int:
        assert flags == 2  # SYNC_FILE_RANGE_WRITE alone: nobody waits
        assert os.pread(descriptor, length, offset) == LARGE[offset : offset + length] != b""
        self.heard.append("begin")
        self.has_begun.set()
        ctypes.set_errno(self.number)
        return -1 if self.number else 0

    def syncfs(self, _descriptor: int) -> int:
        self.heard.append("wait")
        return 0


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> SystemCalls:
    made = SystemCalls()
    monkeypatch.setattr("tfm.backends.local.syncing._library", lambda: made)
    return made


class LargeSource:
    """A session whose memory has one large object; its last part comes when ``ready`` says so."""

    def __init__(self) -> None:
        self.session = Session()
        self.ready: Callable[[], object] = lambda: None
        self._factory = MemoryBackendFactory(BackendContext(Settings(), self.session.meter.record))
        self._factory.store.put("bucket", {"large": LARGE})
        self.session.registry.add("memory", self)

    def open(self, address: StorageAddress) -> Backend:
        return _LargeBackend(self, self._factory.open(address))

    def to_disk(self, target: DiskPath, *, move: bool = False) -> CopySummary:
        there = Location(StorageAddress("file"), str(target), Kind.FILE)
        spec = CopySpec((Location(HERE, "large", Kind.FILE),), there, into=False, move=move)
        return CopyJob(self.session, spec, journal=null_journal()).run()


class _LargeBackend(PassingBackend):
    def __init__(self, source: LargeSource, inner: Backend) -> None:
        super().__init__(inner)
        self._source = source

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        if start == 2 * PART_BYTES:
            self._source.ready()
        return super().read(key, start=start, length=length, if_match=if_match)


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_the_disk_begins_with_a_large_file_while_the_rest_of_it_comes(
    tmp_path: DiskPath, calls: SystemCalls, move: bool
) -> None:
    large = LargeSource()
    large.ready = lambda: calls.has_begun.wait(30)
    assert large.to_disk(tmp_path / "x", move=move).done == 1
    assert (tmp_path / "x").read_bytes() == LARGE
    assert calls.has_begun.is_set()
    assert calls.heard.count("wait") == 1
    assert calls.heard[0] == "begin"


def test_the_library_leaves_it_to_the_system_when_a_large_file_is_written(
    tmp_path: DiskPath, calls: SystemCalls
) -> None:
    large = LargeSource()
    large.ready = lambda: calls.has_begun.wait(0.2)
    with use_session(large.session):
        Path("memory://bucket/large").copy(str(tmp_path / "x"))
    assert (tmp_path / "x").read_bytes() == LARGE
    assert calls.heard == []


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSYS, errno.ENOSPC])
def test_a_system_that_does_not_allow_it_is_not_asked_for_more(
    tmp_path: DiskPath, calls: SystemCalls, number: int
) -> None:
    """What the disk itself refuses is told when it is waited for."""
    calls.number = number
    large = LargeSource()
    large.ready = lambda: calls.has_begun.wait(30)
    summary = large.to_disk(tmp_path / "x")
    assert (summary.done, summary.failed) == (1, 0)
    assert (tmp_path / "x").read_bytes() == LARGE
    assert calls.heard.count("wait") == 1


def test_a_disk_that_is_slow_to_begin_holds_nobody_up(tmp_path: DiskPath, calls: SystemCalls) -> None:
    large, release = LargeSource(), threading.Event()
    begin = calls.sync_file_range

    def slow(descriptor: int, offset: int, length: int, flags: int) -> int:
        told = begin(descriptor, offset, length, flags)
        assert release.wait(30)
        return told

    calls.sync_file_range = slow  # type: ignore[method-assign]
    large.ready = lambda: calls.has_begun.wait(30)
    try:
        assert large.to_disk(tmp_path / "x").done == 1
        assert calls.heard == ["begin", "wait"]
    finally:
        release.set()
