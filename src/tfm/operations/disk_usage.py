"""How much is in a directory and in each one below it: sums that grow as pages arrive, in bounded memory."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tfm.core.capability import Capability
from tfm.core.errors import StorageError, UnsupportedOperation
from tfm.core.location import Location
from tfm.core.page import UNKNOWN_SIZE, Page
from tfm.core.progress import Cancel, Progress
from tfm.operations.noun import ENTRY, noun_for
from tfm.operations.tree_pages import tree_pages
from tfm.storage.session import Session
from tfm.storage.storage import Storage

__all__ = ["DiskUsage", "UsageRow"]

_MOST_DIRECTORIES: Final = 200_000
"""Directories with a sum of their own, about 60 MB; what is in further ones is summed in the nearest above."""

_MOST_FAILURES: Final = 1000
_BATCH_ROWS: Final = 1000


@dataclass(frozen=True, slots=True)
class UsageRow:
    """A directory's sum. ``key`` ends in its slash; ``objects`` are files, and markers where keys are flat, with
    ``size_bytes`` in all. ``own_objects`` and ``own_bytes`` are those in no directory below it. ``is_folded``: some
    directories below have no row of their own, and count as the directory's own."""

    name: str
    key: str
    size_bytes: int
    objects: int
    own_bytes: int
    own_objects: int
    directories: int
    is_folded: bool = False


class _Node:
    __slots__ = ("below", "folded", "name", "objects", "own_bytes", "own_objects", "parent", "size_bytes")

    def __init__(self, name: str, parent: _Node | None) -> None:
        self.name = name
        self.parent = parent
        self.below: dict[str, _Node] = {}
        self.size_bytes = self.objects = self.own_bytes = self.own_objects = 0
        self.folded = False

    def add(self, size_bytes: int, objects: int) -> None:
        self.own_bytes += size_bytes
        self.own_objects += objects
        node: _Node | None = self
        while node is not None:
            node.size_bytes += size_bytes
            node.objects += objects
            node = node.parent


class DiskUsage:
    """Of the directory ``start``. :meth:`run` takes as long as listing it; what is known so far, any thread may ask.

    On flat keys ``ceil(n / 1000)`` requests for n keys, none where a fresh listing of the tree is cached. On a disk of
    this machine sizes are those that files say of themselves, a file with several names counts once, a link as itself,
    and what is mounted below is left out unless ``crosses_mounts``. With ``depth`` only directories so many levels
    below have a row.
    """

    def __init__(
        self,
        session: Session,
        start: Location,
        *,
        crosses_mounts: bool = False,
        depth: int | None = None,
        most_directories: int = _MOST_DIRECTORIES,
    ) -> None:
        self.start: Final = start
        self.failures: list[StorageError] = []
        self.failed = 0
        self.is_limited = False
        self.noun = ENTRY
        """What users call the objects, as soon as it runs."""
        self._session = session
        self._crosses_mounts = crosses_mounts
        self._depth = depth
        self._most_directories = most_directories
        self._lock = threading.Lock()
        self._root = _Node("", None)
        self._count = 1

    # From any thread

    def total(self) -> UsageRow:
        """The sum of all."""
        with self._lock:
            return self._row(self._root, self.start.key)

    def row(self, key: str) -> UsageRow | None:
        """The sum of that directory, None where it has no row (yet)."""
        with self._lock:
            node = self._find(key)
            return None if node is None else self._row(node, key)

    def rows(self, key: str) -> list[UsageRow]:
        """The sums of the directories in that one, in no order; none where it has no row (yet)."""
        with self._lock:
            node = self._find(key)
            return [] if node is None else [self._row(each, f"{key}{each.name}/") for each in node.below.values()]

    def walk(self) -> Iterator[UsageRow]:
        """Every row below the start. Not while it runs."""
        waiting = [(self.start.key, self._root)]
        while waiting:
            prefix, node = waiting.pop()
            below = [(f"{prefix}{each.name}/", each) for each in node.below.values()]
            yield from (self._row(each, key) for key, each in below)
            waiting += reversed(below)

    def _find(self, key: str) -> _Node | None:
        node: _Node | None = self._root
        for name in key[len(self.start.key) :].split("/")[:-1]:
            node = None if node is None else node.below.get(name)
        return node

    @staticmethod
    def _row(node: _Node, key: str) -> UsageRow:
        return UsageRow(
            node.name, key, node.size_bytes, node.objects, node.own_bytes, node.own_objects, len(node.below),
            node.folded,
        )  # fmt: skip

    # In its own thread: a task for begin_work()

    def run(self, tell: Callable[[Progress], None], cancel: Cancel) -> DiskUsage:
        """Sum it up. Raises where the start cannot be listed; what cannot be below it is in ``failures``."""
        storage = self._session.storage(self.start.storage)
        self.noun = noun_for(storage.capabilities)
        if Capability.LIST_ROOTS in storage.capabilities and not self.start.storage.authority:
            raise UnsupportedOperation(
                "Here are whole buckets.", next_step="Enter one to see what it holds.", operation="du"
            )
        if Capability.LOCAL_PATHS in storage.capabilities:
            self._run_on_disk(storage, tell, cancel)
        else:
            flat = Capability.FLAT_KEYS in storage.capabilities
            for page in tree_pages(storage, self.start.key, failed=self._note_failure, cancel=cancel):
                self._add_page(page, flat=flat)
                tell(self._progress(page.base))
        return self

    def _progress(self, current: str) -> Progress:
        return Progress(self._root.objects, None, self._root.size_bytes, None, current)

    def _note_failure(self, error: StorageError) -> None:
        self.failed += 1
        if len(self.failures) < _MOST_FAILURES:
            self.failures.append(error)

    def _node(self, above: str) -> _Node:
        """That of the directory whose path below the start is ``above``, with its slash, or of the nearest one."""
        node = self._root
        if not above:
            return node
        for level, name in enumerate(above.split("/")[:-1]):
            if level == self._depth:
                return node
            found = node.below.get(name)
            if found is None:
                if self._count >= self._most_directories:
                    node.folded = self.is_limited = True
                    return node
                self._count += 1
                found = node.below[name] = _Node(name, node)
            node = found
        return node

    def _add_page(self, page: Page, *, flat: bool) -> None:
        """Row by row, a run of rows in one directory at once."""
        base = page.base[len(self.start.key) :]
        node, above = self._root, None
        size_bytes = objects = 0
        with self._lock:
            if flat and page.own_entry is not None:
                self._root.add(page.own_entry.size_bytes or 0, 1)
            for row, name in enumerate(page.names()):
                is_directory = page.is_directory(row)
                if is_directory and not (flat or page.is_symlink(row)):
                    self._node(f"{base}{name}/")
                    continue
                here = f"{name}/" if is_directory and flat else name[: name.rfind("/") + 1]
                if here != above:
                    node.add(size_bytes, objects)
                    node, above = self._node(base + here), here
                    size_bytes = objects = 0
                objects += 1
                size = page.sizes[row]
                size_bytes += 0 if size == UNKNOWN_SIZE else size
            node.add(size_bytes, objects)

    # A disk of this machine, whose files have identities and whose directories may be mounts

    def _run_on_disk(self, storage: Storage, tell: Callable[[Progress], None], cancel: Cancel) -> None:
        start = self.start.key or "./"
        storage.scan(self.start.key).start().close()  # raises, in tfm's words, what listing it answers
        seen: set[tuple[int, int]] = set()
        device = os.stat(start).st_dev
        waiting = [start]
        while waiting:
            directory = waiting.pop()
            below: list[str] = []
            try:
                for batch in _batches(directory):
                    self._add_files(directory[len(start) :], batch, seen)
                    below += self._directories(directory, batch, device)
                    tell(self._progress(directory))
                    if cancel.wanted:
                        return
            except OSError:
                self._note_unreadable(storage, directory)
            waiting += reversed(below)

    def _directories(self, directory: str, batch: list[os.DirEntry[str]], device: int) -> list[str]:
        found: list[str] = []
        for row in batch:
            try:
                if row.is_dir(follow_symlinks=False) and (
                    self._crosses_mounts or row.stat(follow_symlinks=False).st_dev == device
                ):
                    found.append(f"{directory}{row.name}/")
            except OSError:
                continue  # gone meanwhile
        with self._lock:
            for path in found:
                self._node(path[len(self.start.key or "./") :])
        return found

    def _add_files(self, above: str, batch: list[os.DirEntry[str]], seen: set[tuple[int, int]]) -> None:
        size_bytes = objects = 0
        for row in batch:
            try:
                facts = row.stat(follow_symlinks=False)
            except OSError:
                continue  # gone meanwhile
            if stat.S_ISDIR(facts.st_mode):
                continue
            if facts.st_nlink > 1:
                identity = facts.st_dev, facts.st_ino
                if identity in seen:
                    continue
                seen.add(identity)
            objects += 1
            size_bytes += facts.st_size
        with self._lock:
            self._node(above).add(size_bytes, objects)

    def _note_unreadable(self, storage: Storage, directory: str) -> None:
        try:
            storage.scan(directory).start().close()
        except StorageError as error:
            self._note_failure(error)


def _batches(directory: str) -> Iterator[list[os.DirEntry[str]]]:
    with os.scandir(directory) as rows:
        batch: list[os.DirEntry[str]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == _BATCH_ROWS:
                yield batch
                batch = []
        yield batch
