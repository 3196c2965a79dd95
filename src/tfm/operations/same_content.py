"""Whether two objects hold the same bytes, found out as cheaply as their storages allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.progress import Cancel
from tfm.core.writing import Description
from tfm.storage.contract import Reader
from tfm.storage.storage import Storage
from tfm.transfer.checksum import fits

__all__ = ["have_same_content"]

_PIECE_BYTES: Final = 256 * 1024
_DIGEST_ETAG: Final = re.compile(r"[0-9a-f]{32}(-[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class _Object:
    storage: Storage
    entry: Entry

    @property
    def is_at_hand(self) -> bool:
        """Whether reading it is no request."""
        return Capability.CACHED not in self.storage.capabilities

    def open(self, start: int = 0, length: int | None = None) -> Reader:
        conditional = Capability.CONDITIONAL_READ in self.storage.capabilities
        etag = self.entry.etag if conditional else None
        return self.storage.read(self.entry.key, start=start, length=length, if_match=etag)

    def pieces(self, start: int, length: int) -> Iterator[bytes]:
        with self.open(start, length) as reader:
            yield from iter(lambda: reader.read(_PIECE_BYTES), b"")

    def described(self) -> Description:
        return self.storage.describe(self.entry.key, if_match=self.entry.etag)


def have_same_content(
    left_storage: Storage, left: Entry, right_storage: Storage, right: Entry, cancel: Cancel
) -> bool | None:
    """None only where it was cancelled. Of different sizes they differ, and with equal etags that are digests they do
    not: no request. Else the storages are asked for checksums, one request an object; only where those decide nothing
    are both read, by one request each, as far as they agree. Raises what the storages answer, ConflictError too where
    one of them is no longer what was listed."""
    sides = _Object(left_storage, left), _Object(right_storage, right)
    if left.size_bytes is not None and right.size_bytes is not None:
        if left.size_bytes != right.size_bytes:
            return False
        if not left.size_bytes:
            return True
    if left.etag is not None and left.etag == right.etag and _DIGEST_ETAG.fullmatch(left.etag):
        return True
    verdict = _by_checksums(*sides)
    return _by_bytes(*sides, cancel) if verdict is None else verdict


def _by_checksums(left: _Object, right: _Object) -> bool | None:
    if left.is_at_hand and right.is_at_hand:
        return None
    if left.is_at_hand or right.is_at_hand:
        near, far = (left, right) if left.is_at_hand else (right, left)
        checksum = far.described().checksum
        return None if checksum is None else fits(checksum, far.entry.size_bytes or 0, None, near.pieces)
    return left.described().agrees_with(right.described())


def _by_bytes(left: _Object, right: _Object, cancel: Cancel) -> bool | None:
    with left.open() as here, right.open() as there:
        while not cancel.wanted:
            one, other = _filled(here), _filled(there)
            if one != other:
                return False
            if not one:
                return True
    return None


def _filled(reader: Reader) -> bytes:
    """The next piece, whole: how much comes at once differs from storage to storage."""
    pieces, left = [], _PIECE_BYTES
    while left and (piece := reader.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
