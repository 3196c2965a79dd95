"""What a search found, as a pane shows it in place of a directory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from tfm.core.errors import OperationFailed, StorageError
from tfm.core.location import Location
from tfm.operations.browse import BrowseState, BrowseUpdate, Visit
from tfm.operations.row_view import RowView
from tfm.storage.session import Session
from tfm.ui.format import format_size

if TYPE_CHECKING:
    from tfm.operations.search import SearchCounts
    from tfm.operations.search_query import SearchQuery

__all__ = ["Found"]

_MOST_FOLLOWED: Final = 20_000
"""Entries looked at, up to which a search is repeated when something changed: twenty requests of a bucket."""


@dataclass(frozen=True, slots=True)
class Found:
    """``text`` says in a few words what was looked for."""

    query: SearchQuery
    text: str
    awaited: ClassVar[str] = "searching…"

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
        """Begin to search below ``start``; the rows of ``shown`` stay until the new ones are complete."""
        from tfm.operations.search import search

        return search(session, start, self.query, deliver, fresh=fresh, shown=shown, view=view)

    def title(self, start: str) -> str:
        return f"search: {self.text} in {start}"

    def follows(self, update: BrowseUpdate | None) -> bool:
        """Whether to search again, unasked, when something changed: not where that reads files, or asks for long."""
        counts = _counts(update)
        return self.query.content is None and counts is not None and counts.looked_at <= _MOST_FOLLOWED

    def notice(self, update: BrowseUpdate) -> str:
        """What stands where rows would be."""
        return {
            BrowseState.ARRIVING: "searching…",
            BrowseState.STALE: "searching again…",
            BrowseState.COMPLETE: "(nothing found)",
            BrowseState.FAILED: "(not searched: see below)",
            BrowseState.CANCELLED: "(stopped before anything was found)",
        }[update.state]

    def footer(self, update: BrowseUpdate | None, *, running: bool) -> str:  # noqa: ARG002 - an update says it
        """How far it is."""
        counts = _counts(update)
        if update is None or counts is None:
            return "searching…"
        said = [f"{len(update.listing):,} found"]
        if update.state.is_running:
            said[0] += ", searching…"
        elif update.state is not BrowseState.COMPLETE:
            said[0] += ", failed" if update.state is BrowseState.FAILED else ", stopped"
        elif counts.is_limited:
            said[0] += ", and there are more"
        said.append(f"{counts.looked_at:,} looked at")
        if counts.read_bytes:
            said.append(f"{format_size(counts.read_bytes)} read")
        if counts.passed_over:
            said.append(f"{counts.passed_over:,} binary")
        return " · ".join(said)

    def error(self, update: BrowseUpdate) -> StorageError | None:
        """What went wrong: all of it, or what could not be looked into, where it has ended."""
        counts = _counts(update)
        if update.error is not None or counts is None or not counts.failed or update.state.is_running:
            return update.error
        first = counts.failures[0]
        if counts.failed == 1:
            return first
        said = f"{counts.failed:,} could not be looked into, the first: {first}"
        return OperationFailed(said, failures=counts.failures)


def _counts(update: BrowseUpdate | None) -> SearchCounts | None:
    # A search's updates have them; its class is loaded when one begins.
    return getattr(update, "counts", None)
