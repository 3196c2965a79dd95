"""What the panes show first: the directories that are named, the rest as it was left."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tfm.core.location import Location
from tfm.operations.history import History, Visited
from tfm.operations.kept_state import KeptPane, KeptState, KeptTab

__all__ = ["Start", "pane_at", "start_at", "start_of"]


class Start(NamedTuple):
    """Both panes with their tabs, which of them has the keys, and the left one's share of the width."""

    panes: tuple[KeptPane, KeptPane]
    active_pane: int = 0
    left_percent: int = 50

    @property
    def directories(self) -> tuple[Location, Location]:
        """What the left and the right pane show."""
        left, right = self.panes
        return left.tabs[left.active].location, right.tabs[right.active].location


def start_at(left: Location, right: Location) -> Start:
    """These two directories, and nothing of before."""
    return Start((pane_at(left), pane_at(right)))


def pane_at(location: Location) -> KeptPane:
    """A pane with one tab, which has been nowhere else."""
    return KeptPane((KeptTab((Visited(location),)),))


def start_of(state: KeptState, left: Location | None, right: Location | None, here: Callable[[], Location]) -> Start:
    """What a start shows, given the directories that were named (None: not named), and what was kept.

    A directory that is named opens in the tab that is shown; back leads from it to where that tab was. Without one the
    pane is as it was left or, where nothing was kept, shows ``here()``. Asks nobody whether they are still there.
    """
    if len(state.panes) == 2:
        kept = (state.panes[0], state.panes[1])
    else:
        kept = (pane_at(left or here()), pane_at(right or here()))
    panes = (_with(kept[0], left), _with(kept[1], right))
    # Who names a directory is to be in it; the only one, and the first of two, is the left pane's.
    return Start(panes, state.active_pane if left is None else 0, state.left_percent)


def _with(pane: KeptPane, location: Location | None) -> KeptPane:
    tab = pane.tabs[pane.active]
    if location is None or tab.location == location:
        return pane
    history = History(tab.visited, tab.position)
    history.went(location)
    tabs = list(pane.tabs)
    tabs[pane.active] = tab._replace(visited=history.visited, position=history.position)
    return pane._replace(tabs=tuple(tabs))
