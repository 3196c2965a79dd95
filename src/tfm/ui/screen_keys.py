"""The keys of the viewer and of dialogs, in tables: their bindings, their bars and the help are made from them.

Those of the panes can be changed by the user: they are in :mod:`tfm.ui.keymaps`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding, BindingType

__all__ = [
    "BOOKMARK_KEYS",
    "BUTTON_KEYS",
    "CHOICE_KEYS",
    "CHOOSER_KEYS",
    "COMPARE_KEYS",
    "CONFLICT_KEYS",
    "DELETING_KEYS",
    "DIALOG_KEYS",
    "FIELD_KEYS",
    "HELP_KEYS",
    "JOB_KEYS",
    "PAGER_KEYS",
    "PROPERTIES_KEYS",
    "REPORT_KEYS",
    "TABLE_KEYS",
    "USAGE_KEYS",
    "KeyBinding",
    "bindings",
    "function_key_bar",
    "help_lines",
]


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """``action`` by Textual's name on the screen that has it; ``label`` is its word in the function-key bar."""

    action: str
    keys: tuple[str, ...]
    help: str
    label: str = ""


PAGER_KEYS: Final = (
    KeyBinding("help", ("f1",), "Show this help", "Help"),
    KeyBinding("wrap", ("f2", "w"), "Wrap long lines, or cut them", "Wrap"),
    KeyBinding("leave", ("f3", "f10", "q"), "Back to the panes", "Back"),
    KeyBinding("hexadecimal", ("f4", "h"), "Text or hexadecimal", "Hex"),
    KeyBinding("go", ("f5", ":"), "Go to a line, a byte or a percentage", "Go to"),
    KeyBinding("find", ("f7", "/"), "Find text, an expression, or bytes in hexadecimal", "Find"),
    KeyBinding("find_next(1)", ("n", "shift+f7"), "Find the next one"),
    KeyBinding("find_next(-1)", ("N",), "Find the one before"),
    KeyBinding(
        "raw", ("f8", "r"), "JSON, Markdown, tables, pictures, or the bytes; what is compressed as it is", "Raw"
    ),
    KeyBinding("colours", ("f9", "c"), "Colours of source code, or none", "Colours"),
    KeyBinding("follow", ("F",), "Follow the end as the file grows, or stop that"),
    KeyBinding("ask_again", ("ctrl+r",), "Read again"),
    KeyBinding("move(-1)", ("up", "k"), "One line up"),
    KeyBinding("move(1)", ("down", "j", "enter"), "One line down"),
    KeyBinding("move_columns(-1)", ("left",), "Left, where long lines are cut"),
    KeyBinding("move_columns(1)", ("right",), "Right, where long lines are cut"),
    KeyBinding("move_page(-1)", ("pageup", "b"), "One page up"),
    KeyBinding("move_page(1)", ("pagedown", "space"), "One page down"),
    KeyBinding("move_first", ("home", "g"), "The beginning"),
    KeyBinding("move_last", ("end", "G"), "The end"),
    KeyBinding("escape", ("escape",), "Stop a search or following; else back to the panes"),
)

DIALOG_KEYS: Final = (
    KeyBinding("press", ("enter",), "Press the button that is marked; in a line of text, the first button"),
    KeyBinding("leave", ("escape", "f10"), "Leave, and change nothing; a delete that runs is stopped"),
    KeyBinding("move_focus(1)", ("tab",), "The next line of text or button"),
    KeyBinding("move_focus(-1)", ("shift+tab",), "The one before"),
)

BUTTON_KEYS: Final = (
    KeyBinding("press", ("space",), "On a button: press it"),
    KeyBinding("move_focus(1)", ("right", "down"), "On a button: the next one"),
    KeyBinding("move_focus(-1)", ("left", "up"), "On a button: the one before"),
)

CHOICE_KEYS: Final = (
    KeyBinding("choose(1)", ("right", "space"), "On a choice: the next one"),
    KeyBinding("choose(-1)", ("left",), "On a choice: the one before"),
)

CHOOSER_KEYS: Final = (
    KeyBinding("move(-1)", ("up", "ctrl+p"), "In a list: one row up"),
    KeyBinding("move(1)", ("down", "ctrl+n"), "In a list: one row down"),
    KeyBinding("move_page(-1)", ("pageup",), "In a list: one page up"),
    KeyBinding("move_page(1)", ("pagedown",), "In a list: one page down"),
)

BOOKMARK_KEYS: Final = (KeyBinding("forget", ("delete", "f8"), "In the list of bookmarks: forget this one"),)

CONFLICT_KEYS: Final = (
    KeyBinding("decide('overwrite', False)", ("o",), "Overwrite this one"),
    KeyBinding("decide('overwrite', True)", ("O",), "Overwrite all"),
    KeyBinding("decide('skip', False)", ("s",), "Skip this one"),
    KeyBinding("decide('skip', True)", ("S",), "Skip all"),
    KeyBinding("decide('newer', False)", ("n",), "Overwrite this one if it is older, else skip it"),
    KeyBinding("decide('newer', True)", ("N",), "Overwrite all that are older, skip the rest"),
    KeyBinding("decide('rename', False)", ("r",), "Keep both: the copy gets a number"),
    KeyBinding("decide('rename', True)", ("R",), "Keep both, for all"),
    KeyBinding("compare", ("c",), "Compare both: their facts, and the first lines that differ"),
)

DELETING_KEYS: Final = (KeyBinding("background", ("b", "B"), "While it deletes: let it go on in the background"),)

JOB_KEYS: Final = (
    KeyBinding("move(-1)", ("up", "k"), "The job before"),
    KeyBinding("move(1)", ("down", "j"), "The next job"),
    KeyBinding("pause", ("p",), "Pause it, or go on"),
    KeyBinding("retry", ("r",), "Resume it, or try again what failed"),
    KeyBinding("cancel", ("c", "delete"), "Cancel it, stop a delete, or forget an interrupted one"),
    KeyBinding("leave", ("q",), "Back to the panes"),
)

TABLE_KEYS: Final = (
    KeyBinding("move(-1)", ("up", "k"), "In a table: one row up"),
    KeyBinding("move(1)", ("down", "j"), "In a table: one row down"),
    KeyBinding("move_page(-1)", ("pageup",), "In a table: one page up"),
    KeyBinding("move_page(1)", ("pagedown",), "In a table: one page down"),
    KeyBinding("move_first", ("home",), "In a table: the first row"),
    KeyBinding("move_last", ("end",), "In a table: the last row"),
)

USAGE_KEYS: Final = (
    KeyBinding("help", ("f1",), "Show this help", "Help"),
    KeyBinding("again", ("f2", "ctrl+r"), "Add everything up again", "Again"),
    KeyBinding("go_there", ("f3", "g"), "Show that directory in the pane", "Go there"),
    KeyBinding("sort", ("f9", "s"), "Sort by size, by number, or by name", "Sort"),
    KeyBinding("leave", ("f10", "q"), "Back to the panes", "Back"),
    KeyBinding("toggle_directory", ("enter", "space"), "Show what is in the directory, or hide it"),
    KeyBinding("expand", ("right", "l"), "Show what is in the directory"),
    KeyBinding("collapse", ("left", "h"), "Hide what is in the directory, or go to the one above"),
    KeyBinding("escape", ("escape",), "Stop adding up; else back to the panes"),
)

COMPARE_KEYS: Final = (
    KeyBinding("help", ("f1",), "Show this help", "Help"),
    KeyBinding("again", ("f2", "ctrl+r"), "Compare again", "Again"),
    KeyBinding("go_there", ("f3", "enter"), "Show that entry in the panes", "Go there"),
    KeyBinding("copy(True)", ("f5", "right"), "Copy what differs from left to right: what is marked, or all", "Copy →"),
    KeyBinding("copy(False)", ("f6", "left"), "Copy what differs from right to left: what is marked, or all", "← Copy"),
    KeyBinding("filter", ("f9", "f"), "Show all differences, or only those of one kind", "Show"),
    KeyBinding("leave", ("f10", "q"), "Back to the panes", "Back"),
    KeyBinding("mark", ("insert", "space"), "Mark the row, or take its mark away"),
    KeyBinding("mark_all", ("ctrl+a", "a"), "Mark all rows that are shown, or none"),
    KeyBinding("escape", ("escape",), "Stop comparing; else back to the panes"),
)

HELP_KEYS: Final = (
    KeyBinding("leave", ("q", "f1", "f10", "enter"), "Back to the panes"),
    KeyBinding("escape", ("escape",), "Show all of the help again; else back to the panes"),
    KeyBinding("search", ("/", "f7", "ctrl+f"), "Show only the lines that hold what is typed"),
    KeyBinding("scroll('up')", ("up", "k"), "One line up"),
    KeyBinding("scroll('down')", ("down", "j"), "One line down"),
    KeyBinding("scroll('page_up')", ("pageup", "b", "ctrl+u"), "One page up"),
    KeyBinding("scroll('page_down')", ("pagedown", "space", "ctrl+d"), "One page down"),
    KeyBinding("scroll('home')", ("home", "g"), "The beginning"),
    KeyBinding("scroll('end')", ("end", "G"), "The end"),
)

PROPERTIES_KEYS: Final = (KeyBinding("leave", ("q",), "Back to the panes"),)

REPORT_KEYS: Final = (KeyBinding("leave", ("escape", "q", "f10", "enter"), "Back to the panes"),)

FIELD_KEYS: Final = (
    KeyBinding("recall(1)", ("up",), "In a line of text: what was typed there before, if it is kept"),
    KeyBinding("recall(-1)", ("down",), "In a line of text: what was typed after that"),
    KeyBinding("move(-1)", ("left",), "In a line of text: one character back"),
    KeyBinding("move(1)", ("right",), "In a line of text: one character on"),
    KeyBinding("move_first", ("home", "ctrl+a"), "In a line of text: the beginning"),
    KeyBinding("move_last", ("end", "ctrl+e"), "In a line of text: the end"),
    KeyBinding("delete_before", ("backspace", "ctrl+h"), "In a line of text: delete the character before"),
    KeyBinding("delete_after", ("delete", "ctrl+d"), "In a line of text: delete the character after"),
    KeyBinding("clear", ("ctrl+u",), "In a line of text: delete all of it"),
)

_KEY_NAMES: Final = {
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "up": "↑",
    "down": "↓",
}


_AT_ONCE: Final = {
    "1": "inverted_exclamation_mark",
    "2": "trade_mark_sign",
    "3": "pound_sign",
    "4": "cent_sign",
    "5": "infinity",
    "6": "section_sign",
    "7": "pilcrow_sign",
    "8": "bullet",
    "9": "ª",
    "0": "º",
}
"""What Textual makes of Esc and a digit within 0.1 s: what Option and the digit type on a Mac. A terminal that tells
keys apart says ``alt+3``."""


def bindings(table: Sequence[KeyBinding]) -> list[BindingType]:
    """The table as Textual takes it. A function key comes with its twin: Esc and the digit, in one go."""
    made: list[BindingType] = []
    for entry in table:
        keys = list(entry.keys)
        for digit in filter(None, map(_digit_of, entry.keys)):
            keys += [f"alt+{digit}", _AT_ONCE[digit]]
        made += [Binding(key, entry.action, entry.help, show=False, priority=True) for key in keys]
    return made


def function_key_bar(table: Sequence[KeyBinding]) -> str:
    """``1 Help 2 Refresh …``, 64 of 80 cells: the number of the first function key of each that has one."""
    parts = []
    for entry in table:
        numbers = [int(key[1:]) for key in entry.keys if _digit_of(key) is not None]
        if entry.label and numbers:
            parts.append((numbers[0], entry.label))
    return " ".join(f"{number} {label}" for number, label in sorted(parts))


def help_lines(title: str, table: Sequence[KeyBinding]) -> list[str]:
    """The table for reading."""
    return [title, *[f"  {', '.join(map(_key_name, entry.keys)):<22} {entry.help}" for entry in table], ""]


def _digit_of(key: str) -> str | None:
    number = key[1:]
    if not key.startswith("f") or not number.isdigit() or int(number) > 10:
        return None
    return number[-1]


def _key_name(key: str) -> str:
    if key in _KEY_NAMES:
        return _KEY_NAMES[key]
    if len(key) == 1:
        return key
    return "-".join(part.capitalize() for part in key.split("+"))
