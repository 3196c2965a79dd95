from __future__ import annotations

import pytest
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, list_rows, run_app, shown_state
from tfm.core.entry import Entry, Kind
from tfm.core.settings import Settings, with_settings
from tfm.operations.browse import BrowseState
from tfm.ui.file_colours import colour_of
from tfm.ui.theme_dialog import ThemeDialog
from tfm.ui.themes import TERMINAL, colours_of, contrast, theme_names, theme_now

THEMES = sorted(name for name, theme in BUILTIN_THEMES.items() if not theme.ansi)


def with_theme(name: str, **more: object) -> Memory:
    memory = Memory()
    memory.session.settings = with_settings(
        Settings(), {"THEME": name, **more}, source="/home/u/config.py", lines={"THEME": 7}
    )
    memory.store.put("bucket", {"left/a.txt": b"1", "left/dir/x": b"", "left/z.zip": b"", "right/b": b""})
    return memory


async def listed(running: Running) -> None:
    await running.until(
        lambda: all(shown_state(pane) is BrowseState.COMPLETE for pane in (running.left, running.right))
    )
    await running.pilot.pause()


def cells(running: Running) -> list[Style]:
    """The style of everything on the screen."""
    screen = running.app.screen
    update = screen._compositor.render_update(full=True, screen_stack=running.app._background_screens, simplify=True)
    strips = [strip for line in update.strips for strip in line]  # type: ignore[union-attr]
    return [segment.style or Style() for strip in strips for segment in strip if segment.text]


def colours(running: Running) -> set[str]:
    found = {each.name for style in cells(running) for each in (style.color, style.bgcolor) if each is not None}
    return found - {"default"}


@pytest.mark.parametrize("name", THEMES)
def test_everything_can_be_read_in_every_theme(name: str) -> None:
    made = colours_of(BUILTIN_THEMES[name])
    background = Color(*made.background_color)
    named = [Color(*made.ansi_colors[number]) for number in (*range(1, 8), *range(9, 16))]
    assert min(contrast(each, background) for each in named) >= 4.5
    assert contrast(Color(*made.ansi_colors[8]), background) >= 3  # lines and scroll bars


def test_black_and_white_differ_the_most() -> None:
    assert contrast(Color(0, 0, 0), Color(255, 255, 255)) == pytest.approx(21)
    assert contrast(Color(9, 9, 9), Color(9, 9, 9)) == 1


@pytest.mark.parametrize("keys", [[], ["f5"], ["end", "f3"], ["ctrl+p"]])
def test_a_theme_draws_every_cell_in_its_own_colours(keys: list[str]) -> None:
    async def look(running: Running) -> None:
        await listed(running)
        await running.press(*keys)
        await running.pilot.pause(0.1)
        background = Color(*colours_of(BUILTIN_THEMES["nord"]).background_color).rich_color
        assert {style.bgcolor and style.bgcolor.triplet for style in cells(running)} == {background.triplet}
        assert all(style.color is not None and style.color.triplet is not None for style in cells(running))

    run_app(with_theme("nord").session, place("left/"), place("right/"), look)


def test_without_a_theme_the_terminal_says_what_its_colours_are() -> None:
    async def look(running: Running) -> None:
        await listed(running)
        assert colours(running) <= {"color(8)", "bright_black", "yellow"}
        assert theme_now(running.app) == TERMINAL

    run_app(with_theme(TERMINAL).session, place("left/"), place("right/"), look)


def test_no_color_is_no_colour_and_what_is_selected_is_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def look(running: Running) -> None:
        await listed(running)
        await running.press("down", "insert")
        assert colours(running) == set()
        assert any(row.startswith("*") for row in list_rows(running.left.list))
        await running.browse.run_command("theme dracula")
        assert "NO_COLOR is set" in running.browse.status.text
        assert colours(running) == set()

    run_app(with_theme("nord", FILE_COLOURS=True).session, place("left/"), place("right/"), look)


def test_a_wrong_theme_is_told_with_its_line_and_the_program_starts_without_it() -> None:
    async def look(running: Running) -> None:
        await listed(running)
        said = [notice.text for notice in running.browse.notices.all()]
        assert said == ["/home/u/config.py, line 7: there is no THEME 'nrod'; did you mean 'nord'?"]
        assert theme_now(running.app) == TERMINAL
        assert any("a.txt" in row for row in running.rows())

    run_app(with_theme("nrod").session, place("left/"), place("right/"), look)


def test_a_theme_is_seen_while_it_is_chosen_and_left_again_with_escape() -> None:
    async def look(running: Running) -> None:
        await listed(running)
        await running.browse.run_command("theme")
        await running.until(lambda: isinstance(running.app.screen, ThemeDialog))
        await running.press("down")
        second = theme_names(running.app)[1]
        assert theme_now(running.app) == second
        await running.press(*"gruvbox")
        assert theme_now(running.app) == "gruvbox"
        await running.press("escape")
        assert theme_now(running.app) == TERMINAL

        await running.browse.run_command("theme")
        await running.press(*"solarized-light", "enter")
        await running.until(lambda: running.app.screen is running.browse)
        assert theme_now(running.app) == "solarized-light"
        assert "THEME = 'solarized-light'" in running.browse.status.text

    run_app(with_theme(TERMINAL).session, place("left/"), place("right/"), look)


def test_a_theme_by_its_name_and_one_that_does_not_exist() -> None:
    async def look(running: Running) -> None:
        await listed(running)
        await running.browse.run_command("theme nord")
        assert theme_now(running.app) == "nord"
        await running.browse.run_command("theme sunshine")
        assert theme_now(running.app) == "nord"
        assert "no theme 'sunshine'" in running.browse.status.text

    run_app(with_theme(TERMINAL).session, place("left/"), place("right/"), look)


@pytest.mark.parametrize(
    ("entry", "colour"),
    [
        (Entry("d", "d/", Kind.DIRECTORY, mode=0o755), "blue"),
        (Entry("l", "l", Kind.FILE, is_symlink=True, mode=0o777), "cyan"),
        (Entry("p", "p", Kind.FILE, mode=0o755), "green"),
        (Entry("a.TAR", "a.TAR", Kind.FILE, mode=0o644), "red"),
        (Entry("m.jpg", "m.jpg", Kind.FILE), "magenta"),
        (Entry("zip", "zip", Kind.FILE), "red"),
        (Entry("t.txt", "t.txt", Kind.FILE, mode=0o644), None),
    ],
)
def test_kinds_of_files_have_a_colour_each(entry: Entry, colour: str | None) -> None:
    style = colour_of(entry)
    assert (style.color and style.color.name) == colour


def test_colours_by_kind_are_there_when_they_are_wanted() -> None:
    async def look(running: Running) -> None:
        await listed(running)
        assert {"blue", "red"} <= colours(running)

    run_app(with_theme(TERMINAL, FILE_COLOURS=True).session, place("left/"), place("right/"), look)
