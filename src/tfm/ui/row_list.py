"""Rows to choose one from: text at the left, a note at the right, any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.message import Message

from tfm.ui.lay_out import lay_out_again
from tfm.ui.sanitise import cell_width, fit, screen_text
from tfm.ui.table_rows import TableRows

__all__ = ["Row", "RowList"]

Value = TypeVar("Value")

_PLAIN: Final = Style()
_HEADING: Final = Style(dim=True)
_LEAST_TEXT_CELLS: Final = 3


@dataclass(frozen=True, slots=True)
class Row(Generic[Value]):
    """``value`` None: a heading, which cannot be chosen."""

    text: str
    note: str = ""
    value: Value | None = None


class RowList(TableRows, Generic[Value]):
    """As high as its rows, within bounds. The cursor never stands on a heading, where there is anything else."""

    DEFAULT_CSS = "RowList { height: auto; min-height: 1; max-height: 14; }"

    # The keys go to the line in which one types, and yet Enter is about this row.
    cursor_elsewhere = Style(reverse=True)

    class Chosen(Message):
        """A row was clicked."""

    def __init__(self, rows: Sequence[Row[Value]] = (), *, notice: str = "") -> None:
        super().__init__(self._text_of, notice=notice)
        self._rows = list(rows)
        self._count = len(self._rows)
        self.cursor = self._settled(0, 1)

    @property
    def rows(self) -> Sequence[Row[Value]]:
        return self._rows

    @property
    def row(self) -> Row[Value] | None:
        """The one under the cursor, if it can be chosen."""
        return self._rows[self.cursor] if self._can_be_chosen(self.cursor) else None

    def show_rows(self, rows: Sequence[Row[Value]], *, notice: str = "", keep: bool = False) -> None:
        """Show these, with the cursor on the first; with ``keep`` on the row of the same value, if it is there."""
        value = None if self.row is None or not keep else self.row.value
        self._rows = list(rows)
        cursor = next((n for n, row in enumerate(rows) if value is not None and row.value == value), 0)
        self.show(len(self._rows), notice=notice, cursor=self._settled(cursor, 1))
        lay_out_again(self)

    def move_to(self, row: int) -> None:
        row = max(0, min(self.count - 1, row))
        super().move_to(self._settled(row, 1 if row >= self.cursor else -1))

    def _can_be_chosen(self, position: int) -> bool:
        return 0 <= position < len(self._rows) and self._rows[position].value is not None

    def _settled(self, position: int, step: int) -> int:
        """From a heading the next row on the way, or the nearest the other way."""
        for direction in (step, -step):
            candidate = position
            while 0 <= candidate < len(self._rows):
                if self._can_be_chosen(candidate):
                    return candidate
                candidate += direction
        return position

    def get_content_height(self, *_: object) -> int:
        return max(1, self.count)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        event.prevent_default()  # of what a table does with it
        position = self.scroll_offset.y + event.y
        if self._can_be_chosen(position):
            self.move_to(position)
            self.post_message(self.Chosen())

    def _text_of(self, number: int, width: int) -> tuple[str, Style]:
        row = self._rows[number]
        note = screen_text(row.note)
        room = max(0, width - cell_width(note) - 1)
        text = f"{fit(row.text, room)} {note}" if note and room > _LEAST_TEXT_CELLS else row.text
        return text, _HEADING if row.value is None else _PLAIN
