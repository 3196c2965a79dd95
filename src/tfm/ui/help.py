"""F1: the keys, from the same table that binds them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from tfm.ui.actions import ACTIONS
from tfm.ui.keymaps import Keymap, key_help
from tfm.ui.keymaps.key_names import key_of_event
from tfm.ui.lay_out import lay_out_again
from tfm.ui.line import Line
from tfm.ui.screen_keys import (
    BOOKMARK_KEYS,
    BUTTON_KEYS,
    CHOICE_KEYS,
    CHOOSER_KEYS,
    COMPARE_KEYS,
    CONFLICT_KEYS,
    DELETING_KEYS,
    DIALOG_KEYS,
    FIELD_KEYS,
    HELP_KEYS,
    JOB_KEYS,
    PAGER_KEYS,
    TABLE_KEYS,
    USAGE_KEYS,
    help_lines,
)

__all__ = ["HelpScreen"]


_TITLE: Final = " tfm help"
_SCROLLS: Final = "↑ ↓ PgUp PgDn scroll "


class _HelpText(Widget):
    DEFAULT_CSS = "_HelpText { width: 1fr; height: auto; padding: 0 1; }"

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self.lines = lines

    def show(self, lines: Sequence[str]) -> None:
        self.lines = lines
        lay_out_again(self)

    def render(self) -> Content:
        return Content("\n".join(self.lines))


class HelpScreen(Screen[None]):
    """The help: of the panes too where their ``keymap`` is given, else of what is over them."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = "HelpScreen > .help--line { text-style: reverse; }"

    def __init__(self, keymap: Keymap | None = None) -> None:
        super().__init__()
        self._all: Final = _help_text(keymap)
        self._sought = ""
        self._types = False
        self.body: Final = _HelpText(self._all)
        self.line: Final = Line(classes="help--line")

    def compose(self) -> ComposeResult:
        yield Line(_TITLE, classes="help--line")
        with VerticalScroll(can_focus=False):
            yield self.body
        yield self.line

    def on_mount(self) -> None:
        self._tell()

    def action_leave(self) -> None:
        if self.app.screen is self:  # typed twice in one go, it comes once more when this screen has left
            self.dismiss()

    async def action_scroll(self, how: str) -> None:
        await self.query_one(VerticalScroll).run_action(f"scroll_{how}")

    # Searching

    def action_search(self) -> None:
        self._types = True
        self._tell()

    def action_escape(self) -> None:
        if self._sought:
            self._seek("")
        else:
            self.action_leave()

    async def on_key(self, event: events.Key) -> None:
        # Not by Textual's bindings: those would overtake what is typed already.
        if self._types and self._took(event):
            event.stop()
            return
        self._types = False  # what is no text ends the line, and means what it always does
        self._tell()
        key = key_of_event(event)
        action = next((entry.action for entry in HELP_KEYS if key in entry.keys), None)
        if action is not None:
            event.stop()
            await self.run_action(action)

    def _took(self, event: events.Key) -> bool:
        if event.key in {"enter", "escape"}:
            self._types = False
            self._seek(self._sought if event.key == "enter" else "")
        elif event.key == "backspace":
            self._seek(self._sought[:-1])
        elif event.is_printable and event.character is not None:
            self._seek(self._sought + event.character)
        else:
            return False
        return True

    def _seek(self, sought: str) -> None:
        if sought != self._sought:
            self._sought = sought
            self.body.show(_lines_with(self._all, sought))
            self.query_one(VerticalScroll).scroll_home(animate=False)
        self._tell()

    def _tell(self) -> None:
        if self._types:
            self.line.show(f" / {self._sought}▏  Enter keeps it, Esc shows all")
        elif self._sought:
            self.line.show(f" Esc All  / {self._sought}", _SCROLLS)
        else:
            self.line.show(" Esc Back  / Search", _SCROLLS)


def _help_text(keymap: Keymap | None) -> list[str]:
    lines = [] if keymap is None else key_help(keymap)
    lines += help_lines("In the viewer (F3)", PAGER_KEYS)
    lines += help_lines(
        "In a dialog",
        (*DIALOG_KEYS, *BUTTON_KEYS, *CHOICE_KEYS, *CHOOSER_KEYS, *BOOKMARK_KEYS, *DELETING_KEYS, *FIELD_KEYS),
    )
    lines += help_lines("Where something is in the way of a copy", CONFLICT_KEYS)
    lines += help_lines("In the list of jobs (Ctrl-T)", JOB_KEYS)
    lines += help_lines("In disk usage", (*USAGE_KEYS, *TABLE_KEYS))
    lines += help_lines("In a comparison", (*COMPARE_KEYS, *TABLE_KEYS))
    lines += help_lines("In this help", HELP_KEYS)
    lines.append("The mouse: a click sets the cursor, a double click enters, the wheel scrolls.")
    lines.append("A click on a word of the last line is that function key.")
    lines.append("A function key that the terminal keeps for itself: Esc and then its digit (0 is F10).")
    return lines


def _lines_with(lines: Sequence[str], sought: str) -> Sequence[str]:
    """Those that hold each of the words, whatever is a capital, below the headings that they stand under. An action is
    found by its name, too."""
    words = sought.casefold().split()
    if not words:
        return lines
    names = {action.help: action.name.replace("_", " ") for action in ACTIONS}
    found: list[str] = []
    heading = ""
    for line, next_line in pairwise([*lines, ""]):
        if next_line.startswith(" ") and not line.startswith(" "):
            heading = line
            continue
        name = next((name for text, name in names.items() if line.endswith(f" {text}")), "")
        if line and all(word in f"{line} {name}".casefold() for word in words):
            if heading and line.startswith(" "):
                found += ["", heading] if found else [heading]
                heading = ""
            found.append(line)
    return found or ["Nothing in the help holds this."]
