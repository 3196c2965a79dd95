"""Sizes and moments as people write them: ``+10K``, ``7d``, ``2026-05-01``."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from tfm.operations.search_query import QueryError

__all__ = ["moment", "size_range"]

_SIZE: Final = re.compile(r"([+-]?)([0-9]+)([KMGT]?)", re.IGNORECASE)
_AGE: Final = re.compile(r"([0-9]+)([smhdw])")
_UNIT_BYTES: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def size_range(text: str) -> tuple[int | None, int | None]:
    """The least and the most bytes: of ``+10K`` more than that, of ``-10K`` less, of ``10K`` exactly so many. Raises
    QueryError."""
    match = _SIZE.fullmatch(text)
    if match is None or not text.isascii():
        raise QueryError(f"{text!r} is no size: write 500, +10K or -2G")
    sign, number, unit = match.groups()
    bound = int(number) * _UNIT_BYTES[unit.upper()]
    return (bound + 1, None) if sign == "+" else (None, bound - 1) if sign == "-" else (bound, bound)


def moment(text: str, now: float) -> float:
    """Seconds since the epoch, of an age before ``now`` (``30s``, ``15m``, ``12h``, ``7d``, ``2w``) or of a time in the
    reader's zone. Raises QueryError."""
    match = _AGE.fullmatch(text)
    if match is not None and text.isascii():
        return now - int(match[1]) * _UNIT_SECONDS[match[2]]
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError):
        raise QueryError(f"{text!r} is no age and no time: write 7d, 12h or 2026-05-01") from None
