"""The tabs of a pane: each has been somewhere else, and is as it was left when one comes back to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from tfm.core.entry import Kind
from tfm.core.location import Location
from tfm.operations.browse import BrowseUpdate
from tfm.operations.history import History
from tfm.operations.kept_state import MOST_TABS, KeptPane, KeptTab
from tfm.operations.row_view import RowView
from tfm.ui.arriving import Arriving
from tfm.ui.file_list import Place
from tfm.ui.places import location_text
from tfm.ui.tab_line import TabLine

if TYPE_CHECKING:
    from tfm.ui.found import Found

__all__ = ["Aside", "Tab", "Tabs", "tab_name"]


class Aside(NamedTuple):
    """What a tab showed when another one was chosen. ``update`` None: nothing that is worth being shown again.
    ``arriving`` is a listing that goes on meanwhile."""

    update: BrowseUpdate | None
    found: Found | None
    view: RowView
    place: Place | None
    top_row: int
    selected: Mapping[tuple[str, Kind], int]
    arriving: Arriving | None = None


class Tab:
    """``history`` is where it has been; ``view`` how its rows are shown; ``aside`` is None before it was ever left."""

    def __init__(self, kept: KeptTab) -> None:
        self.history: Final = History(kept.visited, kept.position)
        self.view = kept.view
        self.aside: Aside | None = None

    @property
    def location(self) -> Location:
        return self.history.visited[self.history.position].location

    def give_up(self) -> None:
        """Nobody will come back to it."""
        if self.aside is not None and self.aside.arriving is not None:
            self.aside.arriving.give_up()

    def kept(self) -> KeptTab:
        """As it is kept for the next start."""
        return KeptTab(self.history.visited, self.history.position, self.view)


class _Shows(Protocol):
    """The pane, as its tabs know it."""

    def note_tab(self, tab: Tab) -> None:
        """Write down in ``tab``, which is the one that is shown, where the cursor is and how rows are shown."""
        ...

    def aside(self) -> Aside:
        """What is shown now."""
        ...

    def show_tab(self, tab: Tab, aside: Aside | None) -> None:
        """Show that one."""
        ...


class Tabs:
    """At least one; ``tab`` is the one that is shown."""

    def __init__(self, pane: _Shows, kept: KeptPane) -> None:
        self._pane = pane
        self._tabs = [Tab(each) for each in kept.tabs]
        self.number = kept.active
        self.line: Final = TabLine()

    def __len__(self) -> int:
        return len(self._tabs)

    @property
    def tab(self) -> Tab:
        return self._tabs[self.number]

    def locations(self) -> list[Location]:
        """What each tab shows, from the left."""
        return [tab.location for tab in self._tabs]

    def kept(self) -> KeptPane:
        """As the pane is kept for the next start."""
        self._pane.note_tab(self.tab)
        return KeptPane(tuple(tab.kept() for tab in self._tabs), self.number)

    def name_all(self) -> None:
        """Bring the line up to date: a tab is somewhere else."""
        self.line.show([tab_name(tab.location) for tab in self._tabs], self.number)

    def open(self) -> bool:
        """A new one beside this one, on the same directory; False where there are too many already."""
        if len(self._tabs) >= MOST_TABS:
            return False
        self._leave()
        history, aside = self.tab.history, self.tab.aside
        tab = Tab(KeptTab((history.visited[history.position],), view=self.tab.view))
        if aside is not None and aside.found is None and aside.view.filter is None:
            tab.aside = aside._replace(selected={})  # the same rows, at once
            self.tab.aside = aside._replace(arriving=None)  # it has gone over to the new one
        self._tabs.insert(self.number + 1, tab)
        self._show(self.number + 1)
        return True

    def close(self, number: int | None = None) -> bool:
        """Close that one (None: the one that is shown); False where it is the last."""
        number = self.number if number is None else number
        if len(self._tabs) == 1 or not 0 <= number < len(self._tabs):
            return False
        self._tabs.pop(number).give_up()
        if number == self.number:
            self._show(min(number, len(self._tabs) - 1))
        else:
            self.number -= number < self.number
            self.name_all()
        return True

    def show(self, number: int) -> bool:
        """Show that one, as it was left; False where there is none."""
        if not 0 <= number < len(self._tabs):
            return False
        if number != self.number:
            self._leave()
            self._show(number)
        return True

    def step(self, steps: int) -> None:
        """Show the next or the previous one; behind the last comes the first."""
        self.show((self.number + steps) % len(self._tabs))

    def swap(self, other: Tabs) -> None:
        """Let each pane show the other one's tabs."""
        self._leave()
        other._leave()
        self._tabs, other._tabs = other._tabs, self._tabs
        self.number, other.number = other.number, self.number
        self._show(self.number)
        other._show(other.number)

    def give_up_all(self) -> None:
        """Nobody will come back to any."""
        for tab in self._tabs:
            tab.give_up()

    def _leave(self) -> None:
        self._pane.note_tab(self.tab)
        self.tab.aside = self._pane.aside()

    def _show(self, number: int) -> None:
        self.number = number
        aside, self.tab.aside = self.tab.aside, None
        self._pane.show_tab(self.tab, aside)


def tab_name(location: Location) -> str:
    """The name of the directory alone; of a root, what it is the root of."""
    name = location.key.rstrip("/").rpartition("/")[2]
    return name or location.storage.authority or location_text(location)
