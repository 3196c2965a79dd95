"""Alt-U: disk usage as a tree."""

from __future__ import annotations

import pytest

from tests.ui.jobs import memory_with, until_closed
from tests.ui.memory_panes import Memory, denied, place
from tests.ui.running import Running, run_app
from tfm.core.progress import Cancel
from tfm.operations.disk_usage import DiskUsage
from tfm.operations.usage_rows import UsageSort, visible_rows
from tfm.ui.keys_dialog import KeysDialog
from tfm.ui.usage_screen import UsageScreen


def shown(running: Running) -> UsageScreen:
    assert isinstance(running.app.screen, UsageScreen)
    return running.app.screen


def rows(running: Running) -> list[str]:
    """Size, objects and name of each row."""
    found = []
    for line in shown(running).table.text.splitlines():
        size, _, rest = line.strip().partition("B ")
        objects, name = rest.rsplit("  ", 1) if " /" not in rest else rest.split("%")[1].lstrip().split(" ", 1)
        found.append(f"{size.strip()} {objects.split()[-1]} {name.strip()}")
    return found


def big_tree() -> Memory:
    memory = Memory()
    memory.store.put(
        "bucket",
        {"d/big/sub/1": b"x" * 600, "d/big/2": b"x" * 100, "d/small/1": b"1", "d/small/2": b"2", "d/file": b"12345"},
    )
    return memory


@pytest.mark.parametrize(("size", "keys"), [((80, 24), ["alt+u"]), ((140, 40), ["ctrl+k", "g", "u"])])
def test_directories_with_their_sums_opened_and_closed(size: tuple[int, int], keys: list[str]) -> None:
    memory = big_tree()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press(*keys)
        await running.until(lambda: "707 B in 5 objects" in shown(running).status.text)
        await running.until(lambda: shown(running).table.count == 3)
        assert rows(running) == ["700 2 ▸ /big", "2 2 /small", "5 1 (in no directory below)"]
        await running.press("right")
        await running.until(lambda: shown(running).table.count == 5)
        assert rows(running)[:3] == ["700 2 ▾ /big", "600 1 /sub", "100 1 (in no directory below)"]
        await running.press("down", "left", "left")
        await running.until(lambda: shown(running).table.count == 3)
        await running.press("enter")
        await running.until(lambda: shown(running).table.count == 5)
        await running.press("s", "s")
        await running.until(lambda: "Name ▲" in shown(running).header.text)
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look, size=size)
    assert memory.requests["list"] == 2  # the pane's, and the tree's


def test_go_there_shows_the_directory_in_the_pane() -> None:
    memory = big_tree()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("alt+u")
        await running.until(lambda: shown(running).table.count == 3)
        await running.press("down", "f3")
        await until_closed(running)
        await running.until_listed(running.left, "memory://bucket/d/small/")

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_refusal_is_shown_and_again_tries_again() -> None:
    memory = memory_with("d/x/1")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        memory.errors["list_page"] = denied("d/")
        await running.press("alt+u")
        await running.until(lambda: "Access denied" in shown(running).error_block.text)
        memory.errors.clear()
        await running.press("f2")
        await running.until(lambda: shown(running).table.count == 1 and not shown(running).error_block.text)

    run_app(memory.session, place("d/"), place("d/"), look)


def test_escape_stops_adding_up_and_keeps_what_there_is() -> None:
    memory = memory_with(*(f"d/x/{number}" for number in range(1500)))

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        gate = memory.gate("list_page")
        await running.press("alt+u")
        await running.until(memory.entered.is_set)
        await running.press("escape")
        gate.set()
        await running.until(lambda: "stopped" in shown(running).status.text)
        await running.until(lambda: shown(running).table.count == 1)
        assert "1,000 objects" in shown(running).status.text
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)


def test_f1_shows_the_keys() -> None:
    memory = big_tree()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("alt+u")
        await running.until(lambda: shown(running).table.count == 3)
        await running.press("f1")
        await running.until(lambda: isinstance(running.app.screen, KeysDialog))
        assert isinstance(running.app.screen, KeysDialog)
        assert "Sort by size, by number, or by name" in running.app.screen.keys.text
        await running.press("enter")
        await running.until(lambda: isinstance(running.app.screen, UsageScreen))

    run_app(memory.session, place("d/"), place("d/"), look)


def test_more_directories_than_can_be_shown_are_one_row() -> None:
    memory = memory_with(*(f"d/{number:04}/x" for number in range(1200)))
    usage = DiskUsage(memory.session, place("d/"))
    usage.run(lambda _progress: None, Cancel())
    found = list(visible_rows(usage, (), UsageSort.NAME))
    assert len(found) == 1001
    assert (found[-1].name, found[-1].size_bytes) == ("(200 more directories)", 1000)
