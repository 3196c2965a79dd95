"""Lines over the panes that are brought up to date while they are looked at: costs, the cache, the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen

from tfm.ui.dialog import DialogText
from tfm.ui.line import Line
from tfm.ui.screen_keys import REPORT_KEYS, bindings

__all__ = ["ReportKey", "ReportScreen"]

_LOOK_SECONDS: Final = 0.5

ReportKey = tuple[str, str, Callable[[], None]]
"""A key of this report's own, its word, and what it does."""


class ReportScreen(Screen[None]):
    """``lines`` gives what is shown; with ``follows`` the end stays in sight until somebody scrolls up."""

    BINDINGS = bindings(REPORT_KEYS)
    DEFAULT_CSS = """
    ReportScreen > .report--line { text-style: reverse; }
    ReportScreen VerticalScroll { scrollbar-size-vertical: 1; padding: 0 1; }
    """

    def __init__(
        self,
        title: str,
        lines: Callable[[], Sequence[str]],
        *,
        keys: Sequence[ReportKey] = (),
        follows: bool = False,
    ) -> None:
        super().__init__()
        self._title_text = title
        self._lines = lines
        self._keys = {key: (word, do) for key, word, do in keys}
        self._follows = follows
        self.body = DialogText()
        self._scroll = VerticalScroll(self.body)

    def compose(self) -> ComposeResult:
        yield Line(f" {self._title_text}", classes="report--line")
        yield self._scroll
        own = "  ".join(f"{key} {word}" for key, (word, _do) in self._keys.items())
        yield Line(f" Esc Back  {own}".rstrip(), "↑ ↓ PgUp PgDn scroll ", classes="report--line")

    def on_mount(self) -> None:
        self.set_focus(self._scroll)
        self.show_lines()
        self.set_interval(_LOOK_SECONDS, self.show_lines)

    @property
    def text(self) -> str:
        """What is shown."""
        return self.body.text

    def show_lines(self) -> None:
        at_end = self._scroll.scroll_offset.y >= self._scroll.max_scroll_y
        self.body.show(*self._lines())
        if self._follows and at_end:
            self._scroll.scroll_end(animate=False)

    def on_key(self, event: events.Key) -> None:
        own = self._keys.get(event.character or "")
        if own is not None:
            event.stop()
            own[1]()
            self.show_lines()

    def action_leave(self) -> None:
        if self.app.screen is self:  # typed twice in one go, it comes once more when this screen has left
            self.dismiss()
