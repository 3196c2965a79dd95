"""Bytes in memory that are looked at as an object is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

__all__ = ["ByteSource", "HeldBytes"]

_CHUNK_BYTES: Final = 256 * 1024


class ByteSource(Protocol):
    """What can be looked at from any offset on."""

    @property
    def size_bytes(self) -> int | None:
        """None until it is known."""

    def bytes_at(self, start: int, end: int) -> bytes:
        """That range, fewer at the end; raises BytesNotLoadedError, at once, where they are not here yet."""

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """That range in pieces, for a thread that may wait."""


class HeldBytes:
    """All of them are here."""

    def __init__(self, data: bytes) -> None:
        self.size_bytes: int | None = len(data)
        self._data = data

    def bytes_at(self, start: int, end: int) -> bytes:
        return self._data[max(0, start) : end]

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        for offset in range(start, end, _CHUNK_BYTES):
            yield self._data[offset : min(end, offset + _CHUNK_BYTES)]
