from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from textual._xterm_parser import XTermParser
from textual.containers import VerticalScroll
from textual.events import Key

from tests.scripted_backend import SCHEME, Clock, Script, directory, make_session
from tests.ui.running import Running, run_app
from tfm.core.location import Location
from tfm.ui.bookmark_dialogs import BookmarksDialog
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.choice import Choice
from tfm.ui.chooser import Chooser
from tfm.ui.conflict_dialog import ConflictDialog
from tfm.ui.deleting_dialog import DeletingDialog
from tfm.ui.dialog import Dialog, DialogButton
from tfm.ui.help import HelpScreen
from tfm.ui.jobs_dialog import JobsDialog
from tfm.ui.keymaps import KEYMAP_NAMES
from tfm.ui.pager import PagerScreen
from tfm.ui.request_text import request_text
from tfm.ui.screen_keys import (
    BOOKMARK_KEYS,
    BUTTON_KEYS,
    CHOICE_KEYS,
    CHOOSER_KEYS,
    CONFLICT_KEYS,
    DELETING_KEYS,
    DIALOG_KEYS,
    FIELD_KEYS,
    JOB_KEYS,
    PAGER_KEYS,
    KeyBinding,
)
from tfm.ui.text_field import TextField


def script() -> Script:
    return Script({"": ["a/", "file"], "a/": ["b"]}, contents={"file": b"text\n"})


def at_once(digit: str) -> tuple[str, ...]:
    """The keys that Textual makes of Esc and a digit that a terminal sends in one go."""
    return tuple(event.key for event in XTermParser().feed(f"\x1b{digit}") if isinstance(event, Key))


def test_requests_are_counted_by_kind() -> None:
    assert request_text({"ListObjectsV2": 11, "ListBuckets": 1, "GetObject": 1003, "HeadObject": 1}) == (
        "1,003 GET 12 LIST 1 HEAD"
    )
    assert request_text({"PutObject": 1, "UploadPart": 3, "DeleteObjects": 2, "DeleteObject": 1}) == "4 PUT 3 DELETE"
    assert request_text({}) == ""


@pytest.mark.parametrize(
    ("table", "owner"),
    [
        (PAGER_KEYS, PagerScreen),
        (DIALOG_KEYS, Dialog),
        (BUTTON_KEYS, DialogButton),
        (FIELD_KEYS, TextField),
        (CHOICE_KEYS, Choice),
        (BOOKMARK_KEYS, BookmarksDialog),
        (CHOOSER_KEYS, Chooser),
        (CONFLICT_KEYS, ConflictDialog),
        (JOB_KEYS, JobsDialog),
        (DELETING_KEYS, DeletingDialog),
    ],
)
def test_every_action_of_the_keymap_exists(table: tuple[KeyBinding, ...], owner: type[object]) -> None:
    for entry in table:
        assert hasattr(owner, f"action_{entry.action.partition('(')[0]}"), entry.action


@pytest.mark.parametrize("keys", [("f10",), ("ctrl+q",), ("escape", "0"), ("alt+0",), at_once("0")])
def test_each_way_to_quit_quits(keys: tuple[str, ...]) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.press(*keys)
        await running.until(lambda: running.app.return_value == 0)

    run_app(make_session({SCHEME: script()}, Clock()), directory(), directory(), look)


@pytest.mark.parametrize("keys", [("f1",), ("escape", "1"), ("alt+1",), at_once("1")])
def test_the_help_opens_and_goes_away(keys: tuple[str, ...]) -> None:
    async def look(running: Running) -> None:
        await running.press(*keys)
        await running.until(lambda: isinstance(running.app.screen, HelpScreen))
        await running.press("escape")
        await running.until(lambda: isinstance(running.app.screen, BrowseScreen))

    run_app(make_session({SCHEME: script()}, Clock()), directory(), directory(), look)


@pytest.mark.parametrize("keys", [("f1",), ("f10",), ("alt+0",), at_once("0"), at_once("1"), ("q",)])
def test_each_way_out_of_the_help(keys: tuple[str, ...]) -> None:
    async def look(running: Running) -> None:
        await running.press("f1")
        await running.until(lambda: isinstance(running.app.screen, HelpScreen))
        await running.press(*keys)
        await running.until(lambda: isinstance(running.app.screen, BrowseScreen))

    run_app(make_session({SCHEME: script()}, Clock()), directory(), directory(), look)


def test_ctrl_c_says_what_quits() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.press("ctrl+c")
        await running.until(lambda: "Ctrl-Q does" in running.browse.status.text)
        assert running.app.return_value is None

    run_app(make_session({SCHEME: script()}, Clock()), directory(), directory(), look)


@pytest.mark.parametrize(("end", "beginning"), [("G", "g"), ("end", "home")])
def test_the_help_scrolls_by_either_keymaps_keys(end: str, beginning: str) -> None:
    async def look(running: Running) -> None:
        await running.press("f1")
        await running.until(lambda: isinstance(running.app.screen, HelpScreen))
        scroll = running.app.screen.query_one(VerticalScroll)
        await running.press(end)
        await running.until(lambda: scroll.scroll_offset.y > 0 and scroll.scroll_offset.y == scroll.max_scroll_y)
        await running.press(beginning)
        await running.until(lambda: scroll.scroll_offset.y == 0)
        await running.press("j")
        await running.until(lambda: scroll.scroll_offset.y == 1)

    run_app(make_session({SCHEME: script()}, Clock()), directory(), directory(), look)


@pytest.mark.parametrize("name", KEYMAP_NAMES)
def test_the_help_shows_only_the_lines_that_hold_what_is_typed(name: str) -> None:
    async def look(running: Running) -> None:
        await running.browse.run_command(f"keymap {name}")
        await running.press("f1")
        screen = running.app.screen
        assert isinstance(screen, HelpScreen)
        before = screen.body.lines
        for key in ("/", *"EVERY key", "enter", "/", "s", "enter", "j"):  # typed ahead
            running.app.simulate_key(key)
        await running.until(lambda: "/ EVERY keys" in screen.line.text and "Esc All" in screen.line.text)
        heading, line = screen.body.lines
        assert (heading, "Ctrl-P" in line) == ("The program", True)
        await running.press("slash", "q")
        await running.until(lambda: list(screen.body.lines) == ["Nothing in the help holds this."])
        await running.press("backspace", "down")  # what is no text ends the line
        await running.until(lambda: "Esc All" in screen.line.text)
        await running.press("escape")
        await running.until(lambda: screen.body.lines is before)
        await running.press("slash", *"undo", "enter")  # by its name; its help has other words
        await running.until(lambda: "Take the last change back" in screen.body.lines[1])
        await running.press("slash", "escape")
        await running.until(lambda: screen.body.lines is before and "Esc Back" in screen.line.text)
        await running.press("escape")
        await running.until(lambda: isinstance(running.app.screen, BrowseScreen))

    run_app(make_session({SCHEME: script()}, Clock()), directory(), directory(), look)


def test_tab_goes_to_the_other_pane_and_back() -> None:
    async def look(running: Running) -> None:
        assert running.browse.pane is running.left
        await running.press("tab")
        assert running.browse.pane is running.right
        await running.press("shift+tab")
        assert running.browse.pane is running.left

    run_app(make_session({SCHEME: script()}, Clock()), directory(), directory(), look)


def test_keys_typed_right_after_tab_go_to_the_other_pane() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.until_listed(running.right, "scripted://bucket/")
        for key in ("tab", "end"):
            running.app.simulate_key(key)  # without waiting for what the first brings about
        await running.until(lambda: running.right.list.cursor == 2)
        assert running.left.list.cursor == 0

    run_app(make_session({SCHEME: script()}, Clock()), directory(), directory(), look)


def test_importing_the_package_does_not_load_textual() -> None:
    code = "import sys, tfm.ui; sys.exit(any(name in sys.modules for name in ('textual', 'rich', 'botocore')))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_the_first_rows_wait_for_no_dialog() -> None:
    code = """
        import sys, tfm.ui.app
        wanted = ("tfm.ui.dialog", "tfm.ui.delete_dialog", "tfm.ui.text_field", "tfm.operations.delete_plan")
        print([name for name in wanted if name in sys.modules])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=60, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"


def test_the_process_ends_though_a_server_never_answers() -> None:
    code = """
        import threading
        from tests.scripted_backend import SCHEME, Clock, Script, directory, make_session
        from tests.ui.running import run_app

        script = Script({"": ["never"]})
        script.gate("")

        async def look(running):
            script.entered.wait(10)
            await running.press("f10")

        run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look)
        print("blocked:", sum(thread.name == "tfm-browse" for thread in threading.enumerate()))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=15, capture_output=True, text=True
    )
    assert done.stdout == "blocked: 2\n"


def test_making_the_program_asks_nothing() -> None:
    from tfm.operations.start import start_at
    from tfm.ui.app import FileManagerApp

    asked = script()
    location: Location = directory()
    FileManagerApp(make_session({SCHEME: asked}, Clock()), start_at(location, location))
    assert asked.requests == []
