"""Bookmarks: a directory gets a name, and is gone to by it."""

from __future__ import annotations

import pytest

from tests.ui.jobs import memory_with, until_closed
from tests.ui.memory_panes import place
from tests.ui.running import Running, run_app
from tfm.ui.bookmark_dialogs import BookmarkDialog, BookmarksDialog
from tfm.ui.go_to_dialog import GoToDialog


def naming(running: Running) -> BookmarkDialog:
    assert isinstance(running.app.screen, BookmarkDialog)
    return running.app.screen


def listed(running: Running) -> BookmarksDialog:
    assert isinstance(running.app.screen, BookmarksDialog)
    return running.app.screen


def test_a_directory_is_given_a_name_and_chosen_from_the_list() -> None:
    memory = memory_with("d/x", "e/y")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("alt+m")
        assert naming(running).field.value == "d", "its own name is the first thought"
        await running.press("ctrl+u", *"data", "enter", "tab")
        assert dict(running.browse.keeper.bookmarks) == {"data": place("d/")}
        await running.until_listed(running.right, "memory://bucket/e/")
        await running.press("alt+b", *"dat", "enter")
        await running.until_listed(running.right, "memory://bucket/d/")

    run_app(memory.session, place("d/"), place("e/"), look)


def test_vim_keys_mark_jump_and_list() -> None:
    memory = memory_with("d/x", "e/y")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("ctrl+k", "m", "a", "tab", "`", "a")
        await running.until_listed(running.right, "memory://bucket/d/")
        await running.press("`", "z")
        assert "No bookmark is called z" in running.browse.status.text
        await running.press("m", "f5")
        assert "one that types something" in running.browse.status.text
        assert list(running.browse.keeper.bookmarks) == ["a"]
        await running.press("'")
        assert [(row.text, row.value) for row in listed(running).list.rows] == [("a  memory://bucket/d/", "a")]

    run_app(memory.session, place("d/"), place("e/"), look)


def test_an_empty_name_is_none_and_a_taken_one_is_told_of() -> None:
    memory = memory_with("d/x", "e/y")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.browse.run_command("bookmark b")
        await running.press("tab", "alt+m", "ctrl+u", "enter")
        await running.until(lambda: "has a name" in naming(running).state.text)
        await running.press("b")
        assert "means memory://bucket/d/ now" in naming(running).state.text
        await running.press("escape")
        assert running.browse.keeper.bookmarks["b"] == place("d/")
        await running.press("alt+m", "ctrl+u", "b", "enter")
        assert running.browse.keeper.bookmarks["b"] == place("e/")

    run_app(memory.session, place("d/"), place("e/"), look)


@pytest.mark.parametrize("key", ["delete", "f8"])
def test_a_bookmark_is_forgotten(key: str) -> None:
    memory = memory_with("d/x", "e/y")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        for name in "abc":
            await running.browse.run_command(f"bookmark {name}")
        await running.press("alt+b", "down", key)
        await running.until(lambda: "Forgotten: b" in listed(running).body.text)
        assert sorted(running.browse.keeper.bookmarks) == ["a", "c"]
        assert listed(running).list.row is not None
        assert [row.value for row in listed(running).list.rows] == ["a", "c"]
        await running.press("escape")
        await until_closed(running)
        assert memory.stored() == ["d/x", "e/y"]

    run_app(memory.session, place("d/"), place("e/"), look)


def test_without_bookmarks_the_list_says_how_one_is_made() -> None:
    memory = memory_with("d/x")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("alt+b")
        assert "Alt-M makes one" in listed(running).list.text
        await running.press("delete", "enter", "escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)


def test_bookmarks_and_recent_places_are_offered_before_anything_is_typed() -> None:
    memory = memory_with("d/x", "e/y", "f/z")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.until_listed(running.right, "memory://bucket/e/")
        running.browse.keeper.set_bookmark("f", place("f/"))
        await running.press("ctrl+g")
        dialog = running.app.screen
        assert isinstance(dialog, GoToDialog)
        assert [row.text for row in dialog.list.rows] == ["f  memory://bucket/f/", "memory://bucket/e/"]
        before = memory.requests["list"]
        await running.press("down", "enter")
        await running.until_listed(running.left, "memory://bucket/f/")
        assert memory.requests["list"] == before + 1

    run_app(memory.session, place("d/"), place("e/"), look)
