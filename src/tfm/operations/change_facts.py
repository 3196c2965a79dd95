"""Change what an object says of itself, its type, metadata, tags, storage class, and not its bytes."""

from __future__ import annotations

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import UnsupportedOperation
from tfm.core.location import Location
from tfm.core.writing import ObjectFacts
from tfm.storage.session import Session

__all__ = ["can_change_facts", "change_facts"]


def can_change_facts(session: Session, location: Location) -> bool:
    """Whether the storage can; no request."""
    return Capability.SET_FACTS in session.storage(location.storage).capabilities


def change_facts(session: Session, location: Location, entry: Entry, facts: ObjectFacts) -> Entry:
    """Let the object of ``entry``, as it was looked at, say exactly ``facts``; the entry as it is then. One request,
    and one before it where the storage does not compare versions by itself.

    Raises UnsupportedOperation where no storage class, type or metadata can be changed, ConflictError where somebody
    has written it meanwhile, and what the storage answers.
    """
    storage = session.storage(location.storage)
    if Capability.SET_FACTS not in storage.capabilities:
        raise UnsupportedOperation(
            "What is said of it cannot be changed here.", uri=storage.uri_of(location.key), operation="set facts"
        )
    return storage.set_facts(entry, facts)
