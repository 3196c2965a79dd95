"""What a visit tells, for the pane that shows it; while no pane does, the latest is kept."""

from __future__ import annotations

import threading
from typing import Final

from tfm.operations.browse import BrowseUpdate, Visit
from tfm.ui.update_box import UpdateBox

__all__ = ["MOST_ASIDE", "Arriving"]

MOST_ASIDE: Final = 100_000
"""Entries that a tab holds which is not shown. What is larger comes from the cache, which has a bound of its own."""


class Arriving:
    """Of one visit, whose updates go to :meth:`put`. ``fresh``, ``is_revisit``: as what it was begun."""

    def __init__(self, box: UpdateBox[BrowseUpdate], *, fresh: bool, is_revisit: bool) -> None:
        self.fresh: Final = fresh
        self.is_revisit: Final = is_revisit
        self.visit: Visit | None = None
        self._lock = threading.Lock()
        self._box: UpdateBox[BrowseUpdate] | None = box
        self._latest: BrowseUpdate | None = None

    def put(self, update: BrowseUpdate) -> None:
        """In the visit's thread."""
        with self._lock:
            if self._box is not None:
                self._box.put(update)
            # All rows of a large directory are the cache's by then.
            is_done = self._box is None and not update.state.is_running and len(update.listing) > MOST_ASIDE
            self._latest = None if is_done else update

    def leave(self) -> None:
        """No pane shows it for now; it goes on."""
        with self._lock:
            self._box = None

    def come_back(self, box: UpdateBox[BrowseUpdate]) -> BrowseUpdate | None:
        """A pane shows it again; what it told last."""
        with self._lock:
            self._box = box
            return self._latest

    def give_up(self) -> None:
        """Nobody will come back to it."""
        if self.visit is not None:
            self.visit.cancel()
