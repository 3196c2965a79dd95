"""What a disk is swept of, what no disk can hold, and when it has written all that it took."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tfm.backends.local import LocalBackendFactory
from tfm.core.entry import Kind
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import ObjectFacts
from tfm.storage.contract import Backend, BackendContext

LOCAL = StorageAddress("file")
FACTS = ObjectFacts()
LEFT = ".tfm-0123456789abcdef.part"


@pytest.fixture
def local() -> Backend:
    return LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(LOCAL)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_sweep_takes_what_nobody_holds(local: Backend, tmp_path: Path) -> None:
    (tmp_path / LEFT).write_bytes(b"left by a kill")
    (tmp_path / LEFT.replace("0", "a")).symlink_to("nothing")
    (tmp_path / ".tfm-notours.part").touch()
    (tmp_path / "x.part").touch()
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / LEFT).touch()
    (tmp_path / LEFT.replace("0", "b")).mkdir()
    assert local.sweep(f"{tmp_path}/", keep=[f"/wherever/{LEFT}"]) == 1
    assert (tmp_path / LEFT).exists()
    assert local.sweep(f"{tmp_path}/") == 1
    assert local.sweep(f"{tmp_path}/") == 0
    assert sorted(os.listdir(tmp_path)) == [".tfm-b123456789abcdef.part", ".tfm-notours.part", "below", "x.part"]
    assert os.listdir(tmp_path / "below") == [LEFT]


def test_a_sweep_of_nothing(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for prefix in ("missing/", "file/"):
        assert local.sweep(f"{tmp_path}/{prefix}") == 0


def test_a_sweep_leaves_what_a_living_process_holds(local: Backend, tmp_path: Path) -> None:
    code = f"""
import sys
from tfm.backends.local import LocalBackendFactory
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import ObjectFacts
from tfm.storage.atomic_file import AtomicFile
from tfm.storage.contract import BackendContext
local = LocalBackendFactory(BackendContext(Settings(), print)).open(StorageAddress("file"))
local.begin_upload({f"{tmp_path}/x"!r}, facts=ObjectFacts())
AtomicFile({f"{tmp_path}/y"!r}).open()
print("ready", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == b"ready\n"
            assert local.sweep(f"{tmp_path}/") == 0
            assert len(os.listdir(tmp_path)) == 2
        finally:
            other.kill()
    assert local.sweep(f"{tmp_path}/") == 2
    assert os.listdir(tmp_path) == []


def test_an_upload_that_this_process_began_is_not_swept(local: Backend, tmp_path: Path) -> None:
    upload = local.begin_upload(f"{tmp_path}/x", facts=FACTS)
    assert local.sweep(f"{tmp_path}/") == 0
    part = local.put_part(upload, 1, b"content", offset=0)
    local.finish_upload(upload, [part])
    assert (tmp_path / "x").read_bytes() == b"content"


def test_uploads_that_are_never_ended_do_not_use_up_the_files(local: Backend, tmp_path: Path) -> None:
    before = open_files()
    uploads = [local.begin_upload(f"{tmp_path}/x", facts=FACTS) for _ in range(100)]
    assert open_files() <= before + 64
    for upload in uploads:
        local.abort_upload(upload)
    assert open_files() == before
    assert os.listdir(tmp_path) == []


def test_where_nothing_can_be_locked_nothing_is_swept(
    local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    (tmp_path / LEFT).touch()
    local.put(f"{tmp_path}/x", b"content", facts=FACTS)
    assert local.sweep(f"{tmp_path}/") == 0
    assert sorted(os.listdir(tmp_path)) == [LEFT, "x"]


def test_writers_and_sweepers_at_once_lose_nothing(local: Backend, tmp_path: Path) -> None:
    done = threading.Event()

    def sweep() -> None:
        while not done.is_set():
            local.sweep(f"{tmp_path}/")

    sweepers = [threading.Thread(target=sweep) for _ in range(2)]
    for each in sweepers:
        each.start()
    try:
        for number in range(500):
            local.put(f"{tmp_path}/{number}", f"{number}".encode(), facts=FACTS)
    finally:
        done.set()
        for each in sweepers:
            each.join()
    assert {name: (tmp_path / name).read_text() for name in os.listdir(tmp_path)} == {
        f"{number}": f"{number}" for number in range(500)
    }


def test_a_confined_sweep_follows_no_link(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / LEFT).touch()
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "link").symlink_to("../outside")
    assert local.confined(f"{tmp_path}/d/").sweep(f"{tmp_path}/d/link/") == 0
    assert os.listdir(tmp_path / "outside") == [LEFT]
    assert local.sweep(f"{tmp_path}/d/link/") == 1


@pytest.mark.parametrize(
    ("key", "below", "words"),
    [
        ("/d/a//b", "/d/", "empty segment"),
        ("/d//b", "/d/", "empty segment"),
        ("/d//", "/d/", "empty segment"),
        ("/etc/passwd", "", "slash"),
        ("/d/a/../b", "/d/", "'..'"),
        ("/d/.", "/d/", "'.'"),
        ("/d/a\0b", "/d/", "NUL"),
        ("/d/\ud800", "/d/", "letters"),
        ("/d/" + "é" * 128 + "/x", "/d/", "256 bytes"),
        ("/d/" + "a/" * 2100 + "b", "/d/", "at most"),
        ("/d/" + "a/" * 2040 + "b", "/d/", "at most"),  # there would be no room for the temporary
        (f"/d/{LEFT}", "/d/", "temporary"),
    ],
)
def test_names_that_no_disk_can_hold(local: Backend, key: str, below: str, words: str) -> None:
    found = local.objection(key, below=below)
    assert found is not None
    assert words in found


@pytest.mark.parametrize(
    "key", ["", "a", "a/b/", "...", "a\\b", "C:\\x", "CON", "\udcff", "n" * 255, "a/" * 2030 + "b"]
)
def test_names_that_a_disk_can_hold(local: Backend, key: str) -> None:
    assert local.objection(f"/d/{key}", below="/d/") is None


def test_a_directory_is_listed_with_what_is_temporary_in_it(local: Backend, tmp_path: Path) -> None:
    (tmp_path / LEFT).touch()
    assert [(entry.name, entry.kind) for entry in local.list_page(f"{tmp_path}/")] == [(LEFT, Kind.FILE)]
