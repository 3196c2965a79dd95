"""What is counted has one word, which this place decides: an object where keys are flat, a file on a disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tfm.core.capability import Capability

__all__ = ["ENTRY", "FILE", "OBJECT", "Noun", "noun_for", "shared_noun"]


@dataclass(frozen=True, slots=True)
class Noun:
    """A word for one and for many."""

    one: str
    many: str

    def counted(self, count: int) -> str:
        """``1 file``, ``2,512 files``."""
        return f"{count:,} {self.one if count == 1 else self.many}"


FILE: Final = Noun("file", "files")
OBJECT: Final = Noun("object", "objects")
ENTRY: Final = Noun("entry", "entries")
"""Where directories count too, and where nobody knows."""


def noun_for(*storages: Iterable[Capability], directories: bool = False) -> Noun:
    """By the capabilities of the storages in which something is done; what is counted lies in the first. With
    ``directories`` those of a disk are among it; on flat keys they are objects, or nothing at all."""
    flat = [Capability.FLAT_KEYS in each for each in storages]
    if not flat or (directories and not all(flat)):
        return ENTRY
    return OBJECT if flat[0] else FILE


def shared_noun(nouns: Iterable[Noun]) -> Noun:
    """The one word for all of it, where there is one."""
    different = set(nouns)
    return different.pop() if len(different) == 1 else ENTRY
