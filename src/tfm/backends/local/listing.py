"""A directory in pages, in the disk's own order."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Final, NamedTuple, Protocol

from tfm.backends.local.entries import kind_of, kind_unasked
from tfm.backends.local.system import path_of, translating
from tfm.core.entry import Kind
from tfm.core.errors import InvalidPathError, InvalidRequestError
from tfm.core.page import UNKNOWN_MODE, UNKNOWN_SIZE, UNKNOWN_TIME, Page, make_page

__all__ = ["list_directory"]

_FIRST_PAGE_ENTRIES: Final = 500
"""Rows that a screen can show come first; a cold lstat costs about 10 microseconds."""

_LATER_PAGE_ENTRIES: Final = 5000


class _Rows(Protocol):
    """What os.scandir gives; its own class has no public name."""

    def __iter__(self) -> Iterator[os.DirEntry[str]]: ...

    def close(self) -> None: ...


class _RowFacts(NamedTuple):
    """A row of a page; a tuple, because ten thousand of them are made in a second and none is kept."""

    kind: Kind
    size_bytes: int
    modified_timestamp: float
    mode: int
    is_symlink: bool


def list_directory(prefix: str, token: object | None, limit: int) -> Page:
    """The next page: at most 500 rows first and 5,000 later, whichever ``limit`` allows."""
    if token is None:
        rows = _open_directory(prefix)
        limit = min(limit, _FIRST_PAGE_ENTRIES)
    elif isinstance(token, _OpenDirectory):
        rows = token.take(prefix)
        limit = min(limit, _LATER_PAGE_ENTRIES)
    else:
        raise InvalidRequestError("This token is of another storage.", uri=prefix, operation="list")
    return _read_page(prefix, rows, limit)


class _OpenDirectory:
    """The rest of a directory, to be taken once. Dropped, it closes the directory."""

    __slots__ = ("_lock", "_rows", "prefix")

    def __init__(self, prefix: str, rows: _Rows) -> None:
        self.prefix = prefix
        self._rows: _Rows | None = rows
        self._lock = threading.Lock()

    def take(self, prefix: str) -> _Rows:
        with self._lock:
            rows = self._rows
            if rows is None or prefix != self.prefix:
                raise InvalidRequestError(
                    "This token was used before, or is another directory's.",
                    next_step="List the directory from its beginning.",
                    uri=prefix,
                    operation="list",
                )
            self._rows = None
        return rows

    def __del__(self) -> None:
        if self._rows is not None:
            self._rows.close()


def _open_directory(prefix: str) -> _Rows:
    if prefix and not prefix.endswith("/"):
        raise InvalidPathError(
            "A directory's prefix ends in a slash.", next_step="Add one.", uri=prefix, operation="list"
        )
    path = path_of(prefix, "list")
    with translating(prefix, "list"):
        return os.scandir(path)


def _read_page(prefix: str, rows: _Rows, limit: int) -> Page:
    """The next ``limit`` rows in columns. A last page may be empty: the end is seen by reaching it."""
    with ExitStack() as stack:
        stack.callback(rows.close)
        with translating(prefix, "list"):
            batch = list(islice(rows, limit))
        facts = [_row_facts(row) for row in batch]
        token = None
        if len(batch) == limit:
            token = _OpenDirectory(prefix, rows)
            stack.pop_all()
        return make_page(
            prefix,
            [row.name for row in batch],
            bytes([fact.kind for fact in facts]),
            [fact.size_bytes for fact in facts],
            [fact.modified_timestamp for fact in facts],
            modes=[fact.mode for fact in facts],
            symlinks=bytes([fact.is_symlink for fact in facts]),
            token=token,
        )


def _row_facts(row: os.DirEntry[str]) -> _RowFacts:
    """What a row says of itself. One that vanished or may not be looked at is still a row, with unknown facts."""
    try:
        is_symlink = row.is_symlink()
        facts = row.stat(follow_symlinks=False)
    except OSError:
        return _RowFacts(kind_unasked(row), UNKNOWN_SIZE, UNKNOWN_TIME, UNKNOWN_MODE, is_symlink=False)
    if is_symlink:
        try:
            facts = row.stat()
        except OSError:  # broken, a loop, or not ours to follow: the link's own facts remain
            pass
    return _RowFacts(kind_of(facts.st_mode), facts.st_size, facts.st_mtime, facts.st_mode, is_symlink=is_symlink)
