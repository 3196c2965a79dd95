"""Writing below one directory while somebody puts links in the way."""

from __future__ import annotations

import gc
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tfm.backends.local import LocalBackendFactory
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, NotDirectoryError, NotFoundError, StorageError
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import NOTHING_THERE, ObjectFacts, Upload
from tfm.storage.contract import Backend, BackendContext

LOCAL = StorageAddress("file")
FACTS = ObjectFacts()
LEFT = ".tfm-0123456789abcdef.part"


@pytest.fixture
def local() -> Backend:
    return LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(LOCAL)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@contextmanager
def swapping(directory: Path, outside: Path) -> Iterator[None]:
    """All the time, ``directory`` is now itself and now a link to ``outside``."""
    done = threading.Event()
    aside = directory.with_name("aside")
    link = directory.with_name("link")
    link.symlink_to(outside)

    def work() -> None:
        while not done.is_set():
            os.rename(directory, aside)
            os.rename(link, directory)
            os.rename(directory, link)
            os.rename(aside, directory)
            done.wait(0.0005)  # for whoever is to get through now and then

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("below", ["", "deep/er/"])
def test_links_that_come_and_go_lead_nothing_out(local: Backend, tmp_path: Path, below: str) -> None:
    outside = tmp_path / "outside"
    for top in (outside, tmp_path / "d" / "sub"):
        (top / below / "e").mkdir(parents=True)
        for name in ("x", "delete me", "rename me", "e/x"):
            (top / below / name).write_bytes(b"there before")
    before = {path: path.lstat() for path in [outside, *outside.rglob("*")]}
    (tmp_path / "source").write_bytes(b"content")
    source = local.stat(f"{tmp_path}/source").file
    assert source is not None
    base = f"{tmp_path}/d/sub/{below}"
    refused = 0
    confined = local.confined(f"{tmp_path}/d/")
    with swapping(tmp_path / "d" / "sub", outside):
        for number in range(400):
            try:
                work_below(confined if number % 2 else local.confined(f"{tmp_path}/d/"), base, number, source)
            except StorageError:
                refused += 1
    for path, facts in before.items():
        now = path.lstat()
        assert (now.st_ino, now.st_mtime_ns, now.st_size) == (facts.st_ino, facts.st_mtime_ns, facts.st_size), path
    assert {outside, *outside.rglob("*")} == before.keys()
    assert refused < 400, "nothing was tried"


def work_below(backend: Backend, base: str, number: int, source: Entry) -> None:
    """One write of the eight kinds."""
    kind = number % 8
    if kind == 0:
        backend.put(f"{base}x", b"new", facts=FACTS)
    elif kind == 1:
        backend.put(f"{base}new {number}", b"new", facts=FACTS, only_if=NOTHING_THERE)
    elif kind == 2:
        backend.make_directory(f"{base}d{number}/")
    elif kind == 3:
        backend.copy_from(LOCAL, source, f"{base}e/x")
    elif kind == 4:
        upload = backend.begin_upload(f"{base}e/parts", facts=FACTS)
        try:
            backend.finish_upload(upload, [backend.put_part(upload, 1, b"part", offset=0)])
        except StorageError:
            backend.abort_upload(upload)
            raise
    elif kind == 5:
        backend.delete(f"{base}delete me")
    elif kind == 6:
        backend.rename(f"{base}rename me", f"{base}e/renamed")
    else:
        backend.remove_tree(f"{base}e/", removed=lambda entry: None, failed=lambda entry, error: None)


def test_the_prefix_itself_may_lead_through_links(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "real" / "d").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    confined = local.confined(f"{tmp_path}/link/")
    confined.put(f"{tmp_path}/link/d/x", b"content", facts=FACTS)
    confined.make_directory(f"{tmp_path}/link/e/")
    assert (tmp_path / "real" / "d" / "x").read_bytes() == b"content"
    assert sorted(os.listdir(tmp_path / "real")) == ["d", "e"]


def test_the_prefix_may_be_relative_and_made_itself(
    local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for prefix in ("", "d/"):
        confined = local.confined(prefix)
        if prefix:
            assert confined.make_directory(prefix).key == prefix
        confined.make_directory(f"{prefix}e/")
        upload = confined.begin_upload(f"{prefix}e/x", facts=FACTS)
        assert os.path.dirname(upload.id) == f"{tmp_path}/{prefix}e"
        confined.finish_upload(upload, [confined.put_part(upload, 1, b"1", offset=0)])
        assert (tmp_path / prefix / "e" / "x").read_bytes() == b"1"


def test_directories_are_found_again_when_they_change(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    confined = local.confined(f"{tmp_path}/")
    confined.put(f"{tmp_path}/d/e/x", b"1", facts=FACTS)
    (tmp_path / "d").rename(tmp_path / "old")
    with pytest.raises(NotFoundError):
        confined.put(f"{tmp_path}/d/e/x", b"2", facts=FACTS)
    (tmp_path / "d" / "e").mkdir(parents=True)
    confined.put(f"{tmp_path}/d/e/y", b"3", facts=FACTS)
    assert os.listdir(tmp_path / "old" / "e") == ["x"]
    assert os.listdir(tmp_path / "d" / "e") == ["y"]
    shutil.rmtree(tmp_path / "d")
    (tmp_path / "d").write_bytes(b"file")
    with pytest.raises(NotDirectoryError):
        confined.put(f"{tmp_path}/d/e/x", b"4", facts=FACTS)


def test_what_is_kept_open_is_bounded_and_closed(local: Backend, tmp_path: Path) -> None:
    before = open_files()
    confined = local.confined(f"{tmp_path}/")
    for number in range(100):
        confined.make_directory(f"{tmp_path}/{number}/")
        confined.put(f"{tmp_path}/{number}/x", b"content", facts=FACTS)
        with pytest.raises(NotFoundError):
            confined.put(f"{tmp_path}/missing/{number}/x", b"content", facts=FACTS)
    assert before < open_files() <= before + 40
    with pytest.raises(NotFoundError):
        confined.delete(f"{tmp_path}/0/missing")
    del confined
    gc.collect()
    assert open_files() == before


def test_threads_share_the_directories(local: Backend, tmp_path: Path) -> None:
    before = open_files()
    for number in range(50):
        (tmp_path / f"{number}").mkdir()
    failures: list[BaseException] = []
    threads = [
        threading.Thread(target=write_many, args=[confined, tmp_path, number, failures])
        for confined in [local.confined(f"{tmp_path}/")]
        for number in range(6)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failures
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1200
    assert all(path.read_bytes() == os.fsencode(path) for path in files)
    gc.collect()
    assert open_files() == before


def write_many(confined: Backend, place: Path, thread: int, failures: list[BaseException]) -> None:
    try:
        for number in range(200):
            key = f"{place}/{(number * 7 + thread) % 50}/{thread}-{number}"
            confined.put(key, key.encode(), facts=FACTS, only_if=NOTHING_THERE)
    except BaseException as error:
        failures.append(error)


def test_an_upload_of_a_confined_backend_is_ended_by_another(local: Backend, tmp_path: Path) -> None:
    before = open_files()
    (tmp_path / "d").mkdir()
    confined = local.confined(f"{tmp_path}/")
    upload = confined.begin_upload(f"{tmp_path}/d/x", facts=FACTS)
    part = local.put_part(upload, 1, b"content", offset=0)
    assert confined.read_upload(upload, start=2, length=3) == b"nte"
    other = LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(LOCAL)
    other.finish_upload(upload, [part])
    dropped = confined.begin_upload(f"{tmp_path}/d/y", facts=FACTS)
    other.abort_upload(dropped)
    assert os.listdir(tmp_path / "d") == ["x"]
    for each in (upload, dropped):  # which this process still holds
        local.abort_upload(each)
    assert os.listdir(tmp_path / "d") == ["x"]
    del confined
    gc.collect()
    assert open_files() == before


def test_an_id_elsewhere_is_no_way_out(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / LEFT).write_bytes(b"outside")
    confined = local.confined(f"{tmp_path}/d/")
    upload = Upload(f"{tmp_path}/d/x", f"{tmp_path}/{LEFT}", FACTS, None)
    for ask in (
        lambda: confined.put_part(upload, 1, b"evil", offset=0),
        lambda: confined.read_upload(upload, start=0, length=1),
        lambda: confined.finish_upload(upload, []),
    ):
        with pytest.raises(NotFoundError):
            ask()
    confined.abort_upload(upload)
    assert (tmp_path / LEFT).read_bytes() == b"outside"


def test_a_link_of_the_files_own_name_is_said(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"stays")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").symlink_to("../outside")
    confined = local.confined(f"{tmp_path}/d/")
    with pytest.raises(ConflictError, match="A link has this name"):
        confined.put(f"{tmp_path}/d/x", b"evil", facts=FACTS)
    with pytest.raises(ConflictError):
        confined.put(f"{tmp_path}/d/x", b"evil", facts=FACTS, only_if=NOTHING_THERE)
    confined.delete(f"{tmp_path}/d/x")
    assert (tmp_path / "outside").read_bytes() == b"stays"
    assert os.listdir(tmp_path / "d") == []
