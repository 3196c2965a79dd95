"""The plan of a copy or a move: every object with its place, what is in the way, and what cannot be there.

It streams: a source of a million keys is planned a page at a time, and the first objects are copied meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry, Kind
from tfm.core.errors import (
    ConflictError,
    InvalidPathError,
    InvalidRequestError,
    IsDirectoryError,
    NotDirectoryError,
    NotFoundError,
    StorageError,
    UnsupportedOperation,
)
from tfm.core.location import Location
from tfm.core.page import Page
from tfm.core.progress import Cancel
from tfm.core.step import Replaced, Step, StepAction
from tfm.core.writing import NOTHING_THERE, Condition, Precondition
from tfm.operations.conflict import Conflict, ConflictPolicy, Conflicts
from tfm.operations.copy_spec import CopySpec
from tfm.operations.destination import Destination, free_name
from tfm.operations.one_name import CLASH, AnyNames, OrderedNames
from tfm.storage.atomic_file import is_temporary
from tfm.storage.storage import Storage

__all__ = ["CopyPlanner", "Planned", "Planner", "Problem", "Skipped"]


@dataclass(frozen=True, slots=True)
class Problem:
    """An entry that will not be copied, and why."""

    source: Entry
    error: StorageError


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that is left as it is, by the conflict policy."""

    source: Entry
    reason: str


Planned = Step | Problem | Skipped


class Planner(Protocol):
    """What a job needs of its plan; see :class:`CopyPlanner`."""

    @property
    def is_complete(self) -> bool: ...
    def check(self) -> None: ...
    def batches(self) -> Iterator[list[Planned]]: ...


class CopyPlanner:
    """Plans ``spec``. :meth:`check` first: it raises what can be known before anything is written. Then
    :meth:`batches`, whose lists are what one page of the source gave."""

    def __init__(
        self,
        source: Storage,
        target: Storage,
        spec: CopySpec,
        conflicts: Conflicts,
        cancel: Cancel | None = None,
        *,
        was_moved: Callable[[Location], bool] | None = None,
    ) -> None:
        """``was_moved`` tells, of a source that is not there, whether it is gone because an earlier run moved it."""
        self.is_complete = True
        self.meets_something = False
        """Whether anything was seen, so far, where something is to be: what comes there is not told from it later."""
        self._source = source
        self._target = target
        self._spec = spec
        self._conflicts = conflicts
        self._cancel = cancel or Cancel()
        self._was_moved = was_moved
        self._source_flat = Capability.FLAT_KEYS in source.capabilities
        self._target_flat = Capability.FLAT_KEYS in target.capabilities
        self._both_disks = Capability.LOCAL_PATHS in source.capabilities & target.capabilities
        self._condition = Condition.COPY if target.can_copy_from(source.address) else Condition.CREATE
        self._chosen: set[str] = set()
        self._may_clash = self._source_flat and not self._target_flat
        self._source_names = AnyNames()

    # Before anything is written

    def check(self) -> None:
        """Raises NotFoundError (a source, or the directory to copy into), ConflictError (onto itself),
        InvalidRequestError (into itself), UnsupportedOperation (nothing can be written there).

        One request for each source object that the cache does not know.
        """
        if Capability.WRITE not in self._target.capabilities:
            raise UnsupportedOperation(
                "Nothing can be written there.", uri=self._target.uri_of(self._spec.target.key), operation="copy"
            )
        for source in self._spec.sources:
            self._check_places(source)
            self._entry_of(source)
        if not self._target_flat:
            self._check_target_directory()

    def _check_places(self, source: Location) -> None:
        uri = self._source.uri_of(source.key)
        if not source.key and not source.storage.authority:
            raise UnsupportedOperation("All of it cannot be copied at once.", uri=uri, operation="copy")
        if source.storage != self._spec.target_storage:
            return
        target_key = self._spec.target_key(source)
        here, there = source.key, target_key
        if self._both_disks:
            slash = "/" if source.kind is Kind.DIRECTORY else ""
            # As the disk sees it; of the target only the directory, since a link in its place would be replaced.
            here = _real(source.key) + slash
            there = os.path.join(_real(os.path.dirname(there.removesuffix("/")) or "."), _last(there)) + slash
        if here == there:
            raise ConflictError("Source and destination are the same.", uri=uri, operation="copy")
        if source.kind is Kind.DIRECTORY and there.startswith(here):
            raise InvalidRequestError(
                "A directory cannot be copied into itself.",
                next_step="Choose a destination outside of it.",
                uri=uri,
                operation="copy",
            )

    def _entry_of(self, source: Location) -> Entry:
        """What is at the source: of a file with its facts. NotFoundError where nothing is."""
        uri = self._source.uri_of(source.key)
        if source.kind is Kind.DIRECTORY:
            if self._source_flat:
                return Entry(_last(source.key), source.key, Kind.DIRECTORY)  # its listing tells whether it is there
            answer = self._source.lookup(source.key)
            if answer.directory is not None and not answer.directory.is_symlink:
                return answer.directory
            found = answer.file or answer.directory
            if found is None:
                raise NotFoundError("There is no such directory.", uri=uri, operation="copy")
            raise NotDirectoryError("This is no directory.", uri=uri, operation="copy")
        answer = self._source.lookup(source.key, asked=Asked.MEANT)
        entry = answer.file
        if entry is None and answer.directory is not None and answer.directory.is_symlink:
            entry = replace(answer.directory, key=source.key)  # the link itself
        if entry is None:
            if answer.directory is not None:
                raise IsDirectoryError(
                    "This is a directory.", next_step="Copy it as one (-r).", uri=uri, operation="copy"
                )
            raise answer.directory_error or NotFoundError("There is nothing here.", uri=uri, operation="copy")
        return entry

    def _check_target_directory(self) -> None:
        prefix = self._spec.target_prefix
        uri = self._target.uri_of(prefix)
        answer = self._target.lookup(prefix or ".")
        if answer.directory is None:
            if answer.file is not None:
                raise NotDirectoryError("The destination is no directory.", uri=uri, operation="copy")
            raise NotFoundError(
                "The directory to copy into is not there.", next_step="Make it first.", uri=uri, operation="copy"
            )

    # The plan

    def batches(self) -> Iterator[list[Planned]]:
        """Steps, problems and what is skipped, as far as is known by then; raises where the source cannot be listed. Of
        several sources that is a problem, ``is_complete`` is False then, and the others are planned.

        ``ceil(n / 1000)`` requests for each directory of n objects, ``max(1, ceil(m / 1000))`` for its destination; one
        for the destination of a single object, where the server does not refuse to overwrite by itself.
        """
        for source in self._spec.sources:
            if self._cancel.wanted:
                return
            try:
                yield from self._source_batches(source)
            except StorageError as error:
                if isinstance(error, NotFoundError) and self._was_moved is not None and self._was_moved(source):
                    continue
                if len(self._spec.sources) == 1:
                    raise
                self.is_complete = False
                yield [Problem(Entry(_last(source.key), source.key, source.kind), error)]

    def _source_batches(self, source: Location) -> Iterator[list[Planned]]:
        target_key = self._spec.target_key(source)
        entry = self._entry_of(source)
        if self._may_clash and self._target.objection(target_key, below=self._spec.target_prefix) is None:
            if self._source_names.clash(target_key):
                yield [self._problem(entry, CLASH)]
                return
            self._source_names.add(target_key)
        if entry.kind is Kind.DIRECTORY and not entry.is_symlink:
            yield from self._tree(source.key, target_key, entry)
        else:
            yield [self._objection(entry, target_key) or self._object(entry, target_key, self._at(target_key))]

    def _at(self, target_key: str) -> Entry | None:
        """What is at the destination of a single object."""
        enforced = not self._target_flat or self._target.enforces(self._condition)
        if self._target_flat and enforced and self._conflicts.only_fails:
            return None  # the server refuses by itself
        answer = self._target.lookup(target_key, fresh=not enforced)
        if answer.file is None and not self._target_flat:
            return answer.directory
        return answer.file

    def _tree(self, prefix: str, target_prefix: str, entry: Entry) -> Iterator[list[Planned]]:
        destination = Destination(self._target, target_prefix, ordered=self._source_flat)
        names = OrderedNames() if self._may_clash else None
        pages = self._flat_pages(prefix) if self._source_flat else self._walked(prefix, entry)
        if not self._target_flat and destination.is_there:
            self.meets_something = True  # what is in it is looked for one by one
        first = True
        for entries in pages:
            planned: list[Planned] = []
            if first and self._source_flat and not self._target_flat:
                # What is in it makes a directory on flat keys; on a disk it is to be there, with or without a marker.
                planned += [self._directory(Entry(_last(prefix), prefix, Kind.DIRECTORY), target_prefix)]
            first = False
            for each in entries:
                if isinstance(each, Problem):
                    planned.append(each)
                else:
                    planned += self._named(each, target_prefix + each.key[len(prefix) :], destination, names)
            self.meets_something = self.meets_something or destination.has_something
            yield planned
            if self._cancel.wanted:
                return

    def _flat_pages(self, prefix: str) -> Iterator[list[Entry | Problem]]:
        empty = True
        for page in self._source.tree_pages(prefix):
            entries: list[Entry | Problem] = [*_rows(page)]
            if empty and not entries and page.token is None:
                self._refuse_missing(prefix)
            empty = empty and not entries
            yield entries

    def _refuse_missing(self, prefix: str) -> None:
        """An empty listing on flat keys: the root of a bucket may be, a directory is not there then."""
        if not prefix:
            return
        uri = self._source.uri_of(prefix)
        if self._source.lookup(prefix, fresh=True, asked=Asked.FILE).file is not None:
            raise NotDirectoryError("There is an object here, not a directory.", uri=uri, operation="copy")
        raise NotFoundError("There is no such directory.", uri=uri, operation="copy")

    def _walked(self, prefix: str, entry: Entry) -> Iterator[list[Entry | Problem]]:
        """Every entry below a real directory, a directory before what is in it; a flat target is told only of those
        that are empty, since the others are made by what is in them."""
        waiting = [replace(entry, key=prefix)]
        while waiting:
            directory = waiting.pop()
            below: list[Entry] = []
            told = self._target_flat
            if not told:
                yield [directory]
            try:
                for page in self._source.scan(directory.key):
                    entries = [each for each in page if not is_temporary(_last(each.key))]
                    if told and not entries and page.token is None:
                        yield [directory]
                    told = told and not entries
                    below += [each for each in entries if each.is_directory and not each.is_symlink]
                    yield [each for each in entries if not each.is_directory or each.is_symlink]
            except StorageError as error:
                yield [Problem(directory, error)]
            waiting += reversed(below)

    def _named(
        self, entry: Entry, target_key: str, destination: Destination, names: OrderedNames | None
    ) -> list[Planned]:
        if names is None:
            return self._planned(entry, target_key, destination)
        if names.clash(target_key):
            return [self._problem(entry, CLASH)]
        planned = self._planned(entry, target_key, destination)
        if any(not isinstance(each, Problem) or isinstance(each.error, ConflictError) for each in planned):
            names.add(target_key)
        return planned

    def _planned(self, entry: Entry, target_key: str, destination: Destination) -> list[Planned]:
        if not entry.is_directory or entry.is_symlink:
            target_key = target_key.removesuffix("/")
            objection = self._objection(entry, target_key)
            if objection is not None:
                return [objection]  # before anybody looks: to look there may itself be impossible
            try:
                there = destination.find(target_key, entry.kind)
            except StorageError as error:
                if self._target_flat:
                    raise
                return [Problem(entry, error)]  # of this one alone: a disk is asked for each
            return [self._object(entry, target_key, there)]
        if not self._target_flat:
            if entry.size_bytes and self._source_flat:
                return [self._problem(entry, "The marker of this directory has content, which no disk can hold.")]
            return [self._directory(entry, target_key)]
        there = destination.find(target_key, Kind.DIRECTORY)
        if self._source_flat and (entry.size_bytes or (there is not None and there.size_bytes)):
            return [self._objection(entry, target_key) or self._object(entry, target_key, there)]
        if there is not None:
            return [Skipped(entry, "The directory is there.")]
        return [self._directory(entry, target_key)]

    def _directory(self, entry: Entry, target_key: str) -> Planned:
        objection = self._target.objection(target_key, below=self._spec.target_prefix)
        if objection is not None:
            return self._problem(entry, objection)
        action = StepAction.COPY if self._source_flat and self._target_flat else StepAction.DIRECTORY
        if action is StepAction.COPY:
            return self._step(entry, target_key, action, NOTHING_THERE)
        # What a disk says of a directory's size is not among the bytes to be copied.
        return self._step(replace(entry, size_bytes=None), target_key, action, None)

    def _object(self, entry: Entry, target_key: str, there: Entry | None) -> Planned:
        """A file, a link, or a marker that goes to flat keys as it is, to which nothing objects."""
        if there is None:
            return self._step(entry, target_key, StepAction.COPY, NOTHING_THERE)
        self.meets_something = True
        uri = self._target.uri_of(target_key)
        if there.is_directory and not there.is_symlink and not target_key.endswith("/"):
            return Problem(entry, IsDirectoryError("There is a directory in its place.", uri=uri, operation="copy"))
        conflict = Conflict(entry, self._source.uri_of(entry.key), there, uri)
        return self._decided(entry, target_key, there, self._conflicts.decide(conflict))

    def _objection(self, entry: Entry, target_key: str) -> Problem | None:
        """Why an object cannot be there at all."""
        if entry.is_symlink and not self._both_disks:
            return self._problem(entry, "It is a symbolic link, which cannot be kept there.")
        if entry.kind is Kind.OTHER and not entry.is_symlink:
            return self._problem(entry, "It is no regular file: a pipe, a socket or a device.")
        objection = self._target.objection(target_key, below=self._spec.target_prefix)
        return None if objection is None else self._problem(entry, objection)

    def _decided(self, entry: Entry, target_key: str, there: Entry, policy: ConflictPolicy) -> Planned:
        if policy is ConflictPolicy.SKIP:
            return Skipped(entry, "Something is there already.")
        if policy is ConflictPolicy.OVERWRITE:
            only_if = None if there.etag is None else Precondition(there.etag)
            replaces = Replaced(there.size_bytes, there.modified_timestamp)
            return Step.of(entry, target_key, StepAction.COPY, only_if, replaces)
        if policy is ConflictPolicy.RENAME:
            free = free_name(self._target, target_key, self._chosen)
            self._chosen.add(free)
            return self._step(entry, free, StepAction.COPY, NOTHING_THERE)
        error = ConflictError(
            "Something is there already.",
            next_step="Choose what is to happen: overwrite, skip, newer or rename.",
            uri=self._target.uri_of(target_key),
            operation="copy",
        )
        return Problem(entry, error)

    def _step(self, entry: Entry, target_key: str, action: StepAction, only_if: Precondition | None) -> Step:
        return Step.of(entry, target_key, action, only_if)

    def _problem(self, entry: Entry, cause: str) -> Problem:
        uri = self._source.uri_of(entry.key)
        return Problem(entry, InvalidPathError(cause, uri=uri, operation="copy"))


def _rows(page: Page) -> list[Entry]:
    rows = list(page)
    return rows if page.own_entry is None else [page.own_entry, *rows]


def _last(key: str) -> str:
    return key.removesuffix("/").rpartition("/")[2]


def _real(key: str) -> str:
    return os.path.realpath(key.removesuffix("/") or "/")
