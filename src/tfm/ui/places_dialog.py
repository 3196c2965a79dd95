"""Alt-F1: all places that are known, to go to one; what is known at once is there at once, and the rest comes."""

from __future__ import annotations

from collections.abc import Sequence

from tfm.core.location import Location
from tfm.operations.known_places import KnownPlace, KnownPlaces, PlaceGroup, PlaceKind, home_place
from tfm.storage.session import Session
from tfm.ui.chooser import Chooser
from tfm.ui.format import format_size
from tfm.ui.keeper import Keeper
from tfm.ui.kept_places import bookmark_rows, place_row, recent_rows
from tfm.ui.places import location_text
from tfm.ui.row_list import Row
from tfm.ui.update_box import UpdateBox

__all__ = ["PlacesDialog"]


class PlacesDialog(Chooser[Location]):
    """The result is the place that was chosen. ``here`` is the directory that is shown already."""

    def __init__(self, session: Session, keeper: Keeper, here: Location, *, title: str = "Places") -> None:
        bookmarked, named = bookmark_rows(keeper.bookmarks), set(keeper.bookmarks.values())
        recent = recent_rows(keeper.recent, without={here, *named})
        self._kept = [*_headed("Bookmarks", bookmarked), *_headed("Where you were", recent)]
        super().__init__(title, [*_rows(PlaceGroup(PlaceKind.MACHINE, (home_place(),))), *self._kept], button="Go")
        self._box: UpdateBox[Sequence[PlaceGroup]] = UpdateBox(self)
        self._found = KnownPlaces(session, self._box.put)

    def on_mount(self) -> None:
        self._found.begin()

    def on_unmount(self) -> None:
        self._found.stop()

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        groups = self._box.take()
        if groups is not None:
            self.show_rows([*(row for group in groups for row in _rows(group)), *self._kept])


def _rows(group: PlaceGroup) -> list[Row[Location]]:
    failed: list[Row[Location]] = [Row(f"✗ {error}") for error in group.errors]
    return _headed(str(group.kind), [*map(_row, group.places), *failed])


def _headed(title: str, rows: list[Row[Location]]) -> list[Row[Location]]:
    return [Row(title), *rows] if rows else []


def _row(place: KnownPlace) -> Row[Location]:
    free = "" if place.free_bytes is None else f"{format_size(place.free_bytes)} free"
    note = " · ".join(filter(None, (place.note, free)))
    return Row(location_text(place.location), note, place.location) if note else place_row(place.location)
