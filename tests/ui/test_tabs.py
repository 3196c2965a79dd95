"""Tabs: each is as it was left, at once and without a request; the line that names them; keys and mouse."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, cursor_name, names, run_app
from tfm.core.location import Location
from tfm.operations.browse import Visit
from tfm.operations.kept_state import MOST_TABS
from tfm.ui.chooser import Chooser
from tfm.ui.sanitise import cell_width
from tfm.ui.tab_text import tab_labels
from tfm.ui.tabs import tab_name

KEYS = ("d/a/x", "d/b/one", "d/b/two", "d/c", "e/y", *(f"many/{number:03}" for number in range(100)))


def memory_with(*keys: str) -> Memory:
    memory = Memory()
    memory.put(keys)
    return memory


def shown(running: Running, text: str) -> Callable[[], bool]:
    return lambda: running.browse.notices.current() == text


KEYMAPS = pytest.mark.parametrize(
    ("keymap", "new", "close", "following", "previous"),
    [
        ("orthodox", ["alt+t"], ["alt+w"], ["ctrl+pagedown"], ["ctrl+pageup"]),
        ("vim", ["t"], ["z", "q"], ["]"], ["["]),
    ],
)


@KEYMAPS
def test_tabs_are_opened_chosen_and_closed(
    keymap: str, new: list[str], close: list[str], following: list[str], previous: list[str]
) -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        running.browse.set_keymap(keymap)
        await running.until_listed(left, "memory://bucket/d/")
        await running.until_listed(running.right, "memory://bucket/e/")
        assert left.tabs.line.text == ""
        assert not left.tabs.line.display
        await running.press("end", *new)
        assert names(left) == [" ..", " /a", " /b", " c"], "at once"
        assert left.tabs.line.text == "1 d  2 d"
        assert cursor_name(left) == "c"
        await running.press("home", "down", "enter")
        await running.until_listed(left, "memory://bucket/d/a/")
        assert left.tabs.line.text == "1 d  2 a"
        before = memory.requests
        await running.press(*following)
        assert names(left) == [" ..", " /a", " /b", " c"], "at once"
        assert cursor_name(left) == "c"
        await running.press(*previous)
        assert names(left) == [" ..", " x"]
        await running.until_listed(left, "memory://bucket/d/a/")
        await running.press(*close)
        assert left.tabs.line.text == ""
        await running.until_listed(left, "memory://bucket/d/")
        assert cursor_name(left) == "c"
        assert memory.requests == before
        await running.press(*close)
        await running.until(shown(running, "This is the only tab."))
        assert running.right.tabs.line.text == "", "the other pane has tabs of its own"

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_tab_keeps_its_history_its_selection_and_what_is_in_sight() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "memory://bucket/d/")
        left.go_to(place("many/"))
        await running.until_listed(left, "memory://bucket/many/")
        await running.press(*["pagedown"] * 3, "insert", "insert", *["up"] * 5)
        top, cursor = left.list.scroll_offset.y, cursor_name(left)
        assert top > 0
        await running.press("alt+t", "alt+left")
        await running.until(shown(running, "There is nothing to go back to."))
        assert len(left.list.selection) == 0
        left.go_to(place("e/"))
        await running.press("ctrl+pageup")
        assert (left.list.scroll_offset.y, cursor_name(left)) == (top, cursor)
        assert "2 selected" in left.footer.text
        await running.until_listed(left, "memory://bucket/many/")
        assert (left.list.scroll_offset.y, cursor_name(left), len(left.list.selection)) == (top, cursor, 2)
        await running.press("alt+left")
        await running.until_listed(left, "memory://bucket/d/")

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_tab_keeps_how_its_rows_are_shown() -> None:
    memory = memory_with("d/a", "d/b", "e/y")

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "memory://bucket/d/")
        await running.browse.run_command("sort name reverse")
        await running.browse.run_command("filter b")
        await running.until(lambda: names(left) == [" ..", " b"])
        await running.press("alt+t")
        await running.until(lambda: names(left) == [" ..", " b", " a"])
        await running.browse.run_command("sort name")
        await running.until(lambda: names(left) == [" ..", " a", " b"])
        await running.press("ctrl+pageup")
        assert names(left) == [" ..", " b"]
        assert left.tabs.kept().tabs[0].view == "name reverse"
        assert left.tabs.kept().tabs[1].view == "", "as the settings say, whatever they will say"
        await running.press("ctrl+pagedown")
        assert names(left) == [" ..", " a", " b"]

    run_app(memory.session, place("d/"), place("e/"), look)


def test_what_changed_meanwhile_is_seen_when_one_comes_back() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "memory://bucket/d/")
        await running.press("alt+t")
        left.go_to(place("e/"))
        await running.until_listed(left, "memory://bucket/e/")
        memory.storage.put("d/new", b"1")
        await running.press("ctrl+pageup")
        await running.until(lambda: names(left) == [" ..", " /a", " /b", " c", " new"])

    run_app(memory.session, place("d/"), place("e/"), look)


def threads_named(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())


def lists(memory: Memory) -> int:
    return memory.requests.get("list", 0)


async def until_many_is_asked_for(running: Running, memory: Memory) -> tuple[threading.Event, Visit]:
    """In a second tab, whose first page waits at the gate."""
    left = running.left
    await running.until_listed(left, "memory://bucket/d/")
    await running.until_listed(running.right, "memory://bucket/e/")
    await running.press("alt+t")
    gate = memory.gate("list_page")
    left.go_to(place("many/"))
    await running.until(memory.entered.is_set)
    assert left.visit is not None
    return gate, left.visit


def test_a_listing_goes_on_in_a_tab_that_is_left() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        gate, visit = await until_many_is_asked_for(running, memory)
        before = lists(memory)
        await running.press("ctrl+pageup")
        assert not visit.ended
        gate.set()
        await running.until(lambda: visit.ended)
        assert names(left) == [" ..", " /a", " /b", " c"]
        await running.press("ctrl+pagedown")
        assert names(left)[:2] == [" ..", " 000"], "at once"
        await running.until_listed(left, "memory://bucket/many/")
        assert lists(memory) == before + 1, "which is the one that waited: it counts when it has its answer"

    run_app(memory.session, place("d/"), place("e/"), look)


def test_one_comes_back_to_a_listing_that_is_still_arriving_and_may_stop_it() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        gate, visit = await until_many_is_asked_for(running, memory)
        before = lists(memory)
        for _ in range(2):
            await running.press("ctrl+pageup", "ctrl+pagedown")
            assert left.visit is visit
            assert "listing…" in left.footer.text
        await running.press("escape")
        await running.until(lambda: "stopped" in left.footer.text)
        assert visit.ended
        await running.press("ctrl+pageup", "ctrl+pagedown")
        assert "stopped" in left.footer.text, "and it is not begun again behind anybody's back"
        gate.set()
        await running.until(lambda: threads_named("tfm-browse") == 0)
        assert lists(memory) == before + 1
        assert len(left.list) == 1, "there is nothing but the way up"

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_listing_that_is_still_arriving_when_one_comes_back_is_shown_as_it_comes() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        gate, _visit = await until_many_is_asked_for(running, memory)
        before = lists(memory)
        await running.press("ctrl+pageup", "ctrl+pagedown")
        gate.set()
        await running.until_listed(left, "memory://bucket/many/")
        assert len(left.list) == 101
        assert lists(memory) == before + 1

    run_app(memory.session, place("d/"), place("e/"), look)


def test_closing_a_tab_cancels_what_arrives_in_it() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        gate, visit = await until_many_is_asked_for(running, memory)
        await running.press("ctrl+pageup")
        assert [visit.ended] == [False]
        assert running.left.tabs.close(1)
        assert [visit.ended] == [True]
        gate.set()

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_new_tab_takes_over_what_is_arriving() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        gate, visit = await until_many_is_asked_for(running, memory)
        before = lists(memory)
        await running.press("alt+t")
        assert left.visit is visit
        gate.set()
        await running.until_listed(left, "memory://bucket/many/")
        await running.press("ctrl+pageup")
        await running.until_listed(left, "memory://bucket/many/")
        assert left.tabs.number == 1
        assert lists(memory) == before + 1

    run_app(memory.session, place("d/"), place("e/"), look)


def test_results_of_a_search_stay_in_their_tab() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "memory://bucket/d/")
        await running.press("alt+t", "alt+f7", *"one", "enter")
        await running.until(lambda: left.footer.text.startswith("1 found"))
        await running.press("ctrl+pageup")
        assert names(left) == [" ..", " /a", " /b", " c"]
        await running.press("ctrl+pagedown")
        assert left.footer.text.startswith("1 found")
        assert left.title_text.startswith("search: ")

    run_app(memory.session, place("d/"), place("e/"), look)


def test_by_number_and_from_a_list() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left = running.left
        running.browse.set_keymap("vim")
        await running.until_listed(left, "memory://bucket/d/")
        for prefix in ("d/a/", "d/b/"):
            await running.press("t")
            left.go_to(place(prefix))
        await running.press("1")
        await running.until_listed(left, "memory://bucket/d/")
        await running.press("3")
        await running.until_listed(left, "memory://bucket/d/b/")
        await running.press("9")
        await running.until(shown(running, "There is no tab 9; there are 3."))
        await running.browse.run_command("tab x")
        await running.until(shown(running, "There is no tab x; there are 3."))
        await running.browse.run_command("tab")
        chooser = running.app.screen
        assert isinstance(chooser, Chooser)
        assert [row.text.removeprefix("memory://bucket") for row in chooser.list.rows] == ["/d/", "/d/a/", "/d/b/"]
        await running.press("up", "enter")
        await running.until_listed(left, "memory://bucket/d/a/")

    run_app(memory.session, place("d/"), place("e/"), look)


def test_the_mouse_chooses_a_tab_and_its_pane_and_the_middle_button_closes_one() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        left, right = running.left, running.right
        await running.until_listed(right, "memory://bucket/e/")
        await running.press("tab", "alt+t")
        right.go_to(place("d/a/"))
        await running.until_listed(right, "memory://bucket/d/a/")
        await running.press("tab")
        assert running.browse.pane is left
        await running.pilot.click(right.tabs.line, offset=(2, 0))
        assert running.browse.pane is right
        await running.until_listed(right, "memory://bucket/e/")
        await running.pilot.click(right.tabs.line, offset=(8, 0), button=2)
        assert len(right.tabs) == 1
        await running.until_listed(right, "memory://bucket/e/")

    run_app(memory.session, place("d/"), place("e/"), look)


def test_there_is_an_end_to_tabs() -> None:
    memory = memory_with(*KEYS)

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        while running.left.tabs.open():
            pass
        assert len(running.left.tabs) == MOST_TABS
        await running.press("alt+t")
        await running.until(shown(running, f"There are {MOST_TABS} tabs already; close one first."))
        await running.press("ctrl+pagedown")
        assert running.left.tabs.number == 0, "behind the last comes the first"

    run_app(memory.session, place("d/"), place("e/"), look)


# The line


@pytest.mark.parametrize("width", [0, 1, 10, 24, 40, 80, 200])
@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_the_line_has_the_active_tab_and_fits(width: int, count: int) -> None:
    tabs = ["\x1b[31mred", "日本語のとても長い名前のディレクトリ", "a" * 300, "line\nbreak", "x"] * 8
    for active in range(count):
        labels = tab_labels(tabs[:count], active, width)
        text = "".join(label for _number, label in labels)
        assert text.isprintable()
        assert f" {active + 1} " in text
        if width >= 24:
            assert cell_width(text) <= width
        numbers = [number for number, _label in labels]
        assert numbers == sorted(set(numbers))


def test_where_there_is_room_all_names_are_whole() -> None:
    assert [label for _number, label in tab_labels(["runs", "data"], 0, 40)] == [" 1 runs ", " 2 data "]
    assert [label for _number, label in tab_labels(["a" * 30] * 3, 0, 40)] == [
        f" {number} aaaaaaaa… " for number in (1, 2, 3)
    ]


def test_beyond_what_fits_stand_marks_that_lead_there() -> None:
    labels = tab_labels([f"name-{number}" for number in range(20)], 10, 40)
    assert labels[0] == (labels[1][0] - 1, "‹")
    assert labels[-1] == (labels[-2][0] + 1, "›")


@pytest.mark.parametrize(
    ("location", "name"),
    [(place("a/b/"), "b"), (place(), "bucket"), (place(bucket=""), "memory://"), (place("a//"), "a")],
)
def test_a_tab_is_named_by_its_directory(location: Location, name: str) -> None:
    assert tab_name(location) == name
