"""Files that appear whole or not at all, and what they keep of those that they replace."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tfm.storage import exclusive_rename, file_rights
from tfm.storage.atomic_file import AtomicFile, is_temporary

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def written(file: AtomicFile, content: bytes = b"new") -> AtomicFile:
    os.write(file.open(), content)
    return file


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def as_user(user: int) -> Iterator[None]:
    """What root does in the block is done as somebody without rights, in a group of the same number."""
    group = os.getegid()
    os.setegid(user)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)


def test_it_appears_at_commit_and_not_before(tmp_path: Path) -> None:
    file = written(AtomicFile(f"{tmp_path}/x"))
    (name,) = os.listdir(tmp_path)
    assert is_temporary(name)
    assert file.temporary == f"{tmp_path}/{name}"
    assert permissions(tmp_path / name) == 0o600
    facts = file.commit()
    assert os.listdir(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == b"new"
    assert facts.st_size == 3
    assert facts.st_mode == (tmp_path / "x").stat().st_mode


def test_what_is_read_back_before_commit_is_what_was_written(tmp_path: Path) -> None:
    file = AtomicFile(f"{tmp_path}/x")
    descriptor = file.open()
    os.write(descriptor, b"content")
    assert os.pread(descriptor, 10, 0) == b"content"
    file.abort()


@pytest.mark.parametrize("only_if_free", [False, True])
def test_abort_leaves_nothing_and_may_be_called_at_any_time(tmp_path: Path, only_if_free: bool) -> None:
    file = AtomicFile(f"{tmp_path}/x", only_if_free=only_if_free)
    file.abort()
    written(file)
    os.unlink(file.temporary)  # somebody sweeps
    file.abort()
    file.abort()
    written(file).abort()
    assert os.listdir(tmp_path) == []
    written(file).commit()
    file.abort()
    assert os.listdir(tmp_path) == ["x"]


def test_the_old_content_stays_until_commit(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    file = written(AtomicFile(f"{tmp_path}/x"))
    assert (tmp_path / "x").read_bytes() == b"old"
    file.commit()
    assert (tmp_path / "x").read_bytes() == b"new"
    written(AtomicFile(f"{tmp_path}/x"), b"newer").abort()
    assert (tmp_path / "x").read_bytes() == b"new"


def test_a_relative_path_stays_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    file = written(AtomicFile("x"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    file.commit()
    assert os.listdir(tmp_path / "elsewhere") == []
    assert (tmp_path / "x").read_bytes() == b"new"


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_new_file_has_what_the_umask_leaves(tmp_path: Path, mask: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with umask(mask):
        written(AtomicFile(f"{tmp_path}/x")).commit()
        assert file_rights.umask() == mask
        monkeypatch.setattr("builtins.open", no_files)
        assert file_rights.umask() == mask, "where there is no /proc"
    assert permissions(tmp_path / "x") == 0o666 & ~mask


def no_files(*arguments: object) -> None:
    raise FileNotFoundError


@pytest.mark.parametrize(("mode", "expected"), [(0o640, 0o640), (0o100755, 0o755), (0o6777, 0o777)])
def test_a_mode_is_kept_but_for_what_lends_rights(tmp_path: Path, mode: int, expected: int) -> None:
    (tmp_path / "old").touch(0o600)
    for name in ("new", "old"):
        written(AtomicFile(f"{tmp_path}/{name}", mode=mode)).commit()
        assert permissions(tmp_path / name) == expected


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755])
def test_the_permissions_of_the_replaced_file_are_kept(tmp_path: Path, mode: int) -> None:
    (tmp_path / "x").touch()
    (tmp_path / "x").chmod(mode)
    written(AtomicFile(f"{tmp_path}/x")).commit()
    assert permissions(tmp_path / "x") == mode


def test_rights_lent_to_the_old_content_are_not_lent_to_the_new(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    (tmp_path / "x").chmod(0o6755)
    written(AtomicFile(f"{tmp_path}/x")).commit()
    assert permissions(tmp_path / "x") == 0o755


@AS_ROOT
def test_owner_and_group_are_kept_where_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    os.chown(tmp_path / "x", 1234, 4321)
    written(AtomicFile(f"{tmp_path}/x")).commit()
    facts = (tmp_path / "x").stat()
    assert (facts.st_uid, facts.st_gid) == (1234, 4321)


@AS_ROOT
def test_a_group_that_cannot_be_kept_hands_its_rights_to_no_other(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    for directory in tmp_path.parents:  # as many as pytest made, one more in a worker
        if not directory.stat().st_mode & 0o001:
            directory.chmod(0o711)
    (tmp_path / "x").touch()
    (tmp_path / "x").chmod(0o672)
    os.chown(tmp_path / "x", 1234, 4321)
    with as_user(999):
        written(AtomicFile(f"{tmp_path}/x")).commit()
    facts = (tmp_path / "x").stat()
    assert (facts.st_uid, facts.st_gid) == (999, 999)
    assert permissions(tmp_path / "x") == 0o622


def test_extended_attributes_are_kept(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    try:
        os.setxattr(tmp_path / "x", "user.comment", b"kept")
    except OSError:
        pytest.skip("no extended attributes here")
    written(AtomicFile(f"{tmp_path}/x")).commit()
    assert os.getxattr(tmp_path / "x", "user.comment") == b"kept"


def test_the_file_a_link_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to("below/target")
    (tmp_path / "dangling").symlink_to("below/missing")
    file = written(AtomicFile(f"{tmp_path}/link"))
    assert os.path.dirname(file.temporary) == os.path.realpath(tmp_path / "below")
    file.commit()
    written(AtomicFile(f"{tmp_path}/dangling")).commit()
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "below" / "target").read_bytes() == b"new"
    assert (tmp_path / "below" / "missing").read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path / "below")) == ["missing", "target"]


def test_a_circle_of_links_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError) as caught:
        AtomicFile(f"{tmp_path}/loop").open()
    assert caught.value.errno == errno.ELOOP


@pytest.mark.parametrize("taken_by", ["file", "directory", "link to nothing"])
def test_a_name_that_must_be_free_and_is_not(tmp_path: Path, taken_by: str) -> None:
    path = tmp_path / "x"
    late = written(AtomicFile(str(path), only_if_free=True))
    if taken_by == "file":
        path.write_bytes(b"old")
    elif taken_by == "directory":
        path.mkdir()
    else:
        path.symlink_to("nothing")
    with pytest.raises(FileExistsError):
        late.commit()
    late.abort()
    with pytest.raises(FileExistsError):
        AtomicFile(str(path), only_if_free=True).open()
    assert os.listdir(tmp_path) == ["x"]


@pytest.fixture(params=["renameat2", "link", "reserve"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How a name is taken only if it is free; the later ones where the file system cannot do the earlier."""

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if request.param != "renameat2":
        monkeypatch.setattr(exclusive_rename, "_rename_without_replacing", lambda *names: errno.EINVAL)
    if request.param == "reserve":
        monkeypatch.setattr(os, "link", refuse)
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_of_many_that_want_a_free_name_one_gets_it(tmp_path: Path) -> None:
    start = threading.Barrier(12)
    won: list[int] = []

    def work(number: int) -> None:
        file = AtomicFile(f"{tmp_path}/x", only_if_free=True)
        try:
            written(file, str(number).encode())
            start.wait(10)
            file.commit()
        except FileExistsError:
            file.abort()
        else:
            won.append(number)

    threads = [threading.Thread(target=work, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(tmp_path / "x").read_bytes()] == [str(number).encode() for number in won]
    assert os.listdir(tmp_path) == ["x"]


def test_what_cannot_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "to directory").symlink_to("directory")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(os.listdir(tmp_path))
    for name, number in (
        ("directory", errno.EISDIR),
        ("to directory", errno.EISDIR),
        ("new/", errno.EISDIR),
        ("pipe", errno.EINVAL),
        ("file/below", errno.ENOTDIR),
        ("missing/below", errno.ENOENT),
        ("n" * 256, errno.ENAMETOOLONG),
    ):
        with pytest.raises(OSError) as caught:
            AtomicFile(f"{tmp_path}/{name}").open()
        assert caught.value.errno == number, name
    with pytest.raises(FileNotFoundError):
        AtomicFile("").open()
    assert sorted(os.listdir(tmp_path)) == before


def test_the_longest_name_has_room(tmp_path: Path) -> None:
    written(AtomicFile(f"{tmp_path}/{'n' * 255}")).commit()
    assert os.listdir(tmp_path) == ["n" * 255]


def test_a_directory_that_takes_the_name_meanwhile_stays(tmp_path: Path) -> None:
    file = written(AtomicFile(f"{tmp_path}/x"))
    (tmp_path / "x").mkdir()
    with pytest.raises(IsADirectoryError):
        file.commit()
    file.abort()
    assert os.listdir(tmp_path) == ["x"]


@AS_ROOT
def test_a_file_that_may_not_be_written_to_is_not_replaced(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    for directory in tmp_path.parents:  # as many as pytest made, one more in a worker
        if not directory.stat().st_mode & 0o001:
            directory.chmod(0o711)
    (tmp_path / "x").touch(0o644)
    with as_user(999), pytest.raises(PermissionError):
        AtomicFile(f"{tmp_path}/x").open()
    assert os.listdir(tmp_path) == ["x"]


def test_one_that_was_left_is_resumed(tmp_path: Path) -> None:
    first = AtomicFile(f"{tmp_path}/x")
    os.write(first.open(), b"one, ")
    first.leave()
    second = AtomicFile(f"{tmp_path}/x")
    descriptor = second.resume(first.temporary)
    os.pwrite(descriptor, b"two", 5)
    second.commit()
    assert (tmp_path / "x").read_bytes() == b"one, two"
    assert os.listdir(tmp_path) == ["x"]


def test_one_that_another_holds_is_resumed_all_the_same(tmp_path: Path) -> None:
    """The other may be who began it, in this process, and holds it for exactly that."""
    first = AtomicFile(f"{tmp_path}/x")
    os.write(first.open(), b"content")
    descriptor = first.detach()
    second = AtomicFile(f"{tmp_path}/x")
    second.resume(first.temporary)
    second.commit()
    os.close(descriptor)
    assert (tmp_path / "x").read_bytes() == b"content"


def test_only_a_temporary_of_that_directory_is_resumed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"precious")
    (tmp_path / "below").mkdir()
    foreign = AtomicFile(f"{tmp_path}/below/x")
    foreign.open()
    foreign.leave()
    linked = tmp_path / ".tfm-0123456789abcdef.part"
    linked.symlink_to("mine")
    for temporary in (f"{tmp_path}/mine", foreign.temporary, str(linked), f"{tmp_path}/.tfm-0000000000000000.part"):
        with pytest.raises(OSError):
            AtomicFile(f"{tmp_path}/x").resume(temporary)
    assert (tmp_path / "mine").read_bytes() == b"precious"
    assert os.path.exists(foreign.temporary)


def test_nothing_stays_open(tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))
    (tmp_path / "directory").mkdir()
    for path in ("x", "directory", "missing/x"):
        for only_if_free in (True, False):
            file = AtomicFile(f"{tmp_path}/{path}", only_if_free=only_if_free)
            try:
                file.open()
                file.commit()
            except OSError:
                file.abort()
    left = AtomicFile(f"{tmp_path}/left")
    left.open()
    left.leave()
    left.leave()
    assert set(os.listdir("/proc/self/fd")) == before
