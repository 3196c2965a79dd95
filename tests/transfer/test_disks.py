"""What disks do: they are full, and they keep the modes and times of directories."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path as Disk
from typing import Any

import pytest

from tests.memory_world import MemoryWorld, memory_world
from tests.transfer.places import copied
from tfm import OperationFailed, Path
from tfm.backends.local import block_sharing
from tfm.core.entry import Kind
from tfm.core.errors import NetworkError, NoSpaceError, NotFoundError, PermissionDeniedError
from tfm.core.progress import Progress
from tfm.core.settings import Settings
from tfm.core.writing import DeleteFailure, Part, PartContent, Upload
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.storage.storage import Storage

MEBIBYTE = 1 << 20


@pytest.fixture
def world() -> Iterator[MemoryWorld]:
    with memory_world() as made:
        yield made


def test_what_does_not_fit_is_refused_before_anything_is_written(world: MemoryWorld, small_disk: Disk) -> None:
    world.put(files={f"d/{each}": bytes(5 * MEBIBYTE) for each in range(9)})
    with pytest.raises(NoSpaceError, match=r"47,185,920 bytes or more.*nothing was written"):
        Path("memory://bucket/d/").copy(small_disk / "d")
    assert list(small_disk.rglob("*")) == []
    with pytest.raises(NoSpaceError):
        Path("memory://bucket/d/").move(small_disk / "d")
    assert len(list(Path("memory://bucket/d/").iterdir())) == 9


def test_of_many_small_ones_some_are_there_before_it_is_known(world: MemoryWorld, small_disk: Disk) -> None:
    """Then what does not fit ends it before it is begun; who may overwrite knows all before anything is written."""
    world.put(files={f"d/{each:03}": b"small" for each in range(600)} | {"d/large": bytes(60 * MEBIBYTE)})
    place = Path("memory://bucket/d/")
    result = copied(world.session, place, Path(small_disk / "first"), conflict="overwrite")
    assert "nothing was written" in str(result.error)
    assert list(small_disk.rglob("*")) == []
    result = copied(world.session, place, Path(small_disk / "d"))
    assert isinstance(result.error, NoSpaceError)
    assert "were free there: it was not gone on with" in str(result.error)
    there = [path for path in small_disk.rglob("*") if path.is_file()]
    assert {path.read_bytes() for path in there} <= {b"small"}
    assert "large" not in [path.name for path in there]


def test_a_disk_is_not_filled_from_another_one_either(world: MemoryWorld, small_disk: Disk, tmp_path: Disk) -> None:
    (tmp_path / "d").mkdir()
    for each in range(9):
        (tmp_path / "d" / str(each)).write_bytes(os.urandom(5 * MEBIBYTE))
    for move in (False, True):
        result = copied(world.session, Path(tmp_path / "d"), Path(small_disk / "d"), move=move)
        assert isinstance(result.error, NoSpaceError)
        assert "47,185,920 bytes or more" in str(result.error)
        assert "nothing was written" in str(result.error)
    assert list(small_disk.rglob("*")) == []
    assert len(list((tmp_path / "d").iterdir())) == 9


def test_holes_and_what_stays_on_its_disk_take_no_room(small_disk: Disk, tmp_path: Disk) -> None:
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(100 * MEBIBYTE)
        file.seek(50 * MEBIBYTE)
        file.write(b"data")
    Path(tmp_path / "holes").copy(small_disk / "holes")
    assert (small_disk / "holes").stat().st_size == 100 * MEBIBYTE
    Path(small_disk / "holes").copy(small_disk / "again")
    assert (small_disk / "again").stat().st_size == 100 * MEBIBYTE


def test_a_disk_is_not_filled_from_itself(world: MemoryWorld, small_disk: Disk) -> None:
    (small_disk / "d" / "e").mkdir(parents=True)
    for each in range(5):
        (small_disk / "d" / "e" / str(each)).write_bytes(os.urandom(5 * MEBIBYTE))
    before = sorted(small_disk.rglob("*"))
    result = copied(world.session, Path(small_disk / "d"), Path(small_disk / "copy"))
    assert isinstance(result.error, NoSpaceError)
    assert "nothing was written" in str(result.error)
    assert sorted(small_disk.rglob("*")) == before
    Path(small_disk / "d").move(small_disk / "moved")  # by another name it is where it was
    assert (small_disk / "moved" / "e" / "4").stat().st_size == 5 * MEBIBYTE


def test_copies_that_share_blocks_take_no_room(
    world: MemoryWorld, small_disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on btrfs and XFS, of which there need be none here."""
    (small_disk / "d").mkdir()
    (small_disk / "d" / "x").write_bytes(bytes([1]) * 25 * MEBIBYTE)
    tried: list[int] = []

    def ioctl(target: int, request: int, argument: object) -> int:
        tried.append(os.fstat(target).st_nlink)
        if request == block_sharing._FICLONE:
            os.ftruncate(target, 25 * MEBIBYTE)
        return 0

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    result = copied(world.session, Path(small_disk / "d"), Path(small_disk / "copy"))
    assert (result.error, result.summary.failures) == (None, [])
    assert tried[0] == 0  # in a file without a name
    assert (small_disk / "copy" / "x").stat().st_size == 25 * MEBIBYTE


def test_room_that_is_given_back_counts(small_disk: Disk) -> None:
    with memory_world(Settings(transfer_workers=1)) as world:
        world.put(files={f"d/{each}": bytes(5 * MEBIBYTE) for each in range(5)})
        Path("memory://bucket/d/").copy(small_disk / "d")
        result = copied(world.session, Path("memory://bucket/d/"), Path(small_disk / "d"), conflict="overwrite")
        assert (result.error, result.summary.failures) == (None, [])


@pytest.mark.parametrize("size", [3 * MEBIBYTE, 20 * MEBIBYTE], ids=["small", "parts"])
@pytest.mark.parametrize("source", ["memory", "local"])
def test_a_disk_that_is_full_in_the_middle(
    world: MemoryWorld, small_disk: Disk, tmp_path: Disk, size: int, source: str
) -> None:
    """What fits is there, what does not is named, and nothing is half there."""
    content = {f"{each:02}": bytes([each]) * size for each in range(60 * MEBIBYTE // size)}
    if source == "memory":
        world.put(files={f"d/{name}": data for name, data in content.items()})
        place = Path("memory://bucket/d/")
    else:
        (tmp_path / "d").mkdir()
        for name, data in content.items():
            (tmp_path / "d" / name).write_bytes(data)
        place = Path(tmp_path / "d")
    (small_disk / "old").write_bytes(b"old")
    with pytest.MonkeyPatch.context() as patch:
        # As if somebody else took the room once the copy has begun.
        patch.setattr("tfm.backends.local.backend.free_bytes", lambda prefix: None)
        result = copied(world.session, place, Path(small_disk / "d"))
    assert result.error is None
    assert result.summary.failures
    assert all(isinstance(each, NoSpaceError) for each in result.summary.failures)
    there = {path.name: path.read_bytes() for path in (small_disk / "d").iterdir()}
    assert all(content[name] == data for name, data in there.items())
    assert len(there) + 1 == result.summary.done  # and the directory
    assert (small_disk / "old").read_bytes() == b"old"


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_directories_keep_their_modes_and_times(world: MemoryWorld, tmp_path: Disk, move: bool) -> None:
    other = Disk("/dev/shm") / f"tfm-{os.getpid()}"  # another file system, where a move is no rename
    source = tmp_path / "from"
    try:
        (source / "a" / "b").mkdir(parents=True)
        (source / "a" / "b" / "file").write_bytes(b"1")
        (source / "shut").mkdir()
        (source / "shut" / "file").write_bytes(b"2")
        other.mkdir()
        (other / "to" / "a").mkdir(parents=True, mode=0o755)
        os.utime(other / "to" / "a", (5, 5))
        before = (other / "to" / "a").stat()
        for number, name in enumerate(["a/b", "shut", "a", "."], 1):
            os.utime(source / name, (number * 1000, number * 1000.25))
        (source / "a").chmod(0o700)
        (source / "shut").chmod(0o555)
        result = copied(world.session, Path(source), Path(other / "to"), move=move)
        assert (result.error, result.summary.failures) == (None, [])
        target = other / "to"
        assert (target / "a" / "b" / "file").read_bytes() == b"1"
        assert (target / "shut" / "file").read_bytes() == b"2"
        assert (target / "a" / "b").stat().st_mtime == 1000.25
        assert (target / "shut").stat().st_mtime == 2000.5
        assert (target / "shut").stat().st_mode & 0o777 == 0o555
        assert (target / "a").stat().st_mode == before.st_mode  # it was there: it is its owner's
        assert source.exists() is not move
    finally:
        subprocess.run(["rm", "-rf", str(other)], check=True)


def test_a_callback_that_raises_ends_the_job(world: MemoryWorld, tmp_path: Disk) -> None:
    world.put(*[f"d/{each}" for each in range(50)])

    def progress(told: Progress) -> None:
        raise RuntimeError("I have seen enough")

    with pytest.raises(RuntimeError, match="seen enough"):
        Path("memory://bucket/d/").copy(tmp_path / "d", progress=progress)
    assert not list(tmp_path.rglob(".tfm-*"))


def test_a_source_that_cannot_be_deleted_is_one_failure_of_the_move(
    world: MemoryWorld, tmp_path: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("d/1", "d/2", "d/3")
    original: Callable[..., list[DeleteFailure]] = Storage.delete_many

    def delete_many(self: Storage, keys: list[str], **options: Any) -> list[DeleteFailure]:
        denied = DeleteFailure("d/2", PermissionDeniedError("No.", uri="memory://bucket/d/2"))
        return [denied, *original(self, [key for key in keys if key != "d/2"], **options)]

    monkeypatch.setattr(Storage, "delete_many", delete_many)
    result = copied(world.session, Path("memory://bucket/d/"), Path(tmp_path / "d"), move=True)
    assert result.failed_uris == {"memory://bucket/d/2"}
    assert (result.summary.listed, result.summary.done, result.summary.failed) == (4, 3, 1)
    assert [each.name for each in Path("memory://bucket/d/").iterdir()] == ["2"]
    assert sorted(os.listdir(tmp_path / "d")) == ["1", "2", "3"]
    world.put("d/4")
    with pytest.raises(OperationFailed):
        Path("memory://bucket/d/").move(tmp_path / "e")


def test_what_breaks_while_a_job_is_cancelled_does_not_abort_what_was_sent(
    tmp_path: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the journal is closed already, at the end of a program that Ctrl-C ended."""
    with memory_world(Settings(transfer_workers=1)) as world:
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / "large").write_bytes(bytes(40 * MEBIBYTE))
        jobs: list[CopyJob] = []
        original = Storage.put_part
        calls = 0

        def put_part(self: Storage, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:
            nonlocal calls
            calls += 1
            if calls == 2:
                jobs[0].cancel()
                raise NetworkError("It broke.")
            return original(self, upload, number, content, offset=offset)

        monkeypatch.setattr(Storage, "put_part", put_part)
        result = copied(world.session, Path(tmp_path / "d"), Path("memory://bucket/d"), started=jobs.append)
        assert result.summary.stopped
        assert result.summary.failures == []
        backend = world.factory.open(world.storage.address)
        (upload,) = backend.list_uploads()
        assert len(backend.list_parts(upload)) == 1


def test_one_of_several_sources_that_is_gone_does_not_stop_the_others(world: MemoryWorld, tmp_path: Disk) -> None:
    world.put("a/x", "c/x")
    sources = tuple(Path(f"memory://bucket/{name}/").location_as(Kind.DIRECTORY) for name in "abc")
    (tmp_path / "to").mkdir()
    spec = CopySpec(sources, Path(tmp_path / "to").location_as(Kind.DIRECTORY), into=True)
    summary = CopyJob(world.session, spec).run()
    assert [type(each) for each in summary.failures] == [NotFoundError]
    assert summary.listed == summary.done + summary.failed
    assert (tmp_path / "to" / "a" / "x").exists()
    assert (tmp_path / "to" / "c" / "x").exists()
