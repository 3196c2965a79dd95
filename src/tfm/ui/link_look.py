"""Where the link under a pane's cursor leads: looked up in a thread, since a disk may be silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from textual.widget import Widget

from tfm.core.location import Location
from tfm.operations.work import WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.update_box import UpdateBox

if TYPE_CHECKING:
    from tfm.operations.link_end import LinkEnd

__all__ = ["LinkLook", "look_at_link"]


class LinkLook:
    """Of one pane. ``box`` is the widget's, which calls :meth:`heed` when something has arrived in it."""

    def __init__(self, session: Session, widget: Widget) -> None:
        self._session = session
        self._wanted: tuple[Location, bool] | None = None
        self._looked_at: tuple[Location, bool] | None = None
        self.box: Final[UpdateBox[WorkUpdate[LinkEnd | None]]] = UpdateBox(widget)
        self.text = ""
        """What is to be said of the link, or nothing."""

    def look(self, location: Location | None, *, leads_nowhere: bool = False) -> None:
        """The cursor is on that link, of which the listing says whether it ``leads_nowhere``, or, with None, on none.
        One is looked at at a time, however many it passes."""
        wanted = None if location is None else (location, leads_nowhere)
        if wanted != self._wanted:
            self._wanted, self.text = wanted, ""
            self._begin()

    def _begin(self) -> None:
        if self._wanted is not None and self._looked_at is None:
            self._looked_at = self._wanted
            look_at_link(self._session, self._wanted[0], self.box.put)

    def heed(self) -> None:
        update = self.box.take()
        if update is None:
            return
        looked_at, self._looked_at = self._looked_at, None
        end = update.result
        if looked_at != self._wanted:
            self._begin()
        elif end is not None:
            self.text = f"→ {end.target}" + (f", which {end.problem}" if end.problem else "")


def look_at_link(session: Session, location: Location, tell: Callable[[WorkUpdate[LinkEnd | None]], None]) -> None:
    """In a thread, in which ``tell`` hears of it."""

    def task(_tell: object, _cancel: object) -> LinkEnd | None:
        from tfm.operations.link_end import link_end

        return link_end(session, location)

    def ended(update: WorkUpdate[LinkEnd | None]) -> None:
        if update.state is not WorkState.RUNNING:
            tell(update)

    begin_work("a link", task, ended)
