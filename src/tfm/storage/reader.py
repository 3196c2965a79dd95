"""The bytes of an object: as they stream in, and all of them at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import NamedTuple, Self

from tfm.core.entry import Entry
from tfm.core.errors import ConflictError
from tfm.core.writing import Checksum, ObjectFacts

__all__ = ["Reader", "WholeObject", "require_room", "whole_object"]


class Reader(ABC):
    """An open stream over the bytes asked for. ``entry`` tells of the whole object: its full size and its etag.

    ``facts`` is what else the answer said of it, None where the protocol tells nothing with the bytes; ``checksum``
    what the whole object's bytes are best compared with, as far as the answer said it, and ``others`` what it said
    beside, which perhaps nothing here computes. ``verified`` is True when all bytes have been given and compared: the
    retry layer does that for whoever reads an object whole. It stays False of a range, and where nothing can be
    compared.
    """

    entry: Entry
    facts: ObjectFacts | None = None
    checksum: Checksum | None = None
    others: tuple[Checksum, ...] = ()
    verified: bool = False

    @abstractmethod
    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most ``size`` of them (all that are left if negative); ``b""`` only at the end.

        Raises a TemporaryError when the connection breaks before all promised bytes came: short is never the end.
        """

    def readinto(self, view: memoryview) -> int:
        """As :meth:`read`, into memory of the caller's; how many bytes came. 0 only at the end."""
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    @abstractmethod
    def close(self) -> None:
        """Give the connection back, or drop it when bytes are left unread. May be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class WholeObject(NamedTuple):
    """All of one object as one answer brought it; the others as a :class:`Reader` has them. Its bytes are as many as
    the answer promised; nobody has compared them with the ``checksum`` yet."""

    entry: Entry
    content: bytes
    facts: ObjectFacts | None = None
    checksum: Checksum | None = None


def whole_object(reader: Reader, most_bytes: int, uri: str) -> WholeObject:
    """All that is left of it, which is closed then; see :meth:`Backend.begin_read`."""
    with reader:
        require_room(reader.entry.size_bytes, most_bytes, uri)
        content = b"".join(iter(reader.read, b""))
        return WholeObject(reader.entry, content, reader.facts, reader.checksum)


def require_room(size_bytes: int | None, most_bytes: int, uri: str) -> None:
    """Raises ConflictError for an object that has grown since somebody looked, and should not be in memory."""
    if (size_bytes or 0) > most_bytes:
        raise ConflictError("It has grown since it was listed.", next_step="Copy it again.", uri=uri, operation="read")
