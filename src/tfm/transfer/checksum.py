"""Checksums of what was moved: of parts put together, and compared with what a storage says of its object."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from tfm.core.writing import Checksum

__all__ = ["ObjectBytes", "combine_crc32", "fits"]

_POLYNOMIAL: Final = 0xEDB88320
"""CRC-32 as zlib has it, its bits reversed: https://www.rfc-editor.org/rfc/rfc1952#section-8"""

_USUAL_PART_BYTES: Final = tuple(size << 20 for size in (5, 8, 16, 10, 15, 20, 25, 32, 50, 64, 100, 128, 256, 512))
"""Parts by which programs upload: boto3 8 MiB, rclone 5, s5cmd 50, the console 16, and powers of two."""

ObjectBytes = Callable[[int, int], Iterator[bytes]]
"""Gives ``length`` bytes from ``start``, piece by piece."""


def combine_crc32(first: int, second: int, second_bytes: int) -> int:
    """The CRC-32 of two runs of bytes behind each other, from theirs: the first one, moved on by as many zero bytes."""
    return _multiplied(_power_of_x(8 * second_bytes), first) ^ second


def _multiplied(left: int, right: int) -> int:
    """The product of two polynomials modulo CRC-32's, the highest bit standing for 1."""
    product = 0
    for bit in range(31, -1, -1):
        if left >> bit & 1:
            product ^= right
        right = right >> 1 ^ (_POLYNOMIAL if right & 1 else 0)
    return product


def _power_of_x(exponent: int) -> int:
    product, power = 1 << 31, 0
    while exponent:
        if exponent & 1:
            product = _multiplied(_square(power), product)
        exponent >>= 1
        power += 1
    return product


@cache
def _square(power: int) -> int:
    """x to the power of 2 to the power of ``power``."""
    if power == 0:
        return 1 << 30
    half = _square(power - 1)
    return _multiplied(half, half)


def fits(checksum: Checksum, size_bytes: int, crc32: int | None, read: ObjectBytes | None) -> bool | None:
    """Whether an object's bytes are those that ``checksum`` tells of; None where that cannot be told.

    ``crc32`` is that of the whole object, if it is known; ``read`` reads it again, where that costs little.
    """
    if checksum.algorithm == "CRC32" and checksum.parts is None and crc32 is not None:
        return checksum.value == crc32.to_bytes(4, "big")
    if read is None:
        return None
    if checksum.parts is None:
        digest = _digest(checksum.algorithm, read(0, size_bytes))
        return None if digest is None else digest == checksum.value
    if checksum.algorithm not in {"MD5", "CRC32", "SHA1", "SHA256"}:
        return None
    sizes = _part_sizes(size_bytes, checksum.parts)
    if not sizes:
        return None
    tried = [_digest_of_parts(checksum.algorithm, size_bytes, part_bytes, read) for part_bytes in sizes]
    # Another size of parts than any of these may have been used: only a match tells.
    return True if checksum.value in tried else None


def _part_sizes(size_bytes: int, parts: int) -> list[int]:
    """Which of the usual sizes cut so many bytes into so many parts."""
    return [size for size in _USUAL_PART_BYTES if (size_bytes + size - 1) // size == parts]


def _digest_of_parts(algorithm: str, size_bytes: int, part_bytes: int, read: ObjectBytes) -> bytes | None:
    digests = [
        _digest(algorithm, read(start, min(part_bytes, size_bytes - start)))
        for start in range(0, size_bytes, part_bytes)
    ]
    return _digest(algorithm, iter([b"".join(digest or b"" for digest in digests)]))


def _digest(algorithm: str, pieces: Iterator[bytes]) -> bytes | None:
    if algorithm == "CRC32":
        value = 0
        for piece in pieces:
            value = zlib.crc32(piece, value)
        return value.to_bytes(4, "big")
    if algorithm not in {"MD5", "SHA1", "SHA256"}:
        return None
    digest = hashlib.new(algorithm.lower(), usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    return digest.digest()
