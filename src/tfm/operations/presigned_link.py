"""Links by which anyone reads an object for a while."""

from __future__ import annotations

import re
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import InvalidPathError, IsDirectoryError, UnsupportedOperation
from tfm.core.location import Location
from tfm.storage.session import Session

__all__ = ["expiry_seconds", "presigned_link"]

_DURATION: Final = re.compile(r"([0-9]+)([smhd]?)")
_UNIT_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def expiry_seconds(text: str) -> int:
    """``3600``, ``15m``, ``1h``, ``7d`` in seconds. Raises InvalidPathError."""
    match = _DURATION.fullmatch(text.strip())
    seconds = int(match[1]) * _UNIT_SECONDS[match[2]] if match is not None and text.isascii() else 0
    if seconds < 1:
        raise InvalidPathError(f"{text!r} is no time.", next_step="Write seconds, or 15m, 1h, 7d.", operation="presign")
    return seconds


def presigned_link(session: Session, location: Location, *, expires_seconds: int) -> str:
    """A URL by which anyone reads this object for so long; no request, so nobody looks whether it is there.

    Raises UnsupportedOperation where links are not signed, IsDirectoryError for a directory, and what the storage says
    of a time that is too long.
    """
    storage = session.storage(location.storage)
    uri = storage.uri_of(location.key)
    if Capability.PRESIGN not in storage.capabilities:
        raise UnsupportedOperation("No links are signed here.", uri=uri, operation="presign")
    if location.kind is Kind.DIRECTORY:
        raise IsDirectoryError(
            "A link is to one object, and this is a directory.",
            next_step="Choose an object in it.",
            uri=uri,
            operation="presign",
        )
    return storage.presign(location.key, expires_seconds=expires_seconds)
