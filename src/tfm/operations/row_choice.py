"""Which rows are selected: all that are shown, those that a pattern chooses, and those that are still there."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tfm.core.entry import Kind
from tfm.core.listing import Listing
from tfm.core.page import Page
from tfm.operations.row_filter import names_that_fit
from tfm.operations.row_order import RowOrder, key_of_row
from tfm.operations.row_view import Filter, FilterKind

__all__ = ["Chosen", "chosen_rows", "gone_entries"]

Chosen = tuple[str, Kind, int]
"""The exact key, the kind, and the size in bytes, negative where it is not known."""


def chosen_rows(listing: Listing, order: RowOrder, pattern: str | None = None) -> list[Chosen]:
    """All rows that are shown, in that order, or, with ``pattern``, the files whose names fit it as a glob, without
    case; one that ends in a slash is for directories. Asks nothing; a million rows take some seconds, in pieces."""
    wants_directories = pattern is not None and pattern.endswith("/")
    fits = None if pattern is None else names_that_fit(Filter(pattern.removesuffix("/"), FilterKind.GLOB))
    shown = None if order.view.shows_all else set(order.shown_rows())
    found: list[Chosen] = []
    numbers = array("l")  # of each row of the listing: which of those found it is, from 1 on, or 0
    first = 0
    for page in listing.pages:
        rows: Sequence[int] = [row for row in range(len(page)) if shown is None or first + row in shown]
        if fits is not None:
            rows = [row for row in rows if page.is_directory(row) == wants_directories]
        rows = _fitting(page, rows, fits)
        numbers.extend([0] * len(page))
        for number, row in enumerate(rows, len(found) + 1):
            numbers[first + row] = number
        found += _facts(page, rows)
        first += len(page)
    return [found[numbers[row] - 1] for row in order.shown_rows() if numbers[row]]


def gone_entries(listing: Listing, entries: Sequence[tuple[str, Kind]]) -> list[tuple[str, Kind]]:
    """Those of ``entries``, by exact key and kind, that a complete listing has not. One pass, however many they are;
    where the listing is sorted and they are few, each is looked up."""
    sought = {(_name(listing, key, kind), kind is Kind.DIRECTORY): (key, kind) for key, kind in entries}
    if len(sought) * _ROWS_OF_A_LOOK < len(listing) and listing.is_sorted():
        return [(key, kind) for (name, _), (key, kind) in sought.items() if listing.find_row(name, kind) is None]
    for page in listing.pages:
        if not sought:
            break
        for row, name in enumerate(page.names()):
            sought.pop((name, page.is_directory(row)), None)
    return list(sought.values())


_ROWS_OF_A_LOOK: Final = 32
"""To look one up takes as long as to pass by so many."""


def _name(listing: Listing, key: str, kind: Kind) -> str:
    name = key.removeprefix(listing.prefix)
    return name.removesuffix("/") if kind is Kind.DIRECTORY else name


def _fitting(page: Page, rows: Sequence[int], fits: Callable[[Sequence[str]], list[bool]] | None) -> Sequence[int]:
    if fits is None or not rows:
        return rows
    names = page.names()
    return [row for row, fit in zip(rows, fits([names[row] for row in rows]), strict=True) if fit]


def _facts(page: Page, rows: Sequence[int]) -> Iterator[Chosen]:
    for row in rows:
        yield key_of_row(page, row), page.kind(row), 0 if page.is_directory(row) else page.sizes[row]
