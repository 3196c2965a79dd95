"""One of several words, chosen with the arrow keys or the mouse: ``‹ ask each time ›``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tfm.ui.sanitise import fit
from tfm.ui.screen_keys import CHOICE_KEYS, bindings

__all__ = ["Choice"]

Value = TypeVar("Value")

_PLAIN: Final = Style()
_FOCUSED: Final = Style(reverse=True)


class Choice(Widget, Generic[Value], can_focus=True):
    """``options`` are values with their words; the first one is chosen."""

    BINDINGS = bindings(CHOICE_KEYS)
    DEFAULT_CSS = "Choice { height: 1; width: 1fr; }"

    class Changed(Message):
        """Another one is chosen."""

    def __init__(self, options: Sequence[tuple[Value, str]], *, id: str | None = None) -> None:  # noqa: A002 - Textual's
        super().__init__(id=id)
        self._options = list(options)
        self._number = 0

    @property
    def value(self) -> Value:
        return self._options[self._number][0]

    @property
    def text(self) -> str:
        """What is shown."""
        return f"‹ {self._options[self._number][1]} ›"

    def action_choose(self, step: int) -> None:
        self._number = (self._number + step) % len(self._options)
        self.refresh()
        self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_choose(-1 if event.x == 0 else 1)

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one row
        shown = Segment(self.text, _FOCUSED if self.has_focus else _PLAIN)
        return Strip([shown, Segment(fit("", max(0, self.size.width - len(self.text))))]).crop(0, self.size.width)
