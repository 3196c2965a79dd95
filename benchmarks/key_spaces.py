"""The keys that the listing server tells of: made from a number, in order, so that any count of them is known by heart.

A bucket's name says which: ``plain-100000`` holds 100,000 keys of the space ``plain``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus

__all__ = ["PAGE_KEYS", "KeySpace", "digest_of", "expected_digest", "key_space_of"]

PAGE_KEYS: Final = 1000
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html: at most 1,000 keys a page."""

_STRIDE: Final = 0x9E3779B97F4A7C15F39CC0605CEDC835  # odd, so that no two of the made-up etags are the same


@dataclass(frozen=True, slots=True)
class KeySpace:
    """A way to make keys. ``slash_encoded``: with EncodingType=url this server also encodes ``/``, as some do."""

    name: str
    key: Callable[[int], str]
    slash_encoded: bool = False
    checksums: bool = False

    def keys(self, count: int) -> list[str]:
        """The first ``count`` keys; they are in the order in which S3 lists."""
        return [self.key(number) for number in range(count)]

    def spelled(self, key: str) -> str:
        """The key as EncodingType=url spells it."""
        return quote_plus(key, safe="" if self.slash_encoded else "/")

    def contents(self, number: int, *, url_encoded: bool) -> str:
        """One entry of an answer, as S3 writes it."""
        key = self.key(number)
        if url_encoded:
            key = self.spelled(key)
        checksum = "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
        return (
            f"<Contents><Key>{key}</Key><LastModified>{_modified(number)}</LastModified>"
            f"<ETag>&quot;{number * _STRIDE % 2**128:032x}&quot;</ETag>{checksum if self.checksums else ''}"
            f"<Size>{size_of(number)}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        )


def size_of(number: int) -> int:
    """The size in bytes of the object of that number."""
    return number * 7919 % 50_000_000 + 1


def _modified(number: int) -> str:
    minutes, second = divmod(number * 37, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"2026-{days // 28 % 12 + 1:02}-{days % 28 + 1:02}T{hour:02}:{minute:02}:{second:02}.000Z"


def _plain(number: int) -> str:
    return f"warehouse/images/2026/{number // 10_000:03}/batch-{number // 100 % 100:02}/frame-{number:08}.jpg"


def _encoded(number: int) -> str:
    return (
        f"warehouse/events/year=2026/month={number // 10_000:03}/day={number // 100 % 100:02}/"
        f"part {number:08}.snappy.parquet"
    )


def _flat(number: int) -> str:
    return f"data/observation-{number:08}-station-0042.csv.gz"  # a name of forty bytes


_SPACES: Final = {
    space.name: space
    for space in (
        KeySpace("plain", _plain),
        KeySpace("encoded", _encoded, slash_encoded=True),
        KeySpace("checksums", _plain, checksums=True),
        KeySpace("flat", _flat),
    )
}


def key_space_of(bucket: str) -> tuple[KeySpace, int]:
    """The space and the number of keys that a bucket's name means; ValueError if it means none."""
    name, _, count = bucket.partition("-")
    if name not in _SPACES or not count.isdecimal():
        raise ValueError(f"the listing server has no bucket {bucket!r}")
    return _SPACES[name], int(count)


def digest_of(rows: Iterable[tuple[str, int]]) -> str:
    """One text for a set of keys with their sizes, in whatever order they come."""
    digest = hashlib.sha256()
    for key, size_bytes in sorted(rows):
        digest.update(f"{key}\t{size_bytes}\n".encode())
    return digest.hexdigest()


def expected_digest(bucket: str) -> str:
    """What :func:`digest_of` must say of a listing of that bucket."""
    space, count = key_space_of(bucket)
    return digest_of(_rows(space, count))


def _rows(space: KeySpace, count: int) -> Iterator[tuple[str, int]]:
    for number in range(count):
        yield space.key(number), size_of(number)
