"""Which key does what: the keymaps, the user's own keys, sequences, the palette; through the running program."""

from __future__ import annotations

import inspect

import pytest
from textual import events
from textual.screen import Screen

from tests.scripted_backend import SCHEME, Clock, Script, directory, make_session
from tests.ui.running import Running, cursor_name, run_app
from tfm.core.errors import SettingsError
from tfm.core.settings import Settings, with_settings
from tfm.storage.session import Session
from tfm.ui.actions import ACTIONS, Action, Area, command_of
from tfm.ui.bookmark_dialogs import BookmarkDialog, BookmarksDialog
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.compare_dialog import CompareDialog
from tfm.ui.delete_dialog import DeleteDialog
from tfm.ui.help import HelpScreen
from tfm.ui.jobs_dialog import JobsDialog
from tfm.ui.key_hints import KeyHints
from tfm.ui.keymaps import KEYMAP_NAMES, Keymap, KeyReader, function_key_bar, key_help, keymap_of
from tfm.ui.keymaps.key_names import key_of_event, parse_keys, shown_keys
from tfm.ui.line_text import said_text
from tfm.ui.local_copy_dialog import LocalCopyDialog
from tfm.ui.name_dialog import NameDialog
from tfm.ui.palette import Palette
from tfm.ui.properties_dialog import PropertiesDialog
from tfm.ui.report_screen import ReportScreen
from tfm.ui.search_dialog import SearchDialog


def session(**settings: object) -> Session:
    made = make_session(
        {SCHEME: Script({"": ["a/", "b/", "file"], "a/": ["deep"]}, contents={"file": b"text\n"})}, Clock()
    )
    made.settings = with_settings(
        made.settings, {key.upper(): value for key, value in settings.items()}, source="config.py"
    )
    return made


def keymap(name: str = "vim", **keys: str) -> Keymap:
    settings = with_settings(Settings(), {"KEYS": keys}, source="config.py")
    return keymap_of(name, settings, pytest.fail)


# The tables


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: str(action.name))
def test_every_action_has_a_function_that_takes_the_screen_and_an_argument(action: Action) -> None:
    function = action.function
    assert [name.strip("_") for name in inspect.signature(function).parameters] == ["screen", "argument"]


def test_no_two_actions_share_a_name() -> None:
    names = [action.name for action in ACTIONS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", KEYMAP_NAMES)
def test_no_binding_hides_a_longer_one(name: str) -> None:
    bound = list(keymap(name).commands)
    hidden = [(one, other) for one in bound for other in bound if one != other and other[: len(one)] == one]
    assert hidden == []


@pytest.mark.parametrize("name", KEYMAP_NAMES)
def test_every_keymap_has_the_function_keys_and_a_way_to_help_palette_and_out(name: str) -> None:
    commands = keymap(name).commands
    wanted = {"f1": "help", "f3": "view", "f5": "copy", "f6": "move", "f7": "make_directory", "f8": "delete"}
    for key, action in {**wanted, "f10": "quit", "ctrl+q": "quit", "ctrl+p": "palette"}.items():
        assert commands[(key,)].action.name == action


KEPT_BY_TERMINALS: tuple[str, ...] = ("shift+enter", "alt+enter", "f11", "f12", "shift+delete", "shift+insert")
KEPT_BY_TERMINALS += tuple(f"{shift}+page{way}" for shift in ("shift", "ctrl") for way in ("up", "down"))
KEPT_BY_TERMINALS += tuple(f"{shift}+f{number}" for shift in ("shift", "ctrl", "alt") for number in range(1, 13))
"""By one or another, for scrolling, for tabs and windows, or because they know no such key. F1 to F10 have Esc."""


@pytest.mark.parametrize("name", KEYMAP_NAMES)
def test_what_a_terminal_may_keep_for_itself_has_a_twin(name: str) -> None:
    commands = keymap(name).commands
    alone = []
    for key in KEPT_BY_TERMINALS:
        command = commands.get((key,))
        others = [] if command is None else keymap(name).keys_of(command.action.name)
        if command is not None and not any(keys[0] not in KEPT_BY_TERMINALS for keys in others):
            alone.append(key)
    assert alone == []


@pytest.mark.parametrize("name", KEYMAP_NAMES)
def test_help_and_bar_are_made_from_the_keymap(name: str) -> None:
    text = "\n".join(key_help(keymap(name)))
    assert all(action.help in text for action in ACTIONS)
    assert all(area in text for area in Area if any(action.area is area for action in ACTIONS))
    assert function_key_bar(keymap(name)).startswith("1 Help 2 Refresh 3 View ")
    assert "8 Del" not in function_key_bar(keymap(name, f8="")), "a key that does nothing has no word"


# How keys are written


@pytest.mark.parametrize(
    ("written", "keys", "shown"),
    [
        ("ctrl+r", ("ctrl+r",), "Ctrl-R"),
        ("Shift+Ctrl+F6", ("ctrl+shift+f6",), "Ctrl-Shift-F6"),
        ("g g", ("g", "g"), "g g"),
        ("G", ("G",), "G"),
        ("slash", ("/",), "/"),
        ("pgdn", ("pagedown",), "PgDn"),
        ("alt++", ("alt++",), "Alt-+"),
        ("+", ("+",), "+"),
        ("alt+enter", ("alt+enter",), "Alt-Enter"),
    ],
)
def test_keys_are_read_and_shown(written: str, keys: tuple[str, ...], shown: str) -> None:
    assert parse_keys(written) == keys
    assert shown_keys(keys) == shown


@pytest.mark.parametrize("written", ["", "  ", "hyperspace", "ctrl+hyperspace", "control+r", "f99", "ctrl+"])
def test_a_key_that_there_is_not_is_refused(written: str) -> None:
    with pytest.raises(SettingsError):
        parse_keys(written)


@pytest.mark.parametrize(
    ("key", "character", "name"),
    [
        ("slash", "/", "/"),
        ("G", "G", "G"),
        ("space", " ", "space"),
        ("ctrl+r", "\x12", "ctrl+r"),
        ("alt+full_stop", None, "alt+."),
        ("alt+3", "3", "f3"),
        # As terminals say it by an Esc before the letter; no letter is typed.
        ("alt+u", "u", "alt+u"),
        ("alt+shift+c", "C", "alt+shift+c"),
        ("alt+full_stop", ".", "alt+."),
        ("pagedown", None, "pagedown"),
        ("é", "é", "é"),
    ],
)
def test_what_the_terminal_says_is_the_key_as_keymaps_write_it(key: str, character: str | None, name: str) -> None:
    assert key_of_event(events.Key(key, character)) == name


# The user's own keys


def test_own_keys_come_over_the_keymap_and_win_over_what_they_begin() -> None:
    own = keymap("vim", g="refresh", **{"ctrl+p": ""})
    assert own.commands[("g",)].action.name == "refresh"
    assert ("g", "g") not in own.commands
    assert ("ctrl+p",) not in own.commands


def test_a_wrong_own_key_is_left_out_and_the_line_and_what_would_be_right_are_said() -> None:
    values = {"KEYS": {"x": "cpoy", "hyperspace": "copy", "F12": "help", "escape": "quit", "y": "copy now"}}
    lines = {"KEYS": 3, "KEYS x": 4}
    heard: list[str] = []
    settings = with_settings(Settings(), values, source="/home/me/config.py", lines=lines)
    made = keymap_of("orthodox", settings, heard.append)
    assert made.commands[("f12",)].action.name == "help"
    assert heard[0] == "/home/me/config.py, line 4: KEYS['x']: there is no action 'cpoy'; did you mean copy?"
    assert len(heard) == 4
    assert ("x",) not in made.commands


def test_a_command_takes_an_argument_only_where_its_action_does() -> None:
    assert command_of("keymap vim").argument == "vim"
    with pytest.raises(SettingsError, match="takes no argument"):
        command_of("copy now")


# Reading


class Clocked:
    def __init__(self, keymap: Keymap) -> None:
        self.now = 0.0
        self.reader = KeyReader(keymap, lambda: self.now)

    def read(self, *keys: str) -> str:
        """What the last of them does; ``…`` where more is awaited, ``-`` where nothing."""
        said = "-"
        for key in keys:
            reading = self.reader.read(key)
            said = reading.command.action.name if reading.command else "…" if reading.pending else "-"
        return said


def test_a_sequence_is_read_key_by_key() -> None:
    clocked = Clocked(keymap("vim"))
    assert clocked.read("g") == "…"
    assert clocked.read("g") == "cursor_first"
    assert clocked.read("g", "Ω") == "-"
    assert clocked.read("j") == "cursor_down", "what was not a sequence is forgotten"


def test_escape_forgets_a_sequence_and_does_nothing_else() -> None:
    clocked = Clocked(keymap("vim"))
    assert clocked.read("g", "escape") == "-"
    assert clocked.read("g") == "…"


def test_escape_and_a_digit_within_half_a_second_is_a_function_key() -> None:
    clocked = Clocked(keymap("orthodox"))
    assert clocked.read("escape", "5") == "copy"
    assert clocked.read("escape", "0") == "quit"
    clocked.read("escape")
    clocked.now += 0.6
    assert clocked.read("5") != "copy"


def test_what_may_come_next_is_told() -> None:
    reader = KeyReader(keymap("vim"), lambda: 0.0)
    assert ("g", "The first entry") in reader.read("g").hints
    reader.forget()
    assert ("m", "time") in reader.read(",").hints


# In the program


def test_what_may_come_next_is_all_told_in_80_columns() -> None:
    async def look(running: Running) -> None:
        await running.press("m")
        assert running.browse.status.text.startswith("m …  any: Bookmark this")
        await running.press("escape", "g")
        assert running.browse.status.text == "g …  Esc ends it."
        hints = running.browse.query_one(KeyHints)
        await running.until(lambda: hints.text.startswith("g: The first entry") and hints.size.height > 0)
        shown = "".join(hints.render_line(y).text for y in range(hints.size.height))
        assert hints.size.width == 80
        for keys, command in keymap("vim").beginning_with(("g",)).items():
            assert f" {shown_keys(keys[1:])} " in shown
            assert (command.argument or command.action.help)[:20] in shown
        await running.press("g")
        assert (hints.text, running.browse.status.text.startswith("g …")) == ("", False)

    run_app(session(keymap="vim"), directory(), directory(), look)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("short", "short     2 LIST ≈ 0"),
        ("ten cells!", "ten cells! 2 LIST ≈ "),
        ("eleven cell", "eleven cell   2 req "),
        ("of seventeen cell", "of seventeen cell   "),
        ("of just twenty cells", "of just twenty cells"),
        ("more than twenty cells", "more than twen… F12 "),
    ],
)
def test_what_is_said_matters_more_than_the_requests_beside_it(said: str, shown: str) -> None:
    rights = ["2 LIST ≈ 0"] if len(said) == 5 else ["2 LIST ≈ ", "2 req "]
    assert said_text(said, rights, 20, more=" F12 ") == shown


def test_what_is_said_at_length_tells_where_all_of_it_is() -> None:
    said = "Nothing is kept between starts: ~/.local/state/tfm/state.json can be written by others; chown it to you."

    async def look(running: Running) -> None:
        status = running.browse.status
        await running.until_listed(running.left, "scripted://bucket/")
        running.browse.say(said)
        assert status.render_line(0).text.endswith("…  F12: all ")
        assert status.render_line(0).cell_length == 80
        await running.press("f12")
        assert isinstance(running.app.screen, ReportScreen)
        assert said in running.app.screen.text
        await running.press("escape", "ctrl+k")
        running.browse.say(said)
        assert status.render_line(0).text.endswith("…  F12: all ")

    run_app(session(), directory(), directory(), look)


def test_how_other_keys_are_kept_is_said_within_80_columns() -> None:
    async def look(running: Running) -> None:
        await running.press("ctrl+k")
        assert "vim keys, now and at the next start" in running.browse.status.text

    run_app(make_session({SCHEME: Script({"": ["a"]})}, Clock()), directory(), directory(), look)


def test_the_vim_keymap_moves_and_enters() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.press("G")
        assert running.left.list.cursor == 3
        await running.press("g", "g")
        assert running.left.list.cursor == 0
        await running.press("j", "j", "k", "l")
        await running.until_listed(running.left, "scripted://bucket/a/")
        await running.press("h")
        await running.until_listed(running.left, "scripted://bucket/")
        await running.press("q")
        await running.until(lambda: running.app.return_value == 0)

    run_app(session(keymap="vim"), directory(), directory(), look)


@pytest.mark.parametrize(
    ("keys", "shows"),
    [
        ("ctrl+backslash", BookmarksDialog),
        ("alt+question_mark", SearchDialog),
        ("ctrl+x h", BookmarkDialog),
        ("ctrl+x d", CompareDialog),
        ("end ctrl+x i", PropertiesDialog),
        ("ctrl+x j", JobsDialog),
        ("ctrl+x l", ReportScreen),
        ("end ctrl+x delete", DeleteDialog),
    ],
)
def test_keys_of_midnight_commander_and_twins(keys: str, shows: type[Screen[object]]) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.press(*keys.split())
        await running.until(lambda: isinstance(running.app.screen, shows))

    run_app(session(), directory(), directory("a/"), look)


def test_more_of_them_that_open_nothing() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.press("alt+s", *"fil")
        assert cursor_name(running.left) == "file"
        await running.press("escape", "alt+t", "ctrl+x", "b")
        assert running.left.tabs.kept().active == 0
        await running.press("ctrl+x", "n")
        assert running.left.tabs.kept().active == 1
        await running.press("ctrl+x", "q")
        await running.until(lambda: bool(running.browse.query("Preview")))
        await running.press("end", "ctrl+x", "o")
        await running.until(lambda: isinstance(running.app.screen, LocalCopyDialog))

    run_app(session(), directory(), directory(), look)


@pytest.mark.parametrize(
    ("name", "keys", "row"),
    [("orthodox", "alt+g", 40), ("orthodox", "alt+j", 58), ("vim", "M", 49), ("vim", "alt+j", 58)],
)
def test_the_cursor_goes_to_the_ends_of_what_is_in_sight(name: str, keys: str, row: int) -> None:
    made = make_session({SCHEME: Script({"": [f"{number:02}" for number in range(100)]})}, Clock())
    made.settings = with_settings(made.settings, {"KEYMAP": name}, source="config.py")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        assert running.left.list.scrollable_content_region.height == 20 - 1
        running.left.list.scroll_to(y=40, animate=False)
        await running.press(keys)
        assert running.left.list.cursor == row

    run_app(made, directory(), directory(), look)


def test_the_keymap_changes_while_the_program_runs() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.press("ctrl+k")
        assert "vim keys" in running.browse.status.text
        await running.press("j")
        assert running.left.list.cursor == 1
        await running.press("ctrl+k")
        assert "orthodox keys" in running.browse.status.text

    run_app(session(), directory(), directory(), look)


def test_a_name_typed_in_one_go_with_its_key_goes_into_the_dialog() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        for key in ("A", "n", "e", "w"):
            running.app.simulate_key(key)
        await running.until(lambda: isinstance(running.app.screen, NameDialog))
        dialog = running.app.screen
        assert isinstance(dialog, NameDialog)
        await running.until(lambda: dialog.field.value == "new")

    run_app(session(keymap="vim"), directory(), directory(), look)


def test_the_palette_finds_an_action_by_a_part_of_its_help_and_does_it() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        for key in ("ctrl+p", *"last entry", "enter"):
            running.app.simulate_key("space" if key == " " else key)
        await running.until(lambda: running.app.screen is running.browse and running.left.list.cursor == 3)

    run_app(session(), directory(), directory(), look)


def test_the_palette_shows_keys_and_goes_away() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.press("ctrl+p")
        palette = running.app.screen
        assert isinstance(palette, Palette)
        assert any("Copy what is selected" in row.text and row.note == "F5" for row in palette.list.rows)
        await running.press(*"zzzz")
        assert not palette.list.rows
        await running.press("escape")
        assert running.app.screen is running.browse

    run_app(session(), directory(), directory(), look)


def test_a_click_on_a_word_of_the_last_line_is_that_key() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.pilot.click(running.browse.key_bar, offset=(3, 0))
        await running.until(lambda: isinstance(running.app.screen, HelpScreen))
        await running.press("escape")
        await running.until(lambda: isinstance(running.app.screen, BrowseScreen))

    run_app(session(), directory(), directory(), look)


def test_a_wrong_own_key_is_said_in_the_status_line() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        assert "there is no action 'cpoy'; did you mean copy?" in running.browse.status.text

    run_app(session(keys={"x": "cpoy"}), directory(), directory(), look, size=(140, 30))


def test_own_keys_work_in_the_panes() -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.press("z", "z")
        assert running.left.list.cursor == 3

    run_app(session(keys={"z z": "cursor_last"}), directory(), directory(), look)
