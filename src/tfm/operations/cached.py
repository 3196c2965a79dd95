"""What the cache of listings holds, by storage, and forgetting some of it. No request."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tfm.core.location import Location
from tfm.storage.lease import Change
from tfm.storage.listing_cache import CachedListing
from tfm.storage.session import Session

__all__ = ["HeldOf", "forget_directory", "forget_everything", "forget_storage", "held_by_storage"]


@dataclass(frozen=True, slots=True)
class HeldOf:
    """One storage's part: listings and answers, the bytes of the listings, and how old the oldest is."""

    scheme: str
    authority: str
    entries: int
    listing_bytes: int
    oldest_seconds: float


def held_by_storage(session: Session) -> list[HeldOf]:
    """The largest first."""
    found: defaultdict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for key, value in session.cache.tier.items():
        size = value.listing.size_bytes if isinstance(value, CachedListing) else 0
        found[key.space.scheme, key.space.authority].append((size, value.lease.age()))
    held = [
        HeldOf(scheme, authority, len(parts), sum(size for size, _ in parts), max(age for _, age in parts))
        for (scheme, authority), parts in found.items()
    ]
    return sorted(held, key=lambda each: -each.listing_bytes)


def forget_directory(session: Session, directory: Location) -> None:
    """Ask again when somebody next looks at that directory."""
    for space in session.cache.spaces(directory.storage.scheme, directory.storage.authority):
        space.change(Change(directory.key, below=False))


def forget_storage(session: Session, place: Location) -> None:
    """Forget all that is known of the bucket it is in."""
    for space in session.cache.spaces(place.storage.scheme, place.storage.authority):
        space.change(Change("", below=True))


def forget_everything(session: Session) -> None:
    for scheme in {key.space.scheme for key, _value in session.cache.tier.items()}:
        for space in session.cache.spaces(scheme):
            space.change(Change("", below=True))
