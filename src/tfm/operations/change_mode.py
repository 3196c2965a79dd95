"""Change permission bits, of an entry or of all that is below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import InvalidPathError, StorageError, UnsupportedOperation
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.operations.tree_pages import tree_pages
from tfm.storage.session import Session
from tfm.storage.storage import Storage

__all__ = ["ChangedMode", "ModeChange", "ModeSummary", "change_mode", "parse_mode"]

_OCTAL: Final = re.compile(r"0*[0-7]{1,4}")
_CLAUSE: Final = re.compile(r"([ugoa]*)([-+=])([rwxXst]*)")
_WHO: Final = {"u": 0o4700, "g": 0o2070, "o": 0o1007}
_BITS: Final = {"r": 0o444, "w": 0o222, "x": 0o111, "s": 0o6000, "t": 0o1000}


@dataclass(frozen=True, slots=True)
class ModeChange:
    """What becomes of permission bits: ``clear``, then ``set_bits``; ``set_where_executable`` (``X``) only of
    directories and of files that somebody may execute already. Several are done one after the other."""

    clauses: tuple[tuple[int, int, int], ...]

    def applied(self, mode: int, *, is_directory: bool) -> int:
        """The new bits of what has ``mode``."""
        bits = mode & 0o7777
        for clear, set_bits, set_where_executable in self.clauses:
            executable = is_directory or bool(bits & 0o111)
            bits = (bits & ~clear) | set_bits | (set_where_executable if executable else 0)
        return bits


def parse_mode(text: str) -> ModeChange:
    """``644``, ``u+x``, ``go-w,a=rX``, as chmod reads them, save that without a letter all are meant, whatever the
    umask. Raises InvalidPathError."""
    text = text.strip()
    if _OCTAL.fullmatch(text):
        return ModeChange(((0o7777, int(text, 8), 0),))
    clauses = [_clause(each) for each in text.split(",")] if text else []
    if not clauses:
        raise _no_mode(text)
    return ModeChange(tuple(clauses))


def _clause(text: str) -> tuple[int, int, int]:
    match = _CLAUSE.fullmatch(text)
    if match is None or (match[2] != "=" and not match[3]):
        raise _no_mode(text)
    who = "ugo" if not match[1] or "a" in match[1] else match[1]
    mask = sum(_WHO[letter] for letter in set(who))
    bits = sum(_BITS[letter] for letter in set(match[3]) if letter in _BITS) & mask
    executable = 0o111 & mask if "X" in match[3] else 0
    if match[2] == "-":
        return bits | executable, 0, 0
    return (mask if match[2] == "=" else 0), bits, executable


def _no_mode(text: str) -> InvalidPathError:
    return InvalidPathError(
        f"{text!r} is no mode.", next_step="Write three digits, 644, or u+x, go-w, a=rX.", operation="chmod"
    )


_MOST_BEFORE: Final = 20_000
"""Entries of which is kept what rights they had: 4 MB."""


@dataclass(frozen=True, slots=True)
class ChangedMode:
    """The bits that the entry had, and those that it has."""

    key: str
    before: int
    after: int


@dataclass(slots=True)
class ModeSummary:
    """``changed`` entries, ``kept`` that had these bits, ``failures`` each with its error; ``stopped`` on request.
    ``before`` tells of the first twenty thousand that were changed."""

    changed: int = 0
    kept: int = 0
    before: list[ChangedMode] = field(default_factory=list)
    failures: list[StorageError] = field(default_factory=list)
    stopped: bool = False


def change_mode(
    session: Session,
    locations: Sequence[Location],
    change: ModeChange,
    tell: Callable[[Progress], None],
    cancel: Cancel,
    *,
    recursive: bool = False,
) -> ModeSummary:
    """Change ``locations``, all of one storage, and with ``recursive`` all that is below them. Links below are left
    alone; one that is named means what it leads to. Failures are in the summary, and the others go on.

    Raises UnsupportedOperation where nothing has permission bits.
    """
    storage = session.storage(locations[0].storage)
    if Capability.SET_MODE not in storage.capabilities:
        raise UnsupportedOperation(
            "Nothing here has permission bits.", uri=storage.uri_of(locations[0].key), operation="chmod"
        )
    run = _Run(storage, change, tell, cancel)
    for location in locations:
        try:
            entry = storage.lookup(location.key).best(prefer_directory=location.kind is Kind.DIRECTORY)
            if entry is None:
                storage.set_mode(location.key, 0)  # says in the storage's own words that it is not there
                continue
            run.change(entry, recursive=recursive)
        except StorageError as error:
            run.summary.failures.append(error)
    return run.summary


class _Run:
    def __init__(self, storage: Storage, change: ModeChange, tell: Callable[[Progress], None], cancel: Cancel) -> None:
        self.summary = ModeSummary()
        self._storage = storage
        self._change = change
        self._tell = tell
        self._cancel = cancel

    def change(self, entry: Entry, *, recursive: bool) -> None:
        if not recursive or not entry.is_directory or entry.is_symlink:
            self._set(entry)
            return
        # A directory that loses its owner's rights does so when all below it is done, others before it is listed.
        later: list[Entry] = []
        self._set_directory(entry, later)
        failed = self.summary.failures.append
        for page in tree_pages(self._storage, entry.key, failed=failed, cancel=self._cancel):
            for below in page:
                if self._stops():
                    return
                if below.is_directory and not below.is_symlink:
                    self._set_directory(below, later)
                elif not below.is_symlink:
                    self._set(below)
        for each in reversed(later):
            if not self._stops():
                self._set(each)

    def _set_directory(self, entry: Entry, later: list[Entry]) -> None:
        if (entry.mode or 0) & ~self._new_mode(entry) & 0o700:
            later.append(entry)
        else:
            self._set(entry)

    def _stops(self) -> bool:
        self.summary.stopped = self.summary.stopped or self._cancel.wanted
        return self.summary.stopped

    def _new_mode(self, entry: Entry) -> int:
        return self._change.applied(entry.mode or 0, is_directory=entry.is_directory)

    def _set(self, entry: Entry) -> None:
        new = self._new_mode(entry)
        if entry.mode is not None and entry.mode & 0o7777 == new:
            self.summary.kept += 1
            return
        try:
            self._storage.set_mode(entry.key, new)
        except StorageError as error:
            self.summary.failures.append(error)
            return
        self.summary.changed += 1
        if entry.mode is not None and len(self.summary.before) < _MOST_BEFORE:
            self.summary.before.append(ChangedMode(entry.key, entry.mode & 0o7777, new))
        self._tell(Progress(self.summary.changed, None, current_key=entry.key))
