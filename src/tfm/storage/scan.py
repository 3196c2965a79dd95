"""A listing as it arrives: pages for who draws them, and answers about their rows for who asks in between."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Self

from tfm.core.entry import Entry, Kind
from tfm.core.page import Page, encode_sort_key
from tfm.storage.lease import Lease

__all__ = ["Scan", "twins"]


class Scan:
    """The pages of a listing, each asked for when it is wanted. Dropping or closing it asks for no more. Thread-safe.

    ``prefix`` is what was listed; ``lease`` says how long the facts in its pages may be believed, and is None where the
    storage is not cached.
    """

    def __init__(self, prefix: str, pages: Iterator[Page], lease: Lease | None) -> None:
        self.prefix = prefix
        self.lease = lease
        self._source = pages
        self._lock = threading.RLock()
        self._arrived: list[Page] = []
        self._last_keys: list[bytes] = []
        self._sorted = True
        self._complete = False
        self._given = 0

    def start(self) -> Self:
        """Fetch the first page now, so that an error is raised here."""
        with self._lock:
            if not self._arrived:
                self._fetch()
        return self

    def __iter__(self) -> Iterator[Page]:
        return self

    def __next__(self) -> Page:
        with self._lock:
            if self._given == len(self._arrived) and not self._fetch():
                raise StopIteration
            page = self._arrived[self._given]
            self._given += 1
            return page

    def close(self) -> None:
        """Ask for no more pages; those that arrived are still handed out by nobody."""
        self._source = iter(())
        with self._lock:
            self._given = len(self._arrived)

    def entry_at(self, key: str, kind: Kind) -> Entry | None:
        """The entry of that key in this listing, of either kind, or None if there is none.

        Reads ahead as far as the proof takes: pages that going on would ask for anyway, so a listing of n entries
        whose every row is asked about stays at ``ceil(n / 1000)`` requests.
        """
        name = key[len(self.prefix) :].removesuffix("/")
        wanted = encode_sort_key(name, directory=kind is Kind.DIRECTORY)
        with self._lock:
            while not self._proven(wanted):
                self._fetch()
            for page in self._candidates(wanted):
                row = _row(page, wanted)
                if row is not None:
                    entry = page.entry(row)
                    return entry if entry.key == key else Entry(name.rpartition("/")[2], key, Kind.DIRECTORY)
        return None

    def _proven(self, wanted: bytes) -> bool:
        return self._complete or (self._sorted and bool(self._last_keys) and self._last_keys[-1] >= wanted)

    def _candidates(self, wanted: bytes) -> list[Page]:
        if not self._sorted:
            return self._arrived
        number = bisect_left(self._last_keys, wanted)
        return self._arrived[number : number + 1]

    def _fetch(self) -> bool:
        page = next(self._source, None)
        if page is None:
            self._complete = True
            return False
        self._arrived.append(page)
        self._note_order(page)
        return True

    def _note_order(self, page: Page) -> None:
        before = self._last_keys[-1] if self._last_keys else b""
        if not len(page):
            self._last_keys.append(before)
            return
        self._sorted = self._sorted and page.is_sorted() and (not before or before < page.sort_key(0))
        self._last_keys.append(page.sort_key(len(page) - 1))


def twins(page: Page) -> Callable[[Entry], bool | None]:
    """A function that tells of each entry of ``page`` whether one of the other kind has the same name.

    None where the page does not prove it: the other may be on a page before or after it.
    """
    directories = {page.name(row) for row in range(len(page)) if page.is_directory(row)}
    files = {page.name(row) for row in range(len(page)) if not page.is_directory(row)} if directories else set()
    both = directories & files
    ordered = len(page) > 0 and page.is_sorted()
    first = page.name(0) if ordered else ""
    last = page.sort_key(len(page) - 1).decode("utf-8", "surrogatepass") if ordered else ""

    def told(entry: Entry) -> bool | None:
        name = entry.name
        if name in both:
            return True
        if not ordered:
            return None
        return False if (first <= name if entry.is_directory else f"{name}/" <= last) else None

    return told


def _row(page: Page, wanted: bytes) -> int | None:
    """The row of that sort key; for a directory, in a tree, any row below it."""
    below = wanted.endswith(b"/")
    if page.is_sorted():
        row = page.position(wanted)
        rows = range(row, min(row + 1, len(page)))
    else:
        rows = range(len(page))
    for row in rows:
        key = page.sort_key(row)
        if key == wanted or (below and key.startswith(wanted)):
            return row
    return None
