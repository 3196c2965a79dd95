"""Any number of rows with a cursor, drawn when they are in sight: lists that are no directory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tfm.ui.sanitise import fit
from tfm.ui.screen_keys import TABLE_KEYS, bindings

__all__ = ["RowText", "TableRows"]

_DIM: Final = Style(dim=True)
_CURSOR: Final = Style(reverse=True)

RowText = Callable[[int, int], tuple[str, Style]]
"""The text of the row of that number, for so many cells, and its style; the text is fitted and made harmless here."""


class TableRows(ScrollView, can_focus=True, inherit_bindings=False):
    """``row_text`` is asked for each row that is drawn; :meth:`show` says how many there are."""

    BINDINGS = bindings(TABLE_KEYS)
    DEFAULT_CSS = """
    TableRows {
        width: 1fr; height: 1fr; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1; scrollbar-background: ansi_default; scrollbar-background-hover: ansi_default;
        scrollbar-background-active: ansi_default; scrollbar-color: ansi_bright_black;
        scrollbar-color-hover: ansi_bright_black; scrollbar-color-active: ansi_blue;
    }
    """

    cursor_elsewhere: Style = Style(underline=True)
    """How the cursor looks while the keys go elsewhere."""

    class Moved(Message):
        """The cursor is on another row."""

    class Opened(Message):
        """A row was double-clicked."""

    def __init__(self, row_text: RowText, *, notice: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's
        super().__init__(id=id)
        self._row_text = row_text
        self._count = 0
        self._notice = notice
        self.cursor = 0

    @property
    def count(self) -> int:
        return self._count

    @property
    def text(self) -> str:
        """The rows in sight."""
        width, height = self.scrollable_content_region.width, self.scrollable_content_region.height
        first = self.scroll_offset.y
        rows = [self._row_text(row, width)[0].rstrip() for row in range(first, min(self._count, first + height))]
        return "\n".join(rows) or self._notice

    def show(self, count: int, *, notice: str = "", cursor: int | None = None) -> None:
        """There are so many rows now, which may say something else; ``notice`` stands where there are none."""
        self._count, self._notice = count, notice
        self.cursor = max(0, min(count - 1, self.cursor if cursor is None else cursor))
        self._set_size()
        self._scroll_to_cursor()
        self.refresh()

    def move_to(self, row: int) -> None:
        before, self.cursor = self.cursor, max(0, min(self._count - 1, row))
        if self.cursor != before:
            self._scroll_to_cursor()
            self.refresh()
            self.post_message(self.Moved())

    def action_move(self, rows: int) -> None:
        self.move_to(self.cursor + rows)

    def action_move_page(self, pages: int) -> None:
        self.move_to(self.cursor + pages * max(1, self.scrollable_content_region.height - 1))

    def action_move_first(self) -> None:
        self.move_to(0)

    def action_move_last(self) -> None:
        self.move_to(self._count - 1)

    def _set_size(self) -> None:
        size = Size(self.scrollable_content_region.width, self._count)
        if size != self.virtual_size:
            self.virtual_size = size

    def _scroll_to_cursor(self) -> None:
        top, height = self.scroll_offset.y, max(1, self.scrollable_content_region.height)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    def on_resize(self) -> None:
        self._set_size()
        self._scroll_to_cursor()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        row = self.scroll_offset.y + event.y
        if event.button == 1 and row < self._count:
            self.move_to(row)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if event.chain == 2 and event.button == 1 and self.scroll_offset.y + event.y < self._count:
            self.post_message(self.Opened())

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        row = self.scroll_offset.y + y
        if row >= self._count:
            return Strip([Segment(fit(self._notice if row == 0 else "", width), _DIM)], width)
        text, style = self._row_text(row, width)
        if row == self.cursor:
            style += _CURSOR if self.has_focus else self.cursor_elsewhere
        return Strip([Segment(fit(text, width), style)], width)
