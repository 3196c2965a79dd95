"""What is written to a disk gets there, and what the disk answers is heard."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tfm.backends.local import LocalBackendFactory, syncing
from tfm.core.errors import InvalidRequestError, NotFoundError, StorageError
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import ObjectFacts, Part, Upload
from tfm.storage.contract import Backend, BackendContext

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the call")
LEFT = ".tfm-0123456789abcdef.part"


@pytest.fixture
def local() -> Backend:
    return LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(StorageAddress("file"))


def a_system(monkeypatch: pytest.MonkeyPatch, **calls: object) -> None:
    """What the system has beside what Python knows of it: these calls and no others."""
    monkeypatch.setattr("tfm.backends.local.syncing._library", lambda: SimpleNamespace(**calls) if calls else None)


def failing(number: int) -> object:
    def call(*_arguments: object) -> int:
        ctypes.set_errno(number)
        return -1

    return call


def begun(local: Backend, tmp_path: Path) -> Upload:
    upload = local.begin_upload(f"{tmp_path}/x", facts=ObjectFacts())
    local.put_part(upload, 1, b"12345", offset=0)
    return upload


@LINUX
def test_the_disk_is_synced(local: Backend, tmp_path: Path) -> None:
    local.sync(f"{tmp_path}/")
    with pytest.raises(NotFoundError):
        local.sync(f"{tmp_path}/missing/")


@pytest.mark.parametrize("calls", [{}, {"sync_file_range": failing(errno.EIO)}])
def test_without_a_narrower_call_all_of_the_machine_is_synced(
    local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: dict[str, object]
) -> None:
    synced: list[bool] = []
    monkeypatch.setattr(os, "sync", lambda: synced.append(True))
    a_system(monkeypatch, **calls)
    local.sync(f"{tmp_path}/")
    assert synced == [True]


def test_what_a_disk_says_only_when_it_is_synced_is_an_error(
    local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_system(monkeypatch, syncfs=failing(errno.EIO))
    with pytest.raises(StorageError, match="disk"):
        local.sync(f"{tmp_path}/")


@LINUX
def test_what_is_written_out_early_is_what_it_was(local: Backend, tmp_path: Path) -> None:
    upload = begun(local, tmp_path)
    part = local.put_part(upload, 2, b"6789", offset=5)
    local.write_out(upload, offset=0, length=9)
    local.write_out(upload, offset=5 << 40, length=1 << 33)  # where nothing is: nothing to do
    local.finish_upload(upload, [Part(1, 5), part])
    assert (tmp_path / "x").read_bytes() == b"123456789"


@LINUX
def test_numbers_of_more_than_32_bits_arrive(tmp_path: Path) -> None:
    library = syncing._library()
    assert library is not None
    with open(tmp_path / "x", "wb") as file:
        assert library.sync_file_range(file.fileno(), 0, 0, 2) == 0
        # The end is beyond what 64 bits hold. Cut off, both would be 0.
        assert library.sync_file_range(file.fileno(), 1 << 62, 1 << 62, 2) == -1
        assert ctypes.get_errno() == errno.EINVAL


REFUSALS = (errno.EINVAL, errno.EPERM, errno.ENOSYS, errno.EINTR, errno.ENOSPC)


@pytest.mark.parametrize(
    "calls", [{}, {"syncfs": failing(errno.EIO)}, *[{"sync_file_range": failing(number)} for number in REFUSALS]]
)
def test_where_there_is_no_such_call_or_it_is_refused_nothing_is_written_out(
    local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: dict[str, object]
) -> None:
    a_system(monkeypatch, **calls)
    local.write_out(begun(local, tmp_path), offset=0, length=5)


def test_nothing_is_not_all_of_the_file(local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the system a length of 0 is all that follows."""
    asked: list[object] = []
    a_system(monkeypatch, sync_file_range=lambda *given: asked.append(given))
    local.write_out(begun(local, tmp_path), offset=0, length=0)
    assert asked == []


def test_only_what_is_an_upload_is_written_out(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(InvalidRequestError):
        local.write_out(Upload(f"{tmp_path}/x", f"{tmp_path}/mine", ObjectFacts(), None), offset=0, length=5)
    with pytest.raises(NotFoundError):
        local.write_out(Upload(f"{tmp_path}/x", f"{tmp_path}/{LEFT}", ObjectFacts(), None), offset=0, length=5)
