"""F1: the keys, from the same table that binds them."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from tfm.ui.keymaps import Keymap, key_help
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
    bindings,
    help_lines,
)

__all__ = ["HelpScreen"]


class _HelpText(Widget):
    DEFAULT_CSS = "_HelpText { width: 1fr; height: auto; padding: 0 1; }"

    def __init__(self, keymap: Keymap | None) -> None:
        super().__init__()
        self._keymap = keymap

    def render(self) -> Content:
        lines = [] if self._keymap is None else key_help(self._keymap)
        lines += help_lines("In the viewer (F3)", PAGER_KEYS)
        lines += help_lines(
            "In a dialog",
            (*DIALOG_KEYS, *BUTTON_KEYS, *CHOICE_KEYS, *CHOOSER_KEYS, *BOOKMARK_KEYS, *DELETING_KEYS, *FIELD_KEYS),
        )
        lines += help_lines("Where something is in the way of a copy", CONFLICT_KEYS)
        lines += help_lines("In the list of jobs (Ctrl-T)", JOB_KEYS)
        lines += help_lines("In disk usage", (*USAGE_KEYS, *TABLE_KEYS))
        lines += help_lines("In a comparison", (*COMPARE_KEYS, *TABLE_KEYS))
        lines.append("The mouse: a click sets the cursor, a double click enters, the wheel scrolls.")
        lines.append("A click on a word of the last line is that function key.")
        lines.append("A function key that the terminal keeps for itself: Esc and then its digit (0 is F10).")
        return Content("\n".join(lines))


class HelpScreen(Screen[None]):
    """The help: of the panes too where their ``keymap`` is given, else of what is over them."""

    BINDINGS = bindings(HELP_KEYS)
    DEFAULT_CSS = "HelpScreen > .help--line { text-style: reverse; }"

    def __init__(self, keymap: Keymap | None = None) -> None:
        super().__init__()
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        yield Line(" tfm help", classes="help--line")
        with VerticalScroll() as scroll:
            yield _HelpText(self._keymap)
        scroll.focus()
        yield Line(" Esc Back", "↑ ↓ PgUp PgDn scroll ", classes="help--line")

    def action_leave(self) -> None:
        if self.app.screen is self:  # typed twice in one go, it comes once more when this screen has left
            self.dismiss()

    async def action_scroll(self, how: str) -> None:
        await self.query_one(VerticalScroll).run_action(f"scroll_{how}")
