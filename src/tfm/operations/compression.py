"""Compressed bytes told by how they begin, and decoders that give no more at once than is asked for."""

from __future__ import annotations

import bz2
import lzma
import re
import sys
import zlib
from enum import StrEnum
from typing import Any, Final, Protocol

from tfm.core.errors import StorageError

__all__ = [
    "LONGEST_BEGINNING",
    "Compression",
    "Decoder",
    "GzipDecoder",
    "compression_of",
    "damage_of",
    "decoder_of",
    "name_inside",
]

_MOST_MEMORY_BYTES: Final = 160 * 1024 * 1024
"""What a decoder may take; ``xz -9`` takes 65 MiB, ``zstd --long`` 128 MiB. What wants more is refused."""


class Compression(StrEnum):
    """How bytes are compressed."""

    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"


# zstd: a frame, or one that is to be skipped, with which what was compressed in parallel begins.
_BEGINNINGS: Final = (
    (re.compile(rb"\x1f\x8b\x08", re.DOTALL), Compression.GZIP),
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", re.DOTALL), Compression.BZIP2),
    (re.compile(rb"\xfd7zXZ\x00", re.DOTALL), Compression.XZ),
    (re.compile(rb"(?:\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)", re.DOTALL), Compression.ZSTD),
)
LONGEST_BEGINNING: Final = 10

_ENDINGS: Final = {"gz": "", "gzip": "", "bz2": "", "xz": "", "zst": "", "zstd": "", "tgz": ".tar", "txz": ".tar"}


def compression_of(data: bytes) -> Compression | None:
    """By the first ten bytes, not by any name."""
    return next((found for pattern, found in _BEGINNINGS if pattern.match(data)), None)


def name_inside(name: str) -> str:
    """``data.csv`` for ``data.csv.gz``: what the name says of what comes out."""
    stem, _, ending = name.rpartition(".")
    instead = _ENDINGS.get(ending.lower()) if stem else None
    return name if instead is None else stem + instead


class Decoder(Protocol):
    """One stream, frame or member; the standard library's ``bz2`` and ``lzma`` have such ones."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most so many bytes more. What of ``data`` is not needed yet, it keeps."""


class GzipDecoder:
    """A member of a gzip file. Unlike the others it can be copied, with its state, of 40 KiB."""

    def __init__(self, inflate: Any = None) -> None:  # zlib has no name for its type
        self._inflate: Any = zlib.decompressobj(wbits=31) if inflate is None else inflate
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return bool(self._inflate.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._inflate.unused_data)

    @property
    def kept_bytes(self) -> int:
        """How many bytes of its input it has not looked at yet."""
        return len(self._inflate.unconsumed_tail)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        given = self._inflate.unconsumed_tail + data
        found = bytes(self._inflate.decompress(given, max_length))
        self.needs_input = not self._inflate.unconsumed_tail and len(found) < max_length
        return found

    def copy(self) -> GzipDecoder:
        made = GzipDecoder(self._inflate.copy())
        made.needs_input = self.needs_input
        return made


def decoder_of(compression: Compression) -> Decoder:
    """A decoder for the next stream. Raises StorageError where a library is missing."""
    if compression is Compression.GZIP:
        return GzipDecoder()
    if compression is Compression.BZIP2:
        return bz2.BZ2Decompressor()
    if compression is Compression.XZ:
        return lzma.LZMADecompressor(memlimit=_MOST_MEMORY_BYTES)
    made: Decoder = _zstd().ZstdDecompressor()
    return made


def _zstd() -> Any:  # of two places, of which the type checker knows one at most
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # tfm.operations has another
        else:
            from backports import zstd
    except ImportError as error:
        raise StorageError("zstd needs a library.", next_step="pip install 'tfm[viewer]'", operation="view") from error
    return zstd


def damage_of(compression: Compression) -> tuple[type[Exception], ...]:
    """What its decoder raises where the bytes are no such stream, or want too much memory."""
    if compression is Compression.ZSTD:
        return (_zstd().ZstdError, MemoryError)
    return (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError)
