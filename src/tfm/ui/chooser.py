"""A dialog that lets one of many be chosen: by arrow keys, by typing a part of it, by the mouse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from textual.widget import Widget

from tfm.ui.dialog import Dialog
from tfm.ui.field_row import FieldRow
from tfm.ui.row_list import Row, RowList
from tfm.ui.screen_keys import CHOOSER_KEYS, bindings
from tfm.ui.text_field import TextField

__all__ = ["Chooser", "matching_rows"]

Value = TypeVar("Value")

_WORD_STARTS: Final = " _-/."


class Chooser(Dialog[Value]):
    """The result is the value of the chosen row, or None. ``rows`` may be told later, or more of them, by
    :meth:`show_rows`; ``word`` stands before the line that is typed in."""

    BINDINGS = bindings(CHOOSER_KEYS)
    DEFAULT_CSS = "Chooser FieldRow { margin-bottom: 0; } Chooser RowList { margin: 1 0; }"

    def __init__(
        self,
        title: str,
        rows: Sequence[Row[Value]] = (),
        *,
        word: str = "Find:",
        button: str = "Choose",
        notice: str = "Nothing fits.",
        position: int = 0,
    ) -> None:
        super().__init__(title, buttons=(("choose", button), ("cancel", "Cancel")))
        self._all_rows = list(rows)
        self._notice = notice
        self._word = word
        self._shown_for = ""
        self.field: Final = TextField()
        self.list: Final[RowList[Value]] = RowList(rows, notice=notice)
        self.list.can_focus = False
        self._position = position

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow(self._word, self.field)
        yield self.list

    def on_mount(self) -> None:
        self.show_buttons("choose", "cancel")
        self.set_focus(self.field)
        if self._position:
            self.list.move_to(self._position)

    def show_rows(self, rows: Sequence[Row[Value]], *, notice: str | None = None) -> None:
        """Let these be the rows to choose from; the cursor stays where it is."""
        self._all_rows = list(rows)
        self._notice = self._notice if notice is None else notice
        self._shown_for = self.field.value
        self.list.show_rows(matching_rows(self._all_rows, self._shown_for), notice=self._notice, keep=True)
        self.row_changed()

    def on_text_field_edited(self) -> None:
        self._filter()

    def _filter(self) -> None:
        if self.field.value != self._shown_for:
            self._shown_for = self.field.value
            self.list.show_rows(matching_rows(self._all_rows, self._shown_for), notice=self._notice)
            self.row_changed()

    def action_move(self, rows: int) -> None:
        self.list.action_move(rows)
        self.row_changed()

    def action_move_page(self, pages: int) -> None:
        self.list.action_move_page(pages)
        self.row_changed()

    def row_changed(self) -> None:
        """Another row may be under the cursor: for a chooser that shows what it would be like."""

    def on_row_list_chosen(self) -> None:
        self.pressed("choose")

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
            return
        self._filter()  # what was typed just before Enter counts
        row = self.list.row
        if row is not None and self.app.screen is self:
            self.dismiss(row.value)


def matching_rows(rows: Sequence[Row[Value]], typed: str) -> list[Row[Value]]:
    """The rows that have all of the words typed, the best first; without case. Headings stay only where nothing was
    typed."""
    words = typed.casefold().split()
    if not words:
        return list(rows)
    ranked = []
    for number, row in enumerate(rows):
        text = f"{row.text} {row.note}".casefold()
        ranks = [_rank(text, word) for word in words]
        if row.value is not None and None not in ranks:
            ranked.append((sum(rank for rank in ranks if rank is not None), number, row))
    return [row for _rank_of_it, _number, row in sorted(ranked, key=lambda each: each[:2])]


def _rank(text: str, word: str) -> int | None:
    """0 where the text begins with the word, 1 where a word in it does, 2 where it has it, 3 where it has its letters
    in that order, None where it has not."""
    at = text.find(word)
    if at == 0:
        return 0
    if at > 0:
        return 1 if any(f"{start}{word}" in text for start in _WORD_STARTS) else 2
    position = 0
    for letter in word:
        position = text.find(letter, position) + 1
        if not position:
            return None
    return 3
