"""Links of a disk: where they lead is said, and one that leads nowhere is visibly none of the files."""

from __future__ import annotations

from pathlib import Path as DiskPath

import pytest

from tests.ui.memory_panes import Memory
from tests.ui.running import Running, cursor_name, list_rows, names, run_app
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.ui.browse_screen import BrowseScreen


def links_in(directory: DiskPath) -> Location:
    (directory / "file").write_text("12345")
    (directory / "found").symlink_to("file")
    (directory / "lost").symlink_to("gone")
    (directory / "round").symlink_to("round")
    return Location(StorageAddress("file"), f"{directory}/", Kind.DIRECTORY)


async def listed(running: Running) -> None:
    await running.until(lambda: len(running.left.list) == 5)


async def until_said(running: Running, said: str) -> None:
    await running.until(lambda: running.left.footer.text.strip() == said)


def test_a_link_that_leads_nowhere_has_a_mark_and_no_size(tmp_path: DiskPath) -> None:
    here = links_in(tmp_path)

    async def look(running: Running) -> None:
        await listed(running)
        assert names(running.left) == [" ..", " file", " found", " !lost", " !round"]
        assert ["5 B" in row for row in list_rows(running.left.list)] == [False, True, True, False, False]

    run_app(Memory().session, here, here, look)


def test_where_a_link_leads_is_said_while_the_cursor_is_on_it(tmp_path: DiskPath) -> None:
    here = links_in(tmp_path)

    async def look(running: Running) -> None:
        await listed(running)
        for name, said in (
            ("file", "4 entries"),
            ("found", "4 entries · → file"),
            ("lost", "4 entries · → gone, which is not there"),
            ("round", "4 entries · → round, which leads in a circle"),
        ):
            await running.press("down")
            assert cursor_name(running.left) == name
            await until_said(running, said)
        await running.press("home")
        await until_said(running, "4 entries")

    run_app(Memory().session, here, here, look)


@pytest.mark.parametrize("key", ["enter", "f3", "f4", "shift+enter"])
def test_nothing_is_opened_for_a_link_that_leads_nowhere(key: str, tmp_path: DiskPath) -> None:
    here = links_in(tmp_path)

    async def look(running: Running) -> None:
        await listed(running)
        await running.press("down", "down", "down", key)
        await running.until(lambda: "lost leads nowhere: gone is not there." in running.browse.status.text)
        assert isinstance(running.app.screen, BrowseScreen)

    run_app(Memory().session, here, here, look)
