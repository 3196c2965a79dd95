"""Compare two directories, in whatever storages: what only one of them has, and what differs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from math import isnan
from typing import TYPE_CHECKING, Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import StorageError, UnsupportedOperation
from tfm.core.location import Location
from tfm.core.page import UNKNOWN_SIZE, Page, encode_sort_key
from tfm.core.progress import Cancel, Progress
from tfm.operations.copy_spec import CopySpec
from tfm.storage.session import Session
from tfm.storage.storage import Storage

if TYPE_CHECKING:
    from tfm.transfer.engine import Engine

__all__ = ["CompareBy", "ComparedRow", "Comparison", "Difference", "copy_of_differences"]

_SAME_SECONDS: Final = 2.0
"""Object stores tell whole seconds, some disks every second one."""

_WORKERS: Final = 8
_MOST_ROWS: Final = 200_000
_MOST_FAILURES: Final = 1000
_TELL_ROWS: Final = 1000


class CompareBy(StrEnum):
    """When two files of one name are the same."""

    NAME = "name"
    """Always."""

    SIZE = "size"
    TIME = "size and time"
    """Of times within two seconds. Object stores tell when an object was written there, not when it was changed."""

    CONTENT = "content"


class Difference(StrEnum):
    """What is to be said of one name."""

    LEFT_ONLY = "left only"
    RIGHT_ONLY = "right only"
    NEWER_LEFT = "newer left"
    NEWER_RIGHT = "newer right"
    DIFFERENT = "different"
    """They differ, and their times do not say which is newer."""

    SAME = "same"
    UNKNOWN = "unknown"
    """They could not be compared; a failure says why."""


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """``name`` is the path below both directories, without a directory's slash. One of the entries may be missing."""

    name: str
    difference: Difference
    left: Entry | None
    right: Entry | None


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a page, in the order of ``sort_key``: its path below the start, a directory's with its slash."""

    sort_key: bytes
    page: Page
    number: int

    @property
    def entry(self) -> Entry:
        return self.page.entry(self.number)

    @property
    def is_directory(self) -> bool:
        return self.page.is_directory(self.number)


class _UnorderedError(Exception):
    """A server does not list in the order of keys."""


class Comparison:
    """Of the directories ``left`` and ``right``. :meth:`run` takes as long as listing both; what is known so far, any
    thread may ask.

    Costs ``ceil(n / 1000)`` requests on flat keys for each side, none where its listing is cached, and with CONTENT
    what :func:`have_same_content` does for each pair of one size. Both listings are merged as they come: the memory is
    that of the differences, of which 200,000 are kept. A file and a directory of one name are two names. Recursively,
    directories are compared by what is in them, and only empty ones are told of; links to directories are not followed.
    """

    def __init__(
        self,
        session: Session,
        left: Location,
        right: Location,
        by: CompareBy = CompareBy.SIZE,
        *,
        recursive: bool = True,
        workers: int = _WORKERS,
    ) -> None:
        self.left: Final = left
        self.right: Final = right
        self.by: Final = by
        self.recursive: Final = recursive
        self._session = session
        self._workers = workers
        self._lock = threading.Lock()
        self._cancel = Cancel()
        self._begin()

    def _begin(self) -> None:
        self._rows: list[ComparedRow] = []
        self._counts: Counter[Difference] = Counter()
        self._failures: list[StorageError] = []
        self._failed = self._looked_at = 0
        self.is_limited = False

    # From any thread

    def rows(self, first: int = 0) -> list[ComparedRow]:
        """What differs, from the row of that number on; in the order of names when :meth:`run` has ended."""
        with self._lock:
            return self._rows[first:]

    def counts(self) -> dict[Difference, int]:
        """How many there are of each, the same ones too."""
        with self._lock:
            return dict(self._counts)

    @property
    def failures(self) -> list[StorageError]:
        """The first thousand of what could not be listed or read."""
        with self._lock:
            return list(self._failures)

    @property
    def failed(self) -> int:
        return self._failed

    # In its own thread: a task for begin_work()

    def run(self, tell: Callable[[Progress], None], cancel: Cancel) -> Comparison:
        """Compare them. Raises where one of the two cannot be listed; what cannot be below them is in ``failures``."""
        self._cancel = cancel
        for location in (self.left, self.right):
            capabilities = self._session.storage(location.storage).capabilities
            if self.recursive and Capability.LIST_ROOTS in capabilities and not location.storage.authority:
                raise UnsupportedOperation("Whole buckets are compared one by one.", next_step="Enter one.")
        try:
            self._run(tell, collects=False)
        except _UnorderedError:
            with self._lock:
                self._begin()
            self._run(tell, collects=True)
        with self._lock:
            self._rows.sort(key=lambda row: row.name)
        return self

    def _run(self, tell: Callable[[Progress], None], *, collects: bool) -> None:
        from tfm.transfer.engine import Engine

        engine = Engine(self._workers)
        decide = partial(self._decide_by_content, engine) if self.by is CompareBy.CONTENT else self._decide
        try:
            left, right = (self._side(location, collects=collects) for location in (self.left, self.right))
            for one, other in _merged(left, right):
                decide(one, other)
                self._looked_at += 1
                if self._looked_at % _TELL_ROWS == 0:
                    tell(Progress(self._looked_at))
                    if self._cancel.wanted:
                        return
            engine.wait()
            tell(Progress(self._looked_at))
        finally:
            engine.stop()

    def _side(self, location: Location, *, collects: bool) -> Iterator[_Row]:
        storage = self._session.storage(location.storage)
        if Capability.FLAT_KEYS not in storage.capabilities:
            rows = self._disk_rows(storage, location.key)
        else:
            pages = storage.scan(location.key, recursive=self.recursive)
            rows = _rows_of(pages, len(location.key))
        if collects:
            rows = iter(sorted(rows, key=lambda row: row.sort_key))
        ordered = _ordered(rows)
        return _without_filled_directories(ordered) if self.recursive else ordered

    def _disk_rows(self, storage: Storage, prefix: str) -> Iterator[_Row]:
        """In the order in which flat keys are listed: a directory's place is that of its name with the slash."""
        waiting: list[_Row | str] = [prefix]
        while waiting:
            here = waiting.pop()
            if isinstance(here, _Row):
                yield here
                if not (self.recursive and here.is_directory and not here.page.is_symlink(here.number)):
                    continue
                here = f"{here.page.base}{here.page.name(here.number)}/"
            try:
                rows = sorted(_rows_of(storage.scan(here), len(prefix)), key=lambda row: row.sort_key)
            except StorageError as error:
                if here == prefix:
                    raise
                self._note_failure(error)
                continue
            waiting += reversed(rows)

    # Deciding

    def _decide(self, left: _Row | None, right: _Row | None) -> None:
        if left is None or right is None:
            self._note(Difference.LEFT_ONLY if right is None else Difference.RIGHT_ONLY, left, right)
        elif left.is_directory or self.by is CompareBy.NAME:
            self._note(Difference.SAME, left, right)
        else:
            same_size = left.page.sizes[left.number] == right.page.sizes[right.number] != UNKNOWN_SIZE
            lag = left.page.times[left.number] - right.page.times[right.number]
            same = same_size and (self.by is CompareBy.SIZE or isnan(lag) or abs(lag) <= _SAME_SECONDS)
            self._note(Difference.SAME if same else _newer(lag), left, right)

    def _decide_by_content(self, engine: Engine, left: _Row | None, right: _Row | None) -> None:
        if left is None or right is None or left.is_directory:
            self._decide(left, right)
        else:
            engine.put(partial(self._compare_content, left, right))

    def _compare_content(self, left: _Row, right: _Row) -> None:
        from tfm.operations.same_content import have_same_content

        lag = left.page.times[left.number] - right.page.times[right.number]
        storages = [self._session.storage(each.storage) for each in (self.left, self.right)]
        try:
            same = have_same_content(storages[0], left.entry, storages[1], right.entry, self._cancel)
        except StorageError as error:
            self._note_failure(error)
            self._note(Difference.UNKNOWN, left, right)
            return
        if same is not None:
            self._note(Difference.SAME if same else _newer(lag), left, right)

    def _note(self, difference: Difference, left: _Row | None, right: _Row | None) -> None:
        with self._lock:
            self._counts[difference] += 1
            if difference is Difference.SAME:
                return
            if len(self._rows) >= _MOST_ROWS:
                self.is_limited = True
                return
            one, other = (None if row is None else row.entry for row in (left, right))
            row = left or right
            name = "" if row is None else row.sort_key.decode("utf-8", "surrogatepass").removesuffix("/")
            self._rows.append(ComparedRow(name, difference, one, other))

    def _note_failure(self, error: StorageError) -> None:
        with self._lock:
            self._failed += 1
            if len(self._failures) < _MOST_FAILURES:
                self._failures.append(error)


def copy_of_differences(
    comparison: Comparison, rows: Iterable[ComparedRow], *, to_right: bool = True
) -> CopySpec | None:
    """The copy of exactly these rows' entries from one side into the other, each to its own path; None where that side
    has none of them. What is in the way is decided as in every copy."""
    here, there = (comparison.left, comparison.right) if to_right else (comparison.right, comparison.left)
    entries = [entry for row in rows if (entry := row.left if to_right else row.right) is not None]
    sources = tuple(_location(here, entry) for entry in entries)
    return CopySpec(sources, there, into=True, below=here.key) if sources else None


def _location(directory: Location, entry: Entry) -> Location:
    if entry.is_symlink and entry.is_directory:  # the link itself
        return Location(directory.storage, entry.key.removesuffix("/"), Kind.FILE)
    return Location(directory.storage, entry.key, entry.kind)


def _newer(lag_seconds: float) -> Difference:
    if isnan(lag_seconds) or abs(lag_seconds) <= _SAME_SECONDS:
        return Difference.DIFFERENT
    return Difference.NEWER_LEFT if lag_seconds > 0 else Difference.NEWER_RIGHT


def _rows_of(pages: Iterable[Page], prefix_length: int) -> Iterator[_Row]:
    for page in pages:
        above = encode_sort_key(page.base[prefix_length:], directory=False)
        for number in range(len(page)):
            yield _Row(above + page.sort_key(number), page, number)


def _ordered(rows: Iterable[_Row]) -> Iterator[_Row]:
    before = b""
    for row in rows:
        if row.sort_key < before:
            raise _UnorderedError
        before = row.sort_key
        yield row


def _without_filled_directories(rows: Iterable[_Row]) -> Iterator[_Row]:
    """Of directories only the empty ones: what is in the others tells of them."""
    held: _Row | None = None
    for row in rows:
        if held is not None and not row.sort_key.startswith(held.sort_key):
            yield held
        held = row if row.is_directory else None
        if held is None:
            yield row
    if held is not None:
        yield held


def _merged(left: Iterator[_Row], right: Iterator[_Row]) -> Iterator[tuple[_Row | None, _Row | None]]:
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if one is not None and other is not None and one.sort_key == other.sort_key:
            yield one, other
            one, other = next(left, None), next(right, None)
        elif other is None or (one is not None and one.sort_key < other.sort_key):
            # A directory that is empty here and holds something there is no difference: what it holds is.
            if one is not None and not _holds(one, other):
                yield one, None
            one = next(left, None)
        else:
            if not _holds(other, one):
                yield None, other
            other = next(right, None)


def _holds(directory: _Row, row: _Row | None) -> bool:
    return directory.is_directory and row is not None and row.sort_key.startswith(directory.sort_key)
