"""The rows of a disk usage that are in sight: a tree of which some directories are open."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tfm.operations.disk_usage import DiskUsage, UsageRow

__all__ = ["UsageSort", "VisibleRow", "visible_rows"]

_MOST_SHOWN: Final = 1000
"""Rows in one directory; the others are in one row behind them."""


class UsageSort(StrEnum):
    """In which order the directories of one stand."""

    SIZE = "Size"
    OBJECTS = "Objects"
    NAME = "Name"


@dataclass(frozen=True, slots=True)
class VisibleRow:
    """``key`` is that of the directory, or, where ``is_own``, a text of its own: then the row is about what is in
    ``directory`` and in no directory below it."""

    key: str
    directory: str
    name: str
    depth: int
    size_bytes: int
    objects: int
    directories: int
    is_own: bool = False


def visible_rows(usage: DiskUsage, expanded: Collection[str], sort: UsageSort) -> Iterator[VisibleRow]:
    """The directories in the start, and in each that is ``expanded``, the first of the order first; a thousand of each
    directory. May be called while it is added up."""
    return _below(usage, usage.start.key, expanded, sort, 0)


def _below(usage: DiskUsage, key: str, expanded: Collection[str], sort: UsageSort, depth: int) -> Iterator[VisibleRow]:
    rows = usage.rows(key)
    for row in heapq.nsmallest(_MOST_SHOWN, rows, key=lambda row: _order(row, sort)):
        yield VisibleRow(row.key, row.key, row.name, depth, row.size_bytes, row.objects, row.directories)
        if row.key in expanded:
            yield from _below(usage, row.key, expanded, sort, depth + 1)
    if len(rows) > _MOST_SHOWN:
        yield _rest(rows, sort, key, depth)
    own = usage.row(key)
    if own is not None and own.own_objects and rows:
        yield VisibleRow(
            f"{key}\0own", key, "(in no directory below)", depth, own.own_bytes, own.own_objects, 0, is_own=True
        )


def _rest(rows: list[UsageRow], sort: UsageSort, key: str, depth: int) -> VisibleRow:
    rest = sorted(rows, key=lambda row: _order(row, sort))[_MOST_SHOWN:]
    size_bytes, objects = sum(row.size_bytes for row in rest), sum(row.objects for row in rest)
    return VisibleRow(
        f"{key}\0rest", key, f"({len(rest):,} more directories)", depth, size_bytes, objects, 0, is_own=True
    )


def _order(row: UsageRow, sort: UsageSort) -> Any:  # a key for sorting
    if sort is UsageSort.NAME:
        return row.name
    first = row.size_bytes if sort is UsageSort.SIZE else row.objects
    return -first, -row.size_bytes, row.name
