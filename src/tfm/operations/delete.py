"""Delete: one object, an empty directory, a whole tree; what is deleted is what a listing of this moment tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry
from tfm.core.errors import (
    IsDirectoryError,
    NotDirectoryError,
    NotEmptyError,
    NotFoundError,
    OperationFailed,
    StorageError,
    TemporaryError,
    UnsupportedOperation,
)
from tfm.core.page import Page
from tfm.core.progress import Cancel, Progress
from tfm.storage.contract import PAGE_ENTRIES
from tfm.storage.effects import TreeGone
from tfm.storage.storage import Storage

__all__ = ["DeleteSummary", "delete_file", "delete_tree", "remove_empty_directory"]


@dataclass(slots=True)
class DeleteSummary:
    """What came of a delete: of the entries that were listed ``objects`` were deleted (in a dry run: would be) and
    ``failed`` were not; of ``unknown`` among those the answer was lost, so they may be gone: deleting again tells.

    ``size_bytes`` is what the deleted ones held, as far as the storage says it; markers, and the directories of a disk,
    are entries too. ``stopped`` says that the end was not reached: it was cancelled, or the storage could not be
    reached any more, which the last of ``failures`` says then.
    """

    objects: int = 0
    size_bytes: int = 0
    failed: int = 0
    unknown: int = 0
    stopped: bool = False
    dry_run: bool = False
    failures: list[StorageError] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        self.objects += 1
        self.size_bytes += 0 if entry.is_directory and entry.mode is not None else entry.size_bytes or 0

    def raise_failures(self, uri: str) -> None:
        """OperationFailed with all of them, if there are any."""
        if self.failures:
            raise OperationFailed(
                f"{self.objects:,} deleted, {self.failed:,} not: {self.failures[0]}",
                failures=self.failures,
                next_step="Delete again what is left.",
                uri=uri,
                operation="delete",
            )


def delete_file(storage: Storage, key: str) -> None:
    """Delete the object ``key``, which has no trailing slash: one request, and one before it where the cache does not
    know that it is there.

    Raises NotFoundError where nothing is there, IsDirectoryError where only a directory is.
    """
    if Capability.FLAT_KEYS in storage.capabilities:
        answer = storage.lookup(key, asked=Asked.MEANT)
        if answer.file is None:
            if answer.directory is not None:
                raise _is_directory(storage, key)
            raise answer.directory_error or NotFoundError(
                "There is nothing here.", uri=storage.uri_of(key), operation="delete"
            )
    storage.delete(key)


def remove_empty_directory(storage: Storage, key: str) -> None:
    """Remove the directory ``key``, which ends in ``/``: two requests on flat keys, whatever the cache knows, else one.

    Raises NotEmptyError where something is in it, NotFoundError and NotDirectoryError (one request more).
    """
    if Capability.FLAT_KEYS in storage.capabilities:
        page = storage.first_rows(key, limit=2)
        if len(page):
            raise NotEmptyError(
                "The directory is not empty.",
                next_step="Delete what is in it first, or delete the tree.",
                uri=storage.uri_of(key),
                operation="rmdir",
            )
        if page.own_entry is None:
            raise _no_directory(storage, key)
    storage.remove_directory(key)


def delete_tree(
    storage: Storage,
    key: str,
    *,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
    on_error: Callable[[StorageError], object] | None = None,
    cancel: Cancel | None = None,
) -> DeleteSummary:
    """Delete the directory ``key`` (it ends in ``/``; the root is ``""``) with all that is in it.

    On flat keys ``2 * ceil(n / 1000)`` requests for n objects, and one for each key that a batch cannot carry: listed
    afresh, a page after the other, and deleted as it comes. A disk is walked. A failure does not stop the rest; each is
    in the summary and goes to ``on_error`` as it comes. ``dry_run`` lists and deletes nothing.

    Raises NotFoundError and NotDirectoryError where there is no such directory, and what kept it from beginning.
    """
    if Capability.WRITE not in storage.capabilities:
        raise UnsupportedOperation("Nothing can be deleted here.", uri=storage.uri_of(key), operation="delete")
    run = _Deleting(storage, DeleteSummary(dry_run=dry_run), progress, on_error, cancel or Cancel())
    if Capability.REMOVE_TREE in storage.capabilities and not dry_run:
        run.by_storage(key)
    else:
        run.by_listing(key)
    return run.summary


class _Cancelled(Exception):  # noqa: N818 - not an error: how a walk is left
    pass


@dataclass(slots=True)
class _Deleting:
    storage: Storage
    summary: DeleteSummary
    progress: Callable[[Progress], None] | None
    on_error: Callable[[StorageError], object] | None
    cancel: Cancel

    def by_listing(self, prefix: str) -> None:
        if self.summary.dry_run:
            for entries in self._pages(prefix):
                for entry in entries:
                    self.summary.add(entry)
                self._tell(entries[-1].key if entries else prefix)
            return
        with self.storage.deleting_below(prefix) as effects:
            for entries in self._pages(prefix):
                # A page may be longer than a batch: its directory's own marker comes beside its rows.
                for start in range(0, len(entries), PAGE_ENTRIES):
                    self._delete(entries[start : start + PAGE_ENTRIES])
            if not self.summary.stopped and not self.summary.failures:
                effects.append(TreeGone(prefix))

    def _pages(self, prefix: str) -> Iterator[list[Entry]]:
        pages = self.storage.scan(prefix, recursive=True, fresh=True).start()
        try:
            for page in pages:
                yield _entries(page)
                self.summary.stopped = self.summary.stopped or self.cancel.wanted
                if self.summary.stopped:
                    return
        except StorageError as error:
            if not self.summary.objects and not self.summary.failures:
                raise
            self._stop(error)

    def _delete(self, entries: Sequence[Entry]) -> None:
        if self.summary.stopped:
            return
        try:
            failures = self.storage.delete_many([entry.key for entry in entries])
        except TemporaryError as error:
            # The retry layer has given up. Of these nothing is known, and the next batch would wait as long.
            self.summary.failed += len(entries)
            self.summary.unknown += len(entries)
            self._stop(error)
            return
        except StorageError as error:
            if not self.summary.objects and not self.summary.failures:
                raise
            self.summary.failed += len(entries)
            self._stop(error)
            return
        failed = {failure.key for failure in failures}
        for entry in entries:
            if entry.key not in failed:
                self.summary.add(entry)
        self.summary.unknown += sum(not failure.known for failure in failures)
        for failure in failures:
            self._failed(failure.error)
        self._tell(entries[-1].key)

    def by_storage(self, key: str) -> None:
        def removed(entry: Entry) -> None:
            self.summary.add(entry)
            self._tell(entry.key)
            if self.cancel.wanted:
                raise _Cancelled

        def failed(_entry: Entry, error: StorageError) -> None:
            self._failed(error)

        try:
            self.storage.remove_tree(key, removed=removed, failed=failed)
        except _Cancelled:
            self.summary.stopped = True

    def _failed(self, error: StorageError) -> None:
        self.summary.failed += 1
        self._say(error)

    def _stop(self, error: StorageError) -> None:
        self.summary.stopped = True
        self._say(error)

    def _say(self, error: StorageError) -> None:
        self.summary.failures.append(error)
        if self.on_error is not None:
            self.on_error(error)

    def _tell(self, key: str) -> None:
        if self.progress is not None:
            self.progress(Progress(self.summary.objects, None, self.summary.size_bytes, None, key))


def _entries(page: Page) -> list[Entry]:
    rows = list(page)
    return rows if page.own_entry is None else [page.own_entry, *rows]


def _is_directory(storage: Storage, key: str) -> IsDirectoryError:
    return IsDirectoryError(
        "This is a directory.", next_step="Delete it as one.", uri=storage.uri_of(key), operation="delete"
    )


def _no_directory(storage: Storage, key: str) -> StorageError:
    """Why there is no directory ``key`` to remove: an object stands in its place, or nothing."""
    if key and storage.lookup(key, fresh=True, asked=Asked.FILE).file is not None:
        return NotDirectoryError("There is an object here.", uri=storage.uri_of(key), operation="rmdir")
    return NotFoundError("There is no such directory.", uri=storage.uri_of(key), operation="rmdir")
