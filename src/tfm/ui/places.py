"""From a directory to the one above, to those in it, and to the text that names it."""

from __future__ import annotations

from collections.abc import Sequence

from tfm.core.entry import Entry, Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.history import Visited
from tfm.path.lexical import from_location
from tfm.ui.file_list import Place

__all__ = [
    "as_itself",
    "directory_location",
    "entry_location",
    "location_text",
    "outermost",
    "parent_location",
    "place_in_parent",
    "place_of",
    "place_within",
]


def location_text(location: Location) -> str:
    """As a user would write it, a directory with its slash."""
    text = str(from_location(location))
    return f"{text}/" if location.kind is Kind.DIRECTORY and not text.endswith("/") else text


def directory_location(location: Location) -> Location:
    """The directory of that name, whether or not it was written with its slash."""
    key = location.key
    if location.kind is not Kind.DIRECTORY and key and not key.endswith("/"):
        key += "/"
    return Location(location.storage, key, Kind.DIRECTORY)


def outermost(locations: Sequence[Location]) -> list[Location]:
    """Without those that are in a directory which is among them: what is done to that is done to them. Only results of
    a search have such."""
    directories = {each.key for each in locations if each.kind is Kind.DIRECTORY}
    return [each for each in locations if not directories or not _is_in(each.key, directories)]


def _is_in(key: str, directories: set[str]) -> bool:
    end = len(key) - 1  # not the directory itself
    while (end := key.rfind("/", 0, max(0, end))) >= 0:
        if key[: end + 1] in directories:
            return True
    return False


def parent_location(location: Location, *, lists_roots: bool | None) -> Location | None:
    """The directory above, None at a root. Above a bucket is the list of buckets, if there is one (``lists_roots``).

    None means that nobody knows yet; then it is taken to be there, and what is not, its listing says.
    """
    parent = directory_location(from_location(location).parent.location(location.storage.profile))
    if parent != location:
        return parent
    if location.storage.authority and lists_roots is not False:
        return Location(StorageAddress(location.storage.scheme, "", location.storage.profile), "", Kind.DIRECTORY)
    return None


def place_in_parent(location: Location) -> Place:
    """Where the directory ``location`` stands in the listing of the one above it."""
    if not location.key:
        return Place(f"{location.storage.authority}/", Kind.DIRECTORY)
    return Place(location.key, Kind.DIRECTORY)


def place_of(visited: Visited) -> Place | None:
    """Where the cursor was in a directory of the history."""
    return None if visited.cursor is None else Place(*visited.cursor)


def place_within(directory: Location, location: Location) -> Place | None:
    """The entry of ``directory`` that ``location`` is, or is in; None where it is somewhere else."""
    if location.storage != directory.storage or not location.key.startswith(directory.key):
        return None
    first, slash, _ = location.key.removeprefix(directory.key).partition("/")
    return Place(directory.key + first + slash, Kind.DIRECTORY if slash else location.kind)


def entry_location(directory: Location, entry: Entry) -> Location:
    """Where an entry of ``directory`` is. The entries of a list of buckets are storages of their own."""
    location = Location(directory.storage, entry.key, entry.kind)
    return as_itself(location) if entry.is_directory else location


def as_itself(location: Location) -> Location:
    """A directory; of what is listed among buckets, the bucket, which is a storage of its own."""
    return directory_location(from_location(location).location(location.storage.profile))
