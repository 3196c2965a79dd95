"""A first look at an entry: the beginning of a file, the first rows of a directory; one small request at most."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.operations.held_bytes import HeldBytes
from tfm.storage.session import Session

__all__ = ["PREVIEW_BYTES", "PREVIEW_ROWS", "FirstBytes", "FirstRows", "PreviewMemory", "PreviewOf", "first_look"]

PREVIEW_BYTES: Final = 64 * 1024
PREVIEW_ROWS: Final = 200
_MOST_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class PreviewOf:
    """What is looked at. Two that are equal show the same: the version is part of it."""

    location: Location
    etag: str | None
    size_bytes: int | None
    modified_timestamp: float | None

    @classmethod
    def entry(cls, location: Location, entry: Entry) -> PreviewOf:
        return cls(location, entry.etag, entry.size_bytes, entry.modified_timestamp)


@dataclass(frozen=True, slots=True)
class FirstBytes:
    """The beginning of a file, looked at as the whole would be; what is behind it, nobody asks for."""

    location: Location
    data: bytes
    whole_bytes: int
    """The size of the file itself."""

    error: StorageError | None = None
    asking_costs: bool = False

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    @property
    def is_whole(self) -> bool:
        return len(self.data) >= self.whole_bytes

    def open(self) -> None:
        """It is all here."""

    def close(self) -> None:
        """Nothing runs."""

    def retry(self) -> None:
        """It stays."""

    def look_for_change(self) -> None:
        """The listing tells of that."""

    def bytes_at(self, start: int, end: int) -> bytes:
        return self.data[max(0, start) : end]

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        return HeldBytes(self.data).chunks(start, min(end, len(self.data)))


@dataclass(frozen=True, slots=True)
class FirstRows:
    """The first entries of a directory; ``more`` where there are others. ``known`` False: nobody has listed it, and
    nobody was asked."""

    entries: tuple[Entry, ...] = ()
    more: bool = False
    known: bool = True


@dataclass(slots=True)
class PreviewMemory:
    """What was looked at last, up to 4 MiB of it. One thread's."""

    _kept: OrderedDict[PreviewOf, FirstBytes | FirstRows] = field(default_factory=OrderedDict)

    def get(self, of: PreviewOf) -> FirstBytes | FirstRows | None:
        found = self._kept.get(of)
        if found is not None:
            self._kept.move_to_end(of)
        return found

    def keep(self, of: PreviewOf, found: FirstBytes | FirstRows) -> None:
        """Of a directory nothing is kept: the listing cache has what there is to keep."""
        if isinstance(found, FirstBytes):
            self._kept[of] = found
            while len(self._kept) > _MOST_REMEMBERED:
                self._kept.popitem(last=False)


def first_look(session: Session, of: PreviewOf, *, lists: bool) -> FirstBytes | FirstRows:
    """For a thread. A file costs one request for up to 64 KiB, an empty one none. A directory costs none where the
    cache has it, fresh or not; else one where ``lists`` or where looking is free, as on a disk. Raises StorageError."""
    location = of.location
    storage = session.storage(location.storage)
    if location.kind is Kind.DIRECTORY:
        held = storage.peek(location.key)
        if held is not None:
            listing = held.listing
            return FirstRows(
                tuple(islice(listing, PREVIEW_ROWS)), more=len(listing) > PREVIEW_ROWS or not listing.complete
            )
        if not lists and Capability.CACHED in storage.capabilities:
            return FirstRows(known=False)
        page = storage.first_rows(location.key, limit=PREVIEW_ROWS + 1)
        return FirstRows(tuple(islice(page, PREVIEW_ROWS)), more=len(page) > PREVIEW_ROWS or page.token is not None)
    if location.kind is not Kind.FILE:
        raise StorageError("This is neither a file nor a directory.", operation="preview")
    if of.size_bytes == 0:
        return FirstBytes(location, b"", 0)
    with storage.read(location.key, length=PREVIEW_BYTES) as reader:
        data = b"".join(iter(lambda: reader.read(PREVIEW_BYTES), b""))
        return FirstBytes(location, data, reader.entry.size_bytes or len(data))
