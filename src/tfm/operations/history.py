"""Where one has been: back and forward through directories, each with the entry that the cursor was on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from tfm.core.entry import Kind
from tfm.core.location import Location

__all__ = ["History", "Visited"]

MOST: Final = 100
"""Directories that a history holds; the oldest are forgotten."""


class Visited(NamedTuple):
    """A directory that was shown; ``cursor`` is the exact key and the kind of the entry that the cursor was on."""

    location: Location
    cursor: tuple[str, Kind] | None = None


class History:
    """One thread's. Going somewhere from the middle forgets what was ahead, as browsers do."""

    def __init__(self, visited: Iterable[Visited] = (), position: int = -1) -> None:
        """``position``: where in ``visited`` one is; negative counts from the end."""
        self._visited = list(visited)[-MOST:]
        count = len(self._visited)
        position = position + count if position < 0 else position
        self._position = max(0, min(count - 1, position))

    def went(self, location: Location) -> None:
        """That directory is shown now. Where it is already the present one, nothing."""
        if self._visited and self._visited[self._position].location == location:
            return
        self._visited = [*self._visited[: self._position + 1], Visited(location)][-MOST:]
        self._position = len(self._visited) - 1

    def leave(self, cursor: tuple[str, Kind] | None) -> None:
        """Remember the cursor of the directory that is shown now, before another one is."""
        if self._visited and cursor is not None:
            self._visited[self._position] = self._visited[self._position]._replace(cursor=cursor)

    def step(self, steps: int) -> Visited | None:
        """Go back (negative) or forward; where that is. None, and nothing changes, where the end is reached."""
        position = max(0, min(len(self._visited) - 1, self._position + steps))
        if not self._visited or position == self._position:
            return None
        self._position = position
        return self._visited[position]

    @property
    def visited(self) -> tuple[Visited, ...]:
        """The oldest first."""
        return tuple(self._visited)

    @property
    def position(self) -> int:
        """Which of :attr:`visited` is shown."""
        return self._position
