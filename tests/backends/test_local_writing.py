"""What only a disk does when it is written to: temporaries, permissions, times, links, full and read-only disks."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tfm.backends.local import LocalBackendFactory
from tfm.core.entry import Kind
from tfm.core.errors import (
    ConflictError,
    InvalidRequestError,
    IsDirectoryError,
    NoSpaceError,
    NotDirectoryError,
    NotFoundError,
    PermissionDeniedError,
    ReadOnlyError,
    StorageError,
    UnsupportedOperation,
)
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import NOTHING_THERE, Condition, ObjectFacts, Part, Precondition, Upload
from tfm.storage.contract import Backend, BackendContext

FACTS = ObjectFacts()


@pytest.fixture
def local() -> Backend:
    return LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(StorageAddress("file"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_disk_enforces_that_a_name_is_free(local: Backend) -> None:
    assert local.conditions() == {Condition.CREATE, Condition.COPY}


@pytest.mark.parametrize("timestamp", [0.0, 1.5, -1.25, 1_700_000_000.123457, 1_763_999_999.999999])
def test_a_time_is_kept_to_the_last_bit(local: Backend, tmp_path: Path, timestamp: float) -> None:
    entry = local.put(f"{tmp_path}/x", b"content", facts=ObjectFacts(modified_timestamp=timestamp))
    assert entry.modified_timestamp == timestamp
    assert (tmp_path / "x").stat().st_mtime == timestamp


def test_time_and_permissions_are_there_when_the_name_is(
    local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[float, int]] = []
    rename = os.rename

    def looks(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        facts = os.stat(old, dir_fd=src_dir_fd)
        seen.append((facts.st_mtime, stat.S_IMODE(facts.st_mode)))
        rename(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "rename", looks)
    facts = ObjectFacts(modified_timestamp=1_700_000_000.123457, mode=0o640)
    local.put(f"{tmp_path}/x", b"content", facts=facts)
    upload = local.begin_upload(f"{tmp_path}/x", facts=facts)
    local.finish_upload(upload, [local.put_part(upload, 1, b"content", offset=0)])
    assert seen == [(1_700_000_000.123457, 0o640)] * 2


@pytest.mark.parametrize("timestamp", [1e30, float("nan"), float("inf")])
def test_a_time_that_no_disk_can_say_is_left_out(local: Backend, tmp_path: Path, timestamp: float) -> None:
    local.put(f"{tmp_path}/x", b"content", facts=ObjectFacts(modified_timestamp=timestamp))
    assert (tmp_path / "x").read_bytes() == b"content"


def test_permissions_are_those_asked_for_or_those_there_were(local: Backend, tmp_path: Path) -> None:
    entry = local.put(f"{tmp_path}/x", b"1", facts=ObjectFacts(mode=0o751))
    assert entry.mode == stat.S_IFREG | 0o751
    assert local.put(f"{tmp_path}/x", b"2", facts=FACTS).mode == stat.S_IFREG | 0o751
    upload = local.begin_upload(f"{tmp_path}/x", facts=ObjectFacts(mode=0o640))
    assert stat.S_IMODE(os.stat(upload.id).st_mode) == 0o600
    part = local.put_part(upload, 1, b"3", offset=0)
    assert local.finish_upload(upload, [part]).mode == stat.S_IFREG | 0o640


def test_what_a_disk_does_not_keep_is_no_error(local: Backend, tmp_path: Path) -> None:
    facts = ObjectFacts("text/plain", {"any": "thing"}, storage_class="GLACIER")
    entry = local.put(f"{tmp_path}/x", b"content", facts=facts)
    assert (entry.etag, entry.storage_class) == (None, None)


def test_a_written_link_stays_and_its_file_is_replaced(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    entry = local.put(f"{tmp_path}/link", b"new", facts=FACTS)
    assert entry == local.stat(f"{tmp_path}/link").file
    assert entry.is_symlink
    assert (tmp_path / "file").read_bytes() == b"new"
    with pytest.raises(ConflictError):
        local.put(f"{tmp_path}/link", b"newer", facts=FACTS, only_if=NOTHING_THERE)


def test_a_relative_key(local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert local.put("x", b"1", facts=FACTS).key == "x"
    assert local.make_directory("d/").key == "d/"
    upload = local.begin_upload("d/y", facts=FACTS)
    monkeypatch.chdir("/")
    part = local.put_part(upload, 1, b"22", offset=0)
    with pytest.raises(StorageError):
        local.finish_upload(upload, [part])  # the key is now another file's
    monkeypatch.chdir(tmp_path)
    local.finish_upload(upload, [part])
    assert {entry.key: entry.size_bytes for entry in local.list_page("d/")} == {"d/y": 2}
    local.delete("x")
    assert os.listdir() == ["d"]


def test_pipes_and_devices_are_not_written_to(local: Backend, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for key in (f"{tmp_path}/pipe", "/dev/null"):
        for write in (
            lambda key=key: local.put(key, b"content", facts=FACTS),
            lambda key=key: local.begin_upload(key, facts=FACTS),
        ):
            with pytest.raises(UnsupportedOperation, match="pipe"):
                write()
    assert os.listdir(tmp_path) == ["pipe"]


def test_an_upload_is_finished_only_when_all_of_it_has_come(local: Backend, tmp_path: Path) -> None:
    upload = local.begin_upload(f"{tmp_path}/x", facts=FACTS)
    first = local.put_part(upload, 1, b"one", offset=0)
    second = Part(2, 3)
    for parts in ([], [first, second], [first, first]):
        with pytest.raises(InvalidRequestError, match="bytes"):
            local.finish_upload(upload, parts)
    local.put_part(upload, 2, b"two", offset=3)
    local.finish_upload(upload, [first, second])
    assert (tmp_path / "x").read_bytes() == b"onetwo"
    with pytest.raises(NotFoundError):
        local.finish_upload(upload, [first, second])


def test_parts_of_very_many_uploads_each_go_into_their_own_file(local: Backend, tmp_path: Path) -> None:
    """More than are held open at once, by threads that write to what others push out."""
    names = [f"{tmp_path}/{number:03}" for number in range(150)]
    contents = {name: os.urandom(3000) for name in names}

    def send(name: str) -> None:
        upload = local.begin_upload(name, facts=FACTS)
        parts = []
        for number, start in enumerate(range(0, 3000, 300), 1):
            parts.append(local.put_part(upload, number, contents[name][start : start + 300], offset=start))
            assert local.read_upload(upload, start=start, length=300) == contents[name][start : start + 300]
        local.finish_upload(upload, parts)

    with ThreadPoolExecutor(100) as pool:
        list(pool.map(send, names))
    assert {name: Path(name).read_bytes() for name in names} == contents


def test_an_upload_id_is_no_way_to_any_other_file(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"stays")
    (tmp_path / ".tfm-0123456789abcdef.part").symlink_to("precious")
    for name in ("precious", ".tfm-0123456789abcdef.part"):
        upload = Upload(f"{tmp_path}/x", f"{tmp_path}/{name}", FACTS, None)
        with pytest.raises(StorageError):
            local.put_part(upload, 1, b"evil", offset=0)
        with pytest.raises(StorageError):
            local.finish_upload(upload, [Part(1, 5)])
    with pytest.raises(InvalidRequestError):
        local.abort_upload(Upload(f"{tmp_path}/x", f"{tmp_path}/precious", FACTS, None))
    assert (tmp_path / "precious").read_bytes() == b"stays"


def test_nothing_stays_open(local: Backend, tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))
    local.put(f"{tmp_path}/x", b"", facts=FACTS)
    upload = local.begin_upload(f"{tmp_path}/y", facts=FACTS)
    local.put_part(upload, 1, b"1", offset=0)
    with pytest.raises(InvalidRequestError):
        local.finish_upload(upload, [])
    local.finish_upload(upload, [Part(1, 1)])
    local.abort_upload(local.begin_upload(f"{tmp_path}/z", facts=FACTS))
    with pytest.raises(ConflictError):
        local.put(f"{tmp_path}/x", b"", facts=FACTS, only_if=NOTHING_THERE)
    local.make_directory(f"{tmp_path}/d/")
    local.remove_tree(f"{tmp_path}/d/", removed=lambda entry: None, failed=lambda entry, error: None)
    assert set(os.listdir("/proc/self/fd")) == before


def test_a_full_disk_keeps_nothing_half_written(local: Backend, small_disk: Path) -> None:
    (small_disk / "x").write_bytes(b"old")
    for key in ("x", "new"):
        with pytest.raises(NoSpaceError, match="space") as caught:
            local.put(f"{small_disk}/{key}", bytes(2 << 20), facts=FACTS)
        assert caught.value.errno == errno.ENOSPC
        assert caught.value.uri == f"{small_disk}/{key}"
        upload = local.begin_upload(f"{small_disk}/{key}", facts=FACTS)
        local.put_part(upload, 1, bytes(500_000), offset=0)
        with pytest.raises(NoSpaceError):
            local.put_part(upload, 2, bytes(2 << 20), offset=500_000)
        local.abort_upload(upload)
    assert os.listdir(small_disk) == ["x"]
    assert (small_disk / "x").read_bytes() == b"old"
    local.put(f"{small_disk}/x", bytes(500_000), facts=FACTS)


def test_a_limit_of_file_sizes_is_a_full_disk(local: Backend, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(NoSpaceError, match="ulimit"):
            local.put(f"{tmp_path}/x", bytes(200_000), facts=FACTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert os.listdir(tmp_path) == []


def test_a_disk_for_reading_only(local: Backend, small_disk: Path) -> None:
    (small_disk / "x").write_bytes(b"old")
    (small_disk / "d").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    failures: list[StorageError] = []
    for write in (
        lambda: local.put(f"{small_disk}/x", b"new", facts=FACTS),
        lambda: local.put(f"{small_disk}/new", b"new", facts=FACTS, only_if=NOTHING_THERE),
        lambda: local.begin_upload(f"{small_disk}/x", facts=FACTS),
        lambda: local.delete(f"{small_disk}/x"),
        lambda: local.make_directory(f"{small_disk}/new/"),
        lambda: local.remove_directory(f"{small_disk}/d/"),
    ):
        with pytest.raises(ReadOnlyError, match="reading only"):
            write()
    local.remove_tree(
        f"{small_disk}/d/",
        removed=lambda entry: pytest.fail("removed"),
        failed=lambda entry, error: failures.append(error),
    )
    assert [type(error) for error in failures] == [ReadOnlyError]
    assert sorted(os.listdir(small_disk)) == ["d", "x"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_denied_directory(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "denied").mkdir(mode=0o500)
    with pytest.raises(PermissionDeniedError):
        local.put(f"{tmp_path}/denied/x", b"content", facts=FACTS)


def test_etags_are_refused(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    seen = Precondition("etag")
    for ask in (
        lambda: local.begin_upload(f"{tmp_path}/x", facts=FACTS, only_if=seen),
        lambda: local.delete(f"{tmp_path}/x", only_if=seen),
    ):
        with pytest.raises(UnsupportedOperation, match="etag"):
            ask()
    assert os.listdir(tmp_path) == ["x"]


def test_links_pipes_and_sockets_are_deleted_themselves(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory" / "x").touch()
    os.mkfifo(tmp_path / "pipe")
    for name, target in (("to directory", "directory"), ("to nothing", "nothing")):
        (tmp_path / name).symlink_to(target)
    with pytest.raises(IsDirectoryError, match="without a slash"):
        local.delete(f"{tmp_path}/to directory/")
    with pytest.raises(NotDirectoryError):
        local.remove_directory(f"{tmp_path}/to directory/")
    for name in ("to directory", "to nothing", "pipe"):
        local.delete(f"{tmp_path}/{name}")
    assert os.listdir(tmp_path) == ["directory"]
    assert os.listdir(tmp_path / "directory") == ["x"]


def test_failures_of_many_are_told_one_by_one(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    for name in "ab":
        (tmp_path / name).touch()
    keys = [f"{tmp_path}/{name}" for name in ("a", "directory", "missing", "n" * 300, "b")]
    failures = local.delete_many([*keys, "\0"])
    assert [failure.key for failure in failures] == [*keys[1:4], "\0"]
    assert all(failure.known for failure in failures)
    assert os.listdir(tmp_path) == ["directory"]


def test_a_directory_has_what_the_umask_leaves_of_its_mode(local: Backend, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        entry = local.make_directory(f"{tmp_path}/d/", mode=0o777)
        local.make_directory(f"{tmp_path}/private/", mode=0o700)
    finally:
        os.umask(before)
    assert (entry.key, entry.name, entry.kind, entry.mode) == (
        f"{tmp_path}/d/",
        "d",
        Kind.DIRECTORY,
        stat.S_IFDIR | 0o750,
    )
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700
