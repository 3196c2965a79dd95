from __future__ import annotations

import os
from pathlib import Path as DiskPath

import pytest
from textual.events import MouseScrollDown
from textual.strip import Strip

from tests.scripted_backend import DEADLINE_SECONDS, SCHEME, Clock, Script, directory, make_session, storage_error
from tests.ui.running import Running, cursor_name, list_rows, names, run_app, shown_state
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.browse import BrowseState
from tfm.storage.session import Session
from tfm.ui.file_list import FileList
from tfm.ui.line import Line

TREE = {
    "//": ["bucket/", "other/"],
    "": ["deep/", "x/", "readme.txt", "x"],
    "deep/": ["below/", "a", "b"],
    "deep/below/": ["c"],
    "x/": ["inside"],
}


def tree() -> Script:
    return Script(dict(TREE))


def local(path: DiskPath) -> Location:
    return Location(StorageAddress("file"), f"{path}/", Kind.DIRECTORY)


def test_directories_stand_first_and_the_way_up_before_them() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        assert names(running.left) == [" ..", " /deep", " /x", " readme.txt", " x"]
        assert running.left.footer.text == "4 entries"
        assert "now" in running.left.title_text

    run_app(make_session({SCHEME: tree()}, Clock()), directory(), directory("x/"), look)


def test_walking_down_and_up_costs_one_request_a_directory_and_none_coming_back() -> None:
    script = tree()

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        await running.press("down", "enter")
        await running.until_listed(left, "scripted://bucket/deep/")
        assert names(left) == [" ..", " /below", " a", " b"]
        await running.press("down", "enter")
        await running.until_listed(left, "scripted://bucket/deep/below/")
        for above, left_behind in (("deep/", "below"), ("", "deep")):
            await running.press("backspace")
            await running.until_listed(left, f"scripted://bucket/{above}")
            assert cursor_name(left) == left_behind
        assert sorted(script.requests) == sorted(
            ["list bucket/ 0", "list bucket/x/ 0", "list bucket/deep/ 0", "list bucket/deep/below/ 0"]
        )
        assert running.browse.status.text.startswith("4 LIST · cache ")

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("x/"), look)


def test_above_a_bucket_is_the_list_of_buckets_and_above_that_nothing() -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://other/", BrowseState.COMPLETE)
        await running.press("backspace")
        await running.until_listed(left, "scripted:// ")
        assert cursor_name(left) == "other"
        assert names(left) == [" /bucket", " /other"]
        await running.press("backspace")
        assert cursor_name(left) == "other"
        await running.press("home", "enter")
        await running.until_listed(left, "scripted://bucket/")
        await running.press("enter")
        await running.until_listed(left, "scripted:// ")
        assert cursor_name(left) == "bucket"

    run_app(make_session({SCHEME: tree()}, Clock()), directory(authority="other"), directory(), look)


@pytest.mark.parametrize("written", ["deep/below/", "deep/below"])
def test_the_parent_is_reached_however_the_path_was_written(written: str) -> None:
    location = Location(directory().storage, written, Kind.DIRECTORY if written.endswith("/") else Kind.FILE)

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/deep/below/")
        await running.press("backspace")
        await running.until_listed(running.left, "scripted://bucket/deep/")
        assert cursor_name(running.left) == "below"

    run_app(make_session({SCHEME: tree()}, Clock()), location, directory(), look)


def test_an_object_and_a_directory_of_one_name_are_two_entries() -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        await running.press("end", "insert")
        assert names(left)[-3:] == [" /x", " readme.txt", "*x"]
        assert left.footer.text == "4 entries · 1 selected, 1003 B".replace("1003 B", "1.0 KB")
        await running.press("home", "down", "down", "enter")
        await running.until_listed(left, "scripted://bucket/x/")
        await running.press("backspace")
        await running.until_listed(left, "scripted://bucket/")
        assert left.list.entry is not None
        assert left.list.entry.is_directory

    run_app(make_session({SCHEME: tree()}, Clock()), directory(), directory("x/"), look)


@pytest.mark.parametrize("key", ["ctrl+r", "f2"])
def test_refreshing_asks_the_storage_and_keeps_cursor_and_selection(key: str) -> None:
    script = tree()

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        await running.press("down", "space", "down", "space")  # deep and readme.txt; the cursor is on x then
        assert cursor_name(left) == "x"
        asked = len(script.requests)
        script.directories[""] = ["aaa/", "deep/", "x/", "a", "b", "x"]
        await running.press(key)
        await running.until(lambda: len(script.requests) == asked + 1 and len(left.list) == 7)
        assert cursor_name(left) == "x"
        assert names(left) == [" ..", " /aaa", "*/deep", " /x", " a", " b", " x"]
        assert "1 selected" in left.footer.text, "what is gone is not selected any more"

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("x/"), look)


def test_a_directory_that_was_emptied_says_so_after_refreshing() -> None:
    script = tree()

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        await running.press("down", "space", "end", "space")
        assert "2 selected" in left.footer.text
        script.directories[""] = []
        await running.press("ctrl+r")
        await running.until(lambda: left.footer.text == "0 entries")
        assert list_rows(left.list) == [" ..", " (empty)"]
        await running.press("enter")
        await running.until_listed(left, "scripted:// ")

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("x/"), look)


def test_a_selected_entry_stays_selected_though_the_server_lists_in_an_order_of_its_own() -> None:
    names_there = [f"{(number * 7919) % 10_007:05}" for number in range(10_000)]
    last = sorted(names_there)[-3:]
    script = Script({"": names_there, "x/": ["a"]})

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        await running.press("end", "space", "up", "up", "space")
        script.directories[""] = [name for name in names_there if name != last[-1]]
        await running.press("ctrl+r")
        await running.until(lambda: left.footer.text.startswith("9,999 entries"))
        assert left.list.selection.entries() == [(last[0], Kind.FILE)]

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("x/"), look)


def test_the_cursor_stays_on_its_entry_while_more_arrives() -> None:
    script = Script({"": ["b/", "file-1", "file-2", "a/", "c/", "file-3"]}, page_entries=3)
    gate = script.gate("", 1)

    async def look(running: Running) -> None:
        left = running.left
        await running.until(lambda: len(left.list) == 4)
        assert left.footer.text == "3 entries, listing…"
        await running.press("end")
        assert cursor_name(left) == "file-2"
        gate.set()
        await running.until_listed(left, "scripted://bucket/")
        assert names(left) == [" ..", " /a", " /b", " /c", " file-1", " file-2", " file-3"]
        assert cursor_name(left) == "file-2"

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("x/"), look)


def test_escape_stops_a_listing_and_says_that_it_is_partial() -> None:
    script = Script({"": ["a", "b", "c"]}, page_entries=1)
    gate = script.gate("", 1)

    async def look(running: Running) -> None:
        left = running.left
        await running.until(lambda: len(left.list) == 2)
        await running.press("escape")
        await running.until(lambda: shown_state(left) is BrowseState.CANCELLED)
        assert left.footer.text == "1 entry, partial: stopped"
        assert names(left) == [" ..", " a"]
        gate.set()

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("x/"), look)


def test_an_error_stays_in_the_pane_with_its_next_step_and_the_rows_there_were() -> None:
    script = tree()

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        script.errors["", 0] = storage_error("The \x1b[31mserver\x1b[0m is [bold]on fire[/].")
        await running.press("ctrl+r")
        await running.until(lambda: shown_state(left) is BrowseState.FAILED)
        await running.press("down", "up")
        assert left.error_block.display
        assert left.error_block.text == (
            "✗ scripted://bucket/: The ␛[31mserver␛[0m is [bold]on fire[/].\n→ Call the fire brigade."
        )
        assert names(left) == [" ..", " /deep", " /x", " readme.txt", " x"]
        assert left.footer.text == "4 entries from before; refresh failed"
        assert "\x1b" not in running.app.export_screenshot()
        script.errors.clear()
        await running.press("ctrl+r")
        await running.until(lambda: shown_state(left) is BrowseState.COMPLETE)
        assert not left.error_block.display

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("x/"), look)


def test_only_an_empty_directory_is_called_empty() -> None:
    script = Script({"": []})
    broken = Script(errors={("", 0): storage_error(next_step="")})

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.until(lambda: shown_state(running.right) is BrowseState.FAILED)
        assert list_rows(running.left.list) == [" ..", " (empty)"]
        assert list_rows(running.right.list) == [" ..", " (not listed: see below)"]
        assert "Ctrl-R tries again" in running.right.error_block.text

    run_app(make_session({SCHEME: script, "broken": broken}, Clock()), directory(), directory(scheme="broken"), look)


def test_a_dead_endpoint_holds_up_neither_the_other_pane_nor_leaving_it() -> None:
    dead = Script({"//": ["bucket/"], "": ["late"]})
    gate = dead.gate("")

    async def look(running: Running) -> None:
        left, right = running.left, running.right
        await running.until_listed(left, "scripted://bucket/")
        assert list_rows(right.list) == [" listing…"]
        await running.press("down", "enter")
        await running.until_listed(left, "scripted://bucket/deep/")
        await running.press("tab", "backspace")
        # The list of the dead server's buckets waits at the same gate: the pane is on its way, and says so.
        await running.until(lambda: right.title_text.startswith("dead://"))
        assert right.footer.text == "listing…"
        await running.press("tab", "backspace")
        await running.until_listed(left, "scripted://bucket/")

    try:
        run_app(make_session({SCHEME: tree(), "dead": dead}, Clock()), directory(), directory(scheme="dead"), look)
    finally:
        gate.set()


def test_late_pages_of_an_abandoned_directory_never_show() -> None:
    script = tree()
    gate = script.gate("deep/")

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        await running.press("down", "enter")
        assert script.entered.wait(DEADLINE_SECONDS)
        abandoned = left.visit
        await running.press("backspace")
        await running.until_listed(left, "scripted://bucket/")
        gate.set()
        assert abandoned is not None
        assert abandoned.ended
        await running.press("ctrl+r")
        await running.until(lambda: len(script.requests) == 4 and shown_state(left) is BrowseState.COMPLETE)
        assert names(left) == [" ..", " /deep", " /x", " readme.txt", " x"]

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("x/"), look)


def test_a_cursor_move_in_a_large_listing_draws_two_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script({"": [f"object-{number:06}" for number in range(200_000)], "x/": ["a"]})
    drawn: list[str] = []
    for widget in (FileList, Line):
        original = widget.render_line

        def counted(self: FileList, y: int, original: object = original, what: str = widget.__name__) -> Strip:
            drawn.append(what)
            assert callable(original)
            strip = original(self, y)
            assert isinstance(strip, Strip)
            return strip

        monkeypatch.setattr(widget, "render_line", counted)

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        assert left.footer.text == "200,000 entries"
        assert len(left.list) == 200_001
        await running.pilot.pause()
        for _ in range(5):
            drawn.clear()
            await running.press("down")
            await running.pilot.pause()
            assert drawn.count("FileList") <= 2
            assert drawn.count("Line") <= 3, "the clock's: titles and status"
        await running.press("end")
        assert cursor_name(left) == "object-199999"
        await running.press("pageup")
        assert cursor_name(left) == f"object-{199_999 - (left.list.size.height - 1):06}"

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("x/"), look)


def test_selecting_moves_down_and_counts_bytes() -> None:
    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/deep/")
        await running.press("space", "space", "insert", "space")
        assert names(left) == [" ..", "*/below", "*a", "*b"]
        assert left.footer.text == "3 entries · 3 selected, 2.0 KB"
        await running.press("space")
        assert left.footer.text == "3 entries · 2 selected, 1001 B".replace("1001 B", "1.0 KB")

    run_app(make_session({SCHEME: tree()}, Clock()), directory("deep/"), directory(), look)


def test_the_mouse_sets_the_cursor_focuses_the_pane_and_enters_with_two_clicks() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.right, "scripted://bucket/")
        await running.pilot.click(running.right.list, offset=(3, 3))
        assert running.browse.pane is running.right
        assert cursor_name(running.right) == "readme.txt"
        await running.pilot.click(running.right.list, offset=(3, 1), times=2)
        await running.until_listed(running.right, "scripted://bucket/deep/")

    run_app(make_session({SCHEME: tree()}, Clock()), directory("x/"), directory(), look)


def test_the_wheel_scrolls_and_the_next_key_brings_the_cursor_back() -> None:
    script = Script({"": [f"{number:03}" for number in range(500)]})

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        await running.pilot.mouse_down(left.list, offset=(3, 1))
        for _ in range(3):
            left.list.post_message(MouseScrollDown(left.list, 3, 3, 0, 1, 0, shift=False, meta=False, ctrl=False))
        await running.until(lambda: left.list.scroll_offset.y > 0)
        assert cursor_name(left) == "000"
        await running.press("down")
        assert cursor_name(left) == "001"
        assert " 001" in names(left)

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look)


def test_names_of_files_cannot_act_on_the_terminal(tmp_path: DiskPath) -> None:
    for name in ("\x1b[31mred", "rtl\u202egnp.exe", "new\nline", "[bold]markup", os.fsdecode(b"byte\xff"), "日本語"):
        (tmp_path / name).write_text("x")

    async def look(running: Running) -> None:
        await running.until(lambda: shown_state(running.left) is BrowseState.COMPLETE)
        shown = names(running.left)
        assert sorted(shown) == sorted(
            [" ..", " ␛[31mred", " [bold]markup", " byte‹xFF›", " new␊line", " rtl‹202E›gnp.exe", " 日本語"]
        )
        file_list = running.left.list
        assert {file_list.render_line(y).cell_length for y in range(8)} == {file_list.scrollable_content_region.width}
        picture = running.app.export_screenshot()
        assert "\x1b" not in picture
        assert "\u202e" not in picture

    run_app(Session(), local(tmp_path), local(tmp_path), look)


def test_a_local_directory_that_is_missing_says_so(tmp_path: DiskPath) -> None:
    async def look(running: Running) -> None:
        await running.until(lambda: shown_state(running.left) is BrowseState.FAILED)
        assert "missing" in running.left.error_block.text
        await running.press("backspace")
        await running.until(lambda: shown_state(running.left) is BrowseState.COMPLETE)

    run_app(Session(), local(tmp_path / "missing"), local(tmp_path), look)


def test_the_age_of_a_listing_is_told() -> None:
    clock = Clock()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        clock.now += 12
        await running.until(lambda: running.left.title_text.endswith("12 s ago"))

    run_app(make_session({SCHEME: tree()}, clock), directory(), directory(), look)


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (200, 50), (20, 8)])
def test_every_row_fills_its_width_at_any_size(size: tuple[int, int]) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/"[: size[0] // 2 - 8])
        file_list = running.left.list
        width = file_list.scrollable_content_region.width
        assert {file_list.render_line(y).cell_length for y in range(5)} == {width}

    run_app(make_session({SCHEME: tree()}, Clock()), directory(), directory(), look, size=size)
