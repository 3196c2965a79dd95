"""A listing as it arrives: pages for who draws them, and answers about their rows for who asks in between."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator
from copy import copy
from typing import Self

from tfm.core.entry import Entry, Kind
from tfm.core.errors import StorageError
from tfm.core.page import Page, encode_sort_key
from tfm.storage.lease import Lease

__all__ = ["Scan", "twins"]


class Scan:
    """The pages of a listing, each asked for when it is wanted. Dropping or closing it asks for no more. Thread-safe.

    ``prefix`` is what was listed; ``lease`` says how long the facts in its pages may be believed, and is None where the
    storage is not cached. Pages that were handed out are kept for :meth:`has` up to ``keep_bytes``; beyond that the
    oldest go, so that the memory for a tree of any size is bounded.
    """

    def __init__(self, prefix: str, pages: Iterator[Page], lease: Lease | None, *, keep_bytes: int) -> None:
        self.prefix = prefix
        self.lease = lease
        self._source = pages
        self._lock = threading.RLock()
        self._keep_bytes = keep_bytes
        self._kept_bytes = 0
        self._dropped = 0
        self._arrived: list[Page | None] = []
        self._last_keys: list[bytes] = []
        self._sorted = True
        self._complete = False
        self._closed = False
        self._error: StorageError | None = None
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
        if self._closed:
            raise StopIteration
        with self._lock:
            if self._given == len(self._arrived) and not self._fetch():
                raise StopIteration
            page = self._arrived[self._given]
            assert page is not None  # noqa: S101 - only pages that were handed out are dropped; for the type checker
            self._given += 1
            self._drop_oldest()
            return page

    def close(self) -> None:
        """Ask for no more pages and hand out none. Does not wait for one that another thread is asking for."""
        self._closed = True
        self._source = iter(())

    def has(self, key: str, kind: Kind) -> bool | None:
        """Whether this listing has an entry of that key, a file or a directory; None where it broke off before, or is
        so long that this part of it was dropped.

        Reads ahead as far as the proof takes: pages that going on would ask for anyway, so a listing of n entries
        whose every row is asked about stays at ``ceil(n / 1000)`` requests.
        """
        name = key[len(self.prefix) :]
        if kind is Kind.DIRECTORY:
            name = name.removesuffix("/")  # not a file's: beside the directory ``a//`` stands no ``a``
        wanted = encode_sort_key(name, directory=kind is Kind.DIRECTORY)
        with self._lock:
            while not self._proven(wanted) and not self._closed and self._error is None:
                self._fetch()
            candidates = self._candidates(wanted)
            if any(page is not None and _has_row(page, wanted, kind) for page in candidates):
                return True
            return False if self._proven(wanted) and None not in candidates else None

    def _proven(self, wanted: bytes) -> bool:
        return self._complete or (self._sorted and bool(self._last_keys) and self._last_keys[-1] >= wanted)

    def _candidates(self, wanted: bytes) -> list[Page | None]:
        if not self._sorted:
            return self._arrived
        number = bisect_left(self._last_keys, wanted)
        return self._arrived[number : number + 1]

    def _fetch(self) -> bool:
        """The next page, if there is one. What broke the listing off is raised each time: that is not its end."""
        if self._error is not None:
            raise copy(self._error)
        source = self._source
        try:
            page = next(source, None)
        except StorageError as error:
            self._error = error
            raise
        except BaseException:
            self._error = StorageError("The listing was interrupted.", next_step="List it again.", operation="list")
            raise
        if page is None:
            self._complete = not self._closed
            return False
        self._arrived.append(page)
        self._kept_bytes += page.size_bytes
        self._note_order(page)
        return True

    def _drop_oldest(self) -> None:
        # The page in whose rows the caller is stays: its neighbours are asked about next.
        while self._kept_bytes > self._keep_bytes and self._dropped < self._given - 1:
            page = self._arrived[self._dropped]
            if page is not None:
                self._kept_bytes -= page.size_bytes
            self._arrived[self._dropped] = None
            self._dropped += 1

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
    first = page.sort_key(0).decode("utf-8", "surrogatepass") if ordered else ""
    last = page.sort_key(len(page) - 1).decode("utf-8", "surrogatepass") if ordered else ""

    def told(entry: Entry) -> bool | None:
        name = entry.name
        if name in both:
            return True
        if not ordered:
            return None
        return False if (first <= name if entry.is_directory else f"{name}/" <= last) else None

    return told


def _has_row(page: Page, wanted: bytes, kind: Kind) -> bool:
    """Whether a row has that sort key and kind; for a directory, in a tree, any row below it."""
    below = kind is Kind.DIRECTORY
    rows = range(len(page))
    if page.is_sorted():
        row = page.position(wanted)
        rows = range(row, min(row + 1, len(page)))
    for row in rows:
        key = page.sort_key(row)
        if (key == wanted and page.kind(row) is kind) or (below and key.startswith(wanted)):
            return True
    return False
