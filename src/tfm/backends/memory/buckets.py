"""Objects of one bucket, in the order of their keys, and the questions of a listing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tfm.core.writing import ObjectFacts

__all__ = ["LONGEST_KEY_BYTES", "Bucket", "StoredObject", "select"]

LONGEST_KEY_BYTES: Final = 1024
"""As S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

_INSERT_ONE_BY_ONE_BELOW: Final = 64
"""New keys up to which inserting each (a memmove) is quicker than sorting 100,000 sorted keys again (2 ms)."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    content: bytes
    modified_timestamp: float
    etag: str
    facts: ObjectFacts = field(default_factory=ObjectFacts)


class Bucket:
    """Objects by key, and their keys in order. Its store's lock guards it."""

    __slots__ = ("keys", "objects")

    def __init__(self) -> None:
        self.objects: dict[str, StoredObject] = {}
        self.keys: list[str] = []

    def put(self, objects: Mapping[str, StoredObject]) -> None:
        new = objects.keys() - self.objects.keys()
        self.objects.update(objects)
        if len(new) < _INSERT_ONE_BY_ONE_BELOW:
            for key in new:
                insort(self.keys, key)
        else:
            self.keys = sorted(self.objects)

    def remove(self, key: str) -> None:
        if self.objects.pop(key, None) is not None:
            del self.keys[bisect_left(self.keys, key)]


def select(
    bucket: Bucket, prefix: str, after: str, *, recursive: bool, limit: int
) -> tuple[list[tuple[str, StoredObject | None]], str | None]:
    """Rows beyond ``after`` that begin with ``prefix``, and the text to go on after (None at the end).

    A row is a key and its object, or the text of a directory up to its slash and None.
    """
    keys = bucket.keys
    index = max(bisect_left(keys, prefix), bisect_right(keys, after))
    rows: list[tuple[str, StoredObject | None]] = []
    while index < len(keys) and keys[index].startswith(prefix):
        if len(rows) == limit:
            row, found = rows[-1]
            return rows, row if found is not None else _last_text_within(row)
        key = keys[index]
        slash = -1 if recursive else key.find("/", len(prefix))
        if slash < 0:
            rows.append((key, bucket.objects[key]))
            index += 1
        else:
            directory = key[: slash + 1]
            rows.append((directory, None))
            index = bisect_right(keys, _last_text_within(directory), lo=index)
    return rows, None


def _last_text_within(directory: str) -> str:
    """Text after every key that begins with ``directory`` and before every other one that is greater.

    The greatest code point cannot follow itself 1,024 times in a key of 1,024 bytes; four bytes each, 256 do.
    """
    return directory + "\U0010ffff" * (LONGEST_KEY_BYTES // 4 + 1)
