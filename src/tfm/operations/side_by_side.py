"""Two objects of one name, beside each other: what is known of each, and the first lines in which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.location import StorageAddress
from tfm.core.progress import Cancel
from tfm.storage.session import Session
from tfm.storage.storage import Storage

__all__ = ["DifferingLine", "Side", "SideBySide", "compare_sides"]

_MOST_BYTES: Final = 256 * 1024
"""Of each; more is not read for a look."""

_MOST_LINES: Final = 20


@dataclass(frozen=True, slots=True)
class Side:
    """One version of an object."""

    storage: StorageAddress
    entry: Entry


@dataclass(frozen=True, slots=True)
class DifferingLine:
    """By its number, from 1. None where that side has no such line. Foreign text."""

    number: int
    there: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class SideBySide:
    """``lines`` are the first that differ; ``verdict`` says in one sentence what is known of the contents."""

    verdict: str
    lines: Sequence[DifferingLine] = ()


def compare_sides(session: Session, one: Side, other: Side, cancel: Cancel) -> SideBySide:
    """Reads the beginning of both, 256 KiB each, of these versions: ``one`` is there, ``other`` is new. Two requests at
    most, none for a directory. Raises what the storages answer, ConflictError too where one is no longer what was
    listed."""
    there, new = one.entry, other.entry
    if there.is_directory or new.is_directory:
        return SideBySide("One of them is a directory.")
    old_bytes = _beginning(session.storage(one.storage), there)
    if cancel.wanted:
        return SideBySide("")
    new_bytes = _beginning(session.storage(other.storage), new)
    whole = max(there.size_bytes or 0, new.size_bytes or 0) <= _MOST_BYTES
    if old_bytes == new_bytes:
        same_size = there.size_bytes == new.size_bytes
        if whole and same_size:
            return SideBySide("Both hold the same bytes.")
        return SideBySide(f"The first {_MOST_BYTES // 1024} KiB are the same; the rest was not read.")
    at = next((n for n, (a, b) in enumerate(zip(old_bytes, new_bytes, strict=False)) if a != b), None)
    at = min(len(old_bytes), len(new_bytes)) if at is None else at
    if b"\0" in old_bytes or b"\0" in new_bytes:
        return SideBySide(f"They differ, first at byte {at:,}; at least one is not text.")
    return SideBySide(f"They differ, first at byte {at:,}.", _differing(old_bytes, new_bytes))


def _beginning(storage: Storage, entry: Entry) -> bytes:
    etag = entry.etag if Capability.CONDITIONAL_READ in storage.capabilities else None
    with storage.read(entry.key, length=_MOST_BYTES, if_match=etag) as reader:
        return reader.read()


def _differing(there: bytes, new: bytes) -> list[DifferingLine]:
    found = []
    pairs = zip_longest(there.split(b"\n"), new.split(b"\n"))
    for number, (one, other) in enumerate(pairs, 1):
        if one != other:
            found.append(DifferingLine(number, _text(one), _text(other)))
            if len(found) == _MOST_LINES:
                break
    return found


def _text(line: bytes | None) -> str | None:
    return None if line is None else line[:200].decode("utf-8", "replace")
