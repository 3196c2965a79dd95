"""The next row whose name holds a text, in the order in which the rows are shown."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from tfm.core.listing import Listing
from tfm.operations.row_order import RowOrder

__all__ = ["position_of_name"]

_NEAR_ROWS = 1000
"""Looked at one by one before all names are searched natively: where many fit, one of these does."""


def position_of_name(
    listing: Listing, order: RowOrder, text: str, first: int, *, backward: bool = False, begins: bool = False
) -> int | None:
    """The first position from ``first`` on, and around the end, whose name holds ``text``, without case; None where no
    name does. ``begins``: rather one that begins with it, wherever it is. A million rows take 0.1 s at most."""
    count = len(order)
    folded = text.lower()
    if not count or not folded:
        return None
    first %= count
    if not begins:
        near = _near(listing, order, folded, first, backward=backward)
        if near is not None:
            return near
    found = _rows_holding(listing, folded)
    starts = [row for row, is_start in found if is_start] if begins else []
    for rows in (starts, [row for row, _ in found]):
        position = _first_of(order, set(rows), first, backward=backward) if rows else None
        if position is not None:
            return position
    return None


def _near(listing: Listing, order: RowOrder, folded: str, first: int, *, backward: bool) -> int | None:
    step = -1 if backward else 1
    for number in range(min(_NEAR_ROWS, len(order))):
        position = (first + step * number) % len(order)
        page, row = listing.locate(order.row(position))
        if folded in page.name(row).lower():
            return position
    return None


def _rows_holding(listing: Listing, folded: str) -> list[tuple[int, bool]]:
    found = []
    start = 0
    for page in listing.pages:
        found += [(start + row, is_start) for row, is_start in page.rows_holding(folded)]
        start += len(page)
    return found


def _first_of(order: RowOrder, wanted: set[int], first: int, *, backward: bool) -> int | None:
    rows = order.shown_rows()
    count = len(rows)
    ahead: Iterable[int] = range(first, count) if not backward else range(first, -1, -1)
    around: Iterable[int] = range(first) if not backward else range(count - 1, first, -1)
    return next((position for position in chain(ahead, around) if rows[position] in wanted), None)
