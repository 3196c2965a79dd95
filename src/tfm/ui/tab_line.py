"""The line above a pane's title that names its tabs, where there is more than one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tfm.ui.sanitise import cell_width
from tfm.ui.tab_text import is_shown, tab_labels

__all__ = ["TabLine"]

_PLAIN: Final = Style(dim=True)
_SHOWN: Final = Style(reverse=True)


class TabLine(Widget):
    """Says which tab was clicked; draws what it is told by :meth:`show`."""

    DEFAULT_CSS = "TabLine { height: 1; width: 1fr; display: none; }"

    class Chosen(Message):
        """The tab of that number was clicked; with the middle button, to be closed."""

        def __init__(self, number: int, *, closes: bool) -> None:
            super().__init__()
            self.number = number
            self.closes = closes

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self._active = 0

    def show(self, names: Sequence[str], active: int) -> None:
        """``names`` may be foreign. Without a second one there is no line."""
        if (list(names), active) != (self._names, self._active):
            self._names, self._active = list(names), active
            self.display = len(names) > 1
            self.refresh()

    @property
    def text(self) -> str:
        """What is shown, without the blanks at the ends."""
        return "".join(text for _number, text in self._labels()).strip() if self.display else ""

    def _labels(self) -> list[tuple[int, str]]:
        return tab_labels(self._names, self._active, self.size.width)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        end = 0
        for number, text in self._labels():
            end += cell_width(text)
            if event.x < end:
                self.post_message(self.Chosen(number, closes=event.button == 2))
                return

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one row
        width = self.size.width
        segments = [
            Segment(text, _SHOWN if is_shown(number, text, self._active) else _PLAIN) for number, text in self._labels()
        ]
        used = sum(cell_width(segment.text) for segment in segments)
        return Strip([*segments, Segment(" " * max(0, width - used))]).crop(0, width)
