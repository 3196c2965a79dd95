"""What a user asked to be copied or moved, as a value that can be written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.conflict import ConflictPolicy

__all__ = ["CopySpec", "location_from_record", "location_record"]


@dataclass(frozen=True, slots=True)
class CopySpec:
    """``sources`` are all in one storage. ``into``: ``target`` is a directory in which each gets its own name; else it
    is the copy of the only source itself. ``move``: what was copied and verified is deleted. ``below``: into the target
    go not the names of the sources but their paths below this key."""

    sources: tuple[Location, ...]
    target: Location
    into: bool
    policy: ConflictPolicy = ConflictPolicy.FAIL
    move: bool = False
    below: str | None = None

    @property
    def source_storage(self) -> StorageAddress:
        return self.sources[0].storage

    @property
    def target_storage(self) -> StorageAddress:
        return self.target.storage

    @property
    def title(self) -> str:
        """In a few words, for lists of jobs: ``copy d``, ``move 3 entries``."""
        first = self.sources[0]
        what = first.key.removesuffix("/").rpartition("/")[2] or first.storage.authority
        count = len(self.sources)
        return f"{'move' if self.move else 'copy'} {what if count == 1 else f'{count} entries'}"

    @property
    def target_prefix(self) -> str:
        """The directory below which everything is written."""
        if self.into:
            return self.target.key
        return self.target.key[: self.target.key.rfind("/", 0, -1) + 1]

    def target_key(self, source: Location) -> str:
        """Where the copy of ``source`` goes, a directory's with its slash."""
        slash = "/" if source.kind is Kind.DIRECTORY else ""
        if not self.into:
            # The root of a bucket has no name: what is in the source goes there.
            return self.target.key.removesuffix("/") + slash if self.target.key else ""
        if self.below is not None:
            name = source.key.removeprefix(self.below).removesuffix("/")
        else:
            name = source.key.removesuffix("/").rpartition("/")[2] if source.key else source.storage.authority
        return f"{self.target.key}{name}{slash}"

    def record(self) -> dict[str, Any]:  # JSON's own values
        return {
            "sources": [location_record(source) for source in self.sources],
            "target": location_record(self.target),
            "into": self.into,
            "policy": self.policy.value,
            "move": self.move,
            "below": self.below,
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> CopySpec:  # as above
        """ValueError and KeyError for what is no such record."""
        return cls(
            tuple(location_from_record(each) for each in record["sources"]),
            location_from_record(record["target"]),
            bool(record["into"]),
            ConflictPolicy(record["policy"]),
            bool(record["move"]),
            record.get("below"),
        )


def location_record(location: Location) -> dict[str, Any]:  # JSON's own values
    storage = location.storage
    return {
        "scheme": storage.scheme,
        "authority": storage.authority,
        "profile": storage.profile,
        "key": location.key,
        "kind": location.kind.name,
    }


def location_from_record(record: dict[str, Any]) -> Location:  # as above
    storage = StorageAddress(record["scheme"], record["authority"], record["profile"])
    return Location(storage, record["key"], Kind[record["kind"]])
