"""Rows to choose one from: text at the left, a note at the right, any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tfm.ui.sanitise import cell_width, fit, screen_text

__all__ = ["Row", "RowList"]

Value = TypeVar("Value")

_PLAIN: Final = Style()
_HEADING: Final = Style(dim=True)
_CURSOR: Final = Style(reverse=True)


@dataclass(frozen=True, slots=True)
class Row(Generic[Value]):
    """``value`` None: a heading, which cannot be chosen."""

    text: str
    note: str = ""
    value: Value | None = None


class RowList(ScrollView, Generic[Value], can_focus=True, inherit_bindings=False):
    """The cursor never stands on a heading, where there is anything else."""

    DEFAULT_CSS = """
    RowList {
        width: 1fr; height: auto; min-height: 1; max-height: 14; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1; scrollbar-background: ansi_default; scrollbar-background-hover: ansi_default;
        scrollbar-background-active: ansi_default; scrollbar-color: ansi_bright_black;
        scrollbar-color-hover: ansi_bright_black; scrollbar-color-active: ansi_blue;
    }
    """

    class Chosen(Message):
        """A row was clicked."""

    def __init__(self, rows: Sequence[Row[Value]] = (), *, notice: str = "") -> None:
        super().__init__()
        self._rows = list(rows)
        self._notice = notice
        self._cursor = 0
        self._settle(1)

    @property
    def rows(self) -> Sequence[Row[Value]]:
        return self._rows

    @property
    def row(self) -> Row[Value] | None:
        """The one under the cursor, if it can be chosen."""
        if not 0 <= self._cursor < len(self._rows) or self._rows[self._cursor].value is None:
            return None
        return self._rows[self._cursor]

    def show(self, rows: Sequence[Row[Value]], *, notice: str = "", keep: bool = False) -> None:
        """Show these, with the cursor on the first; with ``keep`` on the row of the same value, if it is there."""
        value = None if self.row is None or not keep else self.row.value
        self._rows, self._notice = list(rows), notice
        self._cursor = next((n for n, row in enumerate(rows) if value is not None and row.value == value), 0)
        self._settle(1)
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))
        self._scroll_to_cursor()
        self.refresh(layout=True)

    def choose(self, position: int) -> None:
        """Set the cursor on that row."""
        self._cursor = max(0, min(len(self._rows) - 1, position))
        self._settle(1)
        self._scroll_to_cursor()
        self.refresh()

    def move(self, rows: int) -> None:
        """So many rows down; the ends are the ends."""
        self._cursor = max(0, min(len(self._rows) - 1, self._cursor + rows))
        self._settle(1 if rows > 0 else -1)
        self._scroll_to_cursor()
        self.refresh()

    def move_page(self, pages: int) -> None:
        self.move(pages * max(1, self.size.height - 1))

    def _settle(self, step: int) -> None:
        """From a heading to the next row on the way, or to the nearest the other way."""
        for direction in (step, -step):
            position = self._cursor
            while 0 <= position < len(self._rows):
                if self._rows[position].value is not None:
                    self._cursor = position
                    return
                position += direction

    def _scroll_to_cursor(self) -> None:
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False)

    def get_content_height(self, *_: object) -> int:
        return max(1, len(self._rows))

    def on_resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))
        self._scroll_to_cursor()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        position = self.scroll_offset.y + event.y
        if position < len(self._rows) and self._rows[position].value is not None:
            self.choose(position)
            self.post_message(self.Chosen())

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        position = self.scroll_offset.y + y
        if position >= len(self._rows):
            return Strip([Segment(fit(self._notice if position == 0 else "", width), _HEADING)], width)
        row = self._rows[position]
        note = screen_text(row.note)
        room = max(0, width - cell_width(note) - 1) if note else width
        text = fit(f"{fit(row.text, room)} {note}" if note and room > 3 else row.text, width)
        style = _HEADING if row.value is None else _PLAIN
        if position == self._cursor and row.value is not None:
            style += _CURSOR
        return Strip([Segment(text, style)], width)
