"""What the mouse does in the panes and in lines of text."""

from __future__ import annotations

import pytest

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, cursor_name, list_rows, run_app, shown_state
from tfm.operations.browse import BrowseState
from tfm.ui.name_dialog import NameDialog
from tfm.ui.text_field import TextField


def world() -> Memory:
    memory = Memory()
    memory.store.put("bucket", {"one/two/three/a": b"1", "one/two/three/b": b"1", "right/x": b""})
    return memory


async def listed(running: Running) -> None:
    await running.until(lambda: shown_state(running.left) is BrowseState.COMPLETE)


def test_the_right_button_selects_and_the_cursor_stays_where_it_points() -> None:
    async def look(running: Running) -> None:
        await listed(running)
        await running.pilot.click(running.left.list, offset=(3, 1), button=3)
        assert list_rows(running.left.list)[1].startswith("*a")
        assert cursor_name(running.left) == "a"
        await running.pilot.click(running.left.list, offset=(3, 1), button=3)
        assert list_rows(running.left.list)[1].startswith(" a")

    run_app(world().session, place("one/two/three/"), place("right/"), look)


@pytest.mark.parametrize(("name", "key"), [("one", "one/"), ("two", "one/two/"), ("three", "one/two/three/")])
def test_a_name_in_the_title_is_the_way_there(name: str, key: str) -> None:
    async def look(running: Running) -> None:
        await listed(running)
        x = running.left._title.render_line(0).text.index(name)
        await running.pilot.click(running.left._title, offset=(x + 1, 0))
        await running.until(lambda: running.left.location.key == key)
        await listed(running)

    run_app(world().session, place("one/two/three/"), place("right/"), look)


def test_a_click_in_a_line_of_text_sets_the_cursor_there() -> None:
    async def look(running: Running) -> None:
        await listed(running)
        await running.press("f7", *"日本ab")
        assert isinstance(running.app.screen, NameDialog)
        field = running.app.screen.query_one(TextField)
        await running.pilot.click(field, offset=(3, 0))  # on the second wide character
        await running.press("X")
        assert field.value == "日X本ab"
        await running.pilot.click(field, offset=(20, 0))
        await running.press("Y")
        assert field.value == "日X本abY"

    run_app(world().session, place("one/two/three/"), place("right/"), look)


@pytest.mark.parametrize("size", [(30, 8), (20, 5), (10, 3), (300, 90), (80, 24)])
def test_any_size_of_the_terminal_is_drawn_at_once(size: tuple[int, int]) -> None:
    async def look(running: Running) -> None:
        await listed(running)
        await running.pilot.resize_terminal(*size)
        await running.press("down", "f5")
        await running.press("escape", "f1", "escape")
        assert running.app.screen is running.browse
        assert running.app.size == size

    run_app(world().session, place("one/two/three/"), place("right/"), look)
