"""Numbers and times as the panes show them."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # the first paint needs this module, and to import typing takes a third of what a bare Python takes
    from typing import Final

__all__ = ["MODIFIED_CELLS", "SIZE_CELLS", "format_age", "format_modified", "format_size"]

SIZE_CELLS: Final = 8
MODIFIED_CELLS: Final = 11

_UNITS: Final = ("KB", "MB", "GB", "TB", "PB", "EB")


def format_size(size_bytes: int) -> str:
    """``1.2 GB`` in at most eight cells; a unit is 1,024 of the one before."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    value, power = size_bytes / 1024, 0
    while value >= 999.95 and power + 1 < len(_UNITS):
        value /= 1024
        power += 1
    return f"{value:.1f} {_UNITS[power]}"


def format_modified(timestamp: float, now: float) -> str:
    """``11-20 17:03`` in the user's time zone, or ``2024-11-20`` when the year is another one; eleven cells at most."""
    try:
        moment, present = time.localtime(timestamp), time.localtime(now)
    except (OverflowError, ValueError, OSError):
        return "?"
    return time.strftime("%m-%d %H:%M" if moment.tm_year == present.tm_year else "%Y-%m-%d", moment)[:MODIFIED_CELLS]


def format_age(age_seconds: float) -> str:
    """``now``, ``12 s ago``, ``5 min ago``, ``3 h ago``, ``2 d ago``."""
    if age_seconds < 1:
        return "now"
    for unit, length, limit in (("s", 1, 60), ("min", 60, 3600), ("h", 3600, 86_400)):
        if age_seconds < limit:
            return f"{int(age_seconds // length)} {unit} ago"
    return f"{int(age_seconds // 86_400)} d ago"
