"""What each action does, as a user sees it: the table that test_every_action presses its way through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, cursor_name, names
from tfm.core.entry import Kind
from tfm.core.location import Location
from tfm.core.settings import with_settings
from tfm.operations.row_view import RowView
from tfm.operations.trash import Trashed
from tfm.operations.undo_steps import MovedToTrash
from tfm.storage.contract import Root
from tfm.ui.pane import Pane

__all__ = ["EFFECTS", "ROWS", "Effect", "world"]

ROWS: Final = 34
"""In the left pane: ``..``, a directory, a hidden file, ``a.csv``, and ``f00`` to ``f29``."""


class _Connected(Memory):
    connection_settings = (("s3_region", "Region"), ("s3_anonymous", "Anonymous"))

    def roots(self) -> list[Root]:
        return [Root("memory://", place().storage, "default")]


def world(keymap: str) -> Memory:
    """The settings say ``keymap`` where it is not the usual one."""
    memory = _Connected()
    memory.put(["left/.dot", "left/a.csv", "left/sub/deep", *(f"left/f{number:02}" for number in range(30))])
    memory.put(["right/other"])
    said: dict[str, object] = {"MENU": {"Count": "wc -l {files}"}}
    if keymap != memory.session.settings.keymap:
        said["KEYMAP"] = keymap
    memory.session.settings = with_settings(memory.session.settings, said, source="config.py")
    return memory


@dataclass(frozen=True, slots=True)
class Effect:
    """``seen`` is so after the action's keys, and not before them.

    ``prepare`` and then ``before``, keys with blanks between, come first; ``then`` are the keys typed behind the
    action's own: its argument, or what is typed in the line that it opens. ``opens``: all it does is to open something
    over the panes, so that what is closed again leaves them as they were.
    """

    seen: Callable[[Running], bool]
    before: str = ""
    then: str = ""
    prepare: Callable[[Running], None] = lambda _running: None
    opens: bool = False


def opens(screen: str, before: str = "", prepare: Callable[[Running], None] = lambda _running: None) -> Effect:
    """A screen or a dialog of that class."""
    return Effect(lambda running: _is_over(running, screen), before, prepare=prepare, opens=True)


def says(text: str, before: str = "") -> Effect:
    """That, in the status line."""
    return Effect(lambda running: text in running.browse.status.text, before)


def lands_on(name: str, before: str = "", then: str = "") -> Effect:
    """The cursor, on that entry."""
    return Effect(lambda running: cursor_name(running.browse.pane) == name, before, then)


def lands_between(first: int, last: int, before: str = "") -> Effect:
    """The cursor, on one of the rows from ``first`` to ``last``."""
    return Effect(lambda running: first <= running.left.list.cursor <= last, before)


def shows(left: str = "", right: str = "", before: str = "") -> Effect:
    """The panes, those places."""

    def seen(running: Running) -> bool:
        return _is_at(running.left, left) and _is_at(running.right, right)

    return Effect(seen, before)


def selects(count: int, before: str = "", then: str = "") -> Effect:
    """So many entries, of at least one, as the line below the rows says."""
    return Effect(lambda running: f" {count} selected" in running.left.footer.text, before, then)


def gives(text: str) -> Effect:
    """That, to the terminal's clipboard, of ``a.csv``."""
    return Effect(lambda running: running.app.clipboard == text, _ON_FILE)


_ON_FILE: Final = "down down down"


def _seek(running: Running) -> None:
    running.left.sought = "f2"


def _bookmark(running: Running) -> None:
    running.browse.keeper.set_bookmark("a", place("right/"))


def _turn_round(running: Running) -> None:
    running.left.use_view(RowView(reverse=True))


def _yank(running: Running) -> None:
    running.browse.yanked = ("copy", place("left/"), (Location(place().storage, "left/a.csv", Kind.FILE),))


def _move_to_trash(running: Running) -> None:
    gone = [Trashed(Location(place().storage, f"left/{name}", Kind.FILE), name) for name in ("x", "y")]
    running.browse.undoing.log.add(MovedToTrash(gone))


def _is_at(pane: Pane, key: str) -> bool:
    return pane.title_text.startswith(f"memory://bucket/{key}")


def _is_over(running: Running, screen: str) -> bool:
    return type(running.app.screen).__name__ == screen


EFFECTS: Final[Mapping[str, Effect]] = {
    # The program
    "help": opens("HelpScreen"),
    "palette": opens("Palette"),
    "jobs": opens("JobsDialog"),
    "keymap": says(" keys, now and at the next start"),
    "theme": opens("ThemeDialog"),
    "stop": Effect(lambda running: len(running.left.list) == ROWS, "ctrl+f a . enter"),
    "quit": Effect(lambda running: running.app.return_value == 0),
    # Moving about
    "cursor_up": lands_on("sub", "down down"),
    "cursor_down": lands_on("sub"),
    "cursor_page_up": lands_between(5, ROWS - 8, "end"),
    "cursor_page_down": lands_between(5, ROWS - 8),
    "cursor_half_up": lands_between(5, ROWS - 5, "end"),
    "cursor_half_down": lands_between(5, ROWS - 8),
    "cursor_top": lands_between(5, ROWS - 8, "end"),
    "cursor_middle": lands_between(5, ROWS - 15),
    "cursor_bottom": lands_between(12, ROWS - 8),
    "cursor_first": Effect(lambda running: running.left.list.on_parent, "end"),
    "cursor_last": lands_on("f29"),
    "enter": shows("left/sub/", "right/", "down"),
    "enter_parent": shows(" ", "right/"),
    "other_pane": Effect(lambda running: running.app.focused is running.right.list),
    "swap_panes": shows("right/", "left/"),
    "other_pane_here": shows("left/ ", "left/ "),
    "other_pane_there": shows("left/ ", "left/sub/", "down"),
    "split_left": Effect(lambda running: running.browse.row.left_percent < 50),
    "split_right": Effect(lambda running: running.browse.row.left_percent > 50),
    "refresh": Effect(lambda running: running.browse.session.meter.snapshot()["list"] == 3),
    "back": shows("left/ ", "right/", "down enter"),
    "forward": shows("left/sub/", "right/", "down enter alt+left"),
    "history": opens("Chooser"),
    "find": lands_on("f12", then="f 1 2"),
    "find_next": Effect(lambda running: cursor_name(running.left) == "f20", prepare=_seek),
    "find_previous": Effect(lambda running: cursor_name(running.left) == "f29", prepare=_seek),
    "new_tab": Effect(lambda running: running.left.tabs.number == 1),
    "close_tab": Effect(lambda running: len(running.left.tabs) == 1, "alt+t"),
    "next_tab": Effect(lambda running: running.left.tabs.number == 0, "alt+t"),
    "previous_tab": Effect(lambda running: running.left.tabs.number == 1, "alt+t alt+t"),
    "tab": Effect(lambda running: running.left.tabs.number == 0 or _is_over(running, "Chooser"), "alt+t"),
    # Places
    "go_to": opens("GoToDialog"),
    "home": Effect(lambda running: running.left.location.storage.scheme == "file"),
    "places": opens("PlacesDialog"),
    "bookmarks": opens("BookmarksDialog"),
    "bookmark": opens("BookmarkDialog"),
    # Chosen from the palette, these two ask for what would be the next key.
    "mark": Effect(
        lambda running: "a" in running.browse.keeper.bookmarks or _is_over(running, "BookmarkDialog"), then="a"
    ),
    "jump": Effect(
        lambda running: _is_at(running.left, "right/") or _is_over(running, "BookmarksDialog"),
        then="a",
        prepare=_bookmark,
    ),
    # Selecting
    "select": selects(1, "down"),
    "select_down": selects(1, "down"),
    "select_up": Effect(
        lambda running: " 1 selected" in running.left.footer.text and running.left.list.cursor == 1, "down down"
    ),
    "select_range": Effect(lambda running: "range: 1 selected" in running.left.footer.text, "down"),
    "select_all": selects(ROWS - 1),
    "deselect_all": Effect(lambda running: "selected" not in running.left.footer.text, "ctrl+a"),
    "invert_selection": selects(ROWS - 2, "down insert"),
    "select_matching": selects(1, then="* . c s v enter"),
    "deselect_matching": selects(ROWS - 2, "ctrl+a", "* . c s v enter"),
    # What is shown, and how
    "sort": Effect(
        lambda running: running.left.view == RowView() or _is_over(running, "SortDialog"), prepare=_turn_round
    ),
    "hidden": Effect(lambda running: len(running.left.list) == ROWS - 1 and " .dot" not in names(running.left)),
    "filter": Effect(lambda running: names(running.left) == [" ..", " a.csv"], then="a ."),
    # Files and directories
    "view": opens("PagerScreen", before=_ON_FILE),
    "edit": opens("LocalCopyDialog", before=_ON_FILE),
    "preview": Effect(lambda running: len(running.app.query("Preview")) == 1),
    "new_file": opens("NameDialog"),
    "copy": opens("CopyDialog", before="down"),
    "move": opens("CopyDialog", before="down"),
    "yank": says("1 entry to copy", "down"),
    "cut": says("1 entry to move", "down"),
    "paste": opens("CopyDialog", prepare=_yank),
    "copy_path": gives("memory://bucket/left/a.csv"),
    "copy_uri": gives("memory://bucket/left/a.csv"),
    "copy_name": gives("a.csv"),
    "rename": opens("NameDialog", before=_ON_FILE),
    "bulk_rename": opens("BulkRenameDialog", before=_ON_FILE),
    "properties": opens("PropertiesDialog", before=_ON_FILE),
    "mode": says("has permission bits", _ON_FILE),
    "link": says("No links are signed", _ON_FILE),
    "make_directory": opens("NameDialog"),
    "delete": opens("DeleteDialog", before="down"),
    "delete_permanently": opens("DeleteDialog", before="down"),
    "undo": opens("UndoDialog", prepare=_move_to_trash),
    # Finding and comparing
    "search": opens("SearchDialog"),
    "search_content": opens("SearchDialog"),
    "results": says("Nothing was searched for"),
    "disk_usage": opens("UsageScreen"),
    "compare": opens("CompareDialog"),
    # Other programs
    "open": opens("LocalCopyDialog", before=_ON_FILE),
    "user_menu": opens("MenuDialog"),
    "run": opens("CommandDialog"),
    "subshell": says("my-shell was here"),
    # Requests, cost, profiles
    "cost": opens("ReportScreen"),
    "cache": opens("ReportScreen"),
    "log": opens("ReportScreen"),
    "connection": opens("ConnectionDialog"),
    "profile": opens("ProfileDialog"),
}
