"""Undo: the last operations, as far as it is certain what takes them back; the others say that they are permanent."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from tfm.core.entry import Asked, Entry, Kind
from tfm.core.errors import ConflictError, NotFoundError, StorageError, UnsupportedOperation
from tfm.core.location import Location
from tfm.operations.copy_spec import CopySpec
from tfm.operations.delete import delete_file, remove_empty_directory
from tfm.operations.renaming import rename_entry
from tfm.operations.trash import Trashed, put_back
from tfm.storage.session import Session

__all__ = [
    "MadeDirectory",
    "MadeFile",
    "Moved",
    "MovedToTrash",
    "Permanent",
    "Renamed",
    "Undo",
    "UndoLog",
    "Undone",
    "moved_back",
]

_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of it, in a sentence. ``job`` is a move that is still to be done, for who has a list of jobs."""

    said: str
    failures: Sequence[StorageError] = ()
    job: CopySpec | None = None


class Undo(Protocol):
    """One operation that was done."""

    @property
    def title(self) -> str:
        """What was done, in a few words: ``rename a to b``."""
        ...

    def run(self, session: Session) -> tuple[Undone, Undo | None]:
        """Take it back; what came of it, and what is left to be taken back. Raises what a storage answers: then it is
        as it was, and may be tried again."""
        ...


class UndoLog:
    """The last operations of this run of the program. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._steps: list[Undo] = []

    def add(self, step: Undo) -> None:
        with self._lock:
            self._steps = [*self._steps, step][-_MOST:]

    @property
    def latest(self) -> Undo | None:
        """What :meth:`undo` would take back."""
        with self._lock:
            return self._steps[-1] if self._steps else None

    def undo(self, session: Session) -> Undone:
        """Take the latest back. Raises UnsupportedOperation where there is none, or it is permanent (it is forgotten
        then: the next undo is of the one before), and what a storage answers."""
        with self._lock:
            if not self._steps:
                raise UnsupportedOperation("There is nothing to undo.", operation="undo")
            step = self._steps.pop()
        try:
            undone, left = step.run(session)
        except UnsupportedOperation:
            raise
        except BaseException:
            self.add(step)
            raise
        if left is not None:
            self.add(left)
        return undone


@dataclass(frozen=True, slots=True)
class Permanent:
    """Something that nothing takes back, and why."""

    title: str
    reason: str

    def run(self, _session: Session) -> tuple[Undone, Undo | None]:
        raise UnsupportedOperation(
            f"The last was {self.title}. That is permanent: {self.reason}",
            next_step="Undo again takes back the one before it.",
            operation="undo",
        )


@dataclass(frozen=True, slots=True)
class MovedToTrash:
    """Deleted to the trash."""

    trashed: Sequence[Trashed]

    @property
    def title(self) -> str:
        return f"a delete of {_counted(self.trashed)} to the trash"

    def run(self, session: Session) -> tuple[Undone, Undo | None]:
        if not any(each.trashed for each in self.trashed):
            raise UnsupportedOperation(
                "The system does not tell where in the trash that is.",
                next_step="Put it back by the system's own trash.",
                operation="undo",
            )
        left, failures = put_back(session, self.trashed)
        came = len(self.trashed) - len(left)
        said = f"{came:,} of {len(self.trashed):,} put back from the trash." if left else _put_back(self.trashed)
        return Undone(said, failures), MovedToTrash(left) if left else None


@dataclass(frozen=True, slots=True)
class Renamed:
    """``now`` is the entry of ``directory`` that was ``before``."""

    directory: Location
    before: Location
    now: Location

    @property
    def title(self) -> str:
        return f"a rename of {_name(self.before)} to {_name(self.now)}"

    def run(self, session: Session) -> tuple[Undone, Undo | None]:
        name = self.before.key.removeprefix(self.directory.key).removesuffix("/")
        rename_entry(session, self.directory, self.now, name)
        return Undone(f"{_name(self.now)} is {_name(self.before)} again."), None


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that is done; ``back`` is the one that takes it back."""

    title: str
    back: CopySpec

    def run(self, _session: Session) -> tuple[Undone, Undo | None]:
        return Undone(f"Moving back: {self.title}.", job=self.back), None


def moved_back(spec: CopySpec) -> CopySpec | None:
    """The move that takes back the move ``spec``, which met nothing in its way; None where one move cannot."""
    targets = tuple(Location(spec.target_storage, spec.target_key(source), source.kind) for source in spec.sources)
    if not spec.move or spec.below is not None or not all(target.key for target in targets):
        return None
    if not spec.into:
        return replace(spec, sources=targets, target=spec.sources[0])
    above = {source.key[: source.key.rfind("/", 0, -1) + 1] for source in spec.sources}
    if len(above) != 1 or not all(source.key for source in spec.sources):
        return None
    return replace(spec, sources=targets, target=Location(spec.source_storage, above.pop(), Kind.DIRECTORY))


@dataclass(frozen=True, slots=True)
class MadeDirectory:
    """A directory was made; it is removed again if nothing is in it."""

    location: Location

    @property
    def title(self) -> str:
        return f"the new directory {_name(self.location)}"

    def run(self, session: Session) -> tuple[Undone, Undo | None]:
        remove_empty_directory(session.storage(self.location.storage), self.location.key)
        return Undone(f"{_name(self.location)} is removed again."), None


@dataclass(frozen=True, slots=True)
class MadeFile:
    """An empty file was made; it is removed again if it is the same one, and still empty."""

    location: Location
    etag: str | None = field(default=None)
    modified_timestamp: float | None = None

    @property
    def title(self) -> str:
        return f"the new file {_name(self.location)}"

    @classmethod
    def of(cls, session: Session, location: Location) -> MadeFile:
        """With what the storage says of it now; at most one request, none where the cache knows."""
        entry = _file(session, location, fresh=False)
        return cls(location, entry.etag, entry.modified_timestamp)

    def run(self, session: Session) -> tuple[Undone, Undo | None]:
        entry = _file(session, self.location, fresh=True)
        same = entry.etag == self.etag if self.etag is not None else entry.modified_timestamp == self.modified_timestamp
        if entry.size_bytes or not same:
            raise ConflictError(
                "It is not the empty file any more that was made.",
                next_step="Delete it by the key for that, if it is to go.",
                uri=session.storage(self.location.storage).uri_of(self.location.key),
                operation="undo",
            )
        delete_file(session.storage(self.location.storage), self.location.key)
        return Undone(f"{_name(self.location)} is removed again."), None


def _file(session: Session, location: Location, *, fresh: bool) -> Entry:
    storage = session.storage(location.storage)
    entry = storage.lookup(location.key, fresh=fresh, asked=Asked.FILE).file
    if entry is None:
        raise NotFoundError("It is not there any more.", uri=storage.uri_of(location.key), operation="undo")
    return entry


def _name(location: Location) -> str:
    return location.key.removesuffix("/").rpartition("/")[2] or location.storage.authority


def _put_back(trashed: Sequence[Trashed]) -> str:
    if len(trashed) == 1:
        return f"{_name(trashed[0].location)} is back from the trash."
    return f"{len(trashed):,} entries are back from the trash."


def _counted(trashed: Sequence[Trashed]) -> str:
    return _name(trashed[0].location) if len(trashed) == 1 else f"{len(trashed):,} entries"
