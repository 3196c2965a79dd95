"""Yank, cut and paste; paths, URIs and names for the terminal's clipboard."""

from __future__ import annotations

import os
from pathlib import Path as DiskPath

import pytest

from tests.ui.jobs import both_listed, contents, dialog, memory_with, until_counted, until_over
from tests.ui.memory_panes import place
from tests.ui.running import Running, names, run_app
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.storage.session import Session


@pytest.mark.parametrize(("action", "left"), [("yank", ["d/a", "d/b"]), ("cut", ["d/b"])])
def test_what_was_yanked_or_cut_is_pasted_in_the_other_directory(action: str, left: list[str]) -> None:
    memory = memory_with("d/a", "d/b", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down")
        await running.browse.run_command(action)
        assert "go where to, and paste" in running.browse.status.text
        await running.press("tab")
        await running.browse.run_command("paste")
        await running.until(lambda: running.app.screen is not running.browse)
        assert dialog(running).field.value == "memory://bucket/e/"
        await until_counted(running, "1 object, 5 B")
        await running.press("enter")
        await until_over(running)
        await running.until(lambda: " a" in names(running.right))
        await running.until(lambda: ": done" in running.browse.status.text)

    run_app(memory.session, place("d/"), place("e/"), look)
    assert sorted(contents(memory)) == [*left, "e/a", "e/other"]


def test_nothing_is_pasted_where_nothing_was_yanked() -> None:
    memory = memory_with("d/a", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.browse.run_command("paste")
        assert running.app.screen is running.browse
        assert "There is nothing to paste" in running.browse.status.text

    run_app(memory.session, place("d/"), place("e/"), look)


def test_paths_uris_and_names_go_to_the_clipboard() -> None:
    memory = memory_with("d/a b", "d/c", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down")
        for action, text in {
            "copy_path": "memory://bucket/d/a b",
            "copy_uri": "memory://bucket/d/a%20b",
            "copy_name": "a b",
        }.items():
            await running.browse.run_command(action)
            assert running.app.clipboard == text
        await running.press("space", "space")
        await running.browse.run_command("copy_name")
        assert running.app.clipboard == "a b\nc"

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_name_that_is_no_utf8_is_given_as_far_as_a_terminal_takes_it(tmp_path: DiskPath) -> None:
    os.close(os.open(os.path.join(os.fsencode(tmp_path), b"a\xff"), os.O_CREAT | os.O_WRONLY))
    here = Location(StorageAddress("file"), f"{tmp_path}/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        await running.until_listed(running.left, f"{tmp_path}/")
        await running.press("down")
        await running.browse.run_command("copy_name")
        assert running.app.clipboard == "a\N{REPLACEMENT CHARACTER}"
        assert "no UTF-8" in running.browse.status.text

    run_app(Session(), here, here, look)
