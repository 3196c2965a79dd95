"""Visit a directory: what is known of it at once, then what the storage says, page by page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from tfm.core.capability import Capability
from tfm.core.errors import StorageError
from tfm.core.listing import Listing
from tfm.core.location import Location, StorageAddress
from tfm.core.page import Page
from tfm.operations.row_order import RowOrder, RowOrderBuilder, order_listing
from tfm.operations.row_view import RowView
from tfm.storage.session import Session

__all__ = ["BrowseState", "BrowseUpdate", "Visit", "browse", "shown_again"]


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


_USUAL_VIEW: Final = RowView()


class Visit:
    """A directory being looked at. Runs in a thread of its own, so that a silent server holds up nobody else."""

    def __init__(
        self,
        session: Session,
        location: Location,
        deliver: Callable[[BrowseUpdate], None],
        *,
        view: RowView = _USUAL_VIEW,
    ) -> None:
        self.location: Final = location
        self.lists_roots: bool | None = None
        """Whether above this storage's root there is a list of others (buckets); None until the storage is open."""
        self._session = session
        self._deliver = deliver
        # Reentrant: whoever is told of rows may cancel there and then.
        self._lock = threading.RLock()
        self._ended = False
        self._state = BrowseState.ARRIVING
        self._listing = Listing("", (), recursive=False, complete=False, fetched_at=session.clock())
        self._view = view
        self._builder = RowOrderBuilder(view)
        self._order = self._builder.snapshot()
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

    def use_view(self, view: RowView) -> None:
        """Show the rows like that from now on, and soon those that are there. Returns at once; asks nothing."""
        with self._lock:
            self._view = view
            if not self._ended and len(self._listing):
                threading.Thread(target=self._show_again, args=(view,), name="tfm-sort", daemon=True).start()

    def _show_again(self, view: RowView) -> None:
        while True:
            with self._lock:
                listing = self._listing
            order = order_listing(listing, view)
            with self._lock:
                if self._ended or self._view != view or self._order.view == view:
                    return  # somebody was quicker
                if self._listing is listing:
                    self._tell(self._state, listing, order)
                    return

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
        prefix = self.location.key
        held = storage.peek(prefix)
        if held is None or fresh or not held.lease.stands():
            if held is not None:
                self._tell(BrowseState.STALE, held.listing, order_listing(held.listing, self._view))
            elif shown is not None and len(shown.listing):
                self._tell(BrowseState.STALE, shown.listing, self._order_of_shown(shown))
        kept = self._listing

        asked_at = self._session.clock()
        scan = storage.scan(prefix, fresh=fresh)
        fetched_at = asked_at if scan.lease is None else scan.lease.fetched_at
        pages: list[Page] = []
        for page in scan:
            if self.ended:
                scan.close()
                return
            pages.append(page.without_token())
            self._add(pages)
            self._arrived_entries += len(page)
            if page.token is None:
                continue  # the last one, or one of many from the cache: told of when all are there
            if kept.complete or len(kept) > self._arrived_entries:
                self._tell(BrowseState.STALE)
            else:
                listing = Listing(prefix, pages, recursive=False, complete=False, fetched_at=fetched_at)
                self._tell(BrowseState.ARRIVING, listing, self._builder.snapshot())
        listing = Listing(prefix, pages, recursive=False, complete=True, fetched_at=fetched_at)
        self._tell_all(listing, pages)

    def _add(self, pages: Sequence[Page]) -> None:
        """The last page, or all of them where they are to be shown another way than those before."""
        if self._builder.view == self._view:
            self._builder.add(pages[-1])
        else:
            self._build(pages)

    def _build(self, pages: Sequence[Page]) -> None:
        self._builder = RowOrderBuilder(self._view)
        for page in pages:
            if self._ended:
                return  # nobody waits for it any more
            self._builder.add(page)

    def _tell_all(self, listing: Listing, pages: Sequence[Page]) -> None:
        while True:
            order = self._builder.snapshot(final=True)
            with self._lock:
                if self._ended or self._view == self._builder.view:
                    self._tell(BrowseState.COMPLETE, listing, order)
                    return
            self._build(pages)

    def _order_of_shown(self, shown: BrowseUpdate) -> RowOrder:
        return shown.order if shown.order.view == self._view else order_listing(shown.listing, self._view)

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
            self._state = state
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
    view: RowView = _USUAL_VIEW,
) -> Visit:
    """Begin to visit the directory ``location``; returns at once, raises nothing.

    ``deliver`` is called from the visit's thread, never after :meth:`Visit.cancel` has returned, and must be short.

    A fresh cached listing is one COMPLETE update and no request. A stale one is told of at once, and the storage's
    answer replaces it (``ceil(n / 1000)`` requests for n entries). ``fresh`` asks the storage in any case. ``shown``,
    an update about the same directory, gives the rows to keep until its answer is complete or, where they are partial,
    as many. A failure keeps the rows there were. ``view`` is how they are shown; :meth:`Visit.use_view` changes it.
    """
    visit = Visit(session, location, deliver, view=view)
    # A daemon: a receive that never ends must not hold up quitting.
    threading.Thread(target=visit.run, kwargs={"fresh": fresh, "shown": shown}, name="tfm-browse", daemon=True).start()
    return visit


def shown_again(session: Session, shown: BrowseUpdate, view: RowView, deliver: Callable[[BrowseUpdate], None]) -> Visit:
    """The rows of a visit that has ended, shown another way: one update, of the same state, and no request."""
    visit = _ShownAgain(session, shown, view, deliver)
    threading.Thread(target=visit.run, kwargs={"fresh": False, "shown": shown}, name="tfm-sort", daemon=True).start()
    return visit


class _ShownAgain(Visit):
    def __init__(
        self, session: Session, shown: BrowseUpdate, view: RowView, deliver: Callable[[BrowseUpdate], None]
    ) -> None:
        super().__init__(session, shown.visit.location, deliver, view=view)
        self._shown = shown
        self.lists_roots = shown.visit.lists_roots
        self._listing = shown.listing

    def cancel(self) -> None:
        with self._lock:
            self._ended = True

    @property
    def ended(self) -> bool:
        return True  # nothing is asked, and soon it is so

    def _ask(self, *, fresh: bool, shown: BrowseUpdate | None) -> None:  # noqa: ARG002 - asks nothing
        self._build(self._listing.pages)
        order = self._builder.snapshot(final=True)
        self._tell(self._shown.state, order=order, error=self._shown.error)

    def _update(self, state: BrowseState, error: StorageError | None) -> BrowseUpdate:
        age = max(0.0, self._session.clock() - self._listing.fetched_at)
        return replace(self._shown, visit=self, order=self._order, state=state, age_seconds=age, error=error)


def _defect(error: Exception) -> StorageError:
    return StorageError(
        f"tfm itself failed: {type(error).__name__}: {error}",
        next_step="Please report it. Ctrl-R tries again.",
        operation="browse",
    )
