"""A part that comes in pieces, as a request's body."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfm.core.writing import PartPieces

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["PartBody"]


class PartBody(io.RawIOBase):
    """The pieces, and for botocore a file of them, which is read to its end and from its start again as often as there
    is a digest to be made. ``failure`` is why they could not be read: what sends them would take that for its own."""

    def __init__(self, content: PartPieces) -> None:
        self.failure: Exception | None = None
        self._content = content
        self._pieces: Iterator[memoryview] | None = None
        self._rest = memoryview(b"")
        self._at = 0

    def __len__(self) -> int:
        return len(self._content)

    def pieces(self, *, sends: bool = False) -> Iterator[memoryview]:
        try:
            yield from self._content.pieces(sends=sends)
        except Exception as error:
            self.failure = error
            raise

    # A file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """To the start or the end, or where it is; nobody asks for more."""
        place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: len(self)}[whence]
        if place not in {0, self._at, len(self)}:
            raise io.UnsupportedOperation("a part is read from its start")
        if place != self._at:
            self._at, self._pieces, self._rest = place, None, memoryview(b"")
        return place

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if not self._rest and self._at < len(self):
            if self._pieces is None:
                self._pieces = self.pieces()
            self._rest = next(self._pieces, memoryview(b""))
        view = memoryview(buffer).cast("B")
        size = min(len(view), len(self._rest))
        view[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        self._at += size
        return size
