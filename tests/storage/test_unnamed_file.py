"""Files that have no name until they are whole, and file systems that know nothing like it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from tfm.backends.local import LocalBackendFactory
from tfm.core.errors import ConflictError
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import NOTHING_THERE, ObjectFacts
from tfm.storage.contract import BackendContext
from tfm.storage.unnamed_file import write_unnamed

pytestmark = pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="Linux only")


def test_nothing_has_a_name_while_it_is_written(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def write(descriptor: int) -> None:
        os.write(descriptor, b"new")
        seen.append(os.listdir(tmp_path))

    facts = write_unnamed(str(tmp_path / "x"), write, mode=0o640, directory=None)
    if facts is None:
        pytest.skip("this file system has no unnamed files")
    assert seen == [[]]
    assert (tmp_path / "x").read_bytes() == b"new"
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "x").stat().st_ino == facts.st_ino


@pytest.mark.parametrize("there", ["file", "directory", "link"])
def test_what_has_the_name_stays(tmp_path: Path, there: str) -> None:
    path = tmp_path / "x"
    if there == "file":
        path.write_bytes(b"old")
    elif there == "directory":
        path.mkdir()
    else:
        path.symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        write_unnamed(str(path), lambda descriptor: os.write(descriptor, b"new"), mode=None, directory=None)
    assert os.listdir(tmp_path) == ["x"]
    assert not path.is_file() or path.read_bytes() == b"old"


def test_what_fails_while_it_is_written_leaves_nothing(tmp_path: Path) -> None:
    def write(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        write_unnamed(str(tmp_path / "x"), write, mode=None, directory=None)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("call", ["open", "link"])
def test_a_disk_without_them_writes_under_a_temporary_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    unnamed = os.O_TMPFILE
    real_open, real_link = os.open, os.link
    refused: list[str] = []

    def refusing_open(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if flags & unnamed == unnamed:
            refused.append("open")
            raise OSError(errno.EOPNOTSUPP, "not here")
        return real_open(path, flags, mode, dir_fd=dir_fd)

    def refusing_link(source: str, target: str, **options: Any) -> None:  # those of os.link
        if source.startswith("/proc/"):
            refused.append("link")
            raise OSError(errno.ENOENT, "no /proc")
        real_link(source, target, **options)

    monkeypatch.setattr(os, call, refusing_open if call == "open" else refusing_link)
    local = LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(StorageAddress("file"))
    path = str(tmp_path / "x")
    entry = local.put(path, b"new", facts=ObjectFacts(), only_if=NOTHING_THERE)
    assert refused == [call]
    assert (entry.size_bytes, (tmp_path / "x").read_bytes()) == (3, b"new")
    with pytest.raises(ConflictError):
        local.put(path, b"newer", facts=ObjectFacts(), only_if=NOTHING_THERE)
    assert os.listdir(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == b"new"
