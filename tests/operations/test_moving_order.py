"""A move deletes only what outlives a crash: its copies are on the disk, and on record, before each batch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path as DiskPath

import pytest

from tests.passing_backend import PassingBackend
from tfm.backends.memory import MemoryBackendFactory
from tfm.core.entry import Entry, Kind
from tfm.core.errors import NoSpaceError
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import Content, DeleteFailure, ObjectFacts, Precondition
from tfm.journal import Journal, StepState, null_journal, open_journal
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.storage.contract import Backend, BackendContext
from tfm.storage.session import Session

HERE = StorageAddress("memory", "bucket")
BATCH = 1000

Heard = list[tuple[str, list[str]]]
"""What was asked for, and of which names in its directory, in the order in which it was done."""


class Disk:
    """A storage that takes what is written, and is asked whether it has it; before it deletes it calls ``look``."""

    def __init__(self, names: Sequence[str]) -> None:
        self.heard: Heard = []
        self.lock = threading.Lock()
        self.sync: Callable[[], None] = lambda: None
        self.look: Callable[[int], None] = lambda number: None
        self.session = Session(Settings(transfer_workers=8))
        self._factory = MemoryBackendFactory(BackendContext(Settings(), self.session.meter.record))
        self._factory.store.put("bucket", dict.fromkeys([f"d/{name}" for name in names], b"1"))
        self.session.registry.add("memory", self)

    def open(self, address: StorageAddress) -> Backend:
        return _Backend(self, self._factory.open(address))

    def note(self, what: str, keys: Sequence[str]) -> None:
        with self.lock:
            self.heard.append((what, [key.rpartition("/")[2] for key in keys]))

    def moved(self, journal: Journal | None = None) -> CopyJob:
        spec = CopySpec(
            (Location(HERE, "d/", Kind.DIRECTORY),), Location(HERE, "e/", Kind.DIRECTORY), into=True, move=True
        )
        return CopyJob(self.session, spec, journal=journal)

    def left(self, prefix: str) -> int:
        rows, _ = self._factory.store.select("bucket", prefix, "", recursive=True, limit=10_000)
        return len(rows)


class _Backend(PassingBackend):
    def __init__(self, disk: Disk, inner: Backend) -> None:
        super().__init__(inner)
        self._disk = disk

    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        entry = super().put(key, content, facts=facts, only_if=only_if)
        self._disk.note("put", [key])
        return entry

    def delete(self, key: str, *, only_if: Precondition | None = None) -> None:
        self._disk.note("delete", [key])
        super().delete(key, only_if=only_if)

    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        self._disk.look(len(keys))
        self._disk.note("delete", keys)
        return super().delete_many(keys, etags=etags)

    def sync(self, prefix: str) -> None:
        assert prefix == "e/"
        self._disk.note("sync begins", [])
        self._disk.sync()
        self._disk.note("sync", [])


def require_order(heard: Heard) -> list[int]:
    """Of each batch every copy was written before the disk was asked, and the disk had it before the first delete. The
    sizes of the batches."""
    sizes = []
    begun: set[str] = set()
    on_the_disk: set[str] = set()
    written: set[str] = set()
    for what, names in heard:
        if what == "put":
            written.update(names)
        elif what == "sync begins":
            begun = set(written)
        elif what == "sync":
            on_the_disk |= begun
        else:
            assert on_the_disk.issuperset(names)
            sizes.append(len(names))
    return sizes


def test_the_disk_has_each_batch_before_its_sources_are_deleted() -> None:
    names = [f"{number:04}" for number in range(2 * BATCH + 500)]
    disk = Disk(names)
    summary = disk.moved().run()
    assert (summary.done, summary.failed) == (len(names), 0)
    assert sorted(require_order(disk.heard)) == [500, BATCH, BATCH]
    assert [what for what, _ in disk.heard].count("sync") == 3
    assert (disk.left("d/"), disk.left("e/")) == (0, len(names))


def test_of_a_single_object_too() -> None:
    disk = Disk(["x"])
    assert disk.moved().run().done == 1
    assert disk.heard == [("put", ["x"]), ("sync begins", []), ("sync", []), ("delete", ["x"])]


def test_what_the_disk_refuses_only_then_is_not_deleted() -> None:
    names = [f"{number:04}" for number in range(BATCH + 5)]
    disk = Disk(names)
    refused: list[bool] = []

    def refuse_once() -> None:
        if not refused:
            refused.append(True)
            raise NoSpaceError("No space left on device.", operation="sync")

    disk.sync = refuse_once
    summary = disk.moved().run()
    assert {type(each) for each in summary.failures} == {NoSpaceError}
    # Nor is anything after that: what a disk did not take it says once.
    assert (summary.done, summary.failed) == (0, len(names))
    assert require_order(disk.heard) == []
    assert (disk.left("d/"), disk.left("e/")) == (len(names), len(names))


def test_the_journal_has_each_batch_before_its_sources_are_deleted(tmp_path: DiskPath) -> None:
    """As another process reads it, after a kill."""
    names = [f"{number:04}" for number in range(BATCH + 5)]
    disk = Disk(names)
    path = str(tmp_path / "state" / "journal.sqlite")
    journal = open_journal(path)
    deleted: list[int] = []

    def look(number: int) -> None:
        deleted.append(number)
        other = open_journal(path)
        (record,) = other.jobs()
        other.close()
        assert record.counts[StepState.DONE].steps >= sum(deleted)

    disk.look = look
    assert disk.moved(journal).run().failed == 0
    assert sorted(deleted) == [5, BATCH]
    journal.close()


@pytest.mark.parametrize("is_tree", [False, True], ids=["file", "tree"])
def test_files_of_a_disk_stay_until_their_copies_are_safe(tmp_path: DiskPath, is_tree: bool) -> None:
    source = tmp_path / "d"
    names = ["a", "b", "c"] if is_tree else ["a"]
    source.mkdir()
    for name in names:
        (source / name).write_bytes(b"1")
    disk = Disk([])
    there: list[list[str]] = []
    disk.sync = lambda: there.append(sorted(path.name for path in source.iterdir()))
    one = Location(StorageAddress("file"), f"{source}/" if is_tree else f"{source}/a", Kind.FILE)
    if is_tree:
        one = Location(one.storage, one.key, Kind.DIRECTORY)
    spec = CopySpec((one,), Location(HERE, "e/", Kind.DIRECTORY), into=True, move=True)
    journal = null_journal()
    assert CopyJob(disk.session, spec, journal=journal).run().failed == 0
    assert there == [names]
    assert not list(tmp_path.rglob("[abc]"))
    assert disk.left("e/") == len(names)
    journal.close()
