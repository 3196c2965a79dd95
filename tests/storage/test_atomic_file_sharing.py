"""Files that appear whole or not at all, beside those who sweep, and in directories that are open already."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfm.storage import atomic_file
from tfm.storage.atomic_file import AtomicFile, is_temporary, temporary_name, try_lock


def written(file: AtomicFile, content: bytes = b"new") -> AtomicFile:
    os.write(file.open(), content)
    return file


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def is_held(path: str) -> bool:
    descriptor = os.open(path, os.O_RDWR)
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def test_a_temporary_is_locked_until_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(AtomicFile(f"{tmp_path}/x"))
    assert is_held(file.temporary)
    held: list[bool] = []
    rename = os.rename

    def looks(old: str, new: str, **directories: int) -> None:
        held.append(is_held(file.temporary))
        rename(old, new, **directories)

    monkeypatch.setattr(os, "rename", looks)
    file.commit()
    assert held == [True]
    assert not is_held(f"{tmp_path}/x")
    left = written(AtomicFile(f"{tmp_path}/y"))
    left.leave()
    assert not is_held(left.temporary)
    descriptor = left.resume(left.temporary)
    assert is_held(left.temporary)
    assert left.detach() == descriptor
    assert is_held(left.temporary)
    os.close(descriptor)
    assert not is_held(left.temporary)


@pytest.mark.parametrize("sweeper", ["holds it", "has removed it"])
def test_a_temporary_that_a_sweep_met_is_not_used(
    tmp_path: Path, sweeper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep comes between the moment at which the temporary has a name and that at which it is locked."""
    flock = fcntl.flock
    met: list[int] = []

    def comes_between(descriptor: int, operation: int) -> None:
        (name,) = [name for name in os.listdir(tmp_path) if is_temporary(name)]
        if len(met) < 2:
            met.append(os.open(tmp_path / name, os.O_RDWR))
            flock(met[-1], fcntl.LOCK_EX)
            os.unlink(tmp_path / name)
            if sweeper == "has removed it":
                flock(met[-1], fcntl.LOCK_UN)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", comes_between)
    written(AtomicFile(f"{tmp_path}/x")).commit()
    assert len(met) == 2
    assert os.listdir(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == b"new"
    for descriptor in met:
        os.close(descriptor)


def test_one_that_is_always_swept_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_file, "try_lock", lambda descriptor: False)
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError) as caught:
        AtomicFile(f"{tmp_path}/x").open()
    assert caught.value.errno == errno.EBUSY
    assert set(os.listdir("/proc/self/fd")) == before


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(fcntl, "flock", refuse)
    written(AtomicFile(f"{tmp_path}/x")).commit()
    assert (tmp_path / "x").read_bytes() == b"new"


def test_what_the_disk_says_only_at_the_end_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NFS tells of a full disk when a descriptor is closed: here the second one, since the first keeps the lock."""
    file = written(AtomicFile(f"{tmp_path}/x"))
    close = os.close

    def tells(descriptor: int) -> None:
        close(descriptor)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "close", tells)
        with pytest.raises(OSError) as caught:
            file.commit()
    assert caught.value.errno == errno.ENOSPC
    file.abort()
    assert os.listdir(tmp_path) == []


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield descriptor
    os.fstat(descriptor)  # it stayed open: it is the caller's
    os.close(descriptor)


@pytest.mark.parametrize("only_if_free", [False, True])
def test_a_name_in_an_open_directory(tmp_path: Path, directory: int, only_if_free: bool) -> None:
    file = written(AtomicFile("x", directory=directory, only_if_free=only_if_free))
    assert os.listdir(tmp_path) == [file.temporary]
    file.leave()
    file.resume(f"/somewhere/else/{file.temporary}")  # where it is, the directory says
    file.commit()
    assert (tmp_path / "x").read_bytes() == b"new"
    with pytest.raises(OSError):
        AtomicFile("below/x", directory=directory).open()
    with pytest.raises(FileNotFoundError):
        AtomicFile("y", directory=directory).resume(file.temporary)
    written(AtomicFile("y", directory=directory, only_if_free=only_if_free)).abort()
    assert os.listdir(tmp_path) == ["x"]


def test_what_is_handed_on_in_an_open_directory(tmp_path: Path, directory: int) -> None:
    (tmp_path / "x").touch()
    (tmp_path / "x").chmod(0o640)
    try:
        os.setxattr(tmp_path / "x", "user.comment", b"kept")
    except OSError:
        pytest.skip("no extended attributes here")
    written(AtomicFile("x", directory=directory)).commit()
    assert permissions(tmp_path / "x") == 0o640
    assert os.getxattr(tmp_path / "x", "user.comment") == b"kept"


def test_a_link_in_an_open_directory_is_not_followed(tmp_path: Path, directory: int) -> None:
    (tmp_path / "file").write_bytes(b"stays")
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(OSError) as caught:
        AtomicFile("link", directory=directory).open()
    assert caught.value.errno == errno.ELOOP
    late = written(AtomicFile("late", directory=directory))
    (tmp_path / "late").symlink_to("file")
    with pytest.raises(FileExistsError):
        late.commit()
    late.abort()
    assert (tmp_path / "file").read_bytes() == b"stays"
    assert sorted(os.listdir(tmp_path)) == ["file", "late", "link"]


def test_what_was_replaced_and_followed_is_told(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    (tmp_path / "link").symlink_to("x")
    for name, replaced, followed in (("x", True, False), ("link", True, True), ("new", False, False)):
        file = written(AtomicFile(f"{tmp_path}/{name}"))
        assert (file.replaced is not None, file.followed) == (replaced, followed)
        if file.replaced is not None:
            assert os.path.samestat(file.replaced, (tmp_path / "x").stat())
        file.abort()


def test_what_the_writer_gave_stays_where_nothing_is_handed_on(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    (tmp_path / "x").chmod(0o640)
    file = AtomicFile(f"{tmp_path}/x", hands_on=False)
    os.fchmod(file.open(), 0o4711)
    file.commit()
    assert permissions(tmp_path / "x") == 0o4711


def test_temporary_names_are_new_each_time() -> None:
    names = {temporary_name() for _ in range(1000)}
    assert len(names) == 1000
    assert all(map(is_temporary, names))
    assert not any(map(is_temporary, ("x.part", ".tfm-x.part", ".tfm-0123456789ABCDEF.part", "")))
