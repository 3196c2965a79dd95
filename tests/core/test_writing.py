"""What descriptions of two objects say of their bytes."""

from __future__ import annotations

import pytest

from tfm.core.entry import Entry, Kind
from tfm.core.writing import Checksum, Description, ObjectFacts

MD5 = Checksum("MD5", b"1" * 16)
MD5_OF_PARTS = Checksum("MD5", b"2" * 16, 2)
CRC64 = Checksum("CRC64NVME", b"3" * 8)
CRC32 = Checksum("CRC32", b"4" * 4)


def described(*checksums: Checksum) -> Description:
    first = checksums[0] if checksums else None
    return Description(Entry("x", "x", Kind.FILE, 5), ObjectFacts(), first, checksums[1:])


def other(checksum: Checksum) -> Checksum:
    return checksum._replace(value=bytes(len(checksum.value)))


@pytest.mark.parametrize(
    ("one", "two", "agrees"),
    [
        ([MD5], [MD5], True),
        ([MD5], [other(MD5)], False),
        ([], [MD5], None),
        ([MD5], [CRC32], None),
        ([MD5_OF_PARTS], [MD5_OF_PARTS], True),
        ([MD5_OF_PARTS], [other(MD5_OF_PARTS)], None),  # they may be cut elsewhere
        ([MD5_OF_PARTS], [MD5_OF_PARTS._replace(parts=3)], None),
        ([MD5_OF_PARTS, CRC64], [CRC64], True),
        ([MD5_OF_PARTS, CRC64], [other(MD5_OF_PARTS), CRC64], True),
        ([MD5_OF_PARTS, CRC64], [other(MD5_OF_PARTS), other(CRC64)], False),
        ([CRC32, MD5], [MD5], True),
    ],
)
def test_whether_two_objects_hold_the_same_bytes(one: list[Checksum], two: list[Checksum], agrees: bool | None) -> None:
    assert described(*one).agrees_with(described(*two)) is agrees
    assert described(*two).agrees_with(described(*one)) is agrees
    assert described(*one).checksums == tuple(one)
