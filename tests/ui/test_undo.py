"""Ctrl-Z, or u: the last change is taken back, asked about where it is more than one entry, or said to be permanent."""

from __future__ import annotations

import stat
from pathlib import Path as DiskPath

import pytest

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, cursor_name, names, run_app
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import Settings, with_settings
from tfm.storage.session import Session
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.copy_dialog import CopyDialog
from tfm.ui.delete_dialog import DeleteDialog
from tfm.ui.mode_dialog import ModeDialog
from tfm.ui.name_dialog import NameDialog
from tfm.ui.rename_dialog import BulkRenameDialog
from tfm.ui.undo_dialog import UndoDialog


@pytest.fixture(autouse=True)
def _own_trash(tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def here(tmp_path: DiskPath) -> DiskPath:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    for name in ("a", "b"):
        (tmp_path / "here" / name).write_text(name)
    return tmp_path / "here"


def on_disk(path: DiskPath) -> Location:
    return Location(StorageAddress("file"), f"{path}/", Kind.DIRECTORY)


def asked(running: Running) -> UndoDialog:
    assert isinstance(running.app.screen, UndoDialog), running.app.screen
    return running.app.screen


async def until_open(running: Running, kind: type[object]) -> None:
    await running.until(lambda: isinstance(running.app.screen, kind))


async def until_said(running: Running, text: str) -> None:
    await running.until(lambda: text in running.browse.status.text)


async def until_closed(running: Running) -> None:
    await running.until(lambda: isinstance(running.app.screen, BrowseScreen))


async def rename(running: Running, name: str) -> None:
    await running.press("shift+f6")
    await until_open(running, NameDialog)
    await running.press("ctrl+u", *name, "enter")
    await until_closed(running)
    await running.until(lambda: cursor_name(running.left) == name)


@pytest.mark.parametrize(("keymap", "key"), [("orthodox", "ctrl+z"), ("vim", "u")])
def test_a_rename_is_taken_back_at_once_and_then_there_is_nothing(here: DiskPath, keymap: str, key: str) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, str(here))
        await running.press("down")
        await rename(running, "z")
        await running.press(key)
        await until_said(running, "z is a again.")
        await running.until(lambda: names(running.left) == [" ..", " a", " b"])
        await running.press(key)
        await until_said(running, "There is nothing to undo.")

    session = Session(with_settings(Settings(), {"KEYMAP": keymap}, source="a test"))
    run_app(session, on_disk(here), on_disk(here), look)


def test_what_was_made_is_removed_key_by_key_however_fast(here: DiskPath) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, str(here))
        await running.press("f7", *"new", "enter")
        await running.until(lambda: cursor_name(running.left) == "new")
        await running.press("shift+f4", *"text", "enter")
        await running.until(lambda: cursor_name(running.left) == "text")
        await running.press("ctrl+z", "ctrl+z")
        await running.until(lambda: names(running.left) == [" ..", " a", " b"])

    run_app(Session(), on_disk(here), on_disk(here), look)


def test_a_delete_of_several_is_asked_about_and_put_back(here: DiskPath) -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, str(here))
        await running.press("down", "space", "space", "f8")
        await until_open(running, DeleteDialog)
        await running.press("enter")
        await until_closed(running)
        await running.until(lambda: left.footer.text == "0 entries")
        await running.press("ctrl+z")
        assert asked(running).body.text == "The last was a delete of 2 entries to the trash."
        assert asked(running).said.text == "Put 2 entries back from the trash?"
        await running.press("escape", "ctrl+z", "enter")
        await until_closed(running)
        await until_said(running, "2 entries are back from the trash.")
        await running.until(lambda: names(left) == [" ..", " a", " b"])

    run_app(Session(), on_disk(here), on_disk(here), look)
    assert (here / "a").read_text() == "a"


def test_what_is_permanent_says_so_and_the_one_before_is_offered(here: DiskPath) -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, str(here))
        await running.press("down")
        await rename(running, "z")
        await running.press("home", "down", "shift+f8")
        await running.until(lambda: "Permanently" in " ".join(running.everything()))
        await running.press("enter")
        await until_closed(running)
        await running.until(lambda: names(left) == [" ..", " z"])
        await running.press("ctrl+z")
        assert asked(running).body.text == "The last was a delete of 1 entry."
        assert asked(running).said.text == "That is permanent: nothing of it is in a trash."
        await running.press("left", "enter")
        assert asked(running).said.text == "Call z a again?"
        await running.press("enter")
        await until_closed(running)
        await running.until(lambda: names(left) == [" ..", " a"])

    run_app(Session(), on_disk(here), on_disk(here), look)


def test_what_cannot_be_taken_back_says_why_and_stays(here: DiskPath) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, str(here))
        await running.press("shift+f4", *"new", "enter")
        await running.until(lambda: cursor_name(running.left) == "new")
        (here / "new").write_text("by somebody")
        await running.press("ctrl+z")
        await until_open(running, UndoDialog)
        assert asked(running).body.text == "It stays as it is: the new file new."
        assert "not the empty file any more" in asked(running).error_block.text
        await running.press("left", "enter")
        assert asked(running).body.text == "There is nothing before it."
        await running.press("enter")
        await until_closed(running)
        assert running.browse.undoing.log.latest is None

    run_app(Session(), on_disk(here), on_disk(here), look)
    assert (here / "new").read_text() == "by somebody"


@pytest.mark.parametrize("key", ["f5", "f6"])
def test_a_copy_goes_to_the_trash_and_a_move_moves_back(here: DiskPath, key: str) -> None:
    there = here.parent / "there"

    async def look(running: Running) -> None:
        left, right = running.left, running.right
        await running.until_listed(left, str(here))
        await running.until_listed(right, str(there))
        await running.press("down", "space", "space", key)
        await until_open(running, CopyDialog)
        await running.press("enter")
        await running.until(lambda: names(right) == [" ..", " a", " b"])
        await running.until(lambda: running.browse.undoing.log.latest is not None)
        await running.press("ctrl+z")
        said = asked(running).body.text + asked(running).said.text
        copied = "The last was a copy of 2 entries.Move the 2 copies to the trash?"
        assert said == (copied if key == "f5" else "The last was a move of 2 entries.Move 2 entries back?")
        await running.press("enter")
        await running.until(lambda: right.footer.text == "0 entries")
        await running.until(lambda: names(left) == [" ..", " a", " b"] and not running.browse.jobs.queue.active())
        await running.pilot.pause()
        await running.press("ctrl+z")
        await until_said(running, "There is nothing to undo.")

    run_app(Session(), on_disk(here), on_disk(there), look)
    in_trash = here.parent / "data" / "Trash" / "files"
    assert sorted(path.name for path in in_trash.glob("*")) == (["a", "b"] if key == "f5" else [])


def test_a_copy_to_where_there_is_no_trash_is_permanent() -> None:
    memory = Memory()
    memory.put(["d/a"])

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "f5")
        await until_open(running, CopyDialog)
        await running.press("enter")
        await running.until(lambda: "e/a" in memory.stored() and running.browse.undoing.log.latest is not None)
        await running.press("ctrl+z")
        assert "there is no trash for the copies. F8 deletes them" in asked(running).said.text
        await running.press("enter")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("e/"), look)
    assert memory.stored() == ["d/a", "e/a"]


def test_a_move_of_a_tree_within_a_bucket_moves_back() -> None:
    memory = Memory()
    memory.put(["d/t/a", "d/t/b", "e/x"])

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "f6")
        await until_open(running, CopyDialog)
        await running.press("enter")
        await running.until(lambda: running.browse.undoing.log.latest is not None)
        assert memory.stored() == ["e/t/a", "e/t/b", "e/x"]
        await running.press("ctrl+z")
        assert asked(running).said.text == "Move t back?"
        await running.press("enter")
        await running.until(lambda: memory.stored() == ["d/t/a", "d/t/b", "e/x"])

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_move_into_a_tree_that_was_there_is_permanent() -> None:
    memory = Memory()
    memory.put(["d/t/a", "e/t/other"])

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "f6")
        await until_open(running, CopyDialog)
        await running.press("enter")
        await running.until(lambda: running.browse.undoing.log.latest is not None)
        await running.press("ctrl+z")
        assert "may have been there already" in asked(running).said.text

    run_app(memory.session, place("d/"), place("e/"), look)
    assert memory.stored() == ["e/t/a", "e/t/other"]


def test_many_names_come_back_in_one_go(here: DiskPath) -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, str(here))
        await running.press("down", "space", "space", "alt+r", *"(.+)", "tab", *r"x\1", "tab", "space")
        dialog = running.app.screen
        assert isinstance(dialog, BulkRenameDialog)
        await running.until(lambda: "2 of 2 will be renamed" in dialog.said.text)
        dialog.pressed("rename")
        await running.until(lambda: "2 renamed." in dialog.said.text)
        await running.press("escape")
        await until_closed(running)
        await running.until(lambda: names(left) == [" ..", " xa", " xb"])
        await running.press("ctrl+z")
        assert asked(running).said.text == "Give 2 entries the old names again?"
        await running.press("enter")
        await until_said(running, "2 have their old names again.")

    run_app(Session(), on_disk(here), on_disk(here), look)
    assert sorted(path.name for path in here.iterdir()) == ["a", "b"]


def test_rights_come_back(here: DiskPath) -> None:
    (here / "a").chmod(0o640)

    async def look(running: Running) -> None:
        await running.until_listed(running.left, str(here))
        await running.press("down", "alt+a")
        await until_open(running, ModeDialog)
        await running.press("ctrl+u", *"600", "enter")
        await until_closed(running)
        await running.press("ctrl+z")
        await until_said(running, "1 has the old rights again.")

    run_app(Session(), on_disk(here), on_disk(here), look)
    assert stat.S_IMODE((here / "a").stat().st_mode) == 0o640
