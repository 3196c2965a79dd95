"""Checksums of what was moved: of parts put together, and compared with what a storage says of its object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from tfm.core.writing import Checksum
from tfm.storage.content_check import ContentCheck, can_digest, new_digest, usual_part_sizes

__all__ = ["ObjectBytes", "can_be_combined", "combined_crc", "digested_part_bytes", "fits", "is_digest_of"]

_POLYNOMIALS: Final = {"CRC32": 0xEDB88320, "CRC32C": 0x82F63B78, "CRC64NVME": 0x9A6C9329AC4BC9B5}
"""Their bits reversed, as many as the CRC has. CRC-32 as zlib has it: https://www.rfc-editor.org/rfc/rfc1952#section-8;
the others: https://reveng.sourceforge.io/crc-catalogue/all.htm (CRC-32/ISCSI, CRC-64/NVME)."""

ObjectBytes = Callable[[int, int], Iterator[bytes]]
"""Gives ``length`` bytes from ``start``, piece by piece."""


def combined_crc(algorithm: str, first: int, second: int, second_bytes: int) -> int:
    """The CRC of two runs of bytes behind each other, from theirs: the first one, moved on by as many zero bytes."""
    polynomial = _POLYNOMIALS[algorithm]
    return _multiplied(_power_of_x(8 * second_bytes, polynomial), first, polynomial) ^ second


def _multiplied(left: int, right: int, polynomial: int) -> int:
    """The product of two polynomials modulo that of the CRC, the highest bit standing for 1."""
    product = 0
    for bit in range(polynomial.bit_length() - 1, -1, -1):
        if left >> bit & 1:
            product ^= right
        right = right >> 1 ^ (polynomial if right & 1 else 0)
    return product


def _power_of_x(exponent: int, polynomial: int) -> int:
    product, power = 1 << polynomial.bit_length() - 1, 0
    while exponent:
        if exponent & 1:
            product = _multiplied(_square(power, polynomial), product, polynomial)
        exponent >>= 1
        power += 1
    return product


@cache
def _square(power: int, polynomial: int) -> int:
    """x to the power of 2 to the power of ``power``."""
    if power == 0:
        return 1 << polynomial.bit_length() - 2
    half = _square(power - 1, polynomial)
    return _multiplied(half, half, polynomial)


def fits(
    checksum: Checksum,
    size_bytes: int,
    crc32: int | None,
    read: ObjectBytes | None,
    part_sizes: Callable[[int], Sequence[int] | None] | None = None,
) -> bool | None:
    """Whether an object's bytes are those that ``checksum`` tells of; None where that cannot be told.

    ``crc32`` is that of the whole object, if it is known; ``read`` reads it again, where that costs little.
    ``part_sizes`` asks the storage, given their number, for the sizes of the parts by which the object came; that is
    done only where none of the usual ones fits.
    """
    if checksum.algorithm == "CRC32" and checksum.parts is None and crc32 is not None:
        return checksum.value == crc32.to_bytes(4, "big")
    if read is None:
        return None
    verdict = _verdict(ContentCheck(checksum, size_bytes), size_bytes, read)
    if verdict is not None or checksum.parts is None or part_sizes is None:
        return verdict
    sizes = part_sizes(checksum.parts)
    if sizes is None or sum(sizes) != size_bytes:
        return None
    if sizes in usual_part_sizes(size_bytes, checksum.parts):
        return False  # it was tried
    return _verdict(ContentCheck(checksum, size_bytes, part_sizes=sizes), size_bytes, read)


def digested_part_bytes(checksum: Checksum | None, size_bytes: int, most_bytes: int) -> int | None:
    """The size of the parts of whose digests ``checksum`` is probably made, so that each can be followed as it comes;
    None where it is no such checksum, or they have more than ``most_bytes``."""
    if checksum is None or checksum.parts is None or not can_digest(checksum.algorithm):
        return None
    sizes = (each[0] for each in usual_part_sizes(size_bytes, checksum.parts))
    return next((size for size in sizes if size <= most_bytes), None)


def can_be_combined(checksum: Checksum) -> bool:
    """Whether it is one of the whole that follows from those of any parts, and can be computed here."""
    return checksum.parts is None and checksum.algorithm in _POLYNOMIALS and can_digest(checksum.algorithm)


def is_digest_of(checksum: Checksum, digests: Sequence[tuple[bytes, int]]) -> bool:
    """Whether it follows from these of the parts, in their order, each with the part's size in bytes."""
    if checksum.parts is None:
        crc = 0
        for digest, size_bytes in digests:
            crc = combined_crc(checksum.algorithm, crc, int.from_bytes(digest, "big"), size_bytes)
        return crc.to_bytes(len(checksum.value), "big") == checksum.value
    whole = new_digest(checksum.algorithm)
    whole.update(memoryview(b"".join(digest for digest, _ in digests)))
    return whole.digest() == checksum.value


def _verdict(check: ContentCheck, size_bytes: int, read: ObjectBytes) -> bool | None:
    if check.is_of_use:
        for piece in read(0, size_bytes):
            check.add(piece)
    return check.verdict()
