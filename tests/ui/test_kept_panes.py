"""How the panes were left is how they start: tabs, cursors, widths; what is gone says so and blocks nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import tfm
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, cursor_name, names, run_app
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import Settings
from tfm.operations.kept_state import KeptState, StateFile
from tfm.operations.start import Start, pane_at, start_of
from tfm.ui.first_start import first_start_text
from tfm.ui.keeper import Keeper
from tfm.ui.keymaps import keymap_of
from tfm.ui.sanitise import cell_width


def memory_with(*keys: str) -> Memory:
    memory = Memory()
    memory.put(keys)
    return memory


def read(path: Path) -> KeptState:
    complaints: list[str] = []
    state = StateFile(str(path)).read(complaints)
    assert complaints == []
    return state


def test_panes_are_as_they_were_left(tmp_path: Path) -> None:
    memory = memory_with("d/a/x", "d/b", "d/c", "e/y", "e/z")
    path = tmp_path / "state.json"
    keeper = Keeper(StateFile(str(path)))

    async def first(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.until_listed(running.right, "memory://bucket/e/")
        await running.press("end", "alt+t", "home", "down", "enter")
        await running.until_listed(running.left, "memory://bucket/d/a/")
        await running.browse.run_command("sort time")
        await running.press("ctrl+left", "tab", "end")

    run_app(memory.session, place("d/"), place("e/"), first, keeper=keeper)
    keeper.finish()
    state = read(path)

    async def second(running: Running) -> None:
        left, right = running.left, running.right
        await running.until_listed(left, "memory://bucket/d/a/")
        await running.until_listed(right, "memory://bucket/e/")
        assert left.tabs.line.text == "1 d  2 a"
        assert left.view_words() == "time"
        assert running.browse.row.left_percent == 45
        assert running.browse.pane is right
        assert cursor_name(right) == "z"
        await running.press("tab", "alt+left")
        await running.until_listed(left, "memory://bucket/d/")
        assert cursor_name(left) == "a"
        await running.press("ctrl+pageup")
        await running.until_listed(left, "memory://bucket/d/")
        assert cursor_name(left) == "c"
        assert left.view_words() == "name"

    run_app(memory.session, place(), place(), second, start=start_of(state, None, None, place))


GONE = (
    tfm.Path("/nowhere/at/all").location_as(Kind.DIRECTORY),
    Location(StorageAddress("nope", "host"), "x/", Kind.DIRECTORY),
    Location(StorageAddress("s3", "bucket", "no-such-profile"), "x/", Kind.DIRECTORY),
    place("x/", bucket="none"),
)


@pytest.mark.parametrize("gone", GONE, ids=["disk", "scheme", "profile", "bucket"])
def test_a_place_that_is_gone_says_so_and_blocks_nothing(gone: Location) -> None:
    memory = memory_with("d/a")
    start = Start((pane_at(gone), pane_at(place("d/"))))

    async def look(running: Running) -> None:
        await running.until(lambda: "✗" in running.left.error_block.text)
        await running.until_listed(running.right, "memory://bucket/d/")
        await running.press("alt+t", "alt+h", "escape", "ctrl+u")
        await running.until(lambda: names(running.left) == [" ..", " a"])
        await running.until(lambda: "✗" in running.right.error_block.text)

    run_app(memory.session, place(), place(), look, start=start)


# The first start


def test_the_first_start_says_where_help_and_the_other_keys_are() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        assert running.browse.notices.current() == "New here? F1 all keys, Ctrl-K vim keys, Ctrl-P all actions."
        await running.press("ctrl+k")
        assert "vim" in running.browse.notices.current()

    run_app(memory.session, place("d/"), place("d/"), look, keeper=Keeper(is_first=True))


@pytest.mark.parametrize("name", ["orthodox", "vim"])
def test_what_is_said_at_the_first_start_fits_beside_the_count_of_requests(name: str) -> None:
    text = first_start_text(keymap_of(name, Settings(), pytest.fail))
    assert cell_width(text) + len(" 10 requests  ") < 80


def test_later_starts_say_nothing() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        assert running.browse.notices.current() == ""

    run_app(memory.session, place("d/"), place("d/"), look, keeper=Keeper())
