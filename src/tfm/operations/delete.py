"""Delete: one object, an empty directory, a whole tree; what is deleted is what a listing of this moment tells.

:mod:`tfm.operations.delete_plan` counts first and then deletes what it counted. Both go through :class:`Deletion`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry
from tfm.core.errors import IsDirectoryError, NotDirectoryError, NotEmptyError, NotFoundError, StorageError
from tfm.core.progress import Cancel, Progress
from tfm.operations.delete_item import DeleteItem, ItemsInTrees
from tfm.operations.delete_summary import DeleteSummary
from tfm.operations.deletion import Deletion
from tfm.storage.contract import PAGE_ENTRIES
from tfm.storage.storage import Storage

__all__ = ["DeleteSummary", "delete_file", "delete_items", "delete_tree", "remove_empty_directory"]


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
        if len(page) or page.token is not None:
            raise NotEmptyError(
                "The directory is not empty.",
                next_step="Delete what is in it first, or delete the tree.",
                uri=storage.uri_of(key),
                operation="rmdir",
            )
        if page.own_entry is None:
            raise _no_directory(storage, key)
        if page.own_entry.size_bytes:
            raise NotEmptyError(
                "The directory's own marker has content.",
                next_step="Copy it elsewhere, or delete the tree.",
                uri=storage.uri_of(key),
                operation="rmdir",
            )
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
    afresh, a page after the other, while up to four thousand are being deleted. A disk is walked. A failure does not
    stop the rest; each is in the summary and goes to ``on_error`` as it comes. ``dry_run`` lists and deletes nothing.

    Raises NotFoundError and NotDirectoryError where there is no such directory, and what kept it from beginning.
    """
    run = Deletion(DeleteSummary(dry_run=dry_run), progress, on_error, cancel=cancel or Cancel())
    run.tree(storage, key)
    return run.summary


def delete_items(
    items: Iterable[DeleteItem],
    *,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
    on_error: Callable[[StorageError], object] | None = None,
    on_deleted: Callable[[Storage, Entry], object] | None = None,
    cancel: Cancel | None = None,
) -> DeleteSummary:
    """Delete one item after the other as they come, in the memory of a page: nothing is counted first.

    A tree costs what :func:`delete_tree` says; objects that follow each other share a request, a thousand of them.
    Raises nothing that a storage answers: each failure is in the summary and does not stop the other items.
    """
    run = Deletion(DeleteSummary(dry_run=dry_run), progress, on_error, on_deleted, cancel or Cancel())
    for storage, group in _grouped(items):
        if group[0].is_directory:
            run.item(storage, group[0].key)
        else:
            run.objects(storage, group)
        if run.is_cancelled():
            break
    return run.summary


def _grouped(items: Iterable[DeleteItem]) -> Iterator[tuple[Storage, list[Entry]]]:
    """Trees each for itself, objects of one storage together, up to a thousand. Nothing that is in a tree before it."""
    trees = ItemsInTrees()
    group: list[Entry] = []
    storage: Storage | None = None
    for item in items:
        if item in trees or (item.is_tree and not trees.add(item)):
            continue
        if storage is not None and group and not _fits(group, storage, item):
            yield storage, group
            group = []
        storage = item.storage
        group.append(item.entry)
    if storage is not None and group:
        yield storage, group


def _fits(group: list[Entry], storage: Storage, item: DeleteItem) -> bool:
    trees = item.is_tree or group[0].is_directory
    return item.storage is storage and not trees and len(group) < PAGE_ENTRIES


def _is_directory(storage: Storage, key: str) -> IsDirectoryError:
    return IsDirectoryError(
        "This is a directory.", next_step="Delete it as one.", uri=storage.uri_of(key), operation="delete"
    )


def _no_directory(storage: Storage, key: str) -> StorageError:
    """Why there is no directory ``key`` to remove: an object stands in its place, or nothing."""
    if key and storage.lookup(key, fresh=True, asked=Asked.FILE).file is not None:
        return NotDirectoryError("There is an object here.", uri=storage.uri_of(key), operation="rmdir")
    return NotFoundError("There is no such directory.", uri=storage.uri_of(key), operation="rmdir")
