"""From the name that somebody types to the key that it has in a directory."""

from __future__ import annotations

import posixpath

from tfm.core.capability import Capability
from tfm.core.errors import InvalidPathError, UnsupportedOperation
from tfm.core.location import Location
from tfm.storage.storage import Storage

__all__ = ["key_of_name", "refuse_among_roots"]


def key_of_name(storage: Storage, directory: Location, name: str, *, operation: str) -> str:
    """The key of ``name`` in ``directory``, without a directory's slash at its end. No request.

    Among flat keys every character is part of the key, ``//`` and ``..`` too. Elsewhere it is a path, read from
    ``directory`` on, or from the root where it begins with a slash; ``..`` is the directory above.

    Raises InvalidPathError where nothing was typed, UnsupportedOperation where only buckets are.
    """
    refuse_among_roots(storage, directory, operation=operation)
    name = name.removesuffix("/")
    if not name:
        raise InvalidPathError("A name is missing.", next_step="Type one.", operation=operation)
    if Capability.FLAT_KEYS in storage.capabilities:
        return directory.key + name
    return posixpath.normpath(posixpath.join(directory.key, name))


def refuse_among_roots(storage: Storage, directory: Location, *, operation: str) -> None:
    """Raises UnsupportedOperation where ``directory`` is the list of buckets: tfm neither makes nor deletes those."""
    if Capability.LIST_ROOTS in storage.capabilities and not directory.storage.authority:
        raise UnsupportedOperation(
            "Here are whole buckets, and tfm neither makes nor deletes those.",
            next_step="Enter a bucket to change what is in it; for buckets themselves there are the provider's own "
            "tools.",
            uri=storage.uri_of(""),
            operation=operation,
        )
