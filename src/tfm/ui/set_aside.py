"""What a pane showed is put aside, and shown again as it was: of a tab, and what a search found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tfm.core.location import Location
from tfm.operations.browse import BrowseState, BrowseUpdate, Visit
from tfm.operations.history import History
from tfm.operations.row_view import RowView, view_from_words
from tfm.ui.arriving import MOST_ASIDE, Arriving
from tfm.ui.file_list import FileList, Place
from tfm.ui.places import place_of
from tfm.ui.tabs import Aside, Tab, Tabs

if TYPE_CHECKING:
    from tfm.ui.found import Found

__all__ = ["SetAside"]


class _Pane(Protocol):
    """As this knows it: where it is, what it shows, and how it is told to show something else."""

    location: Location
    found: Found | None
    view: RowView
    visit: Visit | None
    update_shown: BrowseUpdate | None

    @property
    def list(self) -> FileList: ...

    @property
    def tabs(self) -> Tabs: ...

    @property
    def history(self) -> History: ...

    def leave_arriving(self) -> Arriving | None:
        """Let a listing that arrives go on without this pane; None where none does."""
        ...

    def come_back(self, arriving: Arriving) -> BrowseUpdate | None:
        """Show the listing that went on without this pane; what it told last."""
        ...

    def arrive(self, location: Location, target: Place | None, found: Found | None) -> None:
        """Be there, and show nothing yet."""
        ...

    def begin(self, *, fresh: bool) -> None:
        """Ask for the rows, and say that they are awaited."""
        ...

    def look(self, *, fresh: bool, is_revisit: bool = False) -> None:
        """Ask for them; what is shown stays until they are there."""
        ...

    def take(self, update: BrowseUpdate) -> None:
        """Show that from now on."""
        ...

    def stop(self) -> None:
        """Ask for no more."""
        ...

    def use_view(self, view: RowView) -> None:
        """Show the rows like that."""
        ...

    def view_words(self) -> str:
        """How they are shown, in words to be kept."""
        ...


class SetAside:
    """Of ``pane``; ``usual_view`` is how rows are shown where nobody has said how."""

    def __init__(self, pane: _Pane, usual_view: RowView) -> None:
        self._pane = pane
        self._usual_view = usual_view
        self._results: tuple[Location, Aside] | None = None

    # Tabs

    def note_tab(self, tab: Tab) -> None:
        """Write down in ``tab``, which is the one that is shown, where the cursor is and how rows are shown."""
        pane = self._pane
        # What was not changed follows the settings, at the next start too.
        words = pane.view_words()
        tab.view = "" if words == self._usual_view.words() else words
        place = pane.list.place_under_cursor
        if place is not None and pane.found is None:
            tab.history.leave((place.key, place.kind))

    def aside(self) -> Aside:
        """What is shown now, for :meth:`show_tab` to show it again."""
        pane = self._pane
        if pane.found is not None:
            pane.stop()  # what was found by then stays
        pane.list.end_range()
        update = pane.update_shown
        is_large = update is not None and pane.found is None and len(update.listing) > MOST_ASIDE
        arriving = pane.leave_arriving()
        if update is not None and (update.state.is_running or is_large):
            update = None
        place, top_row = pane.list.place_under_cursor, int(pane.list.scroll_offset.y)
        return Aside(update, pane.found, pane.view, place, top_row, pane.list.selection.sizes(), arriving)

    def show_tab(self, tab: Tab, aside: Aside | None) -> None:
        """Show what ``tab`` showed when it was left, and bring it up to date."""
        visited = tab.history.visited[tab.history.position]
        if aside is None:
            self._pane.arrive(visited.location, place_of(visited), None)
            self._pane.view = view_from_words(tab.view, self._usual_view)
            self._pane.begin(fresh=False)
        else:
            self._show(visited.location, aside)

    def _show(self, location: Location, aside: Aside) -> None:
        pane = self._pane
        pane.arrive(location, aside.place, aside.found)
        pane.view = aside.view
        pane.list.selection.restore(aside.selected)
        update = aside.update if aside.arriving is None else pane.come_back(aside.arriving)
        if update is None:
            if aside.arriving is None or pane.visit is None or pane.visit.ended:
                pane.begin(fresh=False)
            return
        if pane.visit is not None and pane.visit is not update.visit:
            pane.visit.cancel()
        pane.visit = update.visit
        pane.take(update)
        pane.list.scroll_to(y=aside.top_row, animate=False)
        if not update.visit.ended:
            return
        # What somebody stopped is not begun again behind their back, nor is a search.
        if aside.found is None and update.state is not BrowseState.CANCELLED:
            # What was not there is not gone: it is said again what is wrong.
            pane.look(fresh=False, is_revisit=update.error is None)
        elif update.order.view != pane.view:
            pane.use_view(pane.view)

    # What a search found

    def leave_results(self) -> None:
        """The pane goes somewhere else: where it shows what was found, that can be shown again."""
        if self._pane.found is not None:
            self._results = (self._pane.location, self.aside())

    def back_to_results(self) -> bool:
        """Show again, without searching, what was found last; False where nothing was."""
        pane = self._pane
        if pane.found is not None or self._results is None:
            return pane.found is not None
        location, aside = self._results
        self._results = None
        self.note_tab(pane.tabs.tab)
        pane.history.went(location)
        self._show(location, aside)
        return True
