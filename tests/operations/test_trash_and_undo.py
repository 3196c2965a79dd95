"""Deletes to the trash and the way back; undo of what can be, and a plain word about what cannot."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.memory_panes import Memory, place
from tfm.core.entry import Kind
from tfm.core.errors import ConflictError, NotEmptyError, NotFoundError, UnsupportedOperation
from tfm.core.location import Location, StorageAddress
from tfm.operations.copy_spec import CopySpec
from tfm.operations.make_directory import make_directory
from tfm.operations.new_file import make_file
from tfm.operations.renaming import rename_entry
from tfm.operations.trash import goes_to_trash, move_to_trash, put_back
from tfm.operations.undo import Permanent, UndoLog
from tfm.operations.undo_jobs import moved_back
from tfm.operations.undo_steps import MadeDirectory, MadeFile, MovedToTrash, Renamed
from tfm.storage.session import Session

DISK = StorageAddress("file")


@pytest.fixture(autouse=True)
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "Trash"


def on_disk(path: Path | str, kind: Kind = Kind.FILE) -> Location:
    return Location(DISK, f"{path}/" if kind is Kind.DIRECTORY else str(path), kind)


def test_what_is_deleted_goes_to_the_trash_as_the_specification_says_and_comes_back(
    tmp_path: Path, trash: Path
) -> None:
    session = Session()
    tree = tmp_path / "a tree"
    (tree / "in").mkdir(parents=True)
    (tree / "in" / "x").write_text("x")
    file = tmp_path / os.fsdecode(b"\xff\n%41.txt")
    file.write_text("text")
    link = tmp_path / "broken"
    link.symlink_to("nowhere")
    locations = [on_disk(tree, Kind.DIRECTORY), on_disk(file), on_disk(link, Kind.OTHER)]
    assert goes_to_trash(session, locations)
    summary = move_to_trash(session, locations)
    assert (len(summary.trashed), summary.failures) == (3, [])
    assert not any(os.path.lexists(path) for path in (tree, file, link))
    assert sorted(os.listdir(trash / "files")) == sorted([tree.name, file.name, link.name])
    for each in summary.trashed:
        lines = Path(each.trashed).read_text().splitlines()
        assert lines[0] == "[Trash Info]"
        assert unquote_to_bytes(lines[1].removeprefix("Path=")) == os.fsencode(each.location.key.rstrip("/"))
        assert lines[2].startswith("DeletionDate=20")
    assert stat.S_IMODE(trash.stat().st_mode) == 0o700
    assert put_back(session, summary.trashed) == ([], [])
    assert (tree / "in" / "x").read_text() == "x"
    assert file.read_text() == "text"
    assert os.readlink(link) == "nowhere"
    assert os.listdir(trash / "files") == os.listdir(trash / "info") == []


def test_the_same_name_twice_are_two_in_the_trash(tmp_path: Path, trash: Path) -> None:
    session, file = Session(), tmp_path / "a.tar"
    for text in ("one", "two"):
        file.write_text(text)
        assert not move_to_trash(session, [on_disk(file)]).failures
    assert sorted(os.listdir(trash / "files")) == ["a 2.tar", "a.tar"]
    assert sorted(os.listdir(trash / "info")) == ["a 2.tar.trashinfo", "a.tar.trashinfo"]


@given(st.binary(min_size=1, max_size=255).filter(lambda name: not {b"/", b"\0"} & {bytes([each]) for each in name}))
@settings(max_examples=60, deadline=None)
def test_any_name_comes_back(tmp_path_factory: pytest.TempPathFactory, name: bytes) -> None:
    if name in {b".", b".."}:
        return
    session = Session()
    file = tmp_path_factory.mktemp("any") / os.fsdecode(name)
    file.write_text("kept")
    first = move_to_trash(session, [on_disk(file)])
    file.write_text("second")
    second = move_to_trash(session, [on_disk(file)])
    assert first.failures == second.failures == []
    assert put_back(session, first.trashed) == ([], [])
    assert file.read_text() == "kept"
    left, failures = put_back(session, second.trashed)
    assert len(left) == 1
    assert isinstance(failures[0], ConflictError)


def test_what_is_in_the_trash_or_holds_it_does_not_go_there(tmp_path: Path, trash: Path) -> None:
    session, file = Session(), tmp_path / "x"
    file.write_text("x")
    move_to_trash(session, [on_disk(file)])
    again = move_to_trash(session, [on_disk(trash / "files" / "x"), on_disk(tmp_path / "data", Kind.DIRECTORY)])
    assert [type(error) for error in again.failures] == [UnsupportedOperation, UnsupportedOperation]
    assert os.listdir(trash / "info") == ["x.trashinfo"]
    assert (trash / "files" / "x").exists()


def test_a_missing_one_is_said_and_the_rest_goes(tmp_path: Path, trash: Path) -> None:
    file = tmp_path / "x"
    file.write_text("x")
    summary = move_to_trash(Session(), [on_disk(tmp_path / "missing"), on_disk(file)])
    assert [type(error) for error in summary.failures] == [NotFoundError]
    assert [each.location for each in summary.trashed] == [on_disk(file)]


def test_an_object_store_has_no_trash() -> None:
    memory = Memory()
    memory.put(["a"])
    location = Location(memory.storage.address, "a", Kind.FILE)
    assert not goes_to_trash(memory.session, [location])
    assert not goes_to_trash(memory.session, [])
    summary = move_to_trash(memory.session, [location])
    assert "no" in summary.failures[0].cause.lower()
    assert memory.stored() == ["a"]


def test_undo_goes_back_step_by_step_and_says_what_is_permanent(tmp_path: Path) -> None:
    session, log = Session(), UndoLog()
    directory = on_disk(tmp_path, Kind.DIRECTORY)
    made = make_directory(session, directory, "made")
    log.add(MadeDirectory(made))
    file = make_file(session, made, "file")
    log.add(MadeFile.of(session, file))
    renamed = rename_entry(session, made, file, "other")
    log.add(Renamed(made, file, renamed))
    log.add(Permanent("a delete of 3 objects", "object stores have no trash."))
    log.add(MovedToTrash(move_to_trash(session, [renamed]).trashed))

    assert log.undo(session).said == "other is back from the trash."
    with pytest.raises(UnsupportedOperation, match=r"delete of 3 objects.*permanent"):
        log.undo(session)
    assert log.undo(session).said == "other is file again."
    assert os.listdir(tmp_path / "made") == ["file"]
    assert log.undo(session).said == "file is removed again."
    assert log.undo(session).said == "made is removed again."
    assert not (tmp_path / "made").exists()
    with pytest.raises(UnsupportedOperation, match="nothing to undo"):
        log.undo(session)


def test_what_was_changed_since_is_not_undone_and_can_be_tried_again(tmp_path: Path) -> None:
    session, log = Session(), UndoLog()
    directory = on_disk(tmp_path, Kind.DIRECTORY)
    log.add(MadeDirectory(make_directory(session, directory, "made")))
    log.add(MadeFile.of(session, make_file(session, directory, "file")))
    (tmp_path / "file").write_text("by somebody")
    (tmp_path / "made" / "x").write_text("x")
    with pytest.raises(ConflictError):
        log.undo(session)
    assert (tmp_path / "file").read_text() == "by somebody"
    (tmp_path / "file").unlink()
    with pytest.raises(NotFoundError):
        log.undo(session)
    assert isinstance(log.latest, MadeFile)

    log = UndoLog()
    log.add(MadeDirectory(on_disk(tmp_path / "made", Kind.DIRECTORY)))
    with pytest.raises(NotEmptyError):
        log.undo(session)
    assert log.latest is not None


def test_a_rename_back_replaces_nothing() -> None:
    memory, log = Memory(), UndoLog()
    memory.put(["d/a", "d/b"])
    now = rename_entry(memory.session, place("d/"), Location(memory.storage.address, "d/a", Kind.FILE), "c")
    log.add(Renamed(place("d/"), Location(memory.storage.address, "d/a", Kind.FILE), now))
    memory.put(["d/a"])
    memory.storage.invalidate("d/", below=True)
    with pytest.raises(ConflictError):
        log.undo(memory.session)
    assert memory.stored() == ["d/a", "d/b", "d/c"]


def test_the_move_back_of_a_move() -> None:
    def at(key: str) -> Location:
        return Location(place().storage, key, Kind.DIRECTORY if key.endswith("/") else Kind.FILE)

    move = CopySpec((at("d/a"), at("d/t/")), at("x/y/"), into=True, move=True)
    back = moved_back(move)
    assert back == CopySpec((at("x/y/a"), at("x/y/t/")), at("d/"), into=True, move=True)
    assert moved_back(back) == move
    rename = CopySpec((at("d/t/"),), at("d/u/"), into=False, move=True)
    assert moved_back(rename) == CopySpec((at("d/u/"),), at("d/t/"), into=False, move=True)
    assert moved_back(CopySpec((at("d/a"),), at("x/"), into=True)) is None
    assert moved_back(CopySpec((at("d/a"), at("e/b")), at("x/"), into=True, move=True)) is None
