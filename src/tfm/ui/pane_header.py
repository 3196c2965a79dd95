"""The names of the columns, above the rows of a pane."""

from __future__ import annotations

from textual import events
from textual.message import Message

from tfm.operations.row_view import RowView, SortOrder
from tfm.ui.line import Line
from tfm.ui.row_text import column_at, header_text

__all__ = ["PaneHeader"]


class PaneHeader(Line):
    """Says by what the rows are sorted; a click on a column is a wish to sort by it."""

    class Chosen(Message):
        """A column was clicked."""

        def __init__(self, sort: SortOrder) -> None:
            super().__init__()
            self.sort = sort

    def __init__(self) -> None:
        super().__init__(classes="pane--header")
        self._width = 0

    def tell(self, width: int, view: RowView) -> None:
        """Stand above a list of that width, whose rows are shown like that."""
        self._width = width
        self.show(header_text(width, view.sort, reverse=view.reverse))

    def on_click(self, event: events.Click) -> None:
        if event.button == 1:
            event.stop()
            self.post_message(self.Chosen(SortOrder(column_at(self._width, event.x))))
