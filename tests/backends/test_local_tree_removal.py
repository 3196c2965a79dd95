"""Trees removed from a disk: links put in the way, what may not be removed, and depth."""

from __future__ import annotations

import os
import resource
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.without_rights import without_rights
from tfm.backends.local import LocalBackendFactory, tree_removal
from tfm.core.entry import Entry, Kind
from tfm.core.errors import InvalidRequestError, NotEmptyError, NotFoundError, PermissionDeniedError, StorageError
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.storage.contract import Backend, BackendContext

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody without rights")


@pytest.fixture
def local() -> Backend:
    return LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(StorageAddress("file"))


class Told:
    """What the callbacks of one removal were told, by name; ``on_removed`` is called before each is noted."""

    def __init__(self, on_removed: Callable[[Entry], None] = lambda entry: None) -> None:
        self.removed: list[Entry] = []
        self.failed: dict[str, StorageError] = {}
        self._on_removed = on_removed

    def remove(self, backend: Backend, key: str) -> Told:
        backend.remove_tree(key, removed=self._note_removed, failed=self._note_failed)
        return self

    @property
    def names(self) -> list[str]:
        return [entry.name for entry in self.removed]

    def _note_removed(self, entry: Entry) -> None:
        self._on_removed(entry)
        self.removed.append(entry)

    def _note_failed(self, entry: Entry, error: StorageError) -> None:
        assert entry.name not in self.failed
        assert error.uri == entry.key
        self.failed[entry.name] = error


def test_each_entry_is_told_once_from_the_bottom_up(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "e" / "file").touch()
    (tmp_path / "d" / "link").symlink_to("e")
    os.mkfifo(tmp_path / "d" / "pipe")
    told = Told().remove(local, f"{tmp_path}/d/")
    assert {(entry.name, entry.kind, entry.is_symlink) for entry in told.removed} == {
        ("", Kind.DIRECTORY, False),
        ("e", Kind.DIRECTORY, False),
        ("e/file", Kind.FILE, False),
        ("link", Kind.OTHER, True),
        ("pipe", Kind.OTHER, False),
    }
    assert told.names.index("e/file") < told.names.index("e") < told.names.index("") == 4
    assert {entry.key for entry in told.removed} == {
        f"{tmp_path}/d/{end}" for end in ("", "e/", "e/file", "link", "pipe")
    }
    assert os.listdir(tmp_path) == []


def test_a_directory_that_becomes_a_link_is_not_followed(local: Backend, tmp_path: Path) -> None:
    """Somebody swaps a directory for a link after it was listed and before it is entered."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "x").touch()
    (tmp_path / "d" / "below").mkdir(parents=True)
    (tmp_path / "d" / "file").touch()

    def swap(entry: Entry) -> None:
        if entry.name == "file":
            (tmp_path / "d" / "below").rmdir()
            (tmp_path / "d" / "below").symlink_to(tmp_path / "precious")

    told = Told(swap).remove(local, f"{tmp_path}/d/")
    assert list(told.failed) == ["below"]
    assert os.listdir(tmp_path / "precious") == ["x"]


def test_a_tree_whose_directories_move_is_not_left(
    local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the way down closed because of the depth, the way up of a directory that was moved leads elsewhere."""
    monkeypatch.setattr(tree_removal, "_MOST_OPEN", 1)
    (tmp_path / "d" / "e" / "f").mkdir(parents=True)
    (tmp_path / "d" / "e" / "f" / "file").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "precious").touch()

    def move(entry: Entry) -> None:
        if entry.name == "e/f/file":
            (tmp_path / "d" / "e" / "f").rename(tmp_path / "elsewhere" / "f")

    told = Told(move).remove(local, f"{tmp_path}/d/")
    assert list(told.failed) == ["e"]
    assert sorted(os.listdir(tmp_path / "elsewhere")) == ["f", "precious"]


def test_what_vanishes_meanwhile_is_removed(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    for name in ("a", "b", "e/c"):
        (tmp_path / "d" / name).touch()

    def sweep(entry: Entry) -> None:
        shutil.rmtree(tmp_path / "d", ignore_errors=True)

    told = Told(sweep).remove(local, f"{tmp_path}/d/")
    assert told.failed == {}
    assert sorted(told.names) == ["", "a", "b", "e"]


def test_what_appears_meanwhile_stays(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "old").touch()
    told = Told(lambda entry: (tmp_path / "d" / "new").touch()).remove(local, f"{tmp_path}/d/")
    assert told.names == ["old"]
    assert [(name, type(error)) for name, error in told.failed.items()] == [("", NotEmptyError)]
    assert os.listdir(tmp_path / "d") == ["new"]


@AS_ROOT
def test_only_causes_are_told_as_failures(local: Backend, tmp_path: Path) -> None:
    for name in ("fixed/x", "fixed/y", "unreadable/x", "deep/er/fixed/x", "empty/", "fine/x"):
        path = tmp_path / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.touch()
    for name, mode in (("fixed", 0o500), ("unreadable", 0o300), ("deep/er/fixed", 0o500), ("empty", 0)):
        (tmp_path / "d" / name).chmod(mode)
    with without_rights(tmp_path):
        told = Told().remove(local, f"{tmp_path}/d/")
    assert set(told.failed) == {"fixed/x", "fixed/y", "unreadable", "deep/er/fixed/x"}
    assert {type(error) for error in told.failed.values()} == {PermissionDeniedError}
    assert sorted(told.names) == ["empty", "fine", "fine/x"], "an empty directory needs no reading"


@AS_ROOT
def test_a_tree_that_may_not_be_read_is_one_failure(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d").chmod(0)
    with without_rights(tmp_path):
        told = Told().remove(local, f"{tmp_path}/d/")
    assert [(name, type(error)) for name, error in told.failed.items()] == [("", PermissionDeniedError)]
    assert told.removed == []


def test_a_tree_deeper_than_files_may_be_open(local: Backend, tmp_path: Path) -> None:
    depth = 1500
    top = os.open(tmp_path, os.O_RDONLY)
    descriptor = os.dup(top)
    for _ in range(depth):
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(os.open("file", os.O_CREAT, dir_fd=descriptor))
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    os.close(top)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200 + len(os.listdir("/proc/self/fd")), limits[1]))
    try:
        told = Told().remove(local, f"{tmp_path}/d")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert told.failed == {}
    assert len(told.removed) == depth + depth - 1
    assert os.listdir(tmp_path) == ["file"]


def test_two_who_remove_one_tree_both_end(local: Backend, tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / "d" / f"{number % 20}" / f"{number}").mkdir(parents=True)
        (tmp_path / "d" / f"{number % 20}" / f"{number}" / "x").touch()
    told = [Told(), Told()]

    def remove(each: Told) -> None:
        try:
            each.remove(local, f"{tmp_path}/d/")
        except NotFoundError:  # the other was done before this one began
            assert not each.removed

    threads = [threading.Thread(target=remove, args=[each]) for each in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert os.listdir(tmp_path) == []
    assert [each.failed for each in told] == [{}, {}]


@pytest.mark.parametrize("key", ["/", "", ".", "./", "..", "x/..", "x/./", "//"])
def test_a_tree_is_named(local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "scandir", lambda path: pytest.fail("something is about to be removed"))
    with pytest.raises(InvalidRequestError, match="name"):
        Told().remove(local, key)


def test_nothing_stays_open_when_a_callback_raises(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "d" / "e" / "f").mkdir(parents=True)
    (tmp_path / "d" / "e" / "f" / "x").touch()
    before = set(os.listdir("/proc/self/fd"))

    def cancel(entry: Entry) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Told(cancel).remove(local, f"{tmp_path}/d/")
    assert set(os.listdir("/proc/self/fd")) == before
