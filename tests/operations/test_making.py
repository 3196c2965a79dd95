"""Making directories and empty files by the name that somebody types, on a disk and among flat keys."""

from __future__ import annotations

from pathlib import Path as DiskPath

import pytest

from tests.ui.memory_panes import Memory, place
from tfm.core.entry import Kind
from tfm.core.errors import ConflictError, InvalidPathError, IsDirectoryError, NotFoundError, UnsupportedOperation
from tfm.core.location import Location, StorageAddress
from tfm.operations.make_directory import make_directory
from tfm.operations.new_file import make_file
from tfm.operations.watch import watch
from tfm.storage.session import Session


def local(path: DiskPath) -> Location:
    return Location(StorageAddress("file"), f"{path}/", Kind.DIRECTORY)


@pytest.mark.parametrize(
    ("name", "key"), [("x", "d/x/"), ("x/", "d/x/"), ("a/b", "d/a/b/"), ("a//../b", "d/a//../b/"), (" ", "d/ /")]
)
def test_among_flat_keys_the_name_is_the_key_in_one_request(name: str, key: str) -> None:
    memory = Memory()
    memory.put(["d/there"])
    made = make_directory(memory.session, place("d/"), name)
    assert made == Location(place().storage, key, Kind.DIRECTORY)
    assert memory.stored() == sorted([key, "d/there"])
    assert memory.requests["write"] == 1


def test_what_is_known_to_be_there_costs_no_request_and_is_not_replaced() -> None:
    memory = Memory()
    memory.put(["d/there", "d/sub/x"])
    list(memory.storage.scan("d/"))
    before = memory.requests
    with pytest.raises(ConflictError):
        make_directory(memory.session, place("d/"), "sub")
    with pytest.raises(ConflictError):
        make_file(memory.session, place("d/"), "there")
    assert memory.requests == before
    make_file(memory.session, place("d/"), "sub")
    make_directory(memory.session, place("d/"), "there")
    assert memory.stored() == ["d/sub", "d/sub/x", "d/there", "d/there/"]


def test_what_is_not_known_to_be_there_is_not_replaced_either() -> None:
    memory = Memory()
    memory.put(["d/there"])
    with pytest.raises(ConflictError):
        make_file(memory.session, place("d/"), "there")
    with memory.storage.read("d/there") as reader:
        assert reader.read() == b"12345"


@pytest.mark.parametrize("make", [make_directory, make_file])
def test_a_name_is_needed_and_a_bucket_to_make_it_in(make: object) -> None:
    memory = Memory()
    memory.put(["d/there"])
    assert callable(make)
    with pytest.raises(InvalidPathError, match="name is missing"):
        make(memory.session, place("d/"), "")
    with pytest.raises(UnsupportedOperation, match="whole buckets"):
        make(memory.session, place(bucket=""), "new")
    with pytest.raises(NotFoundError):
        make(memory.session, place(bucket="nowhere"), "new")


@pytest.mark.parametrize(
    ("name", "made"),
    [("a", "a"), ("a/b/c", "a/b/c"), ("../beside", "../beside"), ("x/../y", "y"), ("sub/new", "sub/new")],
)
def test_on_a_disk_the_name_is_a_path_and_parents_are_made(tmp_path: DiskPath, name: str, made: str) -> None:
    here = tmp_path / "here"
    (here / "sub").mkdir(parents=True)
    location = make_directory(Session(), local(here), name)
    assert (here / made).is_dir()
    assert location.key == f"{(here / made).resolve()}/"


def test_on_a_disk_an_absolute_name_is_that_path(tmp_path: DiskPath) -> None:
    (tmp_path / "here").mkdir()
    make_directory(Session(), local(tmp_path / "here"), f"{tmp_path}/elsewhere")
    assert (tmp_path / "elsewhere").is_dir()


@pytest.mark.parametrize("name", ["file", "sub", ".", ".."])
def test_on_a_disk_what_is_there_is_a_conflict(tmp_path: DiskPath, name: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "file").write_text("kept")
    with pytest.raises(ConflictError):
        make_directory(Session(), local(tmp_path), name)
    assert (tmp_path / "file").read_text() == "kept"


def test_on_a_disk_an_empty_file_is_made_once_and_needs_its_directory(tmp_path: DiskPath) -> None:
    session = Session()
    assert make_file(session, local(tmp_path), "new").key == f"{tmp_path}/new"
    assert (tmp_path / "new").read_bytes() == b""
    (tmp_path / "new").write_text("kept")
    with pytest.raises(ConflictError):
        make_file(session, local(tmp_path), "new")
    assert (tmp_path / "new").read_text() == "kept"
    with pytest.raises(IsDirectoryError, match="slash"):
        make_file(session, local(tmp_path), "directory/")
    with pytest.raises(NotFoundError):
        make_file(session, local(tmp_path), "missing/new")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_who_watches_a_directory_hears_of_what_its_rows_may_show() -> None:
    memory = Memory()
    memory.put(["d/there", "e/x"])
    heard: list[str] = []
    end = watch(memory.session, place("d/"), lambda: heard.append("d"))
    watch(memory.session, place(), lambda: heard.append("root"))
    make_file(memory.session, place("d/"), "new")
    assert sorted(heard) == ["d", "root"]
    make_file(memory.session, place("e/"), "new")
    assert sorted(heard) == ["d", "root", "root"], "a directory may have come to exist there"
    end()
    make_file(memory.session, place("d/"), "newer")
    assert heard.count("d") == 1
