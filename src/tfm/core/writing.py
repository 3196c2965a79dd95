"""What a write says beside its bytes: under which condition it happens, and which facts the object is to have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from tfm.core.entry import Entry
from tfm.core.errors import StorageError

__all__ = [
    "NOTHING_THERE",
    "Checksum",
    "Condition",
    "Content",
    "DeleteFailure",
    "Description",
    "ObjectFacts",
    "Part",
    "PartContent",
    "PartPieces",
    "Precondition",
    "Upload",
    "UploadLimits",
    "pieces_of",
]


Content = bytes | bytearray | memoryview
"""Bytes to be stored, in whatever form they are at hand."""


class PartPieces(Protocol):
    """A part that is too large for the memory: piece by piece, from the start as often as somebody asks. Of one thread
    at a time."""

    def __len__(self) -> int:
        """In bytes."""

    def pieces(self, *, sends: bool = False) -> Iterator[memoryview]:
        """All of it. A piece is good until the next is asked for, and none is empty. ``sends``: these go to the
        storage, for who counts what is on its way. Raises StorageError where they cannot be read, or are others by now.
        """


PartContent = Content | PartPieces


def pieces_of(content: PartContent, *, sends: bool = False) -> Iterable[Content]:
    """See :meth:`PartPieces.pieces`; what is in memory is one piece."""
    if isinstance(content, (bytes, bytearray, memoryview)):
        return (content,)
    return content.pieces(sends=sends)


class Condition(StrEnum):
    """A precondition that a storage may enforce itself, in one step with the write: of many writers one wins."""

    CREATE = "create"
    """A write of a key that must be free."""

    REPLACE = "replace"
    """A write in place of one certain version."""

    DELETE = "delete"
    """A delete of one certain version."""

    DELETE_MANY = "delete-many"
    """The same, of each of the many that one request deletes."""

    COPY = "copy"
    """Both of the first two for server-side copies, and that the source is one certain version."""


class Precondition(NamedTuple):
    """What must be at a key for a write or a delete to happen: an object of that ``etag``, or with None nothing."""

    etag: str | None


NOTHING_THERE: Final = Precondition(None)
"""The key must be free: the write creates."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What an object is to say of itself. None and an empty mapping leave it to the storage.

    ``metadata`` are the user's own names and values, without any prefix of the protocol's. ``modified_timestamp`` is in
    seconds since the epoch; a storage that sets times itself keeps it as metadata. ``mode`` are POSIX permission bits.
    ``headers`` are those that the object is given out with over HTTP, by lower-case name: ``cache-control``,
    ``content-disposition``, ``content-encoding`` and ``content-language``. ``tags`` are labels beside the metadata;
    ``untold_tags`` is how many there are where an answer told no more than their number, else 0.
    """

    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    modified_timestamp: float | None = None
    storage_class: str | None = None
    mode: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    untold_tags: int = 0

    def with_content_type(self, content_type: str) -> ObjectFacts:
        """These with that type. For every object that is written: ``replace`` would take three times as long."""
        return ObjectFacts(
            content_type, self.metadata, self.modified_timestamp, self.storage_class, self.mode, self.headers,
            self.tags, self.untold_tags,
        )  # fmt: skip


class Checksum(NamedTuple):
    """What a storage says of an object's bytes. ``algorithm`` is S3's word (``CRC32``, ``SHA256``) or ``MD5``, and
    ``value`` its digest. Of an object that came in parts it may be the checksum of the parts' checksums; then ``parts``
    is their number, else None."""

    algorithm: str
    value: bytes
    parts: int | None = None


class Description(NamedTuple):
    """All that a storage says of one object without its bytes. ``checksum`` is None where it has none that tells of
    the content; else the one with which its bytes are best compared. ``others`` are those that it has beside: two
    objects may have one of them in common, though nothing here computes it."""

    entry: Entry
    facts: ObjectFacts
    checksum: Checksum | None = None
    others: tuple[Checksum, ...] = ()

    @property
    def checksums(self) -> tuple[Checksum, ...]:
        return self.others if self.checksum is None else (self.checksum, *self.others)

    def agrees_with(self, other: Description) -> bool | None:
        """Whether both objects hold the same bytes, by the first checksum of both that decides it; None where none
        does."""
        values = {(each.algorithm, each.parts): each.value for each in other.checksums}
        for checksum in self.checksums:
            value = values.get((checksum.algorithm, checksum.parts))
            if value == checksum.value:
                return True
            # Of parts that were cut elsewhere the checksum differs though the bytes do not.
            if value is not None and checksum.parts is None:
                return False
        return None


class Part(NamedTuple):
    """A part of an upload that the storage has: ``number`` counts from 1. ``etag`` and ``checksum`` are its words."""

    number: int
    size_bytes: int
    etag: str | None = None
    checksum: str | None = None


class Upload(NamedTuple):
    """An object that arrives in parts, and is seen by nobody until it is finished. ``id`` is the storage's word for it
    (an upload id, the name of a temporary file): with it another process can go on, or sweep it away."""

    key: str
    id: str
    facts: ObjectFacts
    only_if: Precondition | None


class UploadLimits(NamedTuple):
    """How a backend wants its bytes.

    Up to ``whole_bytes`` an object is put by one request; a larger one comes in at most ``most_parts`` parts of
    ``part_bytes`` or more each, save the last.
    """

    whole_bytes: int
    part_bytes: int
    most_parts: int


class DeleteFailure(NamedTuple):
    """An object of a batch that was not deleted, and why. ``known`` is False where the answer was lost: then it may
    be gone."""

    key: str
    error: StorageError
    known: bool = True
