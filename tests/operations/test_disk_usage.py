"""Disk usage: sums that agree with adding everything up, asked for by one listing, in bounded memory."""

from __future__ import annotations

import os
import tracemalloc
from collections import Counter
from pathlib import Path as DiskPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.memory_world import memory_world
from tests.servers.moto import MotoServer
from tests.ui.memory_panes import Memory, place
from tfm.core.entry import Kind
from tfm.core.errors import NotFoundError, PermissionDeniedError, UnsupportedOperation
from tfm.core.location import Location, StorageAddress
from tfm.core.page import make_page
from tfm.core.progress import Cancel, Progress
from tfm.operations.disk_usage import DiskUsage
from tfm.storage.session import Session


def silent(_progress: Progress) -> None:
    """Nobody listens."""


def measured(usage: DiskUsage) -> DiskUsage:
    return usage.run(silent, Cancel())


def local(path: DiskPath) -> Location:
    return Location(StorageAddress("file"), f"{path}/", Kind.DIRECTORY)


key_texts = st.lists(st.sampled_from(["a", "b", "", "..", "é"]), min_size=1, max_size=4).map("/".join)


@given(keys=st.dictionaries(key_texts, st.binary(max_size=5), min_size=1, max_size=12), shuffled=st.booleans())
def test_every_sum_is_that_of_the_keys_below(keys: dict[str, bytes], *, shuffled: bool) -> None:
    with memory_world() as world:
        world.put(files={f"d/{key}": content for key, content in keys.items()})
        world.shuffled = shuffled
        usage = measured(DiskUsage(world.session, place("d/")))
    sizes: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    for key, content in keys.items():
        for end in [end + 1 for end, letter in enumerate(key) if letter == "/"]:
            sizes[f"d/{key[:end]}"] += len(content)
            objects[f"d/{key[:end]}"] += 1
    assert {row.key: (row.size_bytes, row.objects) for row in usage.walk()} == {
        key: (sizes[key], objects[key]) for key in objects
    }
    total = usage.total()
    assert (total.size_bytes, total.objects) == (sum(map(len, keys.values())), len(keys))
    for row in usage.walk():
        assert usage.row(row.key) == row
        below = usage.rows(row.key)
        assert row.directories == len(below)
        assert row.size_bytes == row.own_bytes + sum(each.size_bytes for each in below)


def test_one_listing_tells_and_a_cached_one_is_free(moto: MotoServer) -> None:
    moto.put("bucket", {f"d/{number % 7}/{number:04}": b"12" for number in range(2500)} | {"d/": b"marker", "x": b""})
    moto.reset_requests()
    session = Session()
    start = Location(StorageAddress("s3", "bucket"), "d/", Kind.DIRECTORY)
    told: list[Progress] = []
    usage = DiskUsage(session, start).run(told.append, Cancel())
    assert (usage.total().size_bytes, usage.total().objects, usage.total().own_bytes) == (5006, 2501, 6)
    assert [progress.objects_done for progress in told] == [1000, 2000, 2501]
    assert len(moto.requests()) == 3
    measured(DiskUsage(session, start))
    assert len(moto.requests()) == 3


def test_it_can_be_stopped_and_says_what_it_knows_by_then() -> None:
    memory = Memory()
    memory.put([f"d/{number:04}" for number in range(2500)])
    cancel = Cancel()
    usage = DiskUsage(memory.session, place("d/")).run(lambda _progress: cancel.set(), cancel)
    assert usage.total().objects == 1000


def test_what_cannot_be_listed_is_an_error_and_no_empty_sum() -> None:
    memory = Memory()
    memory.put(["d/x"])
    with pytest.raises(NotFoundError):
        measured(DiskUsage(memory.session, place("nowhere/")))
    with pytest.raises(UnsupportedOperation):
        measured(DiskUsage(memory.session, place(bucket="")))
    memory.errors["list_page"] = PermissionDeniedError("No.")
    with pytest.raises(PermissionDeniedError):
        measured(DiskUsage(memory.session, place("d/")))


def test_beyond_the_rows_that_are_kept_sums_stay_right() -> None:
    memory = Memory()
    memory.put([f"d/{number:02}/deep/{number}" for number in range(30)])
    usage = measured(DiskUsage(memory.session, place("d/"), most_directories=11))
    assert usage.is_limited
    assert (usage.total().size_bytes, usage.total().is_folded) == (150, True)
    assert len(list(usage.walk())) == 10
    shallow = measured(DiskUsage(memory.session, place("d/"), depth=1))
    assert [row.size_bytes for row in shallow.walk()] == [5] * 30
    assert not shallow.is_limited


def test_many_keys_take_the_memory_of_their_directories(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    usage = DiskUsage(memory.session, place("d/"))

    def pages() -> object:
        for number in range(200):
            names = [f"{number}/{row}" for row in range(1000)]
            yield make_page("d/", names, bytes(1000), [7] * 1000, [0.0] * 1000)

    monkeypatch.setattr("tfm.operations.disk_usage.tree_pages", lambda *_places, **_how: pages())
    tracemalloc.start()
    measured(usage)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (usage.total().objects, usage.total().size_bytes) == (200_000, 1_400_000)
    assert peak < 2_000_000


# A disk


def test_on_a_disk_a_file_of_two_names_counts_once_and_links_lead_nowhere(tmp_path: DiskPath) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "a" / "b" / "file").write_bytes(b"12345")
    os.link(tmp_path / "a" / "b" / "file", tmp_path / "a" / "again")
    (tmp_path / "a" / "link").symlink_to("/")
    usage = measured(DiskUsage(Session(), local(tmp_path)))
    rows = {row.key.removeprefix(f"{tmp_path}/"): (row.size_bytes, row.objects) for row in usage.walk()}
    assert rows.keys() == {"a/", "a/b/", "empty/"}
    assert (usage.total().size_bytes, usage.total().objects) == (6, 2)
    assert rows["empty/"] == (0, 0)


def test_another_file_system_is_left_out_unless_asked_for() -> None:
    start = Location(StorageAddress("file"), "/dev/", Kind.DIRECTORY)
    device = os.stat("/dev").st_dev
    mounted = [name for name in os.listdir("/dev") if os.path.isdir(f"/dev/{name}") and os.path.ismount(f"/dev/{name}")]
    mounted = [name for name in mounted if os.stat(f"/dev/{name}").st_dev != device]
    if not mounted:
        pytest.skip("nothing is mounted below /dev here")
    key = f"/dev/{mounted[0]}/"
    assert measured(DiskUsage(Session(), start)).row(key) is None
    assert measured(DiskUsage(Session(), start, crosses_mounts=True)).row(key) is not None


def test_a_directory_that_cannot_be_read_is_counted_as_failed(
    tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "file").write_bytes(b"123")
    usual = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("closed/"):
            raise PermissionError(13, "Permission denied")
        return usual(path)

    monkeypatch.setattr(os, "scandir", scandir)
    usage = measured(DiskUsage(Session(), local(tmp_path)))
    assert (usage.total().size_bytes, usage.failed) == (3, 1)
    assert isinstance(usage.failures[0], PermissionDeniedError)
    assert usage.failures[0].uri == f"{tmp_path}/closed/"
