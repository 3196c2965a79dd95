"""The entries of one directory (or of a tree), as far as they have arrived, and when they were asked for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final

from tfm.core.entry import Entry, Kind
from tfm.core.page import Page, encode_sort_key

__all__ = ["Listing"]

_OVERHEAD_BYTES: Final = 500


class Listing:
    """Immutable: pages in the order in which they arrived.

    ``prefix`` is the exact text every key in it begins with; ``recursive`` says whether it holds the tree below or one
    level. ``complete`` is False while pages are missing; only a complete listing proves that something is not there.
    ``fetched_at`` is the clock's reading (seconds, monotonic) when the first page was asked for.
    """

    __slots__ = ("_ends", "_sorted", "complete", "fetched_at", "pages", "prefix", "recursive")

    def __init__(
        self, prefix: str, pages: Sequence[Page], *, recursive: bool, complete: bool, fetched_at: float
    ) -> None:
        self.prefix = prefix
        self.pages = tuple(pages)
        self.recursive = recursive
        self.complete = complete
        self.fetched_at = fetched_at
        self._ends = list(accumulate(len(page) for page in self.pages))
        self._sorted: bool | None = None

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Entry]:
        for page in self.pages:
            yield from page

    def __getitem__(self, index: int) -> Entry:
        page, row = self.locate(index)
        return page.entry(row)

    def locate(self, index: int) -> tuple[Page, int]:
        """The page that holds the entry at ``index``, and its row there; raises IndexError outside the listing."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        number = bisect_right(self._ends, index)
        start = self._ends[number - 1] if number else 0
        return self.pages[number], index - start

    @property
    def own_entry(self) -> Entry | None:
        """The listed directory's own marker, where a page brought one."""
        return next((page.own_entry for page in self.pages if page.own_entry is not None), None)

    @property
    def size_bytes(self) -> int:
        """The memory that this listing holds."""
        return _OVERHEAD_BYTES + sum(page.size_bytes for page in self.pages) + 36 * len(self._ends)

    def find(self, name: str, kind: Kind) -> Entry | None:
        """The entry of that name (relative to ``prefix``) and kind, or None."""
        row = self.find_row(name, kind)
        return None if row is None else self[row]

    def find_row(self, name: str, kind: Kind) -> int | None:
        """The index of the entry of that name (relative to ``prefix``) and kind, or None."""
        if self.is_sorted():
            number = self.page_number(encode_sort_key(name, directory=kind is Kind.DIRECTORY))
            candidates = range(number, min(number + 1, len(self.pages)))
        else:
            candidates = range(len(self.pages))
        for number in candidates:
            index = self.pages[number].find(name, kind)
            if index is not None:
                return (self._ends[number - 1] if number else 0) + index
        return None

    def is_sorted(self) -> bool:
        """Whether the entries stand in the order of their keys, through all pages. Found out once."""
        if self._sorted is None:
            pages = [page for page in self.pages if len(page)]
            self._sorted = all(page.is_sorted() for page in pages) and all(
                before.sort_key(len(before) - 1) < after.sort_key(0) for before, after in pairwise(pages)
            )
        return self._sorted

    def position(self, sort_key: bytes) -> int:
        """The index at which an entry of that sort key is or would be; only for one that :meth:`is_sorted`."""
        number = self.page_number(sort_key)
        if number == len(self.pages):
            return len(self)
        start = self._ends[number - 1] if number else 0
        return start + self.pages[number].position(sort_key)

    def page_number(self, sort_key: bytes) -> int:
        """The number of the page that has an entry of that sort key, or would; only for one that :meth:`is_sorted`.
        Behind all entries it is the number of pages."""
        return bisect_left(range(len(self.pages)), sort_key, key=self._last_sort_key)

    def _last_sort_key(self, number: int) -> bytes:
        """The greatest sort key up to and with that page; an empty page has that of the one before it."""
        while number >= 0 and not len(self.pages[number]):
            number -= 1
        return self.pages[number].sort_key(len(self.pages[number]) - 1) if number >= 0 else b""
