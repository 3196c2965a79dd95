"""Where the preview stands: in the other pane's place or, where there is room, in a column of its own."""

from __future__ import annotations

from typing import Final

from textual.containers import Horizontal

from tfm.storage.session import Session
from tfm.ui.pane import Pane
from tfm.ui.places import entry_location
from tfm.ui.preview import Preview

__all__ = ["PreviewPlace"]

_THREE_COLUMNS: Final = 140
"""Cells from which on both panes stay beside it."""


class PreviewPlace:
    """Puts a preview beside the panes, and tells it what the cursor is on."""

    def __init__(self, row: Horizontal, panes: tuple[Pane, Pane], session: Session) -> None:
        self._row = row
        self._panes = panes
        self.preview: Final = Preview(session)
        row.mount(self.preview)
        for pane in panes:
            self.preview.watch(pane.list, "cursor", self._cursor_moved, init=False)
        self._active = 0
        self._columns = ""

    def _cursor_moved(self) -> None:
        self.look(self._active)

    def arrange(self, active: int, width: int) -> None:
        """``active`` is the number of the pane that has the keys."""
        self._active = active
        columns = "three" if width >= _THREE_COLUMNS else f"beside {active}"
        if columns != self._columns:
            self._columns = columns
            wide = columns == "three"
            for number, pane in enumerate(self._panes):
                pane.display = wide or number == active
            # In the place of the left pane it stands at the left.
            if not wide and active == 1:
                self._row.move_child(self.preview, before=0)
            else:
                self._row.move_child(self.preview, after=-1)
        self.look(active)

    def look(self, active: int) -> None:
        """Show what the cursor is on now, if that is something else than before; asks nothing by itself."""
        self._active = active
        pane = self._panes[active]
        entry = pane.list.entry
        self.preview.look_at(None if entry is None else entry_location(pane.location, entry), entry)

    def remove(self) -> None:
        """Both panes as they were."""
        for pane in self._panes:
            pane.display = True
        self.preview.remove()
