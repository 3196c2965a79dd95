"""What is at the destination of a copy already: asked for with the fewest requests, and read along with the source."""

from __future__ import annotations

from collections.abc import Iterator

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.listing import Listing
from tfm.core.page import Page, encode_sort_key
from tfm.core.writing import Condition
from tfm.storage.storage import Storage

__all__ = ["Destination", "free_name"]


class Destination:
    """The tree below the directory ``prefix``.

    On flat keys it is listed once, ``max(1, ceil(m / 1000))`` requests. With ``ordered`` questions (in key order,
    as flat keys are listed) a page is asked for when it is reached, and dropped when it is passed: the memory of one.
    Elsewhere each question is a look at the disk, where the directory is there at all.
    """

    def __init__(self, storage: Storage, prefix: str, *, ordered: bool) -> None:
        self._storage = storage
        self._prefix = prefix
        self._ordered = ordered
        self._flat = Capability.FLAT_KEYS in storage.capabilities
        refuses = storage.enforces(Condition.CREATE)
        self.is_there = self._flat or not refuses or storage.lookup(prefix, fresh=True).found
        """On a disk, when this was made: what comes to be there later it refuses to overwrite, whatever the policy is.
        On flat keys True."""
        self._pages: Iterator[Page] | None = None
        self._page: Page | None = None
        self._last = b""
        self._everything: Listing | None = None
        self.own_entry: Entry | None = None
        self.has_something = False
        """Whether a page was seen that is not empty."""

    def find(self, key: str, kind: Kind) -> Entry | None:
        """What stands at ``key``, below the prefix: on flat keys the object of exactly that key, elsewhere whatever has
        that name, of either kind."""
        if not self.is_there:
            return None
        if not self._flat:
            answer = self._storage.lookup(key)
            return answer.file or answer.directory
        name = key[len(self._prefix) :].removesuffix("/")
        if not self._ordered and self._everything is None:
            self._everything = self._listed()
        if kind is Kind.DIRECTORY and key == self._prefix:
            if self._everything is None:
                self._start()
            return self.own_entry
        if self._everything is not None:
            return self._everything.find(name, kind)
        wanted = encode_sort_key(name, directory=kind is Kind.DIRECTORY)
        if wanted < self._last or not self._advance(wanted):
            self._everything = self._listed()
            return self._everything.find(name, kind)
        self._last = wanted
        row = None if self._page is None else self._page.find(name, kind)
        return None if row is None or self._page is None else self._page.entry(row)

    def _start(self) -> Iterator[Page]:
        if self._pages is None:
            self._pages = self._storage.tree_pages(self._prefix)
            self._page = next(self._pages, None)
            self.own_entry = None if self._page is None else self._page.own_entry
            self.has_something = self._page is not None and (len(self._page) > 0 or self.own_entry is not None)
        return self._pages

    def _advance(self, wanted: bytes) -> bool:
        """Go to the page that would have it; False where the server's order is none to go by."""
        pages = self._start()
        while self._page is not None and (not len(self._page) or self._page.sort_key(len(self._page) - 1) < wanted):
            before = self._page
            self._page = next(pages, None)
            if self._page is not None and not _follows(before, self._page):
                return False
        return self._page is None or self._page.is_sorted()

    def _listed(self) -> Listing:
        """All of it: asked for again, where keys come in no order."""
        pages = [page.without_token() for page in self._storage.tree_pages(self._prefix)]
        listing = Listing(self._prefix, pages, recursive=True, complete=True, fetched_at=0.0)
        self.own_entry = listing.own_entry
        self.has_something = len(listing) > 0 or self.own_entry is not None
        return listing


def _follows(before: Page, page: Page) -> bool:
    return not len(before) or not len(page) or before.sort_key(len(before) - 1) < page.sort_key(0)


def free_name(storage: Storage, key: str, taken: set[str]) -> str:
    """``name (1).txt`` for ``name.txt``, or the next number whose name is free; asks for each that is tried."""
    base, slash, name = key.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    number = 1
    while True:
        candidate = f"{base}{slash}{stem} ({number}){dot}{suffix}"
        if candidate not in taken and not storage.lookup(candidate, fresh=True).found:
            return candidate
        number += 1
