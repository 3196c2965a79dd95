"""Search below a directory by name and by content: results as a listing, page by page as they are found."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import StorageError, UnsupportedOperation
from tfm.core.listing import Listing
from tfm.core.location import Location
from tfm.core.page import Page, page_from_entries
from tfm.core.progress import Cancel
from tfm.operations.browse import BrowseState, BrowseUpdate, Visit
from tfm.operations.row_view import RowView
from tfm.operations.search_bytes import ByteSearch
from tfm.operations.search_query import SearchQuery
from tfm.operations.tree_pages import tree_pages
from tfm.storage.session import Session
from tfm.storage.storage import Storage

if TYPE_CHECKING:
    from tfm.transfer.engine import Engine

__all__ = ["Search", "SearchCounts", "SearchUpdate", "search"]

_WORKERS: Final = 8
"""Objects read at once: enough to hide a server's latency, few enough that a screen beside it stays quick."""

_TELL_SECONDS: Final = 0.1
_PIECE_BYTES: Final = 64 * 1024
_BINARY_BYTES: Final = 8000
"""How much of the beginning is looked at for a NUL, as git does."""

_MOST_FOUND: Final = 1_000_000
_MOST_FAILURES: Final = 1000
_UNKNOWN_SIZE: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class SearchCounts:
    """``looked_at`` entries and ``found`` ones, ``read_bytes`` of content, ``passed_over`` files that look binary,
    ``failed`` directories and objects. ``failures`` are the first thousand of those. ``is_limited``: more fit than the
    million that are kept."""

    looked_at: int = 0
    found: int = 0
    read_bytes: int = 0
    passed_over: int = 0
    failed: int = 0
    failures: tuple[StorageError, ...] = ()
    is_limited: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SearchUpdate(BrowseUpdate):
    """What was found so far: rows whose keys are exact, and whose names are their paths below the start."""

    counts: SearchCounts = field(default_factory=SearchCounts)


class Search(Visit):
    """A search under way, told of and stopped as a visit to a directory is."""

    def __init__(
        self,
        session: Session,
        start: Location,
        query: SearchQuery,
        deliver: Callable[[BrowseUpdate], None],
        *,
        workers: int = _WORKERS,
        view: RowView,
    ) -> None:
        super().__init__(session, start, deliver, view=view)
        self.query: Final = query
        self._names_fit = query.names_fit_apart()
        self._workers = workers
        self._stop = Cancel()
        self._found: list[Entry] = []
        self._pages: list[Page] = []
        self._found_directories: set[str] = set()
        self._above = ""
        self._engine: Engine | None = None
        self._asked_at = session.clock()
        self._told_at = 0.0
        self._looked_at = self._found_count = self._read_bytes = self._passed_over = self._failed = 0
        self._failures: list[StorageError] = []
        self._is_limited = False
        self._replaces = False
        self._tally = threading.Lock()

    @property
    def counts(self) -> SearchCounts:
        with self._tally:
            return SearchCounts(
                self._looked_at, self._found_count, self._read_bytes, self._passed_over, self._failed,
                tuple(self._failures), self._is_limited,
            )  # fmt: skip

    def cancel(self) -> BrowseUpdate | None:
        self._stop_reading()
        with self._lock:
            if not self._ended:
                self._take_found(final=True)
            return super().cancel()

    def _stop_reading(self) -> None:
        self._stop.set()
        if self._engine is not None:
            self._engine.stop()

    # In the search's thread

    def _ask(self, *, fresh: bool, shown: BrowseUpdate | None) -> None:
        if shown is not None and len(shown.listing):
            self._replaces = True
            self._tell(BrowseState.STALE, shown.listing, self._order_of_shown(shown))
        storage = self._session.storage(self.location.storage)
        self.lists_roots = self._can_list_roots()
        self._asked_at = self._session.clock()
        if Capability.LIST_ROOTS in storage.capabilities and not self.location.storage.authority:
            raise UnsupportedOperation(
                "Here are whole buckets.", next_step="Enter one to search in it.", operation="search"
            )
        pages = tree_pages(storage, self.location.key, failed=self._note_failure, cancel=self._stop, fresh=fresh)
        try:
            if self.query.content is None:
                for page in pages:
                    self._keep(self._matches(page))
                    self._tell_now_and_then()
            else:
                self._read_all(storage, pages)
        finally:
            self._take_found(final=True)  # what was found before an error, too
        self._end()

    def _end(self) -> None:
        with self._lock:
            self._tell_all(self._listing_of_found(complete=True), self._pages)

    def _matches(self, page: Page) -> list[Entry]:
        with self._tally:
            self._looked_at += len(page)
        prefix = self.location.key
        implied = self._implied(page) if self.query.finds_implied_directories and page.base == prefix else []
        found = [page.entry(row) for row in self.query.rows(page, prefix, self._names_fit)]
        if implied or self._found_directories:
            found = [entry for entry in found if not entry.is_directory or entry.key not in self._found_directories]
        self._found_directories.update(entry.key for entry in found if entry.is_directory)
        return [*implied, *found]

    def _implied(self, page: Page) -> list[Entry]:
        """Directories that fit and that only the keys of what is in them tell of. On a disk there are none."""
        prefix = self.location.key
        candidates: dict[str, str] = {}
        rows = {f"{page.name(row)}/" for row in range(len(page)) if page.is_directory(row)}
        for name in page.names():
            above = name[: name.rfind("/") + 1]
            if above == self._above:
                continue
            shared = _shared_directories(above, self._above)
            self._above = above
            end = shared
            while (end := above.find("/", end) + 1) > 0:
                path, key = above[: end - 1], prefix + above[:end]
                # One that has a row, a marker, is found by that.
                if above[:end] not in rows and key not in self._found_directories:
                    candidates[key] = path
        fitting = self._names_fit(list(candidates.values()))
        found = [
            Entry(path, key, Kind.DIRECTORY)
            for (key, path), fits in zip(candidates.items(), fitting, strict=True)
            if fits
        ]
        self._found_directories.update(entry.key for entry in found)
        return found

    # Content

    def _read_all(self, storage: Storage, pages: Iterator[Page]) -> None:
        from tfm.transfer.engine import Engine  # for who searches by content

        engine = self._engine = Engine(self._workers)
        try:
            for page in pages:
                for entry in self._matches(page):
                    engine.put(partial(self._look_into, storage, entry))
                self._tell_now_and_then()
            engine.wait()
        finally:
            engine.stop()

    def _look_into(self, storage: Storage, entry: Entry) -> None:
        try:
            if self._has_content(storage, entry):
                self._keep([entry])
        except _LooksBinaryError:
            with self._tally:
                self._passed_over += 1
        except StorageError as error:
            self._note_failure(error)
        self._tell_now_and_then()

    def _has_content(self, storage: Storage, entry: Entry) -> bool:
        needle = self.query.content
        least = 1 if needle is None or needle.lines else needle.reach
        if needle is None or entry.is_symlink or (entry.size_bytes is not None and entry.size_bytes < least):
            return False
        chunks = _ObjectChunks(storage, entry.key, self._note_read, refuses_binary=not self.query.in_binary)
        # How long it is, its first answer says: the listing may be from before.
        return ByteSearch(chunks, _UNKNOWN_SIZE, needle, cancel=self._stop).forward(0) is not None

    def _note_read(self, size_bytes: int) -> None:
        with self._tally:
            self._read_bytes += size_bytes
        self._tell_now_and_then()

    def _note_failure(self, error: StorageError) -> None:
        with self._tally:
            self._failed += 1
            if len(self._failures) < _MOST_FAILURES:
                self._failures.append(error)

    # Telling

    def _keep(self, entries: list[Entry]) -> None:
        if not entries:
            return
        with self._lock:
            room = _MOST_FOUND - self._found_count
            self._is_limited = self._is_limited or len(entries) > room
            kept = entries[:room]
            self._found += kept
            self._found_count += len(kept)
        if self._is_limited:
            self._stop_reading()

    def _tell_now_and_then(self) -> None:
        with self._lock:
            if time.monotonic() - self._told_at < _TELL_SECONDS or self._ended:
                return
            self._told_at = time.monotonic()
            self._take_found(final=False)
            if self._replaces:
                self._tell(BrowseState.STALE)
                return
            self._tell(BrowseState.ARRIVING, self._listing_of_found(complete=False), self._builder.snapshot())

    def _take_found(self, *, final: bool) -> None:
        with self._lock:
            if self._found:
                page = page_from_entries(self.location.key, self._found)
                self._pages.append(page)
                self._add(self._pages)
                self._found = []
            self._arrived_entries = self._found_count
            if final and not self._ended and not self._replaces:
                self._listing = self._listing_of_found(complete=False)
                self._order = self._builder.snapshot(final=True)

    def _listing_of_found(self, *, complete: bool) -> Listing:
        return Listing(self.location.key, self._pages, recursive=True, complete=complete, fetched_at=self._asked_at)

    def _update(self, state: BrowseState, error: StorageError | None) -> SearchUpdate:
        age = max(0.0, self._session.clock() - self._listing.fetched_at)
        return SearchUpdate(
            self, self._listing, self._order, state, age, self._arrived_entries, error, counts=self.counts
        )


def search(
    session: Session,
    start: Location,
    query: SearchQuery,
    deliver: Callable[[BrowseUpdate], None],
    *,
    workers: int = _WORKERS,
    fresh: bool = False,
    shown: BrowseUpdate | None = None,
    view: RowView | None = None,
) -> Search:
    """Begin to search below the directory ``start``; returns at once, raises nothing.

    ``deliver`` gets :class:`SearchUpdate` values from the search's threads, never after :meth:`Search.cancel` has
    returned, and must be short. By name it costs what :func:`tree_pages` does: on flat keys nothing where a fresh
    listing of the tree is cached. By content also at least one request for each file whose name, size and time fit, in
    ``workers`` threads; an object is read by growing ranges as far as the first occurrence, links and what is too small
    not at all. What cannot be listed or read is counted, and hides nothing else. The rows of ``shown``, of the same
    search, stay until the new ones are complete. ``view`` is how the rows are shown.
    """
    made = Search(session, start, query, deliver, workers=workers, view=view or RowView())
    # A daemon: a receive that never ends must not hold up quitting.
    threading.Thread(target=made.run, kwargs={"fresh": fresh, "shown": shown}, name="tfm-search", daemon=True).start()
    return made


def _shared_directories(path: str, other: str) -> int:
    """How long the beginning is, up to and with a slash, that two paths of directories have in common."""
    end = 0
    while (cut := path.find("/", end) + 1) > 0 and other.startswith(path[:cut]):
        end = cut
    return end


class _LooksBinaryError(Exception):
    """There is a NUL near its beginning."""


class _ObjectChunks:
    """The bytes of ranges of one object, always of the version that was seen first where the storage can do that."""

    def __init__(self, storage: Storage, key: str, read: Callable[[int], None], *, refuses_binary: bool) -> None:
        self._storage = storage
        self._key = key
        self._read = read
        self._refuses_binary = refuses_binary
        self._is_conditional = Capability.CONDITIONAL_READ in storage.capabilities
        self._etag: str | None = None
        self._size_bytes: int | None = None

    def __call__(self, start: int, end: int) -> Iterator[bytes]:
        if self._size_bytes is not None and start >= self._size_bytes:
            return  # its end: not worth a request
        with self._storage.read(self._key, start=start, length=end - start, if_match=self._etag) as reader:
            self._size_bytes = reader.entry.size_bytes
            if self._is_conditional:
                self._etag = reader.entry.etag
            first = start == 0
            while piece := reader.read(_PIECE_BYTES):
                if first and self._refuses_binary and b"\0" in piece[:_BINARY_BYTES]:
                    raise _LooksBinaryError
                first = False
                self._read(len(piece))
                yield piece
