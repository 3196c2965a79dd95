"""A range of rows that is selected while it is drawn: from where it began to wherever the cursor goes."""

from __future__ import annotations

from typing import Final

from tfm.core.entry import Kind
from tfm.core.listing import Listing
from tfm.operations.row_order import RowOrder, key_of_row
from tfm.ui.selection import Selection

__all__ = ["KEEPS_RANGE", "RowRange"]

_ROWS_AT_ONCE: Final = 5000
"""10 to 20 ms; from one end of a million rows to the other, the rows are taken in so many steps."""

KEEPS_RANGE: Final = frozenset(
    {"find", "find_next", "find_previous", "select", "select_down", "select_up", "select_range", "stop"}
)
"""The actions, besides those that move the cursor, after which a range may go on. All others are about what it
selected, or leave the rows."""


class RowRange:
    """Positions are those in the order of the rows. What was selected before stays so, also where the range comes over
    it and leaves it again."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._anchor: tuple[str, Kind] | None = None  # where there is none, it began above the first entry
        self._added: set[tuple[str, Kind]] = set()
        self._anchor_at = self._first = self._last = 0
        self._is_stale = False
        self.is_begun = False

    def begin(self, listing: Listing, order: RowOrder, position: int) -> None:
        """Let one end be there, and select that entry; nothing yet where that is -1, above the first one."""
        self.end()
        if position >= 0:
            page, number = listing.locate(order.row(position))
            self._anchor = key_of_row(page, number), page.kind(number)
        self.is_begun = True
        self._start_at(listing, order, position)

    def end(self) -> None:
        """What is selected stays so."""
        self.is_begun = False
        self._anchor = None
        self._added.clear()

    def rows_changed(self) -> None:
        """Other rows may be between both ends: the next :meth:`follow` looks anew."""
        self._is_stale = True

    def follow(self, listing: Listing, order: RowOrder, cursor: int, *, most: int = _ROWS_AT_ONCE) -> bool:
        """Let the other end be at ``cursor``, or come nearer to it by so many rows; whether it is there. Where the
        entry is gone at which it began, it ends."""
        if self._is_stale:
            self._look_anew(listing, order)
        if not self.is_begun:
            return True
        anchor = self._anchor_at
        first, last = max(0, min(anchor, cursor)), max(anchor, cursor)
        left = max(-most, min(most, first - self._first))
        if left > 0:
            self._drop(listing, order, range(self._first, self._first + left))
        else:
            self._add(listing, order, range(self._first - 1, self._first + left - 1, -1))
        self._first += left
        most -= abs(left)
        right = max(-most, min(most, last - self._last))
        if right < 0:
            self._drop(listing, order, range(self._last, self._last + right, -1))
        else:
            self._add(listing, order, range(self._last + 1, self._last + right + 1))
        self._last += right
        return (self._first, self._last) == (first, last)

    def _look_anew(self, listing: Listing, order: RowOrder) -> None:
        position = -1 if self._anchor is None else order.position(listing, *self._anchor)
        if position is None:
            self.end()
            return
        for key, kind in self._added:
            self._selection.drop(key, kind)
        self._added.clear()
        self._start_at(listing, order, position)

    def _start_at(self, listing: Listing, order: RowOrder, position: int) -> None:
        self._is_stale = False
        self._anchor_at = self._last = position
        self._first = max(0, position)
        self._add(listing, order, range(self._first, position + 1))

    def _add(self, listing: Listing, order: RowOrder, positions: range) -> None:
        for position in positions:
            page, number = listing.locate(order.row(position))
            entry = key_of_row(page, number), page.kind(number)
            if entry not in self._selection:
                self._selection.add(*entry, 0 if page.is_directory(number) else page.sizes[number])
                self._added.add(entry)

    def _drop(self, listing: Listing, order: RowOrder, positions: range) -> None:
        for position in positions:
            page, number = listing.locate(order.row(position))
            entry = key_of_row(page, number), page.kind(number)
            if entry in self._added:
                self._added.remove(entry)
                self._selection.drop(*entry)
