"""What only a disk does when it renames: other disks, other spellings, and file systems that can do less."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfm.backends.local import LocalBackendFactory
from tfm.core.errors import (
    ConflictError,
    StorageError,
    UnsupportedOperation,
)
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import NOTHING_THERE
from tfm.storage.contract import Backend, BackendContext

LOCAL = StorageAddress("file")


@pytest.fixture
def local() -> Backend:
    return LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(LOCAL)


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


def test_a_rename_to_another_disk(local: Backend, tmp_path: Path, small_disk: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    (tmp_path / "d").mkdir()
    for key in ("x", "d/"):
        for only_if in (None, NOTHING_THERE):
            with pytest.raises(UnsupportedOperation, match="another disk"):
                local.rename(f"{tmp_path}/{key}", f"{small_disk}/{key}", only_if=only_if)
    assert os.listdir(small_disk) == []


def test_names_of_one_file_are_not_renamed_to_each_other(local: Backend, tmp_path: Path) -> None:
    """The system would keep both and say that it is done; whoever asked would take the old one for gone."""
    (tmp_path / "x").write_bytes(b"content")
    os.link(tmp_path / "x", tmp_path / "y")
    with pytest.raises(ConflictError, match="one file"):
        local.rename(f"{tmp_path}/x", f"{tmp_path}/y")
    assert sorted(os.listdir(tmp_path)) == ["x", "y"]


def test_another_spelling_is_another_name(local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that does not tell upper and lower case apart says that both spellings are one file."""
    (tmp_path / "Case").write_bytes(b"content")
    os.link(tmp_path / "Case", tmp_path / "case")
    renamed: list[str] = []
    monkeypatch.setattr(os, "rename", lambda old, new, **options: renamed.extend([old, new]))
    local.rename(f"{tmp_path}/Case", f"{tmp_path}/case", only_if=NOTHING_THERE)
    assert renamed == [f"{tmp_path}/Case", f"{tmp_path}/case"]


@pytest.mark.parametrize("without", ["renameat2", "links too"])
def test_a_rename_to_a_free_name_where_the_disk_can_do_less(
    local: Backend, tmp_path: Path, without: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("tfm.storage.exclusive_rename._rename_without_replacing", lambda *names: errno.EINVAL)
    if without == "links too":
        monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "x").write_bytes(b"content")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "y").touch()
    (tmp_path / "link").symlink_to("x")
    for name in ("x", "d", "link"):
        for taken in ("x", "d", "link"):
            if taken != name:
                with pytest.raises(ConflictError):
                    local.rename(f"{tmp_path}/{name}", f"{tmp_path}/{taken}", only_if=NOTHING_THERE)
    with pytest.raises(StorageError, match="into itself"):
        local.rename(f"{tmp_path}/d/", f"{tmp_path}/d/e/", only_if=NOTHING_THERE)
    for name in ("x", "d", "link"):
        local.rename(f"{tmp_path}/{name}", f"{tmp_path}/new {name}", only_if=NOTHING_THERE)
    assert sorted(os.listdir(tmp_path)) == ["new d", "new link", "new x"]
    assert os.listdir(tmp_path / "new d") == ["y"]
