"""F7 and Shift-F4: a name is typed, and a directory or an empty file is there."""

from __future__ import annotations

from pathlib import Path as DiskPath

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key, Paste

from tests.ui.memory_panes import Memory, denied, place
from tests.ui.running import Running, cursor_name, names, run_app
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.storage.session import Session
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.name_dialog import NameDialog


def memory_with(*keys: str) -> Memory:
    memory = Memory()
    memory.put(keys)
    return memory


def dialog(running: Running) -> NameDialog:
    assert isinstance(running.app.screen, NameDialog)
    return running.app.screen


async def until_closed(running: Running) -> None:
    await running.until(lambda: isinstance(running.app.screen, BrowseScreen))


def test_a_directory_is_made_and_the_cursor_lands_on_it_in_one_request() -> None:
    memory = memory_with("d/a", "d/z", "other")

    async def look(running: Running) -> None:
        left, right = running.left, running.right
        await running.until_listed(left, "memory://bucket/d/")
        await running.until_listed(right, "memory://bucket/d/")
        await running.press("end", "space")
        before = memory.requests
        await running.press("f7", *"made", "enter")
        await until_closed(running)
        await running.until(lambda: names(left) == [" ..", " /made", " a", "*z"])
        assert cursor_name(left) == "made"
        await running.until(lambda: names(right) == [" ..", " /made", " a", " z"])
        assert memory.requests == before | {"write": 1}
        assert "d/made/" in memory.stored()

    run_app(memory.session, place("d/"), place("d/"), look)


def test_what_is_typed_right_after_the_key_goes_into_the_dialog() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        for key in ("f7", *"new", "enter"):
            running.app.simulate_key(key)  # without waiting for what the first brings about
        await running.until(lambda: names(running.left) == [" ..", " /new", " a"])
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)


@pytest.mark.parametrize("key", ["shift+f4", "ctrl+n"])
def test_an_empty_file_is_made_and_the_cursor_lands_on_it(key: str) -> None:
    memory = memory_with("d/a", "d/z")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press(key, *"new.txt", "enter")
        await until_closed(running)
        await running.until(lambda: cursor_name(running.left) == "new.txt")
        entry = running.left.list.entry
        assert entry is not None
        assert (entry.kind, entry.size_bytes) == (Kind.FILE, 0)

    run_app(memory.session, place("d/"), place("d/"), look)


@pytest.mark.parametrize("sent", ["\x1b[1;2S", "\x1b[14;2~"])
def test_what_terminals_send_for_shift_f4_is_a_key_of_the_keymap(sent: str) -> None:
    assert [event.key for event in XTermParser().feed(sent) if isinstance(event, Key)] == ["shift+f4"]


@pytest.mark.parametrize(("key", "taken"), [("f7", "sub"), ("shift+f4", "a")])
def test_a_name_that_is_taken_is_said_in_the_dialog_and_another_one_can_be_tried(key: str, taken: str) -> None:
    memory = memory_with("d/a", "d/sub/x")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        before = memory.requests
        await running.press(key, *taken, "enter")
        await running.until(lambda: "Something is there already" in dialog(running).error_block.text)
        assert memory.requests == before, "what is listed is known to be there"
        assert dialog(running).field.value == taken
        await running.press("2", "enter")
        await until_closed(running)
        await running.until(lambda: cursor_name(running.left) == f"{taken}2")

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_name_that_somebody_else_has_taken_meanwhile_is_not_replaced() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        memory.put(["d/new"])
        await running.press("shift+f4", *"new", "enter")
        await running.until(lambda: "✗" in dialog(running).error_block.text)
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)
    with memory.storage.read("d/new") as reader:
        assert reader.read() == b"12345"


def test_a_refusal_is_said_with_its_next_step() -> None:
    memory = memory_with("d/a")
    memory.errors["put"] = memory.errors["make_directory"] = denied("d/new")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("f7", *"new", "enter")
        await running.until(lambda: "Ask the owner." in dialog(running).error_block.text)
        await running.press("escape")
        await until_closed(running)
        assert names(running.left) == [" ..", " a"]

    run_app(memory.session, place("d/"), place("d/"), look)


def test_escape_leaves_while_it_is_being_made_and_enter_makes_it_once() -> None:
    memory = memory_with("d/a")
    gate = memory.gate("make_directory")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("f7", *"new", "enter")
        await running.until(memory.entered.is_set)
        assert dialog(running).state.text == "making…"
        await running.press("enter", "escape")
        await until_closed(running)
        gate.set()
        await running.until(lambda: names(running.left) == [" ..", " /new", " a"])
        assert cursor_name(running.left) == "..", "who left has gone on"
        assert memory.requests["write"] == 1

    run_app(memory.session, place("d/"), place("d/"), look)


def test_nothing_typed_and_leaving_make_nothing() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("f7", "enter")
        await running.until(lambda: "A name is missing" in dialog(running).error_block.text)
        await running.press("tab", "tab", "enter")
        await until_closed(running)
        assert memory.stored() == ["d/a"]

    run_app(memory.session, place("d/"), place("d/"), look)


@pytest.mark.parametrize("key", ["f7", "shift+f4", "f8"])
def test_among_buckets_nothing_is_made_or_deleted(key: str) -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory:// ")
        await running.press(key)
        if key != "f8":
            await running.press(*"new", "enter")
        screen = running.app.screen
        block = screen.query_one("ErrorBlock")
        await running.until(lambda: "neither makes nor deletes" in getattr(block, "text", ""))
        await running.press("escape")
        await until_closed(running)
        assert memory.stored() == ["d/a"]

    run_app(memory.session, place(bucket=""), place("d/"), look)


def test_a_key_is_exact_and_the_cursor_lands_on_its_first_part() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("f7")
        dialog(running).field.post_message(Paste("p//../q r/\r\nsecond line"))
        await running.press("enter")
        await until_closed(running)
        assert "d/p//../q r/" in memory.stored()
        await running.until(lambda: cursor_name(running.left) == "p")

    run_app(memory.session, place("d/"), place("d/"), look)


def test_on_a_disk_missing_parents_are_made(tmp_path: DiskPath) -> None:
    here = Location(StorageAddress("file"), f"{tmp_path}/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        await running.until_listed(running.left, f"{tmp_path}/"[:10])
        await running.press("f7", *"a/b/c", "enter")
        await until_closed(running)
        await running.until(lambda: cursor_name(running.left) == "a")
        assert (tmp_path / "a" / "b" / "c").is_dir()
        await running.until(lambda: "a/b/c/ is made." in running.browse.status.text)
        await running.press("shift+f4", *"a/b/file", "enter")
        await until_closed(running)
        assert (tmp_path / "a" / "b" / "file").read_bytes() == b""
        assert cursor_name(running.left) == "a"
        await running.press("shift+f4", *"file/", "enter")
        await running.until(lambda: "slash" in dialog(running).error_block.text)
        await running.press("escape")

    run_app(Session(), here, here, look)


@pytest.mark.parametrize(
    ("there", "left", "says"),
    [
        ("", [], "a/b/c is removed again."),
        ("a", ["a"], "b/c is removed again."),
        ("a/b/other", ["a", "a/b", "a/b/other"], "c is removed again."),
    ],
)
def test_an_undo_removes_all_that_was_made_above_it_and_nothing_else(
    tmp_path: DiskPath, there: str, left: list[str], says: str
) -> None:
    if there:
        (tmp_path / there).mkdir(parents=True)
    here = Location(StorageAddress("file"), f"{tmp_path}/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        await running.until_listed(running.left, f"{tmp_path}/"[:10])
        await running.press("f7", *"a/b/c", "enter")
        await until_closed(running)
        await running.press("ctrl+z")
        await running.until(lambda: says in running.browse.status.text)

    run_app(Session(), here, here, look)
    assert sorted(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*")) == left


def test_an_undo_keeps_a_directory_that_was_put_to_use(tmp_path: DiskPath) -> None:
    here = Location(StorageAddress("file"), f"{tmp_path}/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        await running.until_listed(running.left, f"{tmp_path}/"[:10])
        await running.press("f7", *"a/b/c", "enter")
        await until_closed(running)
        (tmp_path / "a" / "mine").touch()
        await running.press("ctrl+z")
        await running.until(lambda: "b/c is removed again; a is not empty, and stays." in running.browse.status.text)
        assert sorted(each.name for each in (tmp_path / "a").iterdir()) == ["mine"]

    run_app(Session(), here, here, look)


def test_the_field_is_edited_as_any_other() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("f7", *"abc", "left", "x", "home", "delete", "end", "backspace", "q", "space")
        field = dialog(running).field
        assert field.value == "bxq "
        await running.press("ctrl+u", *"日本語" * 40)
        assert field.render_line(0).cell_length == field.size.width
        await running.press("home")
        assert field.render_line(0).text.startswith("日本")
        await running.press("ctrl+u")
        field.post_message(Paste("\x1b[31mred\u202e\x07"))
        await running.until(lambda: "red" in field.value)
        shown = field.render_line(0).text
        assert shown.startswith("␛[31mred‹202E›␇")
        assert field.value == "\x1b[31mred\u202e\x07", "kept exactly"
        assert "\x1b" not in running.app.export_screenshot()

    run_app(memory.session, place("d/"), place("d/"), look)


@pytest.mark.parametrize("size", [(80, 24), (30, 10), (200, 50)])
def test_the_dialog_fits_any_terminal(size: tuple[int, int]) -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.press("f7", *"name")
        box = dialog(running).query_one("#box")
        assert box.region.right <= size[0]
        assert box.region.bottom <= size[1]
        for button in dialog(running).buttons.values():
            assert box.region.contains_region(button.region)

    run_app(memory.session, place("d/"), place("d/"), look, size=size)


def test_buttons_are_pressed_with_the_mouse() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("f7", *"new")
        await running.pilot.click("#make")
        await until_closed(running)
        await running.until(lambda: cursor_name(running.left) == "new")
        await running.press("f7")
        await running.pilot.click("#cancel")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)
