"""Back and forward: the cursor is where it was, and coming back costs nothing."""

from __future__ import annotations

import pytest

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, cursor_name, run_app
from tfm.ui.chooser import Chooser


def memory_with(*keys: str) -> Memory:
    memory = Memory()
    memory.put(keys)
    return memory


KEYS = ("d/a/deep/x", "d/b/one", "d/b/two", "d/c", "e/y")


@pytest.mark.parametrize(("keymap", "back", "forward"), [("orthodox", "alt+left", "alt+right"), ("vim", "H", "L")])
def test_back_and_forward_put_the_cursor_where_it_was_without_a_request(keymap: str, back: str, forward: str) -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        running.browse.set_keymap(keymap)
        await running.until_listed(left, "memory://bucket/d/")
        await running.press("down", "down", "enter")
        await running.until_listed(left, "memory://bucket/d/b/")
        await running.press("end")
        assert cursor_name(left) == "two"
        before = memory.requests
        await running.press(back)
        await running.until_listed(left, "memory://bucket/d/")
        assert cursor_name(left) == "b"
        await running.press(forward)
        await running.until_listed(left, "memory://bucket/d/b/")
        assert cursor_name(left) == "two"
        assert memory.requests == before
        await running.press(forward)
        assert running.browse.notices.current() == "There is nothing to go forward to."
        await running.press(back, back)
        assert running.browse.notices.current() == "There is nothing to go back to."
        await running.until_listed(left, "memory://bucket/d/")

    run_app(memory.session, place("d/"), place("e/"), look)


def test_who_goes_elsewhere_from_the_middle_forgets_what_was_ahead() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "memory://bucket/d/")
        left.go_to(place("d/a/"))
        left.go_to(place("d/a/deep/"))
        await running.press("alt+left", "alt+left")
        left.go_to(place("e/"))
        await running.until_listed(left, "memory://bucket/e/")
        await running.press("alt+right")
        assert running.browse.notices.current() == "There is nothing to go forward to."
        assert [each.location.key for each in left.history.visited] == ["d/", "e/"]

    run_app(memory.session, place("d/"), place("e/"), look)


@pytest.mark.parametrize(("keymap", "keys"), [("orthodox", ["alt+h"]), ("vim", ["g", "H"])])
def test_the_list_goes_several_steps_at_once(keymap: str, keys: list[str]) -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        running.browse.set_keymap(keymap)
        await running.until_listed(left, "memory://bucket/d/")
        left.go_to(place("d/a/"))
        left.go_to(place("d/a/deep/"))
        await running.until_listed(left, "memory://bucket/d/a/deep/")
        await running.press(*keys)
        chooser = running.app.screen
        assert isinstance(chooser, Chooser)
        assert [(row.text, row.note) for row in chooser.list.rows] == [
            ("memory://bucket/d/a/deep/", "here"),
            ("memory://bucket/d/a/", "1 back"),
            ("memory://bucket/d/", "2 back"),
        ]
        await running.press("down", "down", "enter")
        await running.until_listed(left, "memory://bucket/d/")
        await running.press(*keys, "escape")
        assert left.history.position == 0
        await running.press("alt+right", "alt+right")
        await running.until_listed(left, "memory://bucket/d/a/deep/")

    run_app(memory.session, place("d/"), place("e/"), look)


def test_back_from_results_is_where_the_search_began() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "memory://bucket/d/")
        left.go_to(place("d/b/"))
        await running.until_listed(left, "memory://bucket/d/b/")
        await running.press("alt+f7", *"one", "enter")
        await running.until(lambda: "1 found" in left.footer.text)
        await running.press("alt+left")
        await running.until_listed(left, "memory://bucket/d/b/")
        await running.press("alt+left")
        await running.until_listed(left, "memory://bucket/d/")

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_directory_that_is_gone_is_said_and_one_can_go_on() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "memory://bucket/d/")
        left.go_to(place("x/", bucket="none"))
        await running.until(lambda: "✗" in left.error_block.text)
        left.go_to(place("e/"))
        await running.until_listed(left, "memory://bucket/e/")
        await running.press("alt+left")
        await running.until(lambda: "✗" in left.error_block.text)
        await running.press("alt+left")
        await running.until_listed(left, "memory://bucket/d/")

    run_app(memory.session, place("d/"), place("e/"), look)
