"""F1: the keys, from the same table that binds them."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from tfm.ui.keymap import (
    BROWSE_KEYS,
    BUTTON_KEYS,
    CHOICE_KEYS,
    CONFLICT_KEYS,
    DIALOG_KEYS,
    FIELD_KEYS,
    JOB_KEYS,
    PAGER_KEYS,
    KeyBinding,
    bindings,
    help_lines,
)
from tfm.ui.line import Line

__all__ = ["HelpScreen"]


class _HelpText(Widget):
    DEFAULT_CSS = "_HelpText { width: 1fr; height: auto; padding: 0 1; }"

    def __init__(self, *, pager_first: bool) -> None:
        super().__init__()
        self._pager_first = pager_first

    def render(self) -> Content:
        parts = [help_lines("In the panes", BROWSE_KEYS), help_lines("In the pager (F3)", PAGER_KEYS)]
        first, second = reversed(parts) if self._pager_first else parts
        lines = first + second
        lines += help_lines("In a dialog", (*DIALOG_KEYS, *BUTTON_KEYS, *CHOICE_KEYS, *FIELD_KEYS))
        lines += help_lines("Where something is in the way of a copy", CONFLICT_KEYS)
        lines += help_lines("In the list of jobs (Ctrl-T)", JOB_KEYS)
        lines.append("The mouse: a click sets the cursor, a double click enters, the wheel scrolls.")
        lines.append("A function key that the terminal keeps for itself: Esc and then its digit (0 is F10).")
        return Content("\n".join(lines))


class HelpScreen(Screen[None]):
    """The help, over the panes, or over the pager and with that first."""

    BINDINGS = bindings((KeyBinding("leave", ("escape", "q", "f1", "f10", "enter"), "Back to the panes"),))
    DEFAULT_CSS = "HelpScreen > .help--line { text-style: reverse; }"

    def __init__(self, *, pager_first: bool = False) -> None:
        super().__init__()
        self._pager_first = pager_first

    def compose(self) -> ComposeResult:
        yield Line(" tfm help", classes="help--line")
        with VerticalScroll() as scroll:
            yield _HelpText(pager_first=self._pager_first)
        scroll.focus()
        yield Line(" Esc Back", "↑ ↓ PgUp PgDn scroll ", classes="help--line")

    def action_leave(self) -> None:
        if self.app.screen is self:  # typed twice in one go, it comes once more when this screen has left
            self.dismiss()
