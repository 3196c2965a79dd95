"""A listing as it is after a change whose outcome is known, made of the listing before: no request.

Only the page that the change falls into is made anew, so that a write into a directory of a million entries costs a
fraction of a millisecond.
"""

from __future__ import annotations

from typing import Final

from tfm.core.entry import Entry, Kind
from tfm.core.listing import Listing
from tfm.core.page import Page, encode_sort_key, page_from_entries

__all__ = ["with_entry", "with_own_entry", "without_below", "without_entry"]

_MOST_ROWS: Final = 2000
"""A page that grew beyond this is cut in two: a page's rows are what one change copies."""


def with_entry(listing: Listing, entry: Entry) -> Listing:
    """With ``entry``, whose key begins with the listing's prefix, in place of the one of its name and kind, if any.

    The entry of the listed directory itself becomes its marker.
    """
    if entry.key == listing.prefix:
        return with_own_entry(listing, entry)
    name = _name_in(listing, entry.key)
    found = _find(listing, name, entry.kind)
    number, row, stop = found if found is not None else _place_for(listing, name, entry.kind)
    page = listing.pages[number] if listing.pages else page_from_entries(listing.prefix, [])
    pages = list(listing.pages) or [page]
    pages[number : number + 1] = _cut(page.spliced(row, stop, [entry]))
    return _again(listing, pages)


def without_entry(listing: Listing, key: str, kind: Kind) -> Listing:
    """Without the entry of that key and kind; the same listing where it has none. The key of the listed directory
    itself stands for its marker."""
    if key == listing.prefix:
        return with_own_entry(listing, None)
    found = _find(listing, _name_in(listing, key), kind)
    if found is None:
        return listing
    number, row, stop = found
    pages = list(listing.pages)
    pages[number] = pages[number].spliced(row, stop, [])
    return _again(listing, _without_empty(pages))


def without_below(listing: Listing, prefix: str) -> Listing:
    """Without every entry whose key begins with ``prefix``, a directory's, which begins with the listing's own."""
    start_of_key = encode_sort_key(prefix[len(listing.prefix) :], directory=False)
    pages = list(listing.pages)
    numbers = range(len(pages))
    if listing.is_sorted():
        numbers = range(listing.page_number(start_of_key), len(pages))
    for number in numbers:
        page = pages[number]
        if listing.is_sorted() and len(page) and page.sort_key(0) > start_of_key + b"\xff":
            break
        # From behind, so that the rows before a cut keep their numbers.
        for start, stop in reversed(_runs(page, start_of_key)):
            page = page.spliced(start, stop, [])
        pages[number] = page
    if prefix == listing.prefix:
        pages = [page if page.own_entry is None else page.with_own_entry(None) for page in pages]
    return _again(listing, _without_empty(pages))


def with_own_entry(listing: Listing, own_entry: Entry | None) -> Listing:
    """With that marker of the listed directory, or none."""
    pages = [page if page.own_entry is None else page.with_own_entry(None) for page in listing.pages]
    pages = pages or [page_from_entries(listing.prefix, [])]
    pages[0] = pages[0].with_own_entry(own_entry)
    return _again(listing, pages)


def _name_in(listing: Listing, key: str) -> str:
    return key[len(listing.prefix) :].removesuffix("/")


def _find(listing: Listing, name: str, kind: Kind) -> tuple[int, int, int] | None:
    """The page of that entry, its row there, and the row behind it."""
    wanted = encode_sort_key(name, directory=kind is Kind.DIRECTORY)
    numbers = range(len(listing.pages))
    if listing.is_sorted():
        number = listing.page_number(wanted)
        numbers = range(number, min(number + 1, len(listing.pages)))
    for number in numbers:
        row = listing.pages[number].find(name, kind)
        if row is not None:
            return number, row, row + 1
    return None


def _place_for(listing: Listing, name: str, kind: Kind) -> tuple[int, int, int]:
    """Where a new entry goes: where the order wants it, or at the end of what has no order."""
    last = max(0, len(listing.pages) - 1)
    if not listing.pages:
        return 0, 0, 0
    if not listing.is_sorted():
        return last, len(listing.pages[last]), len(listing.pages[last])
    wanted = encode_sort_key(name, directory=kind is Kind.DIRECTORY)
    number = min(listing.page_number(wanted), last)
    row = listing.pages[number].position(wanted)
    return number, row, row


def _runs(page: Page, start_of_key: bytes) -> list[tuple[int, int]]:
    """Rows whose sort key begins so, as runs from a row to the one behind the last."""
    runs: list[tuple[int, int]] = []
    for row in range(len(page)):
        if page.sort_key(row).startswith(start_of_key):
            if runs and runs[-1][1] == row:
                runs[-1] = (runs[-1][0], row + 1)
            else:
                runs.append((row, row + 1))
    return runs


def _cut(page: Page) -> list[Page]:
    if len(page) <= _MOST_ROWS:
        return [page]
    middle = len(page) // 2
    return [page.spliced(middle, len(page), []), page.spliced(0, middle, []).with_own_entry(None)]


def _without_empty(pages: list[Page]) -> list[Page]:
    """One page stays, so that there is a place for the directory's own marker."""
    return [page for number, page in enumerate(pages) if number == 0 or len(page) or page.own_entry is not None]


def _again(listing: Listing, pages: list[Page]) -> Listing:
    return Listing(
        listing.prefix, pages, recursive=listing.recursive, complete=listing.complete, fetched_at=listing.fetched_at
    )
