"""Make a directory by the name that somebody types."""

from __future__ import annotations

from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import ConflictError, NotFoundError
from tfm.core.location import Location
from tfm.operations.naming import key_of_name
from tfm.storage.session import Session
from tfm.storage.storage import Storage

__all__ = ["make_directories", "make_directory"]


def make_directory(session: Session, directory: Location, name: str) -> Location:
    """As :func:`make_directories`; where it is."""
    return make_directories(session, directory, name)[-1]


def make_directories(session: Session, directory: Location, name: str) -> list[Location]:
    """Make the directory ``name`` in ``directory``; what was made, the outermost first, so that it is the last.

    On flat keys one marker of exactly that key: one request, none where the cache knows that it is there. On a disk
    the directories above it are made too where they are missing.

    Raises ConflictError where it is there, UnsupportedOperation where buckets are, and what the storage answers.
    """
    storage = session.storage(directory.storage)
    key = key_of_name(storage, directory, name, operation="mkdir") + "/"
    if Capability.FLAT_KEYS in storage.capabilities:
        storage.make_directory(key)
        made = [key]
    else:
        made = _make_with_parents(storage, key)
    return [Location(directory.storage, each, Kind.DIRECTORY) for each in made]


def _make_with_parents(storage: Storage, key: str) -> list[str]:
    made: list[str] = []
    try:
        storage.make_directory(key)
    except NotFoundError:
        above = key[: key.rstrip("/").rfind("/") + 1]
        if not above or above == key:
            raise
        try:
            made = _make_with_parents(storage, above)
        except ConflictError:
            pass  # somebody else has just made it
        storage.make_directory(key)
    return [*made, key]
