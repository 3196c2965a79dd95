"""Names that no disk can hold."""

from __future__ import annotations

import os
from typing import Final

from tfm.storage.atomic_file import is_temporary, temporary_name

__all__ = ["objection"]

_LONGEST_NAME_BYTES: Final = 255
_LONGEST_PATH_BYTES: Final = 4095
"""NAME_MAX, and PATH_MAX without the NUL at the end: https://man7.org/linux/man-pages/man3/limits.h.0p.html"""

_TEMPORARY_BYTES: Final = len(temporary_name())


def objection(key: str, *, below: str) -> str | None:
    """A sentence; None for a key that a disk can have. See :meth:`tfm.storage.contract.Backend.objection`."""
    rest = key.removeprefix(below)
    if not rest:
        return None
    if rest.startswith("/"):
        return "It begins with a slash, and would leave its directory." if not below else _EMPTY
    segments = rest.removesuffix("/").split("/")
    for segment in segments:
        found = _objection_to_name(segment)
        if found is not None:
            return found
    if is_temporary(segments[-1]):
        return "Its name is one that tfm gives to its own temporary files."
    return _objection_to_length(key.removesuffix("/"))


_EMPTY: Final = "It has an empty segment, which no disk can hold."


def _objection_to_name(segment: str) -> str | None:
    if not segment:
        return _EMPTY
    if segment in {os.curdir, os.pardir}:
        return f"It has the segment {segment!r}, which on a disk is no name."
    if "\0" in segment:
        return "It has a NUL, which no disk can hold."
    try:
        encoded = os.fsencode(segment)
    except UnicodeEncodeError:
        return "It has letters that cannot be written as a name here."
    if len(encoded) > _LONGEST_NAME_BYTES:
        return f"It has a segment of {len(encoded):,} bytes, and a name on a disk has {_LONGEST_NAME_BYTES} at most."
    return None


def _objection_to_length(path: str) -> str | None:
    """The file is written under a temporary name, which may be the longer one."""
    directory, _, name = os.fsencode(path).rpartition(b"/")
    longest = len(directory) + 1 + max(len(name), _TEMPORARY_BYTES)
    if longest > _LONGEST_PATH_BYTES:
        return f"Its path has {longest:,} bytes, and a path on a disk has {_LONGEST_PATH_BYTES:,} at most."
    return None
