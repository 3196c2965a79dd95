"""What only a disk does when it copies: shared blocks, holes, owners, attributes, and sources that move meanwhile."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tfm.backends.local import LocalBackendFactory, copying
from tfm.core.entry import Entry
from tfm.core.errors import (
    ConflictError,
    DamagedError,
    IsDirectoryError,
    NoSpaceError,
    NotFoundError,
    StorageError,
    UnsupportedOperation,
)
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import NOTHING_THERE, ObjectFacts, Precondition
from tfm.storage.contract import Backend, BackendContext

LOCAL = StorageAddress("file")
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
CONTENT = bytes(range(256)) * 40_000  # 10 MB: more than one chunk


@pytest.fixture
def local() -> Backend:
    return LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(LOCAL)


@pytest.fixture(params=["clone or kernel", "kernel", "read and write"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How bytes are copied; the later ones where the file system cannot do the earlier."""

    def refuse(*arguments: object) -> int:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    if request.param != "clone or kernel":
        monkeypatch.setattr(copying, "share_blocks", lambda source, target: False)
    if request.param == "read and write":
        monkeypatch.setattr(os, "copy_file_range", refuse)
    return str(request.param)


def entry_of(local: Backend, path: Path) -> Entry:
    answer = local.stat(str(path))
    entry = answer.file or answer.directory
    assert entry is not None
    return entry


def copy(local: Backend, source: Path, target: Path) -> Entry:
    return local.copy_from(LOCAL, entry_of(local, source), str(target))


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("size_bytes", [0, 1, 4096, 8 << 20, 10_240_000])
def test_bytes_are_the_same_whatever_the_way(local: Backend, tmp_path: Path, size_bytes: int) -> None:
    (tmp_path / "x").write_bytes(CONTENT[:size_bytes])
    told: list[int] = []
    local.copy_from(LOCAL, entry_of(local, tmp_path / "x"), f"{tmp_path}/y", copied=told.append)
    assert (tmp_path / "y").read_bytes() == CONTENT[:size_bytes]
    assert sum(told) == size_bytes
    assert sorted(os.listdir(tmp_path)) == ["x", "y"]


@pytest.mark.usefixtures("way")
def test_holes_stay_holes(local: Backend, tmp_path: Path) -> None:
    with open(tmp_path / "x", "wb") as file:
        file.seek(5 << 20)
        file.write(b"between")
        file.truncate(64 << 20)
    if os.stat(tmp_path / "x").st_blocks * 512 > 1 << 20:
        pytest.skip("no holes here")
    told: list[int] = []
    local.copy_from(LOCAL, entry_of(local, tmp_path / "x"), f"{tmp_path}/y", copied=told.append)
    facts = os.stat(tmp_path / "y")
    assert facts.st_size == sum(told) == 64 << 20
    assert facts.st_blocks * 512 <= 1 << 20
    assert (tmp_path / "y").read_bytes() == (tmp_path / "x").read_bytes()


def test_blocks_are_shared_where_the_disk_can(local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def clone(target: int, request: int, source: int) -> int:
        assert request == 0x40049409
        os.pwrite(target, os.pread(source, 1 << 20, 0), 0)
        return 0

    monkeypatch.setattr(fcntl, "ioctl", clone)
    monkeypatch.setattr(os, "copy_file_range", lambda *arguments: pytest.fail("copied"))
    (tmp_path / "x").write_bytes(b"content")
    told: list[int] = []
    local.copy_from(LOCAL, entry_of(local, tmp_path / "x"), f"{tmp_path}/y", copied=told.append)
    assert (tmp_path / "y").read_bytes() == b"content"
    assert told == [7]


def test_files_that_say_they_are_empty_are_copied_to_their_end(local: Backend, tmp_path: Path) -> None:
    copy(local, Path("/proc/self/status"), tmp_path / "status")
    assert b"Umask" in (tmp_path / "status").read_bytes()


def test_mode_times_and_attributes_are_kept(local: Backend, tmp_path: Path) -> None:
    source, target = tmp_path / "x", tmp_path / "y"
    source.write_bytes(b"content")
    source.chmod(0o4751)
    try:
        os.setxattr(source, "user.comment", b"kept")
    except OSError:
        pytest.skip("no extended attributes here")
    target.write_bytes(b"old")
    target.chmod(0o600)
    os.setxattr(target, "user.comment", b"of the old one")
    os.setxattr(target, "user.other", b"of the old one")
    os.utime(source, ns=(1_600_000_000_987_654_321, 1_700_000_000_123_456_789))
    entry = copy(local, source, target)
    facts = target.stat()
    assert (facts.st_atime_ns, facts.st_mtime_ns) == (1_600_000_000_987_654_321, 1_700_000_000_123_456_789)
    assert stat.S_IMODE(facts.st_mode) == 0o4751
    assert os.listxattr(target) == ["user.comment"]
    assert os.getxattr(target, "user.comment") == b"kept"
    assert entry == entry_of(local, target)


@AS_ROOT
def test_root_keeps_the_owner(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    (tmp_path / "link").symlink_to("x")
    for name in ("x", "link"):
        os.chown(tmp_path / name, 1234, 4321, follow_symlinks=False)
        copy(local, tmp_path / name, tmp_path / f"copy of {name}")
        facts = (tmp_path / f"copy of {name}").lstat()
        assert (facts.st_uid, facts.st_gid) == (1234, 4321)


@AS_ROOT
def test_rights_that_a_file_lends_are_not_lent_by_another_users_copy(local: Backend, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    for directory in tmp_path.parents:  # as many as pytest made, one more in a worker
        if not directory.stat().st_mode & 0o001:
            directory.chmod(0o711)
    (tmp_path / "x").write_bytes(b"content")
    (tmp_path / "x").chmod(0o6755)
    os.setegid(999)
    os.seteuid(999)
    try:
        copy(local, tmp_path / "x", tmp_path / "y")
    finally:
        os.seteuid(0)
        os.setegid(0)
    facts = (tmp_path / "y").stat()
    assert (facts.st_uid, stat.S_IMODE(facts.st_mode)) == (999, 0o755)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("change", ["grows", "shrinks", "is rewritten"])
def test_a_source_that_changes_meanwhile_is_not_kept(local: Backend, tmp_path: Path, change: str) -> None:
    source = tmp_path / "x"
    source.write_bytes(CONTENT)
    (tmp_path / "y").write_bytes(b"old")

    def changes(size_bytes: int) -> None:
        if change == "grows":
            with open(source, "ab") as file:
                file.write(b"more")
        elif change == "shrinks":
            os.truncate(source, 100)
        else:
            source.write_bytes(CONTENT[::-1])

    with pytest.raises(ConflictError, match="changed") as caught:
        local.copy_from(LOCAL, entry_of(local, source), f"{tmp_path}/y", copied=changes)
    assert caught.value.uri == str(source)
    assert (tmp_path / "y").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["x", "y"]


def test_a_source_that_is_replaced_meanwhile_is_copied_as_it_was(local: Backend, tmp_path: Path) -> None:
    source = tmp_path / "x"
    source.write_bytes(CONTENT)

    def replaces(size_bytes: int) -> None:
        (tmp_path / "new").write_bytes(b"new")
        (tmp_path / "new").rename(source)

    local.copy_from(LOCAL, entry_of(local, source), f"{tmp_path}/y", copied=replaces)
    assert (tmp_path / "y").read_bytes() == CONTENT


def test_a_copy_that_is_shorter_is_not_kept(local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_copy_content", lambda source, target, facts, copied: os.truncate(target, 3))
    (tmp_path / "x").write_bytes(b"content")
    with pytest.raises(DamagedError, match="3 bytes"):
        copy(local, tmp_path / "x", tmp_path / "y")
    assert os.listdir(tmp_path) == ["x"]


def test_the_file_itself_is_not_copied_onto_itself(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    os.link(tmp_path / "x", tmp_path / "hard")
    (tmp_path / "link").symlink_to("x")
    os.link(tmp_path / "link", tmp_path / "hard link", follow_symlinks=False)
    for source, target in (("x", "x"), ("x", "hard"), ("x", "link"), ("link", "link"), ("link", "hard link")):
        with pytest.raises(ConflictError, match="itself"):
            copy(local, tmp_path / source, tmp_path / target)
    assert (tmp_path / "x").read_bytes() == b"content"
    assert sorted(os.listdir(tmp_path)) == ["hard", "hard link", "link", "x"]


def test_pipes_sockets_and_devices_are_not_copied(local: Backend, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{tmp_path}/socket")
        for source in (tmp_path / "pipe", tmp_path / "socket", Path("/dev/zero")):
            with pytest.raises(UnsupportedOperation, match="pipe"):
                copy(local, source, tmp_path / "copy")
    (tmp_path / "x").touch()
    with pytest.raises(UnsupportedOperation, match="pipe"):
        copy(local, tmp_path / "x", tmp_path / "pipe")
    assert sorted(os.listdir(tmp_path)) == ["pipe", "socket", "x"]


def test_what_took_the_place_of_the_source_is_not_copied(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    (tmp_path / "link").symlink_to("x")
    file, link = entry_of(local, tmp_path / "x"), entry_of(local, tmp_path / "link")
    (tmp_path / "link").unlink()
    (tmp_path / "x").rename(tmp_path / "secret")
    (tmp_path / "x").symlink_to("secret")
    (tmp_path / "link").touch()
    for entry in (file, link):
        with pytest.raises(ConflictError):
            local.copy_from(LOCAL, entry, f"{tmp_path}/copy")
    (tmp_path / "x").unlink()
    (tmp_path / "x").mkdir()
    with pytest.raises(IsDirectoryError):
        local.copy_from(LOCAL, file, f"{tmp_path}/copy")
    assert not (tmp_path / "copy").exists()


def test_a_link_to_a_directory_and_one_that_leads_out(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "to d").symlink_to("d")
    (tmp_path / "out").symlink_to("/etc/passwd")
    os.utime(tmp_path / "out", ns=(1, 1_700_000_000_123_456_789), follow_symlinks=False)
    entry = local.copy_from(LOCAL, entry_of(local, tmp_path / "to d"), f"{tmp_path}/copy/")
    assert (entry.key, entry.is_symlink, entry.is_directory) == (f"{tmp_path}/copy/", True, True)
    assert os.readlink(tmp_path / "copy") == "d"
    copy(local, tmp_path / "out", tmp_path / "copy")
    assert os.readlink(tmp_path / "copy") == "/etc/passwd"
    assert (tmp_path / "copy").lstat().st_mtime_ns == 1_700_000_000_123_456_789
    with pytest.raises(IsDirectoryError):
        copy(local, tmp_path / "out", tmp_path / "d")
    with pytest.raises(ConflictError):
        local.copy_from(LOCAL, entry_of(local, tmp_path / "out"), f"{tmp_path}/to d", only_if=NOTHING_THERE)
    assert sorted(os.listdir(tmp_path)) == ["copy", "d", "out", "to d"]


def test_a_link_that_a_sweep_takes_is_made_again(
    local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to("anywhere")
    swept: list[int] = []
    utime = os.utime

    def sweeps_first(path: str, **options: Any) -> None:  # those of os.utime
        if len(swept) < 3:
            swept.append(local.sweep(f"{tmp_path}/"))
        utime(path, **options)

    monkeypatch.setattr(os, "utime", sweeps_first)
    copy(local, tmp_path / "link", tmp_path / "copy")
    assert swept == [1, 1, 1]
    assert sorted(os.listdir(tmp_path)) == ["copy", "link"]


def test_an_etag_is_refused_by_a_copy(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(UnsupportedOperation, match="etag"):
        local.copy_from(LOCAL, entry_of(local, tmp_path / "x"), f"{tmp_path}/y", only_if=Precondition("etag"))


def test_a_missing_source_of_either_kind(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("nothing")
    link = entry_of(local, tmp_path / "x")
    (tmp_path / "x").unlink()
    with pytest.raises(NotFoundError) as caught:
        local.copy_from(LOCAL, link, f"{tmp_path}/y")
    assert caught.value.uri == f"{tmp_path}/x"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Another file system, of 1 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_full_disk_keeps_no_half_copy(local: Backend, tmp_path: Path, small_disk: Path) -> None:
    (tmp_path / "large").write_bytes(CONTENT)
    (tmp_path / "fits").write_bytes(CONTENT[:500_000])
    (small_disk / "x").write_bytes(b"old")
    with pytest.raises(NoSpaceError):
        copy(local, tmp_path / "large", small_disk / "x")
    assert os.listdir(small_disk) == ["x"]
    assert (small_disk / "x").read_bytes() == b"old"
    copy(local, tmp_path / "fits", small_disk / "x")
    assert (small_disk / "x").read_bytes() == CONTENT[:500_000]


def test_what_is_read_says_time_and_mode(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    (tmp_path / "x").chmod(0o640)
    os.utime(tmp_path / "x", ns=(1, 1_700_000_000_250_000_000))
    with local.read(f"{tmp_path}/x") as reader:
        assert reader.facts == ObjectFacts(modified_timestamp=1_700_000_000.25, mode=0o640)
        assert reader.checksum is None
    described = local.describe(f"{tmp_path}/x")
    assert (described.entry, described.facts) == (reader.entry, reader.facts)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnsupportedOperation):
        local.describe(f"{tmp_path}/pipe")


def test_nothing_stays_open(local: Backend, tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))
    (tmp_path / "x").write_bytes(b"content")
    (tmp_path / "link").symlink_to("x")
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for source in ("x", "link", "pipe", "d"):
        for target in ("x", "new", "d", "missing/x"):
            try:
                copy(local, tmp_path / source, tmp_path / target)
            except StorageError:
                pass
    assert set(os.listdir("/proc/self/fd")) == before
