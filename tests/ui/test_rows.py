"""Sorting, filtering, hidden names, typing to find a row, and selecting many."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence

import pytest

from tests.scripted_backend import DEADLINE_SECONDS, SCHEME, Clock, Script, directory, make_session
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, cursor_name, names, run_app, shown_state
from tfm.core.entry import Kind
from tfm.core.listing import Listing
from tfm.core.settings import Settings
from tfm.operations import row_choice
from tfm.operations.browse import BrowseState
from tfm.storage.session import Session
from tfm.ui import pruning
from tfm.ui.sort_dialog import SortDialog

VIM = Settings(keymap="vim")


def world(*, settings: Settings | None = None) -> Memory:
    memory = Memory()
    if settings is not None:
        memory.session = Session(settings, clock=memory.clock)
        memory.session.registry.add("memory", memory)
    files = {"file-10.csv": b"1", "file-2.txt": b"123", "file-1.CSV": b"12", ".hidden": b"", "Alpha": b"1234"}
    memory.store.put("bucket", {f"left/{name}": data for name, data in files.items()})
    memory.store.put("bucket", {"left/sub/x": b"", "left/a sub/x": b"", "right/x": b""})
    return memory


DIRECTORIES = [" ..", " /a sub", " /sub"]
BY_NAME = [" .hidden", " Alpha", " file-1.CSV", " file-2.txt", " file-10.csv"]


def in_panes(memory: Memory, look: Callable[[Running], Awaitable[None]]) -> None:
    async def when_listed(running: Running) -> None:
        await running.until(lambda: shown_state(running.left) is BrowseState.COMPLETE)
        await look(running)

    run_app(memory.session, place("left/"), place("right/"), when_listed)


async def files_are(running: Running, wanted: list[str]) -> None:
    await running.until(lambda: [name for name in names(running.left) if name not in DIRECTORIES] == wanted)


# Sorting

SIZES = [" Alpha", " file-2.txt", " file-1.CSV", " file-10.csv", " .hidden"]
EXTENSIONS = [" .hidden", " Alpha", " file-1.CSV", " file-10.csv", " file-2.txt"]


@pytest.mark.parametrize(
    ("settings", "keys", "wanted"),
    [
        (None, "ctrl+f6", SIZES),
        (None, "ctrl+f4", EXTENSIONS),
        (None, "ctrl+f6 ctrl+f3", BY_NAME),
        (None, "f9 s i z e enter", SIZES),
        (None, "f9 r e v enter", BY_NAME[::-1]),
        (VIM, ", s", SIZES),
        (VIM, ", S", SIZES[::-1]),
        (VIM, ", e", EXTENSIONS),
        (VIM, ", N", BY_NAME[::-1]),
        (VIM, ", r", BY_NAME[::-1]),
        (VIM, ", E , n", BY_NAME),
        (Settings(sort="size"), "", SIZES),
    ],
)
def test_rows_are_sorted_as_the_keys_say_and_nothing_is_asked(
    settings: Settings | None, keys: str, wanted: list[str]
) -> None:
    memory = world(settings=settings)

    async def look(running: Running) -> None:
        before = dict(memory.requests)
        await running.press("end", *keys.split())
        await files_are(running, wanted)
        assert names(running.left)[0] == " .."
        assert memory.requests == before

    in_panes(memory, look)


def test_times_and_the_storages_own_order() -> None:
    memory = Memory()
    for number, name in enumerate(["b", "c", "a10", "a9"]):
        memory.store._clock = lambda number=number: 1e9 + number  # type: ignore[misc]
        memory.store.put("bucket", {f"left/{name}": b""})

    async def look(running: Running) -> None:
        await running.press("ctrl+f5")
        await files_are(running, [" a9", " a10", " c", " b"])
        await running.browse.run_command("sort time reverse")
        await files_are(running, [" b", " c", " a10", " a9"])
        await running.browse.run_command("sort unsorted")
        await files_are(running, [" a10", " a9", " b", " c"])
        await running.browse.run_command("sort colour")
        assert "no sort order 'colour'" in running.browse.status.text

    in_panes(memory, look)


def test_the_header_says_what_sorts_and_a_click_on_a_column_sorts_by_it() -> None:
    async def look(running: Running) -> None:
        header = running.left._header
        assert "Name ▲" in header.text
        x = header.render_line(0).text.index("Size")
        await running.pilot.click(header, offset=(x, 0))
        await files_are(running, SIZES)
        assert "▲ Size" in header.text
        await running.pilot.click(header, offset=(x, 0))
        await files_are(running, SIZES[::-1])
        assert "▼ Size" in header.text
        await running.pilot.click(header, offset=(2, 0))
        await files_are(running, BY_NAME)

    in_panes(world(), look)


def test_the_cursor_stays_on_its_entry_whatever_sorts() -> None:
    async def look(running: Running) -> None:
        await running.press("end")
        assert cursor_name(running.left) == "file-10.csv"
        for keys in ("ctrl+f6", "ctrl+f4", "ctrl+f3"):
            await running.press(keys)
            await running.until(lambda: running.left.update_shown.order.view == running.left.view)  # type: ignore[union-attr]
            assert cursor_name(running.left) == "file-10.csv"

    in_panes(world(), look)


def test_the_sort_dialog_is_left_by_escape_and_changes_nothing() -> None:
    async def look(running: Running) -> None:
        await running.press("f9")
        assert isinstance(running.app.screen, SortDialog)
        await running.press("escape")
        await files_are(running, BY_NAME)

    in_panes(world(), look)


# Hidden names and filters


@pytest.mark.parametrize(("settings", "key"), [(None, "alt+full_stop"), (VIM, "full_stop")])
def test_hidden_names_are_shown_or_not(settings: Settings | None, key: str) -> None:
    async def look(running: Running) -> None:
        await running.press(key)
        await files_are(running, BY_NAME[1:])
        assert "7 entries · 1 hidden" in running.left.footer.text
        await running.press(key)
        await files_are(running, BY_NAME)

    in_panes(world(settings=settings), look)


def test_without_hidden_names_a_directory_of_them_is_not_called_empty() -> None:
    memory = Memory()
    memory.session = Session(Settings(show_hidden=False), clock=memory.clock)
    memory.session.registry.add("memory", memory)
    memory.store.put("bucket", {"left/.a": b"", "right/x": b""})

    async def look(running: Running) -> None:
        assert " (only hidden files)" in names(running.left)
        assert "1 entry · 1 hidden" in running.left.footer.text

    in_panes(memory, look)


@pytest.mark.parametrize(("settings", "key"), [(None, "ctrl+f"), (VIM, "f")])
def test_a_filter_works_while_it_is_typed(settings: Settings | None, key: str) -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.press(key, *"CSV")
        await running.until(lambda: names(left) == [" ..", " file-1.CSV", " file-10.csv"])
        assert "filter (text): CSV" in left.footer.text
        await running.press("tab")  # as a glob, it is a whole name
        await running.until(lambda: names(left) == [" ..", " (nothing here fits the filter)"])
        await running.press("backspace", "backspace", "backspace", *"*.csv")
        await running.until(lambda: names(left) == [" ..", " file-1.CSV", " file-10.csv"])
        await running.press("enter")
        assert "2 of 7 entries · *.csv (glob)" in left.footer.text
        await running.press(key, "escape")
        await files_are(running, BY_NAME)
        await running.press(key, *"CSV", "enter")
        await running.until(lambda: names(left) == [" ..", " file-1.CSV", " file-10.csv"])
        await running.press("escape")  # a filter that is kept goes the same way
        await files_are(running, BY_NAME)

    in_panes(world(settings=settings), look)


def test_an_expression_that_is_none_yet_hides_nothing_and_is_said() -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.press("ctrl+f", "tab", "tab", *"^f(", "enter")
        await running.until(lambda: "not filtered: This is no regular expression" in left.footer.text)
        await files_are(running, BY_NAME)
        await running.press("ctrl+f", "backspace")
        await files_are(running, BY_NAME[2:])

    in_panes(world(), look)


def test_a_filter_is_for_its_directory_and_other_keys_do_what_they_always_do() -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.press("ctrl+f", *"sub", "end", "enter")
        await running.until(lambda: left.location.key == "left/sub/" and names(left) == [" ..", " x"])
        await running.press("backspace")
        await files_are(running, BY_NAME)
        assert cursor_name(left) == "sub"

    in_panes(world(), look)


def test_the_action_takes_a_filter_as_its_argument() -> None:
    async def look(running: Running) -> None:
        await running.browse.run_command("filter alp")
        await running.until(lambda: names(running.left) == [" ..", " Alpha"])

    in_panes(world(), look)


# Typing to find


def test_letters_go_to_the_name_that_begins_with_them_or_else_holds_them() -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.press("s")
        assert cursor_name(left) == "sub"  # not "a sub", which only holds it
        assert "find: s" in left.footer.text
        await running.press("backspace", *"FILE-")
        assert cursor_name(left) == "file-1.CSV"
        await running.press("ctrl+s")
        assert cursor_name(left) == "file-2.txt"
        await running.press("1", "0")
        assert cursor_name(left) == "file-10.csv"
        await running.press("q")
        assert cursor_name(left) == "file-10.csv"
        assert "no name holds this" in left.footer.text
        await running.press("escape")
        assert "find:" not in left.footer.text

    in_panes(world(), look)


def test_a_blank_is_typed_where_a_name_has_it_and_selects_elsewhere() -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.press("a", "space", "s")
        assert cursor_name(left) == "a sub"
        await running.press("escape", *"alpha", "space")
        assert [key for key, _kind in left.list.selection.entries()] == ["left/Alpha"]

    in_panes(world(), look)


def test_enter_enters_what_was_typed() -> None:
    async def look(running: Running) -> None:
        await running.press(*"sub", "enter")
        await running.until(lambda: running.left.location.key == "left/sub/")

    in_panes(world(), look)


def test_in_vims_keys_a_slash_begins_enter_ends_and_n_goes_on() -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.press("n")
        assert "Nothing was sought" in running.browse.status.text
        await running.press("slash", *"csv", "enter")
        assert cursor_name(left) == "file-1.CSV"
        assert left.location.key == "left/"
        await running.press("n")
        assert cursor_name(left) == "file-10.csv"
        await running.press("n")
        assert cursor_name(left) == "file-1.CSV"
        await running.press("N")
        assert cursor_name(left) == "file-10.csv"

    in_panes(world(settings=VIM), look)


def test_what_is_typed_before_the_rows_are_there_waits_for_them() -> None:
    script = Script({"": ["aa", "bb", "x/"], "x/": ["mm", "nn"]})
    gate = script.gate("x/")

    async def look(running: Running) -> None:
        await running.until(lambda: shown_state(running.left) is BrowseState.COMPLETE)
        await running.press("x", "enter", "n", "insert")
        gate.set()
        await running.until(lambda: running.left.list.selection.entries() != [])
        assert [key for key, _ in running.left.list.selection.entries()] == ["x/nn"]

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look)


# Selecting


def selected(running: Running) -> list[str]:
    return sorted(key.removeprefix("left/") for key, _kind in running.left.list.selection.entries())


ALL = sorted([".hidden", "Alpha", "a sub/", "file-1.CSV", "file-10.csv", "file-2.txt", "sub/"])


@pytest.mark.parametrize("settings", [None, VIM])
def test_files_are_selected_by_a_pattern_all_of_them_or_the_others(settings: Settings | None) -> None:
    async def look(running: Running) -> None:
        await running.press("plus", *"*.csv", "enter")
        await running.until(lambda: selected(running) == ["file-1.CSV", "file-10.csv"])
        await running.press("minus", *"*-10*", "enter")
        await running.until(lambda: selected(running) == ["file-1.CSV"])
        await running.press("asterisk")
        assert selected(running) == [name for name in ALL if name != "file-1.CSV"]
        await running.press("plus", "enter")
        await running.until(lambda: selected(running) == ALL)
        await running.press("backslash")
        assert selected(running) == []
        await running.press("plus", *"s*/", "enter")
        await running.until(lambda: selected(running) == ["sub/"])
        await running.press("ctrl+a")
        assert selected(running) == ALL
        assert "7 selected" in running.left.footer.text
        await running.press("minus", "escape")
        assert selected(running) == ALL

    in_panes(world(settings=settings), look)


def test_what_is_selected_at_once_is_in_the_order_in_which_it_is_shown() -> None:
    async def look(running: Running) -> None:
        await running.press("ctrl+f6", "plus", *"*", "enter")
        await running.until(lambda: len(running.left.list.selection) == len(SIZES))
        keys = [key for key, _kind in running.left.list.selection.entries()]
        assert keys == [f"left/{name.strip()}" for name in SIZES]
        await running.press("f9", *"reverse", "enter", "backslash", "plus", *"*.csv", "enter")
        await running.until(lambda: len(running.left.list.selection) == 2)
        assert [key for key, _kind in running.left.list.selection.entries()] == ["left/file-10.csv", "left/file-1.CSV"]

    in_panes(world(), look)


def test_only_what_is_shown_is_selected() -> None:
    async def look(running: Running) -> None:
        await running.press("ctrl+f", *"file", "enter")
        await running.until(lambda: len(names(running.left)) == 4)
        await running.press("ctrl+a")
        assert selected(running) == ["file-1.CSV", "file-10.csv", "file-2.txt"]
        await running.press("ctrl+f", "escape")
        await files_are(running, [" .hidden", " Alpha", "*file-1.CSV", "*file-2.txt", "*file-10.csv"])

    in_panes(world(), look)


def test_shift_and_arrows_select_on_the_way() -> None:
    async def look(running: Running) -> None:
        await running.press("end", "shift+up", "shift+up")
        assert selected(running) == ["file-10.csv", "file-2.txt"]
        assert cursor_name(running.left) == "file-1.CSV"
        await running.press("shift+down", "shift+down")
        assert selected(running) == ["file-1.CSV", "file-10.csv"]

    in_panes(world(), look)


@pytest.mark.parametrize("key", ["v", "V"])
def test_a_range_is_selected_as_the_cursor_goes(key: str) -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.press("G", key)
        assert "Go to the other end" in running.browse.status.text
        assert selected(running) == ["file-10.csv"]
        await running.press("k", "up")
        assert selected(running) == ["file-1.CSV", "file-10.csv", "file-2.txt"]
        assert "range: 3 selected, 6 B" in left.footer.text
        assert names(left)[-3:] == ["*file-1.CSV", "*file-2.txt", "*file-10.csv"]
        await running.press("j")
        assert selected(running) == ["file-10.csv", "file-2.txt"]
        await running.press("g", "g")
        assert selected(running) == ALL
        assert names(left)[1:] == ["*/a sub", "*/sub", *(f"*{name.strip()}" for name in BY_NAME)]
        await running.press("G", "ctrl+u", key)
        assert "7 are selected." in running.browse.status.text
        await running.press("j", "j")
        assert selected(running) == ALL

    in_panes(world(settings=VIM), look)


@pytest.mark.parametrize("key", ["escape", "space", "insert", "v"])
def test_what_ends_a_range_keeps_it_and_what_was_selected_before(key: str) -> None:
    async def look(running: Running) -> None:
        await running.press("G", "k", "space", "k", "k", "v", "j", "j")
        assert selected(running) == ["file-1.CSV", "file-10.csv", "file-2.txt"]
        await running.press("k", "k", key)
        await running.until(lambda: "range" not in running.left.footer.text)
        await running.press("G")
        assert selected(running) == ["file-1.CSV", "file-2.txt"]

    in_panes(world(settings=VIM), look)


def test_a_range_from_the_row_above_all_begins_with_the_first_entry_and_an_action_is_about_it() -> None:
    async def look(running: Running) -> None:
        await running.press("g", "g", "v")
        assert selected(running) == [], "the row above all is no entry, and nothing else is under the cursor"
        await running.press("j", "k")
        assert selected(running) == []
        await running.press("j", "j")
        assert selected(running) == ["a sub/", "sub/"]
        await running.press("y", "k")
        assert selected(running) == []
        assert running.browse.yanked is not None
        assert [location.key for location in running.browse.yanked[2]] == ["left/a sub/", "left/sub/"]
        await running.press("backslash", "v", "slash", *"hidden", "enter")
        assert selected(running) == [".hidden", "a sub/", "sub/"]
        await running.press("backslash", "k")
        assert selected(running) == []

    in_panes(world(settings=VIM), look)


def test_a_range_goes_on_over_rows_that_come_and_go_meanwhile() -> None:
    memory = world(settings=VIM)

    async def look(running: Running) -> None:
        await running.press("G", "v", "k", "k")
        memory.put(["left/file-1z"])
        memory.store.remove("bucket", "left/file-2.txt")
        await running.press("f2")
        await running.until(lambda: " file-1z" in names(running.left))
        assert selected(running) == ["file-1.CSV", "file-10.csv"], "asking again has ended it"
        assert "Go to the other end" not in running.browse.status.text
        await running.press("backslash", "G", "v", "k", "k")
        memory.put(["left/file-1y"])
        running.left.ask_again()
        await running.until(lambda: "*file-1y" in names(running.left))
        assert selected(running) == ["file-1.CSV", "file-10.csv", "file-1y", "file-1z"]

    in_panes(memory, look)


def test_a_range_over_many_rows_is_whole_for_what_comes_after_it() -> None:
    script = Script({"": [f"{number:06}" for number in range(30_000)]})

    async def look(running: Running) -> None:
        await running.until(lambda: shown_state(running.left) is BrowseState.COMPLETE)
        await running.browse.run_command("select_range")
        running.left.list.move_last()
        await running.browse.run_command("yank")
        assert running.browse.yanked is not None
        assert len(running.browse.yanked[2]) == 30_000
        await running.browse.run_command("deselect_all")
        await running.browse.run_command("select_range")
        await running.press("home")
        await running.until(lambda: len(running.left.list.selection) == 30_000)
        await running.press("down", "down")
        await running.until(lambda: len(running.left.list.selection) == 29_999)

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look)


def test_many_rows_are_selected_while_keys_wait() -> None:
    script = Script({"": [f"{number:06}" for number in range(30_000)]})

    async def look(running: Running) -> None:
        await running.until(lambda: shown_state(running.left) is BrowseState.COMPLETE)
        await running.press("ctrl+a", "end", "insert")
        assert len(running.left.list.selection) == 29_999
        assert "030000" not in selected(running)

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look)


def test_what_is_gone_from_among_many_is_deselected_by_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks(monkeypatch)
    script = Script({"": ["a", "b", "c", "d"]})

    async def look(running: Running) -> None:
        left = running.left
        await running.until(lambda: shown_state(left) is BrowseState.COMPLETE)
        await running.press("ctrl+a")
        assert "4 selected" in left.footer.text
        script.directories[""] = ["a", "c"]
        await running.press("ctrl+r")
        await running.until(lambda: "2 selected" in left.footer.text)
        assert [key for key, _kind in left.list.selection.entries()] == ["a", "c"]
        assert threading.current_thread() not in looks.threads

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("x/"), look)
    assert looks.threads


def test_what_came_back_meanwhile_stays_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks(monkeypatch)
    script = Script({"": ["a", "b", "c"]})

    async def look(running: Running) -> None:
        left = running.left
        await running.until(lambda: shown_state(left) is BrowseState.COMPLETE)
        await running.press("ctrl+a")
        looks.may_end.clear()
        for there in (["a"], ["a", "b"]):
            script.directories[""] = there
            await running.press("ctrl+r")
            await running.until(lambda there=there: len(left.list) == 1 + len(there) and looks.begun())  # type: ignore[misc]
        looks.may_end.set()
        await running.until(lambda: "2 selected" in left.footer.text)
        assert [key for key, _kind in left.list.selection.entries()] == ["a", "b"]

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("x/"), look)


class Looks:
    """At what is still there: each as where there are many rows, by which thread, held back until :attr:`may_end`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: list[threading.Thread] = []
        self.may_end = threading.Event()
        self.may_end.set()
        self._seen = 0
        self._usual = row_choice.gone_entries
        monkeypatch.setattr(pruning, "_QUICK_ROWS", 0)
        monkeypatch.setattr(row_choice, "gone_entries", self._look)

    def _look(self, listing: Listing, entries: Sequence[tuple[str, Kind]]) -> list[tuple[str, Kind]]:
        self.threads.append(threading.current_thread())
        assert self.may_end.wait(DEADLINE_SECONDS)
        return self._usual(listing, entries)

    def begun(self) -> bool:
        """Whether one more has begun than when this was asked last."""
        begun, self._seen = len(self.threads) > self._seen, len(self.threads)
        return begun


# Half a page


def test_in_vims_keys_half_a_page_goes_down_and_up() -> None:
    memory = world(settings=VIM)
    memory.put([f"left/row-{number:03}" for number in range(100)])

    async def look(running: Running) -> None:
        half = running.left.list.scrollable_content_region.height // 2
        await running.press("ctrl+d")
        assert abs(running.left.list.cursor - half) <= 1
        await running.press("ctrl+d", "ctrl+u", "ctrl+u")
        assert running.left.list.cursor == 0

    in_panes(memory, look)
