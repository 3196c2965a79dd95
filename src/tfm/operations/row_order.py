"""In which order a listing is shown: directories first, then files, as arrays of row numbers.

Built by the thread that receives the pages, four bytes a row, and read by another one while it grows: a
:class:`RowOrder` is a snapshot that never changes, though it shares its arrays with the later ones.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from tfm.core.entry import Kind
from tfm.core.errors import StorageError
from tfm.core.listing import Listing
from tfm.core.page import Page
from tfm.operations.row_keys import key_of_name, key_of_page_row, keys_of_page
from tfm.operations.row_view import RowView

if TYPE_CHECKING:
    from tfm.operations.row_filter import RowFilter

__all__ = ["RowOrder", "RowOrderBuilder", "key_of_row", "order_listing"]

_PIECE_ROWS: Final = 4000
"""Rows sorted in one call, which holds the interpreter's lock throughout: about 2 ms."""

_RUNS_AT_ONCE: Final = 16


def _no_rows() -> array[int]:
    return array("I")


@dataclass(frozen=True, slots=True)
class _Rows:
    """Of ``rows`` the first ``count``, of which the first ``sorted_count`` are in order; backwards if ``reverse``."""

    rows: array[int]
    count: int
    sorted_count: int
    reverse: bool

    def row(self, position: int) -> int:
        return self.rows[self.count - 1 - position if self.reverse else position]

    def shown_rows(self) -> array[int]:
        rows = self.rows[: self.count]
        if self.reverse:
            rows.reverse()
        return rows

    def shown(self, index: int) -> int:
        """The position at which what stands at ``index`` is shown."""
        return self.count - 1 - index if self.reverse else index


@dataclass(frozen=True, slots=True)
class RowOrder:
    """``row(position)`` is the row number in the listing. ``error`` is why the view's filter could not be used."""

    view: RowView
    directories: _Rows
    files: _Rows
    error: StorageError | None = None

    def __len__(self) -> int:
        return self.directories.count + self.files.count

    def row(self, position: int) -> int:
        """The listing's row at ``position``; raises IndexError outside."""
        if not 0 <= position < len(self):
            raise IndexError(position)
        if position < self.directories.count:
            return self.directories.row(position)
        return self.files.row(position - self.directories.count)

    def shown_rows(self) -> array[int]:
        """The listing's rows in the order in which they are shown: four bytes each, made natively."""
        return self.directories.shown_rows() + self.files.shown_rows()

    def position(self, listing: Listing, key: str, kind: Kind, sort_key: bytes | None = None) -> int | None:
        """Where the entry of that exact key and kind is shown, or None. ``sort_key`` is :meth:`sort_key` of it as it
        was in another listing: what did not change is found at once."""
        group, first = self._group(kind)
        sought = self._sought(listing, key, kind) or sort_key
        if sought is not None:
            index = self._index(listing, group, sought)
            if index < group.sorted_count and _is_at(listing, group.rows[index], key, kind):
                return first + group.shown(index)
        row = listing.find_row(_name_of(listing, key, kind), kind)
        return None if row is None else self.position_of_row(row, kind)

    def nearest(self, listing: Listing, key: str, kind: Kind, sort_key: bytes | None = None) -> int | None:
        """Where such an entry would be shown, ``len(self)`` beyond the last; None where nobody knows."""
        group, first = self._group(kind)
        sought = self._sought(listing, key, kind) or sort_key
        if sought is None:
            return None
        index = self._index(listing, group, sought)
        return first + (group.count - index if group.reverse else index)

    def position_of_row(self, row: int, kind: Kind) -> int | None:
        """Where the listing's row is shown, or None; looks through all of that kind, natively."""
        group, first = self._group(kind)
        try:
            return first + group.shown(group.rows.index(row, 0, group.count))
        except ValueError:
            return None

    def sort_key(self, page: Page, row: int) -> bytes:
        """What decides where that row is shown."""
        return key_of_page_row(self.view.sort, page, row)

    def _group(self, kind: Kind) -> tuple[_Rows, int]:
        if kind is Kind.DIRECTORY:
            return self.directories, 0
        return self.files, self.directories.count

    def _sought(self, listing: Listing, key: str, kind: Kind) -> bytes | None:
        return key_of_name(self.view.sort, _name_of(listing, key, kind), directory=kind is Kind.DIRECTORY)

    def _index(self, listing: Listing, group: _Rows, sought: bytes) -> int:
        def key(index: int) -> bytes:
            return self.sort_key(*listing.locate(group.rows[index]))

        return bisect_left(range(group.sorted_count), sought, key=key)


def _is_at(listing: Listing, row: int, key: str, kind: Kind) -> bool:
    page, number = listing.locate(row)
    return page.kind(number) is kind and key_of_row(page, number) == key


def _name_of(listing: Listing, key: str, kind: Kind) -> str:
    name = key.removeprefix(listing.prefix)
    return name.removesuffix("/") if kind is Kind.DIRECTORY else name


def key_of_row(page: Page, row: int) -> str:
    """The exact key of an entry, a directory's with its slash, without making the entry."""
    return f"{page.base}{page.name(row)}{'/' if page.is_directory(row) else ''}"


class RowOrderBuilder:
    """Takes pages as they arrive; one thread's."""

    def __init__(self, view: RowView) -> None:
        self.view: Final = view
        self._filter = None if view.shows_all else _filter_of(view)
        self._directories = _Group()
        self._files = _Group()
        self._row_count = 0

    def add(self, page: Page) -> None:
        first = self._row_count
        self._row_count += len(page)
        names = page.names()
        rows = range(len(page)) if self._filter is None else self._filter.rows(page, names)
        keys = keys_of_page(self.view.sort, page, names, rows)
        places = [(index, row) for index, row in enumerate(rows) if page.is_directory(row)]
        if not places:
            self._files.add([first + row for row in rows], keys)
            return
        of_directories = {index for index, _ in places}
        self._directories.add([first + row for _, row in places], [keys[index] for index, _ in places])
        others = [index for index in range(len(rows)) if index not in of_directories]
        self._files.add([first + rows[index] for index in others], [keys[index] for index in others])

    def snapshot(self, *, final: bool = False) -> RowOrder:
        """The order of what was added. Rows since the last sorting stand at the end until they are as many again as
        the sorted ones, or until ``final``: so sorting costs about twice what sorting once would."""
        reverse = self.view.reverse
        directories = self._directories.sorted(final=final, reverse=reverse)
        files = self._files.sorted(final=final, reverse=reverse)
        error = None if self._filter is None else self._filter.error
        return RowOrder(self.view, directories, files, error)


def _filter_of(view: RowView) -> RowFilter:
    from tfm.operations.row_filter import RowFilter  # with all that expressions need

    return RowFilter(view)


class _Group:
    """Rows of one kind: sorted ones, and behind them those that arrived since, each page of them a sorted run."""

    def __init__(self) -> None:
        self._rows = _no_rows()
        self._sorted_count = 0
        self._run_ends: list[int] = []
        self._keys = _Keys()

    def add(self, rows: Sequence[int], keys: Sequence[bytes]) -> None:
        if not rows:
            return
        self._keys.add(rows, keys)
        for start in range(0, len(rows), _PIECE_ROWS):
            piece = rows[start : start + _PIECE_ROWS]
            by_key = sorted(range(len(piece)), key=keys[start : start + _PIECE_ROWS].__getitem__)
            self._rows.extend([piece[index] for index in by_key])
            self._run_ends.append(len(self._rows))

    def sorted(self, *, final: bool, reverse: bool) -> _Rows:
        waiting = len(self._rows) - self._sorted_count
        if waiting and (final or waiting >= self._sorted_count):
            self._sort()
        if final:
            self._keys = _Keys()
        return _Rows(self._rows, len(self._rows), self._sorted_count, reverse)

    def _sort(self) -> None:
        runs: list[array[int]] = []
        for start, end in pairwise([self._sorted_count, *self._run_ends]):
            self._append(runs, self._rows[start:end])
        while len(runs) >= _RUNS_AT_ONCE:
            groups = [runs[start : start + _RUNS_AT_ONCE] for start in range(0, len(runs), _RUNS_AT_ONCE)]
            runs = [_merged(group, self._keys.__getitem__) for group in groups]
        # The long one last, and once: each time its keys are unpacked again.
        together: list[array[int]] = []
        for run in (self._rows[: self._sorted_count], *runs):
            self._append(together, run)
        self._rows = _merged(together, self._keys.__getitem__)  # a new one: snapshots keep the old
        self._sorted_count = len(self._rows)
        self._run_ends.clear()

    def _append(self, runs: list[array[int]], run: array[int]) -> None:
        """Behind the others; what only goes on with the last of them becomes a part of that."""
        if runs and runs[-1] and self._keys[runs[-1][-1]] <= self._keys[run[0]]:
            runs[-1].extend(run)
        elif run:
            runs.append(run)


class _Keys:
    """Sort keys of rows, packed: a million of them as texts would take 80 MB."""

    def __init__(self) -> None:
        self._blob = bytearray()
        self._ends = array("Q")
        self._first_rows = array("I")
        self._first_numbers = array("I")

    def add(self, rows: Sequence[int], keys: Sequence[bytes]) -> None:
        """``rows`` rise, also over all calls."""
        number = len(self._ends)
        if rows[-1] - rows[0] + 1 == len(rows):
            self._note(rows[0], number)
        else:
            for row in rows:
                self._note(row, number)
                number += 1
        self._ends.extend(accumulate(map(len, keys[1:]), initial=len(self._blob) + len(keys[0])))
        self._blob += b"".join(keys)

    def _note(self, row: int, number: int) -> None:
        """The keys from that number on are of the rows from that one on."""
        if not self._first_rows or row - self._first_rows[-1] != number - self._first_numbers[-1]:
            self._first_rows.append(row)
            self._first_numbers.append(number)

    def __getitem__(self, row: int) -> bytes:
        stretch = bisect_right(self._first_rows, row) - 1 if len(self._first_rows) > 1 else 0
        number = self._first_numbers[stretch] + row - self._first_rows[stretch]
        start = self._ends[number - 1] if number else 0
        return bytes(self._blob[start : self._ends[number]])


def _merged(runs: Sequence[array[int]], key: Callable[[int], bytes]) -> array[int]:
    """Sorted runs as one, in calls short enough that other threads get their turn."""
    if len(runs) == 1:
        return runs[0]
    merged = _no_rows()
    starts = [0] * len(runs)
    piece_rows = _PIECE_ROWS // len(runs)
    while True:
        pieces = [run[start : start + piece_rows] for run, start in zip(runs, starts, strict=True)]
        # What is up to the least of their ends is all there is up to it.
        unfinished = [
            key(piece[-1])
            for piece, run, start in zip(pieces, runs, starts, strict=True)
            if piece and start + len(piece) < len(run)
        ]
        if not unfinished:
            merged.extend(sorted([row for piece in pieces for row in piece], key=key))
            return merged
        limit = min(unfinished)
        taken: list[int] = []
        for number, piece in enumerate(pieces):
            count = bisect_right(piece, limit, key=key)
            starts[number] += count
            taken += piece[:count]
        merged.extend(sorted(taken, key=key))


def order_listing(listing: Listing, view: RowView) -> RowOrder:
    """The order of a whole listing; costs no request."""
    builder = RowOrderBuilder(view)
    for page in listing.pages:
        builder.add(page)
    return builder.snapshot(final=True)
