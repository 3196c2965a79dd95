"""The panes beside each other: their widths, what the other one shows, changing places."""

from __future__ import annotations

import pytest

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, cursor_name, names, run_app
from tfm.operations.start import Start, pane_at

KEYS = ("d/a/x", "d/b/one", "d/c", "e/y")
KEYMAPS = pytest.mark.parametrize("keymap", ["orthodox", "vim"])


def memory_with(*keys: str) -> Memory:
    memory = Memory()
    memory.put(keys)
    return memory


def widths(running: Running) -> tuple[int, int]:
    return running.left.region.width, running.right.region.width


@KEYMAPS
def test_the_line_between_the_panes_moves_in_steps_and_neither_vanishes(keymap: str) -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        running.browse.set_keymap(keymap)
        await running.until(lambda: widths(running) == (50, 50))
        await running.press("ctrl+left", "ctrl+left")
        await running.until(lambda: widths(running) == (40, 60))
        await running.press("ctrl+right")
        await running.until(lambda: widths(running) == (45, 55))
        await running.press(*["ctrl+left"] * 12)
        await running.until(lambda: widths(running) == (10, 90))
        await running.press(*["ctrl+right"] * 30)
        await running.until(lambda: widths(running) == (90, 10))

    run_app(memory.session, place("d/"), place("e/"), look, size=(100, 24))


def test_the_mouse_moves_the_line_and_a_double_click_sets_it_in_the_middle() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        await running.until(lambda: widths(running) == (50, 50))
        await running.pilot.mouse_down(running.browse, offset=(49, 5))
        await running.pilot.hover(running.browse, offset=(29, 5))
        await running.pilot.mouse_up(running.browse, offset=(29, 5))
        await running.until(lambda: widths(running) == (30, 70))
        await running.pilot.hover(running.browse, offset=(60, 5))
        assert widths(running) == (30, 70), "the button is not held any more"
        await running.pilot.click(running.browse, offset=(29, 5), times=2)
        await running.until(lambda: widths(running) == (50, 50))

    run_app(memory.session, place("d/"), place("e/"), look, size=(100, 24))


@pytest.mark.parametrize(("keymap", "keys"), [("orthodox", ["ctrl+u"]), ("vim", ["g", "s"])])
def test_panes_change_places_with_their_tabs_and_the_keys_go_along(keymap: str, keys: list[str]) -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left, right = running.left, running.right
        running.browse.set_keymap(keymap)
        await running.until_listed(left, "memory://bucket/d/")
        await running.until_listed(right, "memory://bucket/e/")
        await running.press("alt+t", "end")
        left.go_to(place("d/a/"))
        await running.until_listed(left, "memory://bucket/d/a/")
        await running.press("end", "insert")
        before = memory.requests
        await running.press(*keys)
        assert (names(left), names(right)) == ([" ..", " y"], [" ..", "*x"])
        assert running.browse.pane is right
        assert (left.tabs.line.text, right.tabs.line.text) == ("", "1 d  2 a")
        await running.press("alt+left")
        await running.until_listed(right, "memory://bucket/d/")
        assert cursor_name(right) == "c"
        assert memory.requests == before

    run_app(memory.session, place("d/"), place("e/"), look)


@KEYMAPS
def test_the_other_pane_comes_here(keymap: str) -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        running.browse.set_keymap(keymap)
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("end", "alt+i")
        await running.until_listed(running.right, "memory://bucket/d/")
        assert cursor_name(running.right) == "c"
        assert running.browse.pane is running.left
        await running.press("tab", "alt+left")
        await running.until_listed(running.right, "memory://bucket/e/")

    run_app(memory.session, place("d/"), place("e/"), look)


@KEYMAPS
def test_the_other_pane_shows_what_is_under_the_cursor(keymap: str) -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left, right = running.left, running.right
        running.browse.set_keymap(keymap)
        await running.until_listed(left, "memory://bucket/d/")
        await running.press("down", "down", "alt+o")
        await running.until_listed(right, "memory://bucket/d/b/")
        assert cursor_name(left) == "b"
        await running.press("end", "alt+o")
        await running.until_listed(right, "memory://bucket/d/")
        assert cursor_name(right) == "c", "of a file: where it is"
        await running.press("home", "alt+o")
        await running.until(lambda: right.title_text.startswith("memory://bucket/ "))
        assert left.title_text.startswith("memory://bucket/d/")

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_start_has_the_width_and_the_pane_that_were_left() -> None:
    memory = memory_with(*KEYS)
    start = Start((pane_at(place("d/")), pane_at(place("e/"))), active_pane=1, left_percent=30)

    async def look(running: Running) -> None:
        await running.until(lambda: widths(running) == (30, 70))
        assert running.browse.pane is running.right
        assert running.app.focused is running.right.list

    run_app(memory.session, place(), place(), look, start=start, size=(100, 24))
