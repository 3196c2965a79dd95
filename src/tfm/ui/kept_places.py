"""Bookmarks and recent directories as rows to choose one from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from tfm.core.location import Location
from tfm.operations.kept_state import Bookmarks, Recent
from tfm.ui.places import location_text
from tfm.ui.row_list import Row

__all__ = ["bookmark_names", "bookmark_rows", "place_row", "recent_rows"]

_MOST_RECENT: Final = 20


def place_row(location: Location, note: str = "", *, name: str = "") -> Row[Location]:
    """``name``, where it has one, then the place; at the right the note and under which profile it is looked at."""
    text = location_text(location)
    return Row(
        f"{name}  {text}" if name else text, " · ".join(filter(None, (note, location.storage.profile))), location
    )


def bookmark_names(bookmarks: Bookmarks) -> list[str]:
    """In order, a capital behind its small letter."""
    return sorted(bookmarks, key=lambda name: (name.casefold(), name.swapcase()))


def bookmark_rows(bookmarks: Bookmarks) -> list[Row[Location]]:
    """The name before the place."""
    return [place_row(bookmarks[name], name=name) for name in bookmark_names(bookmarks)]


def recent_rows(recent: Sequence[Recent], *, without: Collection[Location], note: str = "") -> list[Row[Location]]:
    """The newest first, some of them; not those which stand there already."""
    places = [each.location for each in recent if each.location not in without]
    return [place_row(location, note) for location in places[:_MOST_RECENT]]
