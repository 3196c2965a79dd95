"""Delete what was counted and shown before, and nothing else: the plan, and its run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry, Kind
from tfm.core.errors import IsDirectoryError, NotFoundError, StorageError
from tfm.core.location import Location
from tfm.core.page import Page, page_from_entries
from tfm.core.progress import Cancel, Progress
from tfm.operations.delete_item import DeleteItem, ItemsInTrees, item_of
from tfm.operations.delete_summary import DeleteSummary, held_bytes
from tfm.operations.deletion import Deletion, require_deletes, require_tree, rows_of, tree_pages
from tfm.operations.noun import Noun, noun_for, shared_noun
from tfm.storage.contract import PAGE_ENTRIES
from tfm.storage.session import Session
from tfm.storage.storage import Storage

__all__ = ["DeletePlan", "PlannedObjects", "PlannedTree", "plan_delete", "plan_items", "run_delete"]


@dataclass(slots=True)
class PlannedObjects:
    """Objects of one storage, by their exact keys, in columns: a million of them weigh 85 MB."""

    storage: Storage
    pages: list[Page] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        return (entry for page in self.pages for entry in rows_of(page))


@dataclass(frozen=True, slots=True)
class PlannedTree:
    """A tree that its storage removes itself, bottom up; a disk's. What comes into it meanwhile goes with it."""

    storage: Storage
    key: str
    objects: int
    size_bytes: int


@dataclass(slots=True)
class DeletePlan:
    """What is to be deleted: so many ``objects`` (markers and a disk's directories too) of ``size_bytes`` together.

    ``requests`` is what running it sends at least; keys that a batch cannot carry cost one more each, and which those
    are only the storage knows. ``failures`` says of what could not be listed; nothing of that is in the plan, save a
    disk's directory, which is tried all the same. ``roots`` names the buckets of which everything would go. ``stopped``
    says that the counting was cancelled: there may be more, and such a plan is not to be run.
    """

    items: list[PlannedObjects | PlannedTree] = field(default_factory=list)
    objects: int = 0
    size_bytes: int = 0
    requests: int = 0
    failures: list[StorageError] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)
    stopped: bool = False

    @property
    def is_root(self) -> bool:
        """Whether a whole bucket is among it."""
        return bool(self.roots)

    @property
    def noun(self) -> Noun:
        """What users call the objects."""
        trees = any(isinstance(item, PlannedTree) for item in self.items)
        return shared_noun(noun_for(item.storage.capabilities, directories=trees) for item in self.items)


def plan_delete(
    session: Session,
    locations: Sequence[Location],
    *,
    progress: Callable[[Progress], None] | None = None,
    cancel: Cancel | None = None,
) -> DeletePlan:
    """Count what deleting these would delete; nothing is deleted, and no writing request is sent.

    An object costs no request where the cache knows it, else one; a directory ``ceil(n / 1000)``, because it is listed
    afresh. A disk's directory is walked. A link is deleted itself, whatever it leads to. Raises nothing that a storage
    answers: see :attr:`DeletePlan.failures`.
    """
    planning = _Planning(progress, cancel or Cancel())
    return planning.run(_items(session, locations, planning.plan.failures.append))


def plan_items(
    items: Iterable[DeleteItem],
    *,
    progress: Callable[[Progress], None] | None = None,
    cancel: Cancel | None = None,
) -> DeletePlan:
    """As :func:`plan_delete`, for what has been looked up already."""
    return _Planning(progress, cancel or Cancel()).run(items)


def run_delete(
    plan: DeletePlan,
    *,
    progress: Callable[[Progress], None] | None = None,
    on_error: Callable[[StorageError], object] | None = None,
    on_deleted: Callable[[Storage, Entry], object] | None = None,
    cancel: Cancel | None = None,
) -> DeleteSummary:
    """Delete exactly what ``plan`` holds: what was added since stays, and what is gone already is no failure.

    One request for a thousand objects of one storage, and one for each key that a batch cannot carry. Failures do not
    stop the rest; each is in the summary, not those of the plan. Where the answer about a batch is lost, that storage's
    part ends, and the summary says of how many nothing is known: to plan and run again finishes it.
    """
    totals = Progress(objects_total=plan.objects, bytes_total=plan.size_bytes)
    run = Deletion(DeleteSummary(), progress, on_error, on_deleted, cancel or Cancel(), totals)
    for item in plan.items:
        if run.is_cancelled():
            break
        if isinstance(item, PlannedObjects):
            run.objects(item.storage, item.entries())
            continue
        failures = len(run.summary.failures)
        run.item(item.storage, item.key)
        if len(run.summary.failures) == failures and not run.summary.stopped:
            run.summary.size_bytes += item.size_bytes  # a disk does not tell the size of what it removes
    return run.summary


class _Planning:
    def __init__(self, progress: Callable[[Progress], None] | None, cancel: Cancel) -> None:
        self.plan = DeletePlan()
        self._progress = progress
        self._cancel = cancel
        self._objects: dict[Storage, PlannedObjects] = {}

    def run(self, items: Iterable[DeleteItem]) -> DeletePlan:
        trees = ItemsInTrees()
        self._take(items, trees)
        self._drop_what_is_in(trees)
        for tree in trees.outermost():
            if self._is_cancelled():
                break
            try:
                self._list(tree.storage, tree.entry.key)
            except StorageError as error:
                self.plan.failures.append(error)
        self.plan.items[:0] = self._objects.values()
        self.plan.requests = sum(map(_requests, self._objects.values()))
        return self.plan

    def _take(self, items: Iterable[DeleteItem], trees: ItemsInTrees) -> None:
        """Trees are put aside; of the objects only their columns are kept."""
        waiting: dict[Storage, list[Entry]] = {}
        for item in items:
            if self._is_cancelled():
                return
            if item.is_tree:
                trees.add(item)
                continue
            entries = waiting.setdefault(item.storage, [])
            entries.append(item.entry)
            if len(entries) == PAGE_ENTRIES:
                self._keep_objects(item.storage, waiting.pop(item.storage))
        for storage, entries in waiting.items():
            self._keep_objects(storage, entries)

    def _keep_objects(self, storage: Storage, entries: list[Entry]) -> None:
        page = page_from_entries("", entries)
        self._count(page)
        self._objects.setdefault(storage, PlannedObjects(storage)).pages.append(page)

    def _drop_what_is_in(self, trees: ItemsInTrees) -> None:
        for storage, planned in self._objects.items():
            covered = [entry for entry in planned.entries() if DeleteItem(storage, entry) in trees]
            if not covered:
                continue
            self.plan.objects -= len(covered)
            self.plan.size_bytes -= sum(map(held_bytes, covered))
            keys = {entry.key for entry in covered}
            planned.pages = [
                page_from_entries("", [entry for entry in page if entry.key not in keys]) for page in planned.pages
            ]

    def _list(self, storage: Storage, key: str) -> None:
        """Count a tree. Nothing of it is kept where its listing breaks off: half a tree is not what was meant."""
        require_tree(storage, key)
        before = self.plan.objects, self.plan.size_bytes
        pages: list[Page] = []
        try:
            for page in tree_pages(storage, key, self.plan.failures.append):
                if self._is_cancelled():
                    return
                self._count(page)
                if Capability.FLAT_KEYS in storage.capabilities:
                    pages.append(page.without_token())
        except StorageError:
            self.plan.objects, self.plan.size_bytes = before
            raise
        if Capability.FLAT_KEYS not in storage.capabilities:
            objects, size_bytes = self.plan.objects - before[0], self.plan.size_bytes - before[1]
            self.plan.items.append(PlannedTree(storage, key, objects, size_bytes))
            return
        self._objects.setdefault(storage, PlannedObjects(storage)).pages += pages
        if not key:
            self.plan.roots.append(storage.address.authority)

    def _count(self, page: Page) -> None:
        for entry in rows_of(page):
            self.plan.objects += 1
            self.plan.size_bytes += held_bytes(entry)
        if self._progress is not None:
            self._progress(Progress(self.plan.objects, None, self.plan.size_bytes, None, page.base))

    def _is_cancelled(self) -> bool:
        self.plan.stopped = self.plan.stopped or self._cancel.wanted
        return self.plan.stopped


def _requests(planned: PlannedObjects) -> int:
    if Capability.CACHED not in planned.storage.capabilities:
        return 0  # no server is asked
    objects = sum(len(page) + (page.own_entry is not None) for page in planned.pages)
    return ceil(objects / PAGE_ENTRIES) if Capability.DELETE_MANY in planned.storage.capabilities else objects


def _items(
    session: Session, locations: Sequence[Location], on_error: Callable[[StorageError], object]
) -> Iterator[DeleteItem]:
    for location in locations:
        try:
            yield _item(session.storage(location.storage), location)
        except StorageError as error:
            on_error(error)


def _item(storage: Storage, location: Location) -> DeleteItem:
    key, is_directory = location.key, location.kind is Kind.DIRECTORY
    require_deletes(storage, key)
    flat = Capability.FLAT_KEYS in storage.capabilities
    if flat and is_directory:
        return DeleteItem(storage, Entry("", key, Kind.DIRECTORY))  # its listing will tell whether it is there
    answer = storage.lookup(key, asked=Asked.FILE)
    entry = answer.file if flat else answer.best()
    if entry is None:
        raise answer.directory_error or NotFoundError(
            "There is nothing here.", uri=storage.uri_of(key), operation="delete"
        )
    item = item_of(storage, entry)
    if item.is_tree and not is_directory:
        raise IsDirectoryError("This is a directory.", uri=storage.uri_of(key), operation="delete")
    return item
