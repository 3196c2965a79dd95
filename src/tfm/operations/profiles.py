"""The profiles under which a storage can be looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tfm.core.location import StorageAddress
from tfm.storage.session import Session

__all__ = ["ProfileChoice", "profiles_of"]


@dataclass(frozen=True, slots=True)
class ProfileChoice:
    """``address`` is the same storage under that profile."""

    note: str
    address: StorageAddress


def profiles_of(session: Session, address: StorageAddress) -> list[ProfileChoice]:
    """What the backend's configuration names; empty where it knows no profiles. Reads files, no request. Raises
    CredentialsError where they cannot be read, MissingDependencyError."""
    roots = session.registry.roots(address.scheme)
    found = [ProfileChoice(root.note, replace(address, profile=root.address.profile)) for root in roots]
    known = {choice.address.profile for choice in found}
    return found if len(known) > 1 else [choice for choice in found if choice.address != address]
