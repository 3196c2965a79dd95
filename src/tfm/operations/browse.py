"""Visit a directory: what is known of it at once, then what the storage says, page by page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tfm.core.capability import Capability
from tfm.core.errors import StorageError
from tfm.core.listing import Listing
from tfm.core.location import Location, StorageAddress
from tfm.core.page import Page
from tfm.operations.row_order import RowOrder, RowOrderBuilder, order_listing
from tfm.storage.session import Session

__all__ = ["BrowseState", "BrowseUpdate", "Visit", "browse"]


class BrowseState(StrEnum):
    """How far a visit is."""

    ARRIVING = "arriving"
    """Some pages are there, more are asked for."""

    STALE = "stale"
    """The rows are from before; the storage is being asked again."""

    COMPLETE = "complete"
    FAILED = "failed"
    """The storage answered with an error; the rows there were are kept."""

    CANCELLED = "cancelled"
    """Stopped before the end; the rows there were are kept."""

    @property
    def is_running(self) -> bool:
        return self in {BrowseState.ARRIVING, BrowseState.STALE}


@dataclass(frozen=True, slots=True, eq=False)
class BrowseUpdate:
    """What a pane shows from now on. ``listing`` holds every row so far; ``order`` says how they are shown.

    ``age_seconds`` is how long ago the listing's first page was asked for, when this update was made;
    ``arrived_entries`` what the storage has sent in this visit (with STALE other rows than those shown); ``error`` is
    set with FAILED and only then.
    """

    visit: Visit
    listing: Listing
    order: RowOrder
    state: BrowseState
    age_seconds: float
    arrived_entries: int
    error: StorageError | None = None


class Visit:
    """A directory being looked at. Runs in a thread of its own, so that a silent server holds up nobody else."""

    def __init__(self, session: Session, location: Location, deliver: Callable[[BrowseUpdate], None]) -> None:
        self.location: Final = location
        self.lists_roots: bool | None = None
        """Whether above this storage's root there is a list of others (buckets); None until the storage is open."""
        self._session = session
        self._deliver = deliver
        # Reentrant: whoever is told of rows may cancel there and then.
        self._lock = threading.RLock()
        self._ended = False
        self._listing = Listing("", (), recursive=False, complete=False, fetched_at=session.clock())
        self._order = RowOrderBuilder(by_name=False).snapshot()
        self._arrived_entries = 0

    def cancel(self) -> BrowseUpdate | None:
        """Ask for no more and deliver nothing from now on, even if a page is just arriving. Returns at once.

        Gives the rows there were as a CANCELLED update, or None if the visit had ended before.
        """
        with self._lock:
            if self._ended:
                return None
            self._ended = True
            return self._update(BrowseState.CANCELLED, None)

    @property
    def ended(self) -> bool:
        """Whether nothing more will be delivered."""
        with self._lock:
            return self._ended

    # What follows runs in the visit's thread.

    def run(self, *, fresh: bool, shown: BrowseUpdate | None) -> None:
        try:
            self._ask(fresh=fresh, shown=shown)
        except StorageError as error:
            self._tell(BrowseState.FAILED, error=error)
        except Exception as error:  # noqa: BLE001 - the thread's boundary: shown in the pane, never a silent death
            self._tell(BrowseState.FAILED, error=_defect(error))

    def _ask(self, *, fresh: bool, shown: BrowseUpdate | None) -> None:
        storage = self._session.storage(self.location.storage)
        self.lists_roots = self._can_list_roots()
        by_name = Capability.FLAT_KEYS not in storage.capabilities
        prefix = self.location.key
        held = storage.peek(prefix)
        if held is None or fresh or not held.lease.stands():
            if held is not None:
                self._tell(BrowseState.STALE, held.listing, order_listing(held.listing, by_name=by_name))
            elif shown is not None and len(shown.listing):
                self._tell(BrowseState.STALE, shown.listing, shown.order)
        kept = self._listing

        asked_at = self._session.clock()
        scan = storage.scan(prefix, fresh=fresh)
        fetched_at = asked_at if scan.lease is None else scan.lease.fetched_at
        builder = RowOrderBuilder(by_name=by_name)
        pages: list[Page] = []
        for page in scan:
            if self.ended:
                scan.close()
                return
            pages.append(page.without_token())
            builder.add(page)
            self._arrived_entries += len(page)
            if page.token is None:
                continue  # the last one, or one of many from the cache: told of when all are there
            if kept.complete or len(kept) > self._arrived_entries:
                self._tell(BrowseState.STALE)
            else:
                listing = Listing(prefix, pages, recursive=False, complete=False, fetched_at=fetched_at)
                self._tell(BrowseState.ARRIVING, listing, builder.snapshot())
        listing = Listing(prefix, pages, recursive=False, complete=True, fetched_at=fetched_at)
        self._tell(BrowseState.COMPLETE, listing, builder.snapshot(final=True))

    def _can_list_roots(self) -> bool:
        address = self.location.storage
        if not address.authority:
            return False
        try:
            top = self._session.storage(StorageAddress(address.scheme, "", address.profile))
        except StorageError:
            return False  # a scheme that needs an authority
        return Capability.LIST_ROOTS in top.capabilities

    def _tell(
        self,
        state: BrowseState,
        listing: Listing | None = None,
        order: RowOrder | None = None,
        *,
        error: StorageError | None = None,
    ) -> None:
        # Held while delivering: when cancel() has returned, nothing is delivered any more.
        with self._lock:
            if self._ended:
                return
            self._listing = self._listing if listing is None else listing
            self._order = self._order if order is None else order
            self._ended = not state.is_running
            self._deliver(self._update(state, error))

    def _update(self, state: BrowseState, error: StorageError | None) -> BrowseUpdate:
        age = max(0.0, self._session.clock() - self._listing.fetched_at)
        return BrowseUpdate(self, self._listing, self._order, state, age, self._arrived_entries, error)


def browse(
    session: Session,
    location: Location,
    deliver: Callable[[BrowseUpdate], None],
    *,
    fresh: bool = False,
    shown: BrowseUpdate | None = None,
) -> Visit:
    """Begin to visit the directory ``location``; returns at once, raises nothing.

    ``deliver`` is called from the visit's thread, never after :meth:`Visit.cancel` has returned, and must be short.

    A fresh cached listing is one COMPLETE update and no request. A stale one is told of at once, and the storage's
    answer replaces it (``ceil(n / 1000)`` requests for n entries). ``fresh`` asks the storage in any case. ``shown``,
    an update about the same directory, gives the rows to keep until its answer is complete or, where they are partial,
    as many. A failure keeps the rows there were.
    """
    visit = Visit(session, location, deliver)
    # A daemon: a receive that never ends must not hold up quitting.
    threading.Thread(target=visit.run, kwargs={"fresh": fresh, "shown": shown}, name="tfm-browse", daemon=True).start()
    return visit


def _defect(error: Exception) -> StorageError:
    return StorageError(
        f"tfm itself failed: {type(error).__name__}: {error}",
        next_step="Please report it. Ctrl-R tries again.",
        operation="browse",
    )
