"""A delete under way: objects and trees are handed to it, and it keeps account of what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import (
    InvalidRequestError,
    NotDirectoryError,
    NotFoundError,
    StorageError,
    UnsupportedOperation,
)
from tfm.core.page import Page, page_from_entries
from tfm.core.progress import Cancel, Progress
from tfm.operations.delete_batches import Batches
from tfm.operations.delete_summary import DeleteSummary
from tfm.storage.contract import PAGE_ENTRIES
from tfm.storage.effects import TreeGone
from tfm.storage.storage import Storage

__all__ = ["Deletion", "require_deletes", "require_tree", "rows_of", "tree_pages"]

_MOST_MARKERS: Final = 100_000
"""Markers that wait for the end of their tree; of 200 bytes each."""


class _Cancelled(Exception):  # noqa: N818 - not an error: how a walk is left
    pass


@dataclass(slots=True)
class Deletion:
    """``on_error`` hears of each failure and ``on_deleted`` of each entry that is gone, as it comes. ``planned`` holds
    the totals for who watches, where they are known."""

    summary: DeleteSummary
    progress: Callable[[Progress], None] | None = None
    on_error: Callable[[StorageError], object] | None = None
    on_deleted: Callable[[Storage, Entry], object] | None = None
    cancel: Cancel = field(default_factory=Cancel)
    planned: Progress = field(default_factory=Progress)

    def is_cancelled(self) -> bool:
        if self.cancel.wanted:
            self.summary.stopped = True
        return self.cancel.wanted

    def objects(self, storage: Storage, entries: Iterable[Entry]) -> None:
        """Delete these objects of one storage, a thousand by one request; raises nothing that the storage answers."""
        self._attempt(lambda: self._run(storage, _batched(_markers_last(entries)), covered=False))

    def item(self, storage: Storage, key: str) -> None:
        """As :meth:`tree`, but what keeps it from beginning is a failure among the others."""
        self._attempt(lambda: self.tree(storage, key))

    def tree(self, storage: Storage, key: str) -> None:
        """Delete the directory ``key`` with all that is in it, as it is listed now. Raises what keeps it from
        beginning."""
        require_tree(storage, key)
        pages = tree_pages(storage, key, self._say)
        batches = _batched(_markers_last(entry for page in pages for entry in rows_of(page)))
        if self.summary.dry_run:
            self._run(storage, batches, covered=True)
        elif Capability.REMOVE_TREE in storage.capabilities:
            self._by_storage(storage, key)
        else:
            failures = len(self.summary.failures)
            with storage.deleting_below(key) as effects:
                if self._run(storage, batches, covered=True) and len(self.summary.failures) == failures:
                    effects.append(TreeGone(key))

    def _attempt(self, work: Callable[[], object]) -> None:
        failed = self.summary.failed
        try:
            work()
        except StorageError as error:
            if self.summary.failed == failed:
                self.summary.failed += 1
            self._say(error)

    def _run(self, storage: Storage, batches: Iterable[Sequence[Entry]], *, covered: bool) -> bool:
        """Whether all of it was gone through. What ends it is raised only if nothing was done and that is certain."""
        requests = Batches(storage, self.summary, self._gone, self._say, covered=covered)
        try:
            for batch in batches:
                requests.make_room()
                if requests.errors or self.is_cancelled():
                    break
                if self.summary.dry_run:
                    self._gone(storage, batch)
                else:
                    requests.send(batch)
                if requests.errors or self.is_cancelled():
                    break
            requests.wait()
        except StorageError as ended:  # the listing's
            requests.wait()
            requests.errors.append(ended)
        finally:
            requests.abandon()
        if requests.errors:
            if not requests.answered and not any(requests.sent and error.temporary for error in requests.errors):
                raise requests.errors[0]
            self.summary.stopped = True
            for error in requests.errors:
                self._say(error)
        return not requests.errors and not self.is_cancelled()

    def _by_storage(self, storage: Storage, key: str) -> None:
        def removed(entry: Entry) -> None:
            self._gone(storage, [entry])
            if self.cancel.wanted:
                raise _Cancelled

        def failed(_: Entry, error: StorageError) -> None:
            self.summary.failed += 1
            self._say(error)

        try:
            storage.remove_tree(key, removed=removed, failed=failed)
        except _Cancelled:
            self.summary.stopped = True

    def _gone(self, storage: Storage, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.summary.add(entry)
            if self.on_deleted is not None:
                self.on_deleted(storage, entry)
        if self.progress is not None and entries:
            done, total = self.summary, self.planned
            self.progress(
                Progress(done.objects, total.objects_total, done.size_bytes, total.bytes_total, entries[-1].key)
            )

    def _say(self, error: StorageError) -> None:
        self.summary.failures.append(error)
        if self.on_error is not None:
            self.on_error(error)


def _markers_last(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries of a tree, markers behind what they are of, the deepest first.

    SeaweedFS goes on listing a directory whose marker went before its content. Of very many the first go early.
    """
    markers: list[Entry] = []
    for entry in entries:
        if not entry.is_directory:
            yield entry
            continue
        markers.append(entry)
        if len(markers) > _MOST_MARKERS:
            yield from reversed(markers)
            markers.clear()
    yield from reversed(markers)


def require_deletes(storage: Storage, key: str) -> None:
    """Raises UnsupportedOperation where nothing can be deleted."""
    if Capability.WRITE not in storage.capabilities:
        raise UnsupportedOperation("Nothing can be deleted here.", uri=storage.uri_of(key), operation="delete")


def require_tree(storage: Storage, key: str) -> None:
    """As :func:`require_deletes`, for trees; InvalidRequestError where ``key`` is no name of one."""
    require_deletes(storage, key)
    if Capability.FLAT_KEYS in storage.capabilities:
        return
    if Capability.REMOVE_TREE not in storage.capabilities:
        raise UnsupportedOperation("No tree can be deleted here.", uri=storage.uri_of(key), operation="delete")
    if key.rstrip("/").rpartition("/")[2] in {"", ".", ".."}:
        raise InvalidRequestError(
            "A tree is removed by its name, and this is none.", uri=storage.uri_of(key), operation="delete"
        )


def tree_pages(storage: Storage, key: str, on_error: Callable[[StorageError], object]) -> Iterator[Page]:
    """All that is in the tree ``key``, listed now: ``ceil(n / 1000)`` requests on flat keys, elsewhere as
    :func:`_walked`. Raises with the first page NotFoundError, NotDirectoryError, and what else the storage answers."""
    if Capability.FLAT_KEYS in storage.capabilities:
        return storage.scan(key, recursive=True, fresh=True)
    return _walked(storage, key, on_error)


def _walked(storage: Storage, key: str, on_error: Callable[[StorageError], object]) -> Iterator[Page]:
    """What removing the tree ``key`` of a disk will meet, a page a directory, links not followed; ``on_error`` hears of
    directories that cannot be listed. Raises NotFoundError and NotDirectoryError, as removing would."""
    top = storage.lookup(key).directory
    if top is None or top.is_symlink:
        what = NotFoundError if top is None and storage.lookup(key.rstrip("/")).file is None else NotDirectoryError
        raise what("There is no such directory.", uri=storage.uri_of(key), operation="delete")
    yield page_from_entries(key, [], own_entry=top)
    waiting = [key]
    while waiting:
        try:
            for page in storage.scan(waiting.pop()):
                yield page
                waiting += [entry.key for entry in page if entry.is_directory and not entry.is_symlink]
        except StorageError as error:
            on_error(error)


def rows_of(page: Page) -> Iterator[Entry]:
    """The entries that are deleted with the directory that ``page`` is of: its rows and its own marker."""
    if page.own_entry is not None:
        yield page.own_entry
    yield from page


def _batched(entries: Iterable[Entry]) -> Iterator[Sequence[Entry]]:
    """A thousand each, as one request deletes."""
    batch: list[Entry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == PAGE_ENTRIES:
            yield batch
            batch = []
    if batch:
        yield batch
