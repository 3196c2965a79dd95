"""What a path or URI that is being typed could become, and where it leads when it is typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry, Kind
from tfm.core.errors import NotDirectoryError, NotFoundError
from tfm.core.location import Location, StorageAddress
from tfm.core.page import Page, encode_sort_key
from tfm.core.progress import Cancel
from tfm.core.uri import LOCAL_SCHEME
from tfm.operations.natural_key import natural_key
from tfm.operations.typed_place import PlaceReader, TypedPlace, absolute_text
from tfm.storage.session import Session
from tfm.storage.storage import Storage

__all__ = ["MOST_CANDIDATES", "Candidate", "Completer", "Goal", "directory_of", "goal_of_text", "longest_beginning"]

MOST_CANDIDATES: Final = 1000
"""As many as one request lists: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html (MaxKeys)."""

_MOST_LOOSE_NAMES: Final = 20_000
"""In so many names capitals make no difference where nothing fits exactly; in more they would all have to be read."""

_MOST_SORTED: Final = 5000
"""Of more that fit, which is a directory of the disk, those that come first are enough to go on typing."""

_PAUSE_SECONDS: Final = 0.15
"""Longer than between two letters of somebody who types: nothing is asked for each of them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """``text`` is what would be typed, ``name`` what is new in it; of a directory both end in a slash."""

    text: str
    name: str
    location: Location


@dataclass(frozen=True, slots=True)
class Goal:
    """A directory to show, and the entry in it that the cursor is to be on, if it is one."""

    directory: Location
    entry: Location | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the storage said last: the entries of ``directory`` that begin so; ``whole``: all of those."""

    directory: Location
    begun: str
    pages: tuple[Page, ...]
    whole: bool

    def tells_of(self, begun: str) -> bool:
        return begun == self.begun or (self.whole and begun.startswith(self.begun))


class Completer:
    """Completes one text after the other, as it is typed. Calls may come from several threads. Before it asks a storage
    it waits for ``pause_seconds``: who types on means something else."""

    def __init__(self, session: Session, reader: PlaceReader, *, pause_seconds: float = _PAUSE_SECONDS) -> None:
        self._session = session
        self._reader = reader
        self._pause_seconds = pause_seconds
        self._asked: _Asked | None = None

    def complete(self, text: str, cancel: Cancel | None = None) -> list[Candidate]:
        """What begins as ``text`` does, directories first, in the order of names; without capitals mattering where
        nothing does exactly; where nothing does at all, URIs. At most :data:`MOST_CANDIDATES`.

        No request where the cache or the answer before has it, also where that is stale; else one listing of the one
        directory that is being typed (a second question where nothing is there), of one page; none when ``cancel``
        comes before. Raises StorageError, as listing does.
        """
        cancel = cancel or Cancel()
        if text == "~":
            return [Candidate("~/", "~/", self._reader.location("~"))]
        place = self._reader.take_apart(text)
        if place is None:
            return self._schemes(text)
        storage = self._session.storage(place.directory.storage)
        pages = self._pages(storage, place, cancel)
        hides = Capability.LOCAL_PATHS in storage.capabilities and not place.begun.startswith(".")
        entries = [entry for entry in _fitting(pages, place.begun) if not (hides and entry.name.startswith("."))]
        entries.sort(key=lambda entry: (not entry.is_directory, natural_key(entry.name)))
        return [self._candidate(place, entry) for entry in entries[:MOST_CANDIDATES]] or self._schemes(text)

    def _candidate(self, place: TypedPlace, entry: Entry) -> Candidate:
        storage = place.directory.storage
        name = f"{entry.name}/" if entry.is_directory else entry.name
        location = Location(storage, entry.key, entry.kind)
        if not storage.authority and storage.scheme != LOCAL_SCHEME:
            location = Location(replace(storage, authority=entry.name), "", Kind.DIRECTORY)
        text = place.before + name
        if not self._reader.names(text, location):  # as "~x" and "" are names, too, and begin otherwise
            text = absolute_text(location)
        return Candidate(text, name, location)

    def _schemes(self, text: str) -> list[Candidate]:
        """The beginning of a URI, where one is being typed."""
        if not text or "://" in text or text.startswith(("/", "~", ".")):
            return []
        found = [scheme for scheme in self._session.registry.schemes() if f"{scheme}://".startswith(text)]
        return [
            Candidate(
                f"{scheme}://",
                f"{scheme}://",
                Location(StorageAddress(scheme, "", self._reader.profile(scheme)), "", Kind.DIRECTORY),
            )
            for scheme in found
            if scheme != LOCAL_SCHEME  # a path says it shorter
        ]

    def _pages(self, storage: Storage, place: TypedPlace, cancel: Cancel) -> Iterable[Page]:
        directory, begun = place.directory, place.begun
        if Capability.CACHED not in storage.capabilities:
            return self._of_disk(storage, directory.key, cancel)
        held = self._asked
        if held is not None and held.directory == directory and held.tells_of(begun):
            return held.pages
        cached = storage.peek(directory.key)
        if cached is not None:
            return cached.listing.pages
        if cancel.wait(self._pause_seconds):
            return ()
        pages = self._ask(storage, directory.key, begun)
        whole = not pages or pages[-1].token is None
        by_server = begun if self._lists_beginnings(storage) else ""
        self._asked = _Asked(directory, by_server if whole else begun, pages, whole)
        return pages

    def _ask(self, storage: Storage, prefix: str, begun: str) -> tuple[Page, ...]:
        if begun and self._lists_beginnings(storage):
            return (storage.first_rows(prefix + begun, limit=MOST_CANDIDATES),)
        pages = []
        # A scan, whose listing the cache keeps, where one page is all.
        for page in storage.scan(prefix):
            pages.append(page)
            if page.token is not None:
                break
        return tuple(pages)

    @staticmethod
    def _lists_beginnings(storage: Storage) -> bool:
        return bool(storage.address.authority) and Capability.FLAT_KEYS in storage.capabilities

    @staticmethod
    def _of_disk(storage: Storage, prefix: str, cancel: Cancel) -> Iterator[Page]:
        for page in storage.scan(prefix):
            if cancel.wanted:
                return
            yield page


def _fitting(pages: Iterable[Page], begun: str) -> list[Entry]:
    pages = list(pages)
    exact = list(islice(chain.from_iterable(_beginning_with(page, begun) for page in pages), _MOST_SORTED))
    if exact or not begun or sum(map(len, pages)) > _MOST_LOOSE_NAMES:
        return exact
    loose = begun.casefold()
    return [
        page.entry(row) for page in pages for row, name in enumerate(page.names()) if name.casefold().startswith(loose)
    ]


def _beginning_with(page: Page, begun: str) -> Iterator[Entry]:
    rows: Iterable[int] = range(len(page))
    if page.is_sorted():
        rows = range(page.position(encode_sort_key(begun, directory=False)), len(page))
    for row in rows:
        if page.name(row).startswith(begun):
            yield page.entry(row)
        elif page.is_sorted():
            return


def longest_beginning(candidates: Sequence[Candidate]) -> str:
    """What all of the texts begin with."""
    texts = [candidate.text for candidate in candidates]
    first, last = min(texts, default=""), max(texts, default="")
    return first[: next((at for at, letter in enumerate(first) if letter != last[at : at + 1]), len(first))]


def goal_of_text(session: Session, reader: PlaceReader, text: str) -> Goal:
    """Where ``text`` leads: to the directory that it names, or to a file in the directory that has it. One
    request, none where the cache knows (two where nothing is there); a list of storages is not asked for.

    Raises NotFoundError where nothing is there, NotDirectoryError where a file is there and the text ends in a slash,
    and what else the storage answers.
    """
    place = reader.location(text)
    storage = session.storage(place.storage)
    is_root = not place.key and Capability.CACHED in storage.capabilities
    if is_root and not place.storage.authority:
        return Goal(place)
    if is_root or (place.kind is Kind.DIRECTORY and Capability.FLAT_KEYS in storage.capabilities):
        # A listing tells as well as a look-up, and the pane needs it anyway.
        next(storage.scan(place.key), None)
        return Goal(place)
    says_directory = place.kind is Kind.DIRECTORY
    key = place.key.removesuffix("/") or place.key
    answer = storage.lookup(key, asked=Asked.DIRECTORY if says_directory else Asked.MEANT)
    found = answer.best(prefer_directory=says_directory)
    if found is None:
        if answer.directory_error is not None:
            raise copy(answer.directory_error)
        raise NotFoundError(
            "There is nothing of that name.",
            next_step="Look at what the list offers, or type another name.",
            uri=storage.uri_of(place.key),
            operation="look",
        )
    if found.is_directory:
        return Goal(_directory(place))
    if says_directory:
        raise NotDirectoryError(
            "There is a file here, not a directory.",
            next_step="Leave the slash at the end away to go to it.",
            uri=storage.uri_of(place.key),
            operation="look",
        )
    return Goal(directory_of(place), replace(place, kind=found.kind))


def directory_of(place: Location) -> Location:
    """The directory in which the file ``place`` is listed."""
    return replace(place, key=place.key[: place.key.rfind("/") + 1], kind=Kind.DIRECTORY)


def _directory(place: Location) -> Location:
    key = place.key
    return replace(place, key=key if not key or key.endswith("/") else f"{key}/", kind=Kind.DIRECTORY)
