"""In which order a listing is shown: directories first, then files, as arrays of row numbers.

Built by the thread that receives the pages, four bytes a row, and read by another one while it grows: a
:class:`RowOrder` is a snapshot that never changes, though it shares its arrays with the later ones.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tfm.core.entry import Kind
from tfm.core.listing import Listing
from tfm.core.page import Page, encode_sort_key

__all__ = ["RowOrder", "RowOrderBuilder", "key_of_row", "order_listing"]

_PIECE_ROWS: Final = 4000
"""Rows sorted in one call, which holds the interpreter's lock throughout: about 2 ms."""

_SCAN_ROWS: Final = 4000
"""Rows that are looked through one by one where a server's order is not the expected one: about 5 ms."""


def _no_rows() -> array[int]:
    return array("I")


@dataclass(frozen=True, slots=True)
class RowOrder:
    """``row(position)`` is the row number in the listing. ``by_name``: sorted here, else in the storage's order."""

    directories: array[int]
    directory_count: int
    files: array[int]
    file_count: int
    by_name: bool

    def __len__(self) -> int:
        return self.directory_count + self.file_count

    def row(self, position: int) -> int:
        """The listing's row at ``position``; raises IndexError outside."""
        if 0 <= position < self.directory_count:
            return self.directories[position]
        position -= self.directory_count
        if 0 <= position < self.file_count:
            return self.files[position]
        raise IndexError(position)

    def position(self, listing: Listing, key: str, kind: Kind) -> int | None:
        """Where the entry of that exact key and kind stands, or None."""
        near = self._nearest(listing, key, kind)
        if near < len(self) and self._is_at(listing, near, key, kind):
            return near
        first, count = self._group(kind)
        if count <= _SCAN_ROWS:
            for position in range(first, first + count):
                if self._is_at(listing, position, key, kind):
                    return position
        return None

    def nearest(self, listing: Listing, key: str, kind: Kind) -> int:
        """Where such an entry stands or would stand; ``len(self)`` beyond the last."""
        found = self.position(listing, key, kind)
        return self._nearest(listing, key, kind) if found is None else found

    def position_of_row(self, row: int) -> int | None:
        """Where the listing's row stands, or None; looks through all of them, natively."""
        for rows, first, count in (
            (self.directories, 0, self.directory_count),
            (self.files, self.directory_count, self.file_count),
        ):
            try:
                return first + rows.index(row, 0, count)
            except ValueError:
                continue
        return None

    def _group(self, kind: Kind) -> tuple[int, int]:
        if kind is Kind.DIRECTORY:
            return 0, self.directory_count
        return self.directory_count, self.file_count

    def _nearest(self, listing: Listing, key: str, kind: Kind) -> int:
        first, count = self._group(kind)
        name = key.removesuffix("/") if kind is Kind.DIRECTORY else key
        # Storages order a directory by its whole prefix, slash and all; people, by its name.
        with_slash = kind is Kind.DIRECTORY and not self.by_name
        wanted = encode_sort_key(name, directory=with_slash)

        def sort_bytes(position: int) -> bytes:
            page, row = listing.locate(self.row(position))
            return encode_sort_key(page.base + page.name(row), directory=with_slash)

        return bisect_left(range(first + count), wanted, lo=first, key=sort_bytes)

    def _is_at(self, listing: Listing, position: int, key: str, kind: Kind) -> bool:
        page, row = listing.locate(self.row(position))
        return page.kind(row) is kind and key_of_row(page, row) == key


def key_of_row(page: Page, row: int) -> str:
    """The exact key of an entry, a directory's with its slash, without making the entry."""
    return f"{page.base}{page.name(row)}{'/' if page.is_directory(row) else ''}"


class RowOrderBuilder:
    """Takes pages as they arrive; one thread's. ``by_name`` sorts, else the storage's own order is kept."""

    def __init__(self, *, by_name: bool) -> None:
        self._by_name = by_name
        self._directories = _Group()
        self._files = _Group()
        self._row_count = 0

    def add(self, page: Page) -> None:
        first = self._row_count
        self._row_count += len(page)
        rows_of_directories = [row for row in range(len(page)) if page.is_directory(row)]
        names = page.names() if self._by_name else []
        if not rows_of_directories:
            self._files.add(range(first, first + len(page)), names)
            return
        chosen = set(rows_of_directories)
        rows_of_files = [row for row in range(len(page)) if row not in chosen]
        for group, rows in ((self._directories, rows_of_directories), (self._files, rows_of_files)):
            group.add([first + row for row in rows], [names[row] for row in rows] if names else [])

    def snapshot(self, *, final: bool = False) -> RowOrder:
        """The order of what was added. Rows since the last sorting stand at the end until they are as many again as
        the sorted ones, or until ``final``: so sorting costs about twice what sorting once would."""
        if self._by_name:
            self._directories.sort(final=final)
            self._files.sort(final=final)
        directories, files = self._directories.rows, self._files.rows
        return RowOrder(directories, len(directories), files, len(files), self._by_name)


class _Group:
    """Rows of one kind: sorted ones, and behind them those that arrived since."""

    def __init__(self) -> None:
        self.rows = _no_rows()
        self._names: dict[int, str] = {}
        self._runs: list[list[int]] = []
        self._waiting_count = 0

    def add(self, rows: Sequence[int], names: Sequence[str]) -> None:
        self.rows.extend(rows)
        if names:
            self._names.update(zip(rows, names, strict=True))
            for start in range(0, len(rows), _PIECE_ROWS):
                self._runs.append(sorted(rows[start : start + _PIECE_ROWS], key=self._names.__getitem__))
            self._waiting_count += len(rows)

    def sort(self, *, final: bool) -> None:
        sorted_count = len(self.rows) - self._waiting_count
        if not self._waiting_count or (not final and self._waiting_count < sorted_count):
            return
        runs: list[Sequence[int]] = [*self._runs]
        if sorted_count:
            runs.append(self.rows[:sorted_count])
        while len(runs) > 1:
            pairs = [runs[i : i + 2] for i in range(0, len(runs), 2)]
            runs = [_merged(pair[0], pair[1], self._names.__getitem__) if len(pair) == 2 else pair[0] for pair in pairs]
        self.rows = array("I", runs[0])  # a new one: snapshots keep the old
        self._runs.clear()
        self._waiting_count = 0
        if final:
            self._names.clear()


def _merged(one: Sequence[int], other: Sequence[int], name: Callable[[int], str]) -> array[int]:
    """Two sorted runs as one, in calls short enough that other threads get their turn."""
    merged = _no_rows()
    i = j = 0
    while i < len(one) and j < len(other):
        piece, other_piece = one[i : i + _PIECE_ROWS], other[j : j + _PIECE_ROWS]
        limit = min(name(piece[-1]), name(other_piece[-1]))
        taken = bisect_right(piece, limit, key=name)
        other_taken = bisect_right(other_piece, limit, key=name)
        # Two runs, one behind the other: the sort finds them and only merges.
        merged.extend(sorted([*piece[:taken], *other_piece[:other_taken]], key=name))
        i += taken
        j += other_taken
    merged.extend(one[i:])
    merged.extend(other[j:])
    return merged


def order_listing(listing: Listing, *, by_name: bool) -> RowOrder:
    """The order of a whole listing; costs no request."""
    builder = RowOrderBuilder(by_name=by_name)
    for page in listing.pages:
        builder.add(page)
    return builder.snapshot(final=True)
