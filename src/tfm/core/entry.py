"""One row of a listing, and the answer to "what is there?" about one key."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, IntEnum
from typing import NamedTuple

from tfm.core.errors import StorageError

__all__ = ["Asked", "Entry", "Kind", "Lookup"]


class Kind(IntEnum):
    """What an entry is. Two entries of one name and different kinds are two entries."""

    FILE = 0
    DIRECTORY = 1
    OTHER = 2
    """A socket, a device, a broken link: something a disk lists that is neither."""


class Asked(Enum):
    """What somebody wants to hear about one name. The less it is, the more often the cache can say it."""

    BOTH = "both"
    """The object ``x`` and the directory ``x/``, each or neither."""

    FILE = "file"
    """The object, whatever else is there."""

    DIRECTORY = "directory"
    """The directory, whatever else is there."""

    EITHER = "either"
    """Whether anything is there."""

    MEANT = "meant"
    """The object or, where there is none, the directory: what a path without a slash means."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a directory with the facts that came with its listing.

    ``key`` is its exact text in the storage. A directory's ends in the ``/`` that its prefix has (so that the object
    ``x`` and the directory ``x/`` differ, and the root, ``""``, from a directory whose name is empty, ``/``). ``name``
    is the key without the listed prefix and without that slash; in a recursive listing it may contain slashes.

    ``size_bytes`` is ``None`` where
    unknown, as for a virtual directory. ``modified_timestamp`` is seconds since the epoch, ``None`` where the storage
    says nothing. ``etag`` is opaque and has no surrounding quotes. ``mode`` are POSIX mode bits, from a disk.
    """

    name: str
    key: str
    kind: Kind
    size_bytes: int | None = None
    modified_timestamp: float | None = None
    etag: str | None = None
    storage_class: str | None = None
    is_symlink: bool = False
    mode: int | None = None

    @property
    def is_directory(self) -> bool:
        return self.kind is Kind.DIRECTORY

    @property
    def leads_nowhere(self) -> bool:
        """Whether it is a link of a disk behind which nothing was found: then the facts are the link's own."""
        return self.is_symlink and self.mode is not None and stat.S_ISLNK(self.mode)

    @property
    def modified_at(self) -> datetime | None:
        """The modification time, aware, in UTC."""
        if self.modified_timestamp is None:
            return None
        return datetime.fromtimestamp(self.modified_timestamp, UTC)


class Lookup(NamedTuple):
    """What is at one key: an object, a directory, both (object stores allow it), or nothing.

    ``directory_error`` is set where the storage would not say whether a directory is there (listing denied, though the
    object itself could be asked about). Whoever needs that answer raises it.
    """

    file: Entry | None = None
    directory: Entry | None = None
    directory_error: StorageError | None = None

    @property
    def found(self) -> bool:
        return self.file is not None or self.directory is not None

    def best(self, *, prefer_directory: bool = False) -> Entry | None:
        """The entry an operation means: the object, or the directory where it is asked for or the only one."""
        if prefer_directory:
            return self.directory or self.file
        return self.file or self.directory
