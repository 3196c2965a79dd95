"""Everything that a storage says of one entry."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry, Kind
from tfm.core.errors import NotFoundError
from tfm.core.location import Location
from tfm.core.writing import Checksum, Description, ObjectFacts
from tfm.storage.session import Session
from tfm.storage.storage import Storage

__all__ = ["Properties", "Property", "read_properties"]


@dataclass(frozen=True, slots=True)
class Property:
    """One fact, for reading: ``size``, ``1,234 bytes``. ``group`` is what it belongs to: ``metadata``, ``tags``."""

    group: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Properties:
    """``facts`` are what an object says of itself, None where nothing does: a directory without a marker, a file of a
    disk. ``requests`` is what it cost to find all this out."""

    location: Location
    entry: Entry
    facts: ObjectFacts | None
    rows: tuple[Property, ...]
    requests: int


def read_properties(session: Session, location: Location) -> Properties:
    """Ask for all there is. Of an object one request, and one more for its tags where it has some; of a directory of
    flat keys a look whether it has a marker, from the cache where that knows. On a disk none.

    Raises NotFoundError, and what the storage answers.
    """
    storage = session.storage(location.storage)
    with session.meter.counting() as requests:
        described = _described(storage, location)
        rows = tuple(_rows(storage, location, described))
    says_of_itself = Capability.FLAT_KEYS in storage.capabilities and _is_object(described.entry)
    facts = described.facts if says_of_itself else None
    return Properties(location, described.entry, facts, rows, requests.total)


def _described(storage: Storage, location: Location) -> Description:
    if Capability.FLAT_KEYS not in storage.capabilities:
        entry = storage.lookup(location.key, fresh=True).best(prefer_directory=location.kind is Kind.DIRECTORY)
        if entry is None:
            raise NotFoundError("There is nothing here.", uri=storage.uri_of(location.key), operation="stat")
        return Description(entry, ObjectFacts())
    if location.kind is not Kind.DIRECTORY:
        return storage.describe(location.key)
    if not location.key:
        return Description(Entry("", "", Kind.DIRECTORY), ObjectFacts())
    try:
        return storage.describe(location.key)  # its marker
    except NotFoundError:
        answer = storage.lookup(location.key, asked=Asked.DIRECTORY)
        if answer.directory is None:
            raise
        return Description(answer.directory, ObjectFacts())


def _is_object(entry: Entry) -> bool:
    return not entry.is_directory or entry.etag is not None


def _rows(storage: Storage, location: Location, described: Description) -> Iterator[Property]:
    entry, facts = described.entry, described.facts
    address = location.storage
    yield Property("", "place", storage.uri_of(location.key))
    yield Property("", "kind", _kind_text(storage, entry))
    if address.profile:
        yield Property("", "profile", address.profile)
    if entry.size_bytes is not None and not (entry.is_directory and Capability.LOCAL_PATHS in storage.capabilities):
        yield Property("", "size", f"{entry.size_bytes:,} {'byte' if entry.size_bytes == 1 else 'bytes'}")
    if entry.modified_timestamp is not None:
        word = "written" if Capability.FLAT_KEYS in storage.capabilities else "changed"
        yield Property("", word, _time_text(entry.modified_timestamp))
    if facts.modified_timestamp is not None:
        yield Property("", "changed", _time_text(facts.modified_timestamp))
    yield from _named("", {"type": facts.content_type, "class": entry.storage_class, "etag": entry.etag})
    # What is of the parts the etag says mostly.
    whole = (each for each in described.checksums if each.parts is None)
    if (checksum := next(whole, described.checksum)) is not None:
        yield Property("", "checksum", _checksum_text(checksum))
    yield from _named("headers", facts.headers)
    yield from _named("metadata", facts.metadata)
    yield from _named("tags", facts.tags)
    if Capability.LOCAL_PATHS in storage.capabilities:
        yield from _disk_rows(location.key.removesuffix("/") or "/")


def _named(group: str, values: Mapping[str, str | None] | Mapping[str, str]) -> Iterator[Property]:
    for name, value in values.items():
        if value:
            yield Property(group, name, value)


def _kind_text(storage: Storage, entry: Entry) -> str:
    if entry.is_symlink:
        return "link to a directory" if entry.is_directory else "link"
    if entry.kind is Kind.OTHER:
        return "neither file nor directory: a pipe, a socket or a device"
    if not entry.is_directory:
        return "object" if Capability.FLAT_KEYS in storage.capabilities else "file"
    if Capability.FLAT_KEYS not in storage.capabilities:
        return "directory"
    if not entry.key:
        return "bucket"
    return "directory with a marker" if _is_object(entry) else "directory: only what is in it makes it one"


def _time_text(timestamp: float) -> str:
    """To the second in the reader's zone, and in UTC for who compares."""
    moment = datetime.fromtimestamp(timestamp, UTC)
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %z} ({moment:%Y-%m-%dT%H:%M:%SZ})"


def _checksum_text(checksum: Checksum) -> str:
    parts = "" if checksum.parts is None else f" of {checksum.parts:,} parts"
    return f"{checksum.algorithm}{parts} {checksum.value.hex()}"


def _disk_rows(path: str) -> Iterator[Property]:
    try:
        facts = os.lstat(path)
    except OSError:
        return  # gone meanwhile: what was asked before stands
    mode = facts.st_mode
    yield Property("disk", "mode", f"{stat.S_IMODE(mode):04o} {stat.filemode(mode)}")
    yield Property("disk", "owner", f"{_user(facts.st_uid)}, group {_group(facts.st_gid)}")
    if stat.S_ISLNK(mode):
        yield Property("disk", "leads to", os.readlink(path))
    yield Property("disk", "names", f"{facts.st_nlink:,}")
    yield Property("disk", "inode", f"{facts.st_ino} on device {os.major(facts.st_dev)}:{os.minor(facts.st_dev)}")
    yield Property("disk", "on disk", f"{facts.st_blocks * 512:,} bytes")
    yield Property("disk", "read last", _time_text(facts.st_atime))
    yield Property("disk", "rights or name changed", _time_text(facts.st_ctime))


def _user(number: int) -> str:
    import pwd

    try:
        return f"{pwd.getpwuid(number).pw_name} ({number})"
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    import grp

    try:
        return f"{grp.getgrgid(number).gr_name} ({number})"
    except KeyError:
        return str(number)
