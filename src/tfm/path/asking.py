"""The half of Path that answers questions: from what a listing told while that stands, else through the cache."""

from __future__ import annotations

from copy import copy
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry, Kind, Lookup
from tfm.core.errors import NotFoundError
from tfm.path.info import PathInfo, StatResult, raise_unless_missing, stat_from_entry
from tfm.path.pure import LexicalPath
from tfm.path.sessions import current_session
from tfm.storage.scan import Scan
from tfm.storage.storage import Storage

__all__ = ["AskingPath"]

# Reading a member off an enum class costs a third of a microsecond on Python 3.11, more than the rest of is_dir().
_FILE: Final = Kind.FILE
_DIRECTORY: Final = Kind.DIRECTORY


class AskingPath(LexicalPath):
    """See :class:`tfm.Path`, which adds listings and bytes."""

    __slots__ = ("_info", "_listed")

    _info: PathInfo | None

    # What a listing told, the listing, whose lease says how long it holds, and whether an entry of the other kind
    # stands beside this one there (None: not known yet).
    _listed: tuple[Entry, Scan, bool | None] | None

    # The storage

    def _storage(self) -> Storage:
        return current_session().storage(self._lexical.location(self._profile).storage)

    def _place(self) -> str:
        """The prefix that a directory here has."""
        return self._lexical.location(self._profile, Kind.DIRECTORY).key

    def _object_key(self) -> str:
        return self._lexical.location(self._profile, Kind.FILE).key

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the storage can do; no request."""
        return self._storage().capabilities

    # Questions

    def _lookup(self, *, fresh: bool = False, asked: Asked = Asked.BOTH) -> Lookup:
        return self._lookup_with_age(fresh=fresh, asked=asked)[0]

    def _lookup_with_age(self, *, fresh: bool = False, asked: Asked = Asked.BOTH) -> tuple[Lookup, float]:
        storage = self._storage()
        key = self._place() if Capability.FLAT_KEYS in storage.capabilities else self._lexical.key
        answer = storage.lookup_with_age(key, fresh=fresh, asked=asked)
        if fresh:
            self._listed = None
        return answer

    def _listed_entry(self) -> Entry | None:
        """What the listing told of this path, while that stands."""
        listed = self._listed
        if listed is None:
            return None
        lease = listed[1].lease
        return listed[0] if lease is not None and lease.tells_of(listed[0].key) else None

    def _is_listed_as(self, kind: Kind) -> bool | None:
        """Whether the listing has an entry of this name and that kind; None where it does not stand any more."""
        listed = self._listed
        if listed is None:
            return None
        entry, scan, beside = listed
        lease = scan.lease
        if lease is None or not lease.tells_of(entry.key):
            return None
        if entry.kind is kind:
            return True
        if beside is None:
            key = entry.key.removesuffix("/")
            beside = scan.has(f"{key}/" if kind is Kind.DIRECTORY else key, kind)
            self._listed = (entry, scan, beside)
        return beside

    @property
    def info(self) -> PathInfo:
        """A snapshot: what the listing told, or else the answer to one question, asked when it is first read. The same
        object each time; a new Path has a new one."""
        if self._info is None:
            known, age_seconds = None, 0.0
            if self._listed is not None:
                entry, scan, _ = self._listed
                known = Lookup(directory=entry) if entry.kind is Kind.DIRECTORY else Lookup(file=entry)
                age_seconds = scan.lease.age() if scan.lease is not None else 0.0
            self._info = PathInfo(
                self._lookup_with_age, prefer_directory=self._lexical.directory, lookup=known, age_seconds=age_seconds
            )
        return self._info

    def stat(self, *, fresh: bool = False) -> StatResult:
        """Size, modification time, etag: at most one request, none where the cache knows; ``fresh`` asks the storage.

        Raises NotFoundError, and whatever kept the storage from answering.
        """
        listed = None if fresh else self._listed_entry()
        if listed is not None:
            return stat_from_entry(listed)
        answer = self._lookup(fresh=fresh, asked=Asked.DIRECTORY if self._lexical.directory else Asked.MEANT)
        entry = answer.best(prefer_directory=self._lexical.directory)
        if entry is None:
            raise self._missing("stat") if answer.directory_error is None else copy(answer.directory_error)
        return stat_from_entry(entry)

    def exists(self, *, fresh: bool = False) -> bool:
        """Whether an object or a directory is here. Requests and errors as :meth:`stat`; a missing bucket is False."""
        if not fresh and self._listed_entry() is not None:
            return True
        answer = self._lookup(fresh=fresh, asked=Asked.EITHER)
        if not answer.found:
            raise_unless_missing(answer)
        return answer.found

    def is_dir(self, *, fresh: bool = False) -> bool:
        """Whether a directory is here; an object of the same name does not matter. Requests as :meth:`stat`."""
        if not fresh and (listed := self._is_listed_as(_DIRECTORY)) is not None:
            return listed
        answer = self._lookup(fresh=fresh, asked=Asked.DIRECTORY)
        if answer.directory is None:
            raise_unless_missing(answer)
        return answer.directory is not None

    def is_file(self, *, fresh: bool = False) -> bool:
        """Whether an object is here; a directory of the same name does not matter. Requests as :meth:`stat`."""
        if not fresh and (listed := self._is_listed_as(_FILE)) is not None:
            return listed
        answer = self._lookup(fresh=fresh, asked=Asked.FILE)
        if not answer.found:
            raise_unless_missing(answer)
        return answer.file is not None and answer.file.kind is Kind.FILE

    def is_symlink(self) -> bool:
        """Whether a symbolic link is here; object stores have none. Requests as :meth:`stat`."""
        entry = self._listed_entry()
        if entry is None:
            answer = self._lookup()
            entry = answer.best(prefer_directory=self._lexical.directory)
            if entry is None:
                raise_unless_missing(answer)
        return entry is not None and entry.is_symlink

    def _missing(self, operation: str) -> NotFoundError:
        return NotFoundError("There is nothing here.", uri=str(self), operation=operation)
