"""Deselecting what a directory does not hold any more."""

from __future__ import annotations

from typing import Final

from textual.widget import Widget

from tfm.core.entry import Kind
from tfm.core.listing import Listing
from tfm.operations.work import WorkUpdate, begin_work
from tfm.ui.selection import Selection
from tfm.ui.update_box import UpdateBox

__all__ = ["Pruning"]

_QUICK_ROWS: Final = 20_000
"""Among so many rows it is found out within a frame; among more, by a thread."""

_Gone = tuple[Listing, list[tuple[str, Kind]]]


class Pruning:
    """Of ``selection``, which is the screen's thread's. ``widget`` calls :meth:`take` when something is in ``box``."""

    def __init__(self, widget: Widget, selection: Selection) -> None:
        self.box: Final[UpdateBox[WorkUpdate[_Gone]]] = UpdateBox(widget)
        self._selection = selection
        self._listing: Listing | None = None

    def begin(self, listing: Listing) -> None:
        """Deselect what ``listing``, which is complete, has not: now, or soon."""
        self._listing = listing
        selected = self._selection.entries()
        if not selected:
            return
        from tfm.operations.row_choice import gone_entries  # no start needs it

        if len(listing) <= _QUICK_ROWS:
            self._drop(gone_entries(listing, selected))
        else:

            def look(_tell: object, _cancel: object) -> _Gone:
                return listing, gone_entries(listing, selected)

            begin_work("a look at what is selected", look, self.box.put)

    def forget(self) -> None:
        """Another directory is shown: what is still looked for is nobody's concern."""
        self._listing = None

    def take(self) -> bool:
        """Deselect what a thread has found to be gone; whether there was any."""
        update = self.box.take()
        if update is None:
            return False
        if update.error is not None:
            raise update.error
        listing, gone = update.result or (None, [])
        if listing is self._listing:
            self._drop(gone)
            return bool(gone)
        if self._listing is not None:
            self.begin(self._listing)  # what was found of this one may have been in the box, below the late news
        return False

    def _drop(self, gone: list[tuple[str, Kind]]) -> None:
        for key, kind in gone:
            self._selection.drop(key, kind)
