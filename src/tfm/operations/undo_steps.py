"""What takes back deletes to the trash, renames, changes of rights, and what was made: safely, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tfm.core.entry import Asked, Entry
from tfm.core.errors import ConflictError, NotEmptyError, NotFoundError, StorageError, UnsupportedOperation
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.operations import bulk_rename
from tfm.operations.change_mode import ChangedMode, ModeSummary
from tfm.operations.delete import delete_file, remove_empty_directory
from tfm.operations.renaming import rename_entry
from tfm.operations.trash import Trashed, put_back
from tfm.operations.undo import Permanent, Tell, Undo, Undone, counted, name_of, these
from tfm.storage.session import Session

__all__ = [
    "BulkRenamed",
    "MadeDirectory",
    "MadeFile",
    "ModeChanged",
    "MovedToTrash",
    "Renamed",
    "step_of_edit",
    "step_of_mode",
]


@dataclass(frozen=True, slots=True)
class MovedToTrash:
    """Deleted to the trash."""

    trashed: Sequence[Trashed]

    @property
    def title(self) -> str:
        return f"a delete of {these([each.location for each in self.trashed])} to the trash"

    @property
    def question(self) -> str:
        return f"Put {these([each.location for each in self.trashed])} back from the trash?"

    @property
    def is_small(self) -> bool:
        return len(self.trashed) == 1

    def run(self, session: Session, tell: Tell, cancel: Cancel) -> tuple[Undone, Undo | None]:
        if not any(each.trashed for each in self.trashed):
            raise UnsupportedOperation(
                "The system does not tell where in the trash that is.",
                next_step="Put it back by the system's own trash.",
                operation="undo",
            )
        left, failures = put_back(session, self.trashed, progress=tell, cancel=cancel)
        came = len(self.trashed) - len(left)
        said = f"{came:,} of {len(self.trashed):,} put back from the trash." if left else _put_back(self.trashed)
        return Undone(said, failures), MovedToTrash(left) if left else None


@dataclass(frozen=True, slots=True)
class Renamed:
    """``now`` is the entry of ``directory`` that was ``before``."""

    directory: Location
    before: Location
    now: Location
    is_small: bool = True

    @property
    def title(self) -> str:
        return f"a rename of {name_of(self.before)} to {name_of(self.now)}"

    @property
    def question(self) -> str:
        return f"Call {name_of(self.now)} {name_of(self.before)} again?"

    def run(self, session: Session, _tell: Tell, _cancel: Cancel) -> tuple[Undone, Undo | None]:
        name = self.before.key.removeprefix(self.directory.key).removesuffix("/")
        rename_entry(session, self.directory, self.now, name)
        return Undone(f"{name_of(self.now)} is {name_of(self.before)} again."), None


@dataclass(frozen=True, slots=True)
class BulkRenamed:
    """Many that were renamed in one go, in the order in which it happened."""

    renamed: Sequence[bulk_rename.Renamed]

    @property
    def title(self) -> str:
        return f"a rename of {counted(len(self.renamed))}"

    @property
    def question(self) -> str:
        return f"Give {counted(len(self.renamed))} the old {'name' if self.is_small else 'names'} again?"

    @property
    def is_small(self) -> bool:
        return len(self.renamed) == 1

    def run(self, session: Session, tell: Tell, cancel: Cancel) -> tuple[Undone, Undo | None]:
        back = bulk_rename.BulkRename(session, self.renamed[0].location, ())
        summary = back.run(bulk_rename.undo_rows(self.renamed), tell, cancel)
        came = {each.location.key for each in summary.renamed}
        left = [each for each in self.renamed if _old_key(each) not in came]
        of_all = f" of {len(self.renamed):,}" if left else ""
        have = "has its old name" if len(summary.renamed) == 1 else "have their old names"
        said = f"{len(summary.renamed):,}{of_all} {have} again."
        return Undone(said, summary.failures), BulkRenamed(left) if left else None


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """Rights that were changed, in the order in which it happened."""

    storage_of: Location
    changed: Sequence[ChangedMode]

    @property
    def title(self) -> str:
        return f"a change of the rights of {counted(len(self.changed))}"

    @property
    def question(self) -> str:
        return f"Give {counted(len(self.changed))} the old rights back?"

    @property
    def is_small(self) -> bool:
        return len(self.changed) == 1

    def run(self, session: Session, tell: Tell, cancel: Cancel) -> tuple[Undone, Undo | None]:
        storage = session.storage(self.storage_of.storage)
        left: list[ChangedMode] = []
        failures: list[StorageError] = []
        # The last one first: a directory that could not be entered any more was changed behind what is in it.
        for number, each in enumerate(reversed(self.changed)):
            if cancel.wanted:
                left.append(each)
                continue
            try:
                entry = storage.lookup(each.key, fresh=True).best()
                if entry is not None and entry.mode is not None and entry.mode & 0o7777 != each.after:
                    raise ConflictError(
                        "Its rights were changed since.", uri=storage.uri_of(each.key), operation="undo"
                    )
                storage.set_mode(each.key, each.before)
            except StorageError as error:
                left.append(each)
                failures.append(error)
            tell(Progress(number + 1, len(self.changed), current_key=each.key))
        of_all = f" of {len(self.changed):,}" if left else ""
        came = len(self.changed) - len(left)
        undone = Undone(f"{came:,}{of_all} {'has' if came == 1 else 'have'} the old rights again.", failures)
        return undone, ModeChanged(self.storage_of, left[::-1]) if left else None


def step_of_mode(storage_of: Location, summary: ModeSummary) -> Undo | None:
    """Of a change of rights that is done; None where nothing changed."""
    if not summary.changed:
        return None
    if summary.changed > len(summary.before):
        return Permanent(f"a change of the rights of {counted(summary.changed)}", "so many are not kept in mind.")
    return ModeChanged(storage_of, tuple(summary.before))


def step_of_edit(location: Location) -> Undo:
    """Of a file or an object that a program has written."""
    return Permanent(f"an edit of {name_of(location)}", "what was there before is kept nowhere by tfm.")


@dataclass(frozen=True, slots=True)
class MadeDirectory:
    """A directory was made, and ``above`` it others, the outermost first; those that are empty are removed again."""

    location: Location
    above: Sequence[Location] = ()
    is_small: bool = True

    @property
    def title(self) -> str:
        return f"the new directory {self._name}"

    @property
    def question(self) -> str:
        return f"Remove {self._name} again?"

    @property
    def _name(self) -> str:
        return self._name_below(0)

    def _name_below(self, number: int) -> str:
        return "/".join(map(name_of, (*self.above[number:], self.location)))

    def run(self, session: Session, _tell: Tell, _cancel: Cancel) -> tuple[Undone, Undo | None]:
        storage = session.storage(self.location.storage)
        remove_empty_directory(storage, self.location.key)
        for number, directory in reversed(list(enumerate(self.above))):
            try:
                remove_empty_directory(storage, directory.key)
            except NotEmptyError:
                said = f"{self._name_below(number + 1)} is removed again; {name_of(directory)} is not empty, and stays."
                return Undone(said), None
            except StorageError as error:
                left = MadeDirectory(directory, self.above[:number])
                return Undone(f"{self._name_below(number + 1)} is removed again.", [error]), left
        return Undone(f"{self._name} is removed again."), None


@dataclass(frozen=True, slots=True)
class MadeFile:
    """An empty file was made; it is removed again if it is the same one, and still empty."""

    location: Location
    etag: str | None = field(default=None)
    modified_timestamp: float | None = None
    is_small: bool = True

    @property
    def title(self) -> str:
        return f"the new file {name_of(self.location)}"

    @property
    def question(self) -> str:
        return f"Remove {name_of(self.location)} again?"

    @classmethod
    def of(cls, session: Session, location: Location) -> MadeFile:
        """With what the storage says of it now; at most one request, none where the cache knows."""
        entry = _file(session, location, fresh=False)
        return cls(location, entry.etag, entry.modified_timestamp)

    def run(self, session: Session, _tell: Tell, _cancel: Cancel) -> tuple[Undone, Undo | None]:
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
        return Undone(f"{name_of(self.location)} is removed again."), None


def _file(session: Session, location: Location, *, fresh: bool) -> Entry:
    storage = session.storage(location.storage)
    entry = storage.lookup(location.key, fresh=fresh, asked=Asked.FILE).file
    if entry is None:
        raise NotFoundError("It is not there any more.", uri=storage.uri_of(location.key), operation="undo")
    return entry


def _old_key(renamed: bulk_rename.Renamed) -> str:
    key = renamed.location.key
    slash = "/" if key.endswith("/") else ""
    return key[: key.rfind("/", 0, -1) + 1] + renamed.old_name + slash


def _put_back(trashed: Sequence[Trashed]) -> str:
    if len(trashed) == 1:
        return f"{name_of(trashed[0].location)} is back from the trash."
    return f"{len(trashed):,} entries are back from the trash."
