"""Make an empty file by the name that somebody types."""

from __future__ import annotations

from tfm.core.entry import Kind
from tfm.core.errors import ConflictError, IsDirectoryError
from tfm.core.location import Location
from tfm.core.writing import NOTHING_THERE
from tfm.operations.naming import key_of_name
from tfm.storage.session import Session

__all__ = ["make_file"]


def make_file(session: Session, directory: Location, name: str) -> Location:
    """Make the empty file ``name`` in ``directory``; where it is. What is there is never replaced.

    One request, none where the cache knows that something is there, and one more where the storage is not known to
    enforce "only if the key is free".

    Raises ConflictError where it is there, IsDirectoryError for a name that ends in a slash, UnsupportedOperation where
    buckets are, and what the storage answers.
    """
    storage = session.storage(directory.storage)
    key = key_of_name(storage, directory, name, operation="write")
    if name.endswith("/"):
        raise IsDirectoryError(
            "A name that ends in a slash is a directory's.",
            next_step="Leave the slash away, or make a directory with F7.",
            uri=storage.uri_of(key),
            operation="write",
        )
    if storage.known_file(key) is not None:
        raise ConflictError("Something is there already.", uri=storage.uri_of(key), operation="write")
    storage.put(key, b"", only_if=NOTHING_THERE)
    return Location(directory.storage, key, Kind.FILE)
