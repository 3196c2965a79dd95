"""The local disk: the conformance suite, then what only a disk does."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import socket
import stat
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from tfm.backends.local import LocalBackendFactory
from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.errors import (
    InvalidPathError,
    InvalidRequestError,
    NotDirectoryError,
    NotFoundError,
    PermissionDeniedError,
    UnsupportedOperation,
)
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import ObjectFacts
from tfm.storage.contract import Backend, BackendContext
from tfm.testing import BackendConformance

LOCAL = StorageAddress("file")


class TestLocalConformance(BackendConformance):
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self.root = f"{tmp_path}/place/"

    def make_backend(self) -> Backend:
        return LocalBackendFactory(self.context).open(LOCAL)

    def populate(self, files: Mapping[str, bytes]) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        os.mkdir(self.root)
        for key, content in files.items():
            path = self.root + key
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if not key.endswith("/"):
                Path(path).write_bytes(content)

    def read_facts(self, key: str) -> ObjectFacts:
        facts = os.stat(self.root + key)
        return ObjectFacts(modified_timestamp=facts.st_mtime, mode=stat.S_IMODE(facts.st_mode))

    def make_link(self, key: str, target: str) -> bool:
        os.symlink(target, self.root + key)
        return True


@pytest.fixture
def local() -> Backend:
    return LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(LOCAL)


def listed(backend: Backend, prefix: str) -> dict[str, Entry]:
    page = backend.list_page(prefix)
    assert page.token is None
    return {entry.name: entry for entry in page}


def test_a_disk_has_local_paths_and_needs_no_cache(local: Backend) -> None:
    assert local.capabilities == {
        Capability.LOCAL_PATHS,
        Capability.WRITE,
        Capability.REMOVE_TREE,
        Capability.SERVER_COPY,
        Capability.RENAME,
        Capability.SET_MODE,
        Capability.TRASH,
    }


def test_the_root_and_the_working_directory(local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {entry.key.removesuffix("/") for entry in local.list_page("/")} == {f"/{name}" for name in os.listdir("/")}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "y").write_bytes(b"relative")
    assert [entry.key for entry in local.list_page("./")] == ["./x/"]
    assert [entry.key for entry in local.list_page("")] == ["x/"]
    assert [entry.key for entry in local.list_page("x/")] == ["x/y"]
    with local.read("x/y") as reader:
        assert reader.read() == b"relative"
    for key, exact in (
        ("", ""),
        (".", "./"),
        ("/", "/"),
        ("x", "x/"),
        ("x/", "x/"),
        (f"{tmp_path}/x", f"{tmp_path}/x/"),
    ):
        directory = local.stat(key).directory
        assert directory is not None
        assert directory.key == exact
    assert not local.stat("x/y/").found


@pytest.mark.parametrize(
    "name", [b"\xff\xfe", b"caf\xe9", b"a\nb", b"\x1b[31mred", b"\xed\xa0\x80", b"mixed \xc3\xa9 \xe9"]
)
def test_names_of_any_bytes_are_exact(local: Backend, tmp_path: Path, name: bytes) -> None:
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb") as file:
        file.write(b"found")
    (entry,) = local.list_page(f"{tmp_path}/")
    assert os.fsencode(entry.name) == name
    assert os.fsencode(entry.key) == path
    assert local.stat(entry.key).found
    with local.read(entry.key) as reader:
        assert reader.read() == b"found"


def test_links_are_what_they_point_to(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    os.utime(tmp_path / "file", (1.5, 1.5))
    (tmp_path / "directory").mkdir()
    for target in ("file", "directory", "nowhere", "to loop"):
        (tmp_path / f"to {target}").symlink_to(target)
    entries = listed(local, f"{tmp_path}/")
    facts = {name: (entry.kind, entry.is_symlink) for name, entry in entries.items()}
    assert facts == {
        "file": (Kind.FILE, False),
        "directory": (Kind.DIRECTORY, False),
        "to file": (Kind.FILE, True),
        "to directory": (Kind.DIRECTORY, True),
        "to nowhere": (Kind.OTHER, True),
        "to to loop": (Kind.OTHER, True),
    }
    assert entries["to file"].size_bytes == 5
    assert entries["to file"].modified_timestamp == 1.5
    for name, entry in entries.items():
        asked = local.stat(f"{tmp_path}/{name}").best()
        assert asked is not None
        assert asked == entry
        with_slash = local.stat(f"{tmp_path}/{name}/")
        assert with_slash == Lookup(directory=asked if asked.is_directory else None)


def test_a_link_that_leads_in_a_circle_cannot_be_read(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert local.stat(f"{tmp_path}/loop").found
    with pytest.raises(InvalidPathError, match="circle"):
        local.read(f"{tmp_path}/loop")
    with pytest.raises(InvalidPathError):
        local.stat(f"{tmp_path}/loop/x")


def test_modes_and_times(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    (tmp_path / "x").chmod(0o640)
    os.utime(tmp_path / "x", (2.25, 2.25))
    (entry,) = local.list_page(f"{tmp_path}/")
    assert entry.mode is not None
    assert stat.S_IMODE(entry.mode) == 0o640
    assert stat.S_ISREG(entry.mode)
    assert entry.modified_timestamp == 2.25
    assert entry.etag is None


def test_a_row_that_vanishes_is_listed_without_facts(
    local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gone", "stays"):
        (tmp_path / name).write_bytes(b"1")
    real = os.scandir

    class Vanishing:
        """Removes a file after the directory was read and before it is looked at."""

        def __init__(self, path: str) -> None:
            self._rows = real(path)

        def __iter__(self) -> object:
            rows = list(self._rows)
            (tmp_path / "gone").unlink()
            return iter(rows)

        def close(self) -> None:
            self._rows.close()

    monkeypatch.setattr(os, "scandir", Vanishing)
    entries = listed(local, f"{tmp_path}/")
    assert entries.keys() == {"gone", "stays"}
    gone = entries["gone"]
    assert (gone.kind, gone.size_bytes, gone.modified_timestamp, gone.mode) == (Kind.FILE, None, None, None)
    assert entries["stays"].size_bytes == 1


def test_the_first_page_is_small_and_later_ones_are_large(local: Backend, tmp_path: Path) -> None:
    names = {f"{i:04}" for i in range(2600)}
    for name in names:
        (tmp_path / name).touch()
    prefix = f"{tmp_path}/"
    first = local.list_page(prefix, limit=10_000)
    assert len(first) == 500
    rest = local.list_page(prefix, token=first.token, limit=10_000)
    assert (len(rest), rest.token) == (2100, None)
    assert {entry.name for page in (first, rest) for entry in page} == names


def test_a_token_is_good_once_and_for_its_directory(local: Backend, tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).touch()
    prefix = f"{tmp_path}/"
    page = local.list_page(prefix, limit=1)
    with pytest.raises(InvalidRequestError, match="another directory"):
        local.list_page("/", token=page.token)
    local.list_page(prefix, token=page.token)
    with pytest.raises(InvalidRequestError, match="used before"):
        local.list_page(prefix, token=page.token)
    with pytest.raises(InvalidRequestError):
        local.list_page(prefix, token="text")


def open_descriptors() -> set[str]:
    gc.collect()
    return set(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_nothing_stays_open(local: Backend, tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"x")
    prefix = f"{tmp_path}/"
    before = open_descriptors()
    page = local.list_page(prefix, limit=1)
    assert len(open_descriptors()) == len(before) + 1
    del page
    assert open_descriptors() == before
    assert local.list_page(prefix).token is None
    for key in (prefix, "/proc/self/mem/x", f"{prefix}missing", "/dev/null"):
        with pytest.raises(OSError):
            local.read(key)
    local.read(f"{prefix}a").close()
    assert open_descriptors() == before


def test_pipes_sockets_and_devices_are_listed_and_not_read(local: Backend, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
    assert {entry.kind for entry in local.list_page(f"{tmp_path}/")} == {Kind.OTHER}
    found = local.stat(f"{tmp_path}/pipe").file
    assert found is not None
    assert found.kind is Kind.OTHER
    errors: list[BaseException] = []

    def read_all() -> None:
        for key in (f"{tmp_path}/pipe", f"{tmp_path}/socket", "/dev/null"):
            try:
                local.read(key)
            except UnsupportedOperation as error:
                errors.append(error)

    thread = threading.Thread(target=read_all, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "reading a pipe blocks"
    assert len(errors) == 3


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_files_that_say_their_size_is_zero_are_read_in_full(local: Backend) -> None:
    with local.read("/proc/self/status") as reader:
        assert reader.entry.size_bytes == 0
        assert b"\nPid:" in reader.read()
    with local.read("/proc/self/status", start=1, length=3) as reader:
        assert reader.read() == b"ame"


@pytest.mark.parametrize("start", [1, 2**40, 2**62, 2**63, 2**70])
def test_a_range_far_beyond_the_end_is_empty(local: Backend, tmp_path: Path, start: int) -> None:
    for name, content in (("empty", b""), ("one", b"1")):
        (tmp_path / name).write_bytes(content)
        with local.read(f"{tmp_path}/{name}", start=start) as reader:
            assert reader.read() == b""


def test_a_growing_file_is_read_to_the_end_it_has(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"one")
    with local.read(f"{tmp_path}/log") as reader:
        with (tmp_path / "log").open("ab") as log:
            log.write(b", two")
        assert reader.read() == b"one, two"


@pytest.mark.parametrize("key", ["a\0b", "\0", "\ud800"])
def test_text_that_names_no_file(local: Backend, key: str) -> None:
    for ask in (local.stat, local.read, lambda key: local.list_page(f"{key}/")):
        with pytest.raises(InvalidPathError) as caught:
            ask(key)
        assert str(caught.value).isprintable()


def test_a_name_that_is_too_long(local: Backend, tmp_path: Path) -> None:
    with pytest.raises(InvalidPathError, match="shorter"):
        local.stat(f"{tmp_path}/{'x' * 300}")


def test_what_is_not_there(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not local.stat(f"{tmp_path}/missing").found
    assert not local.stat(f"{tmp_path}/file/below").found
    with pytest.raises(NotFoundError, match="No such file") as missing:
        local.list_page(f"{tmp_path}/missing/")
    assert missing.value.errno == errno.ENOENT
    with pytest.raises(NotDirectoryError):
        local.list_page(f"{tmp_path}/file/")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_denied_directory(local: Backend, tmp_path: Path) -> None:
    (tmp_path / "denied").mkdir(mode=0)
    with pytest.raises(PermissionDeniedError, match="access"):
        local.list_page(f"{tmp_path}/denied/")


def test_a_failing_disk_is_one_clear_line(local: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: str) -> None:
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(os, "scandir", fail)
    expected = {errno.EIO: InvalidRequestError, errno.EPERM: PermissionDeniedError, errno.EACCES: PermissionDeniedError}
    for number, kind in expected.items():
        with pytest.raises(kind) as caught:
            local.list_page(f"{tmp_path}/new\nline/")
        assert isinstance(caught.value, OSError)
        assert caught.value.errno == number
        assert str(caught.value).startswith(f"{tmp_path}/new\\nline/: {os.strerror(number)}. ")
        assert isinstance(caught.value.__cause__, OSError)


def test_what_a_disk_cannot_do(local: Backend, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedOperation):
        local.list_page(f"{tmp_path}/", start_after="x")
    with pytest.raises(UnsupportedOperation):
        local.read(f"{tmp_path}/x", if_match="etag")
    with pytest.raises(InvalidPathError, match="slash"):
        local.list_page(str(tmp_path))
    with pytest.raises(InvalidPathError, match="host"):
        LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(StorageAddress("file", "host"))


def test_what_a_file_grew_by_since_it_was_opened_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a" * 4096)
    backend = LocalBackendFactory(BackendContext(Settings(), lambda operation: None)).open(StorageAddress("file"))
    for first in (None, 0, 1, 4096):
        with backend.read(str(path)) as reader:
            assert first is None or reader.read(first) == b"a" * first
            with path.open("ab") as file:
                file.write(b"b" * 100)
            rest = reader.read()
            assert (len(rest), rest[-100:]) == (4096 + 100 - (first or 0), b"b" * 100)
            assert reader.read() == b""
        os.truncate(path, 4096)
