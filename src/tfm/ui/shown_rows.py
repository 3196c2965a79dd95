"""What the rows of a pane are: those of a directory or, in its place, what a search found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.operations.browse import BrowseUpdate, Visit, browse
from tfm.operations.row_view import RowView
from tfm.storage.session import Session
from tfm.ui.pane_text import count_text, directory_notice

__all__ = ["DIRECTORY", "ShownRows"]


class ShownRows(Protocol):
    """Where rows come from, and what is said of them."""

    @property
    def awaited(self) -> str:
        """What is said until something is there."""
        ...

    def begin(
        self,
        session: Session,
        start: Location,
        deliver: Callable[[BrowseUpdate], None],
        *,
        fresh: bool,
        shown: BrowseUpdate | None,
        view: RowView,
    ) -> Visit:
        """Ask for those of ``start``; the rows of ``shown`` stay until the new ones are complete."""
        ...

    def title(self, start: str) -> str:
        """What stands above them, where ``start`` is how a user would write the place."""
        ...

    def follows(self, update: BrowseUpdate | None) -> bool:
        """Whether to ask again, unasked, when something changed."""
        ...

    def notice(self, update: BrowseUpdate) -> str:
        """What stands where rows would be."""
        ...

    def footer(self, update: BrowseUpdate | None, *, running: bool) -> str:
        """How many there are, and whether that is all."""
        ...

    def error(self, update: BrowseUpdate) -> StorageError | None:
        """What went wrong."""
        ...


class _Directory:
    awaited: Final = "listing…"

    def begin(
        self,
        session: Session,
        start: Location,
        deliver: Callable[[BrowseUpdate], None],
        *,
        fresh: bool,
        shown: BrowseUpdate | None,
        view: RowView,
    ) -> Visit:
        return browse(session, start, deliver, fresh=fresh, shown=shown, view=view)

    def title(self, start: str) -> str:
        return start

    def follows(self, _update: BrowseUpdate | None) -> bool:
        return True

    def notice(self, update: BrowseUpdate) -> str:
        return directory_notice(update)

    def footer(self, update: BrowseUpdate | None, *, running: bool) -> str:
        return count_text(update, running=running)

    def error(self, update: BrowseUpdate) -> StorageError | None:
        return update.error


DIRECTORY: Final[ShownRows] = _Directory()
