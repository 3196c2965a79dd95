"""Shift-F6: another name for the entry under the cursor."""

from __future__ import annotations

from pathlib import Path as DiskPath

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from tests.ui.jobs import dialog, memory_with, until_closed, until_over
from tests.ui.memory_panes import denied, place
from tests.ui.running import Running, cursor_name, names, run_app
from tests.ui.test_copying import files_in, on_disk, tree
from tfm.storage.session import Session
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.name_dialog import NameDialog


def named(running: Running) -> NameDialog:
    assert isinstance(running.app.screen, NameDialog)
    return running.app.screen


@pytest.mark.parametrize("sent", ["\x1b[17;2~"])
def test_what_terminals_send_for_shift_f6_is_a_key_of_the_keymap(sent: str) -> None:
    assert [event.key for event in XTermParser().feed(sent) if isinstance(event, Key)] == ["shift+f6"]


@pytest.mark.parametrize("key", ["shift+f6", "ctrl+e"])
def test_an_object_gets_another_name_and_keeps_the_cursor(key: str) -> None:
    memory = memory_with("d/a", "d/m", "d/z")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", key)
        assert named(running).field.value == "a"
        before = memory.requests
        await running.press("ctrl+u", *"n", "enter")
        await until_closed(running)
        await running.until(lambda: names(running.left) == [" ..", " m", " n", " z"])
        assert cursor_name(running.left) == "n"
        assert memory.requests == before | {"copy": 1, "delete": 1}

    run_app(memory.session, place("d/"), place("d/"), look)
    assert memory.stored() == ["d/m", "d/n", "d/z"]


def test_a_name_that_is_taken_is_said_and_another_one_can_be_typed() -> None:
    memory = memory_with("d/a", "d/z")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "shift+f6", "ctrl+u", *"z", "enter")
        await running.until(lambda: "already" in named(running).error_block.text)
        await running.press("2", "enter")
        await until_closed(running)
        await running.until(lambda: cursor_name(running.left) == "z2")

    run_app(memory.session, place("d/"), place("d/"), look)
    assert memory.stored() == ["d/z", "d/z2"]


def test_its_own_name_changes_nothing() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        before = memory.requests
        await running.press("down", "shift+f6", "enter")
        await until_closed(running)
        assert memory.requests == before

    run_app(memory.session, place("d/"), place("d/"), look)
    assert memory.stored() == ["d/a"]


def test_a_refusal_is_said() -> None:
    memory = memory_with("d/a")
    memory.errors["copy_from"] = denied("d/b")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "shift+f6", "ctrl+u", *"b", "enter")
        await running.until(lambda: "Ask the owner." in named(running).error_block.text)

    run_app(memory.session, place("d/"), place("d/"), look)
    assert memory.stored() == ["d/a"]


def test_a_directory_of_a_bucket_is_moved_object_by_object() -> None:
    memory = memory_with("d/old/x", "d/old/y/z", "d/taken/q")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "shift+f6")
        assert dialog(running).field.value == "old"
        await running.press("ctrl+u", *"taken", "enter")
        await running.until(lambda: "has that name" in dialog(running).error_block.text)
        await running.press("ctrl+u", *"new", "tab")
        await running.until(lambda: dialog(running).plan_text.text.startswith("2 objects, 10 B"))
        assert "Each object is copied, then deleted" in dialog(running).plan_text.text
        await running.press("enter")
        await until_over(running)
        await running.until(lambda: names(running.left) == [" ..", " /new", " /taken"])

    run_app(memory.session, place("d/"), place("d/"), look)
    assert memory.stored() == ["d/new/x", "d/new/y/z", "d/taken/q"]


def test_on_a_disk_a_directory_is_renamed_in_one_step(tmp_path: DiskPath) -> None:
    tree(tmp_path / "disk", "old/x", "taken")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, f"{tmp_path}/disk/")
        await running.press("down", "shift+f6", "ctrl+u", *"taken", "enter")
        await running.until(lambda: "✗" in named(running).error_block.text)
        await running.press("ctrl+u", *"new", "enter")
        await until_closed(running)
        await running.until(lambda: cursor_name(running.left) == "new")
        assert isinstance(running.app.screen, BrowseScreen)

    run_app(Session(), on_disk(tmp_path / "disk"), on_disk(tmp_path / "disk"), look)
    assert files_in(tmp_path / "disk") == ["new/x", "taken"]
