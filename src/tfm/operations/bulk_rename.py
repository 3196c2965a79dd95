"""Rename many entries: what each would be called and what is against it first, then one after the other."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import ConflictError, StorageError
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.operations.renaming import rename_entry
from tfm.storage.session import Session
from tfm.storage.storage import Storage

__all__ = ["BulkRename", "RenameRow", "RenameSummary", "Renamed", "undo_rows"]


_Place = tuple[str, str]
"""A directory, and a name in it."""

_TAKEN: Final = "Something there has this name."


@dataclass(frozen=True, slots=True)
class RenameRow:
    """``problem`` says why the entry cannot have its new name; empty where it can, or where the name stays."""

    location: Location
    name: str
    new_name: str
    problem: str = ""

    @property
    def changes(self) -> bool:
        """Whether it would be renamed."""
        return self.new_name != self.name and not self.problem


@dataclass(frozen=True, slots=True)
class Renamed:
    """An entry that has its new name now: ``location`` is where it is in the end, ``old_name`` what it was called."""

    location: Location
    old_name: str


@dataclass(slots=True)
class RenameSummary:
    """``renamed`` in the order in which it happened; ``failures`` each with its error; ``stopped`` on request."""

    renamed: list[Renamed] = field(default_factory=list)
    failures: list[StorageError] = field(default_factory=list)
    stopped: bool = False


class BulkRename:
    """Of ``entries``, which are in one storage, perhaps in several directories of it."""

    def __init__(self, session: Session, storage_of: Location, entries: Sequence[Entry]) -> None:
        """``storage_of`` is any place of that storage."""
        self.entries: Final = tuple(entries)
        self._session = session
        self._address = storage_of.storage
        self._storage = session.storage(storage_of.storage)
        self._taken: dict[str, set[str]] | None = None

    def look(self) -> None:
        """List the directories of the entries, so that :meth:`preview` knows which names are taken: no request where
        they are cached, else ``ceil(n / 1000)`` for each. Raises what the storage answers."""
        taken: dict[str, set[str]] = {}
        for directory in {_directory(entry) for entry in self.entries}:
            taken[directory] = {
                _comparable(self._storage, entry.name, is_directory=entry.is_directory)
                for page in self._storage.scan(directory)
                for entry in page
            }
        self._taken = taken

    @property
    def has_looked(self) -> bool:
        return self._taken is not None

    def preview(self, new_names: Sequence[str]) -> list[RenameRow]:
        """What would become of each entry, in their order; no request. What somebody else puts there later is refused
        when it is renamed."""
        rows = [
            RenameRow(Location(self._address, entry.key, entry.kind), _name(entry), new)
            for entry, new in zip(self.entries, new_names, strict=True)
        ]
        kept = {self._place(row, row.name) for row in rows if row.new_name == row.name}
        wanted = Counter(self._place(row, row.new_name) for row in rows if row.new_name != row.name)
        rows = [self._judged(row, lambda row: self._objection(row) or self._rivals(row, kept, wanted)) for row in rows]
        while True:
            # A name is free where whoever has it goes: who cannot go keeps it, and the next one cannot either.
            free = {self._place(row, row.name) for row in rows if row.changes}
            judged = [self._judged(row, lambda row, free=free: self._occupant(row, free)) for row in rows]  # type: ignore[misc]
            if judged == rows:
                return rows
            rows = judged

    @staticmethod
    def _judged(row: RenameRow, problem: Callable[[RenameRow], str]) -> RenameRow:
        return replace(row, problem=problem(row)) if row.changes else row

    def _rivals(self, row: RenameRow, kept: set[_Place], wanted: Counter[_Place]) -> str:
        place = self._place(row, row.new_name)
        if place in kept:
            return _TAKEN
        return "Several would have this name." if wanted[place] > 1 else ""

    def _occupant(self, row: RenameRow, free: set[_Place]) -> str:
        directory, name = place = self._place(row, row.new_name)
        is_taken = self._taken is not None and name in self._taken.get(directory, ())
        return _TAKEN if is_taken and place not in free else ""

    def _objection(self, row: RenameRow) -> str:
        """Why nothing can have that name."""
        name = row.new_name
        if not name:
            return "A name is missing."
        if "/" in name:
            return "A name has no slash."
        if Capability.FLAT_KEYS not in self._storage.capabilities and name in {".", ".."}:
            return "This name means a directory itself."
        above = _above(row.location.key)
        return self._storage.objection(above + name, below=above) or ""

    def _place(self, row: RenameRow, name: str) -> _Place:
        is_directory = row.location.kind is Kind.DIRECTORY
        return _above(row.location.key), _comparable(self._storage, name, is_directory=is_directory)

    # Doing it, in a thread of its own

    def run(self, rows: Sequence[RenameRow], tell: Callable[[Progress], None], cancel: Cancel) -> RenameSummary:
        """Rename those that :attr:`RenameRow.changes` says, in an order in which each name is free when its turn comes;
        where they lead in a circle one goes by a name in between. Costs and raises what :func:`rename_entry` does for
        each; what is raised is in the summary, and the others go on."""
        return _Run(self._session, self._storage, [row for row in rows if row.changes], tell, cancel).done()


def undo_rows(renamed: Sequence[Renamed]) -> list[RenameRow]:
    """What gives everything its old name again, for :meth:`BulkRename.run`."""
    return [RenameRow(each.location, _last(each.location.key), each.old_name) for each in reversed(renamed)]


class _Run:
    def __init__(
        self,
        session: Session,
        storage: Storage,
        rows: list[RenameRow],
        tell: Callable[[Progress], None],
        cancel: Cancel,
    ) -> None:
        self._session = session
        self._storage = storage
        # What is in a directory before the directory itself, whose new name would change where they are.
        self._rows = sorted(rows, key=lambda row: -_depth(row.location.key))
        self._tell = tell
        self._cancel = cancel
        self._summary = RenameSummary()
        self._at_old_name = {self._place(row, row.name): row for row in rows}

    def _place(self, row: RenameRow, name: str) -> _Place:
        is_directory = row.location.kind is Kind.DIRECTORY
        return _above(row.location.key), _comparable(self._storage, name, is_directory=is_directory)

    def done(self) -> RenameSummary:
        waiting = {id(row): row for row in self._rows}
        for row in self._rows:
            chain: list[RenameRow] = []
            following: RenameRow | None = row
            # Whoever has the name that is wanted goes first, and whoever has the name which that one wants before it.
            while following is not None and id(following) in waiting:
                del waiting[id(following)]
                chain.append(following)
                following = self._at_old_name.get(self._place(following, following.new_name))
            is_circle = len(chain) > 1 and following is chain[0]
            if self._stops():
                break
            if is_circle:
                self._go_round(chain)
            else:
                for each in reversed(chain):
                    if not self._stops():
                        self._rename(each.location, each)
        return self._summary

    def _stops(self) -> bool:
        self._summary.stopped = self._summary.stopped or self._cancel.wanted
        return self._summary.stopped

    def _go_round(self, circle: list[RenameRow]) -> None:
        """The first one out of the way, the others from the last on, then the first to its name; or back to its own
        where the others did not make room. Not stopped half way: a name in between is nobody's wish."""
        first = circle[0]
        between = f".tfm-rename-{os.urandom(6).hex()}"
        try:
            aside = self._give(first.location, between)
        except StorageError as error:
            self._summary.failures.append(error)
            return
        for each in reversed(circle[1:]):
            self._rename(each.location, each)
        if not self._rename(aside, first):
            try:
                self._give(aside, first.name)
            except StorageError as error:
                self._summary.failures.append(
                    ConflictError(
                        f"It is called {between!r} now, and could not have its own name again: {error.cause}",
                        next_step="Rename it by hand.",
                        uri=self._storage.uri_of(aside.key),
                        operation="rename",
                    )
                )

    def _rename(self, source: Location, row: RenameRow) -> bool:
        try:
            target = self._give(source, row.new_name)
        except StorageError as error:
            self._summary.failures.append(error)
            return False
        self._summary.renamed.append(Renamed(target, row.name))
        done = len(self._summary.renamed) + len(self._summary.failures)
        self._tell(Progress(done, len(self._rows), current_key=row.location.key))
        return True

    def _give(self, source: Location, name: str) -> Location:
        directory = Location(source.storage, _above(source.key), Kind.DIRECTORY)
        target = rename_entry(self._session, directory, source, name)
        if source.kind is Kind.DIRECTORY:
            self._follow(source.key, target.key)
        return target

    def _follow(self, before: str, after: str) -> None:
        """What was renamed in that directory is somewhere else now."""
        renamed = self._summary.renamed
        if not renamed or _depth(renamed[0].location.key) <= _depth(before):
            return  # the deepest come first: there is none
        for number, each in enumerate(renamed):
            key = each.location.key
            if key.startswith(before) and key != before:
                renamed[number] = replace(each, location=replace(each.location, key=after + key[len(before) :]))


def _depth(key: str) -> int:
    return key.removesuffix("/").count("/")


def _above(key: str) -> str:
    return key[: key.rfind("/", 0, -1) + 1]


def _last(key: str) -> str:
    return key.removesuffix("/").rpartition("/")[2]


def _directory(entry: Entry) -> str:
    return _above(entry.key)


def _name(entry: Entry) -> str:
    return _last(entry.key)


def _comparable(storage: Storage, name: str, *, is_directory: bool) -> str:
    """Of flat keys an object and a directory may have one name."""
    return f"{name}/" if is_directory and Capability.FLAT_KEYS in storage.capabilities else name
