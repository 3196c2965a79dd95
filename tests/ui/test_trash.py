"""F8 on a disk goes to the trash, Shift-F8 past it, and each dialog says which it is."""

from __future__ import annotations

from pathlib import Path as DiskPath

import pytest

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, names, run_app
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import Settings, with_settings
from tfm.storage.session import Session
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.delete_dialog import DeleteDialog
from tfm.ui.deleting_dialog import DeletingDialog


@pytest.fixture(autouse=True)
def trash(tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch) -> DiskPath:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "Trash" / "files"


@pytest.fixture
def here(tmp_path: DiskPath) -> DiskPath:
    (tmp_path / "here" / "tree").mkdir(parents=True)
    (tmp_path / "here" / "tree" / "in").write_text("in")
    (tmp_path / "here" / "file").write_text("file")
    return tmp_path / "here"


def on_disk(path: DiskPath) -> Location:
    return Location(StorageAddress("file"), f"{path}/", Kind.DIRECTORY)


def names_in(directory: DiskPath) -> list[str]:
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


async def until_asked(running: Running, text: str) -> None:
    await running.until(
        lambda: isinstance(running.app.screen, DeleteDialog) and text in running.app.screen.question.text
    )


async def until_closed(running: Running) -> None:
    await running.until(lambda: isinstance(running.app.screen, BrowseScreen))


def test_nobody_agrees_to_what_does_not_fit_the_screen(here: DiskPath, trash: DiskPath) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, str(here))
        await running.press("down", "down", "shift+f8")
        await running.until(lambda: isinstance(running.app.screen, DeleteDialog))
        box = running.app.screen.query_one("#box")
        await running.until(lambda: "Too small" in str(box.border_subtitle))
        await running.press("enter")
        assert isinstance(running.app.screen, DeleteDialog)
        await running.pilot.resize_terminal(80, 24)
        await running.until(lambda: not box.border_subtitle)
        await running.press("escape")
        await until_closed(running)
        assert names_in(here) == ["file", "tree"]

    run_app(Session(), on_disk(here), on_disk(here), look, size=(20, 5))


@pytest.mark.parametrize("key", ["f8", "delete"])
def test_enter_moves_a_tree_and_a_file_to_the_trash(here: DiskPath, trash: DiskPath, key: str) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, str(here))
        await running.press("down", "space", "space", key)
        await until_asked(running, "Move 2 entries to the trash?\nThis can be undone.")
        await running.press("enter")
        await until_closed(running)
        await running.until(lambda: running.left.footer.text == running.right.footer.text == "0 entries")
        assert running.left.list.selection.entries() == []
        assert "2 of 2 moved to the trash." in running.browse.status.text

    run_app(Session(), on_disk(here), on_disk(here), look)
    assert names_in(trash) == ["file", "tree"]
    assert (trash / "tree" / "in").read_text() == "in"


@pytest.mark.parametrize(("keymap", "key"), [("orthodox", "shift+f8"), ("orthodox", "shift+delete"), ("vim", "D")])
def test_a_permanent_delete_is_a_key_of_its_own(here: DiskPath, trash: DiskPath, keymap: str, key: str) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, str(here))
        await running.press("down", "down", key)
        await until_asked(running, "Delete 1 file, 4 B?\nPermanently: this cannot be undone.")
        await running.press("enter")
        await until_closed(running)
        await running.until(lambda: names(running.left) == [" ..", " /tree"])

    session = Session(with_settings(Settings(), {"KEYMAP": keymap}, source="a test"))
    run_app(session, on_disk(here), on_disk(here), look)
    assert not trash.exists()


def test_who_wants_no_trash_has_none(here: DiskPath, trash: DiskPath) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, str(here))
        await running.press("end", "f8")
        await until_asked(running, "Permanently: this cannot be undone.")
        await running.press("enter")
        await until_closed(running)

    run_app(Session(with_settings(Settings(), {"TRASH": False}, source="a test")), on_disk(here), on_disk(here), look)
    assert (names_in(here), names_in(trash)) == (["tree"], [])


def test_where_there_is_no_trash_f8_is_permanent_and_says_so() -> None:
    memory = Memory()
    memory.put(["d/a"])

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "f8")
        await until_asked(running, "Permanently: this cannot be undone.")
        await running.press("escape")

    run_app(memory.session, place("d/"), place("d/"), look)


def test_escape_leaves_everything_where_it_is(here: DiskPath, trash: DiskPath) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, str(here))
        await running.press("end", "f8", "escape")
        await until_closed(running)

    run_app(Session(), on_disk(here), on_disk(here), look)
    assert (names_in(here), names_in(trash)) == (["file", "tree"], [])


def test_what_cannot_go_to_the_trash_is_said_stays_selected_and_the_rest_goes(
    here: DiskPath, trash: DiskPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(here / "tree"))  # a tree that holds the trash

    async def look(running: Running) -> None:
        await running.until_listed(running.left, str(here))
        await running.press("down", "space", "space", "f8")
        await until_asked(running, "Move 2 entries")
        await running.press("enter")
        await running.until(
            lambda: isinstance(running.app.screen, DeletingDialog) and running.app.screen.has_class("-ended")
        )
        dialog = running.app.screen
        assert isinstance(dialog, DeletingDialog)
        assert dialog.body.text == "1 of 2 moved to the trash; 1 not. Shift-F8 deletes permanently."
        assert "in the trash already" in dialog.failures.text
        await running.press("enter")
        await until_closed(running)
        await running.until(lambda: names(running.left) == [" ..", "*/tree"])

    run_app(Session(), on_disk(here), on_disk(here), look)
    assert names_in(here / "tree" / "Trash" / "files") == ["file"]
