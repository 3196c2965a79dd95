"""What is known about a path: a snapshot that never changes, and a stat result."""

from __future__ import annotations

import os
import stat as stat_module
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.errors import NotFoundError

__all__ = ["PathInfo", "StatResult", "is_broken_link", "raise_unless_missing", "stat_from_entry"]


@dataclass(frozen=True, slots=True)
class StatResult:
    """``st_size`` in bytes (0 for a directory without a size), ``st_mtime`` in seconds since the epoch (0.0 where the
    storage says nothing; ``modified_at`` is None then), ``st_mode`` with the file type (and permissions on a disk).

    On the local disk every other ``st_`` attribute of :class:`os.stat_result` is there too.
    """

    st_mode: int
    st_size: int
    st_mtime: float
    modified_at: datetime | None = None
    etag: str | None = None
    storage_class: str | None = None
    native: os.stat_result | None = None

    def __getattr__(self, name: str) -> Any:  # os.stat_result's fields are ints and floats by platform
        native = object.__getattribute__(self, "native")
        if native is not None and name.startswith("st_"):
            return getattr(native, name)
        raise AttributeError(f"this storage knows no {name}")


def stat_from_entry(entry: Entry) -> StatResult:
    """A stat result from what a listing or an answer told."""
    kinds = {Kind.FILE: stat_module.S_IFREG, Kind.DIRECTORY: stat_module.S_IFDIR}
    mode = entry.mode if entry.mode is not None else kinds.get(entry.kind, 0)
    return StatResult(
        st_mode=mode,
        st_size=entry.size_bytes or 0,
        st_mtime=entry.modified_timestamp or 0.0,
        modified_at=entry.modified_at,
        etag=entry.etag,
        storage_class=entry.storage_class,
    )


class PathInfo:
    """A snapshot, as Python 3.14's ``pathlib.types.PathInfo``: made by the listing that found the path (no request), or
    by one question when it is first read. It never changes; ask the path for what is true now.

    Errors are raised (a refused question is not "no"), save that a missing path is not an error here.
    """

    __slots__ = ("_ask", "_fetched_at", "_lookup", "_prefer_directory")

    def __init__(
        self,
        ask: Callable[[], tuple[Lookup, float]],
        *,
        prefer_directory: bool,
        lookup: Lookup | None = None,
        age_seconds: float = 0.0,
    ) -> None:
        self._ask = ask
        self._prefer_directory = prefer_directory
        self._lookup = lookup
        self._fetched_at = None if lookup is None else datetime.now(UTC).timestamp() - age_seconds

    def _known(self) -> Lookup:
        if self._lookup is None:
            self._lookup, age_seconds = self._ask()
            self._fetched_at = datetime.now(UTC).timestamp() - age_seconds
        if not self._lookup.found:
            raise_unless_missing(self._lookup)
        return self._lookup

    def _entry(self) -> Entry | None:
        return self._known().best(prefer_directory=self._prefer_directory)

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        entry = self._entry()
        if entry is None:
            return False
        return not (follow_symlinks and is_broken_link(entry))

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        known = self._known()
        if known.directory is None:
            raise_unless_missing(known)
            return False
        return follow_symlinks or not known.directory.is_symlink

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        file = self._known().file
        return file is not None and file.kind is Kind.FILE and (follow_symlinks or not file.is_symlink)

    def is_symlink(self) -> bool:
        entry = self._entry()
        return entry is not None and entry.is_symlink

    @property
    def size(self) -> int | None:
        """Bytes; None where unknown or nothing is there."""
        entry = self._entry()
        return None if entry is None else entry.size_bytes

    @property
    def modified_at(self) -> datetime | None:
        entry = self._entry()
        return None if entry is None else entry.modified_at

    @property
    def etag(self) -> str | None:
        entry = self._entry()
        return None if entry is None else entry.etag

    @property
    def storage_class(self) -> str | None:
        entry = self._entry()
        return None if entry is None else entry.storage_class

    @property
    def fetched_at(self) -> datetime:
        """When the storage was asked, aware, in UTC."""
        self._known()
        return datetime.fromtimestamp(self._fetched_at or 0.0, UTC)


def raise_unless_missing(known: Lookup) -> None:
    """Raise what kept the storage from saying whether a directory is there; "no such bucket" is an answer."""
    if known.directory_error is not None and not isinstance(known.directory_error, NotFoundError):
        raise copy(known.directory_error)  # the answer may be kept: its own error must not collect tracebacks


def is_broken_link(entry: Entry) -> bool:
    """Whether it is a symbolic link that leads nowhere: then its facts are the link's own."""
    return entry.mode is not None and stat_module.S_ISLNK(entry.mode)
