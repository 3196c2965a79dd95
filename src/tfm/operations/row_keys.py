"""By which bytes the rows of a listing are sorted, for each sort order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from typing import Final

from tfm.core.page import UNKNOWN_SIZE, Page, encode_sort_key
from tfm.operations.natural_key import extension_key, natural_key
from tfm.operations.row_view import SortOrder

__all__ = ["key_of_name", "key_of_page_row", "keys_of_page"]

_MOST: Final = (1 << 64) - 1
_MIDDLE: Final = 1 << 63


def keys_of_page(sort: SortOrder, page: Page, names: Sequence[str], rows: Sequence[int]) -> list[bytes]:
    """Those of some rows; ``names`` are the names of all."""
    if sort is SortOrder.NAME:
        return [natural_key(names[row]) for row in rows]
    make = _MAKERS[sort]
    return [make(page, row, names[row]) for row in rows]


def key_of_page_row(sort: SortOrder, page: Page, row: int) -> bytes:
    """That of one row."""
    return _MAKERS[sort](page, row, page.name(row))


def key_of_name(sort: SortOrder, name: str, *, directory: bool) -> bytes | None:
    """That of any entry of this name; None where size or time decide."""
    if sort is SortOrder.UNSORTED:
        return encode_sort_key(name, directory=directory)
    if sort is SortOrder.NAME or (directory and sort is not SortOrder.TIME):
        return natural_key(name)
    return extension_key(name) if sort is SortOrder.EXTENSION else None


def _extension_key(page: Page, row: int, name: str) -> bytes:
    return natural_key(name) if page.is_directory(row) else extension_key(name)


def _size_key(page: Page, row: int, name: str) -> bytes:
    if page.is_directory(row):
        return natural_key(name)
    size = page.sizes[row]
    return (_MOST if size == UNKNOWN_SIZE else _MIDDLE - size).to_bytes(8, "big") + natural_key(name)


def _time_key(page: Page, row: int, name: str) -> bytes:
    time = page.times[row]
    microseconds = _MOST if isnan(time) else min(max(0, _MIDDLE - int(time * 1e6)), _MOST - 1)
    return microseconds.to_bytes(8, "big") + natural_key(name)


_MAKERS: Final[Mapping[SortOrder, Callable[[Page, int, str], bytes]]] = {
    SortOrder.NAME: lambda _page, _row, name: natural_key(name),
    SortOrder.EXTENSION: _extension_key,
    SortOrder.SIZE: _size_key,
    SortOrder.TIME: _time_key,
    SortOrder.UNSORTED: lambda page, row, _name: page.sort_key(row),
}
