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

from tfm.ui.sanitise import cell_width, fit, screen_text

__all__ = ["TabLine", "tab_labels"]

_PLAIN: Final = Style(dim=True)
_SHOWN: Final = Style(reverse=True)
_LEAST_CELLS: Final = 8
"""Of a name that has to be cut, while there is room for so much of each."""

_MOST_CELLS: Final = 24


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
            Segment(text, _SHOWN if number == self._active and text.strip(" ‹›") else _PLAIN)
            for number, text in self._labels()
        ]
        used = sum(cell_width(segment.text) for segment in segments)
        return Strip([*segments, Segment(" " * max(0, width - used))]).crop(0, width)


def tab_labels(names: Sequence[str], active: int, width: int) -> list[tuple[int, str]]:
    """What stands in the line, from the left: the number of a tab with its text.

    Where not all of them fit, those around the active one, with ``‹`` and ``›`` for the ones beyond.
    """
    shown = [screen_text(name) for name in names]
    frame = max((len(_framed(number, "")) for number in range(len(shown))), default=0)
    limit = _MOST_CELLS
    if sum(min(limit, cell_width(name)) + frame for name in shown) > width:
        limit = max(_LEAST_CELLS, width // len(shown) - frame)
    labels = [_framed(number, fit(name, min(limit, cell_width(name)))) for number, name in enumerate(shown)]
    first, last = _window([cell_width(label) for label in labels], active, width)
    found = [(number, labels[number]) for number in range(first, last + 1)]
    if first > 0:
        found.insert(0, (first - 1, "‹"))
    if last < len(labels) - 1:
        found.append((last + 1, "›"))
    return found


def _framed(number: int, name: str) -> str:
    return f" {number + 1} {name} "


def _window(widths: Sequence[int], active: int, width: int) -> tuple[int, int]:
    """The first and the last one to show, with room for a mark at either end."""
    if sum(widths) <= width or not widths:
        return 0, len(widths) - 1
    first = last = active
    room = width - 2 - widths[active]
    while True:
        if last + 1 < len(widths) and widths[last + 1] <= room:
            last += 1
            room -= widths[last]
        elif first > 0 and widths[first - 1] <= room:
            first -= 1
            room -= widths[first]
        else:
            return first, last
