"""The layer that remembers listings and answers, says how long they hold, and never lets a change go unseen."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from tfm.cache.memory import MemoryTier
from tfm.cache.policy import negative_age
from tfm.cache.statistics import HitCounter
from tfm.core.entry import Lookup
from tfm.core.listing import Listing
from tfm.storage.lease import Change, Lease, LeaseBook, LeaseTerms, PrefixChange

__all__ = ["CacheKey", "CachedListing", "CachedLookup", "ListingCache", "ListingSpace", "Shape", "Space"]

_LOG: Final = logging.getLogger("tfm.cache")
_LOOKUP_BYTES: Final = 700
"""What an answer about one key weighs beside the text of the key: measured on 100,000 of them."""


class Shape(Enum):
    """What a cache entry is about."""

    LEVEL = "level"
    TREE = "tree"
    LOOKUP = "lookup"


class Space(NamedTuple):
    """Whose answers, about what: one identity's, in one bucket. Nothing is shared between two."""

    scheme: str
    identity: str
    authority: str


class CacheKey(NamedTuple):
    space: Space
    shape: Shape
    text: str
    """The prefix of a listing; of a look-up, the prefix that a directory of that name has."""


class CachedListing(NamedTuple):
    """A complete listing with the lease on which its facts stand."""

    listing: Listing
    lease: Lease

    def is_fresh(self) -> bool:
        return self.lease.stands()


class CachedLookup(NamedTuple):
    """An answer about one key with the lease on which it stands. ``whole`` is False where only the object is known,
    as after a write: then nothing is said of a directory of that name."""

    answer: Lookup
    lease: Lease
    whole: bool = True

    def is_fresh(self) -> bool:
        """ "Nothing is there" is believed for ten seconds at most."""
        if not self.lease.stands():
            return False
        return self.answer.found or self.lease.age() < negative_age(self.lease.terms.ttl)


class ListingCache:
    """A session's cache: one tier for all its storages, bounded together. When it fails, work goes on without it."""

    def __init__(self, *, max_bytes: int, max_entries: int, clock: Callable[[], float]) -> None:
        self.tier: MemoryTier[CacheKey, CachedListing | CachedLookup] = MemoryTier(
            max_bytes=max_bytes, max_entries=max_entries
        )
        self.hits = HitCounter()
        self._clock = clock
        self._lock = threading.Lock()
        self._spaces: dict[Space, ListingSpace] = {}
        self._terms: dict[str, LeaseTerms] = {}
        self._warned = False

    def terms(self, scheme: str, default_ttl: float) -> LeaseTerms:
        """The TTL of a scheme's storages, shared by all of them and changeable."""
        with self._lock:
            return self._terms.setdefault(scheme, LeaseTerms(default_ttl))

    def space(self, space: Space, terms: LeaseTerms) -> ListingSpace:
        with self._lock:
            found = self._spaces.get(space)
            if found is None:
                found = self._spaces[space] = ListingSpace(self, space, LeaseBook(self._clock, terms), terms)
            return found

    def spaces(self, scheme: str, authority: str | None = None) -> list[ListingSpace]:
        """Every space of that scheme (of one bucket, if given), whoever's it is."""
        with self._lock:
            return [
                space
                for key, space in self._spaces.items()
                if key.scheme == scheme and authority in {None, key.authority}
            ]

    def entries(self, scheme: str) -> list[tuple[CacheKey, bool]]:
        """What is held for that scheme, and of each whether it is fresh."""
        return [(key, value.is_fresh()) for key, value in self.tier.items() if key.space.scheme == scheme]

    def read(self, key: CacheKey) -> CachedListing | CachedLookup | None:
        try:
            return self.tier.get(key)
        except Exception as error:  # noqa: BLE001 - a broken cache must not break the work: it is said once
            self._say_broken(error)
            return None

    def write(self, key: CacheKey, value: CachedListing | CachedLookup, size_bytes: int) -> None:
        try:
            self.tier.put(key, value, size_bytes)
        except Exception as error:  # noqa: BLE001 - as above
            self._say_broken(error)

    def remove(self, key: CacheKey) -> None:
        try:
            self.tier.remove(key)
        except Exception as error:  # noqa: BLE001 - as above
            self._say_broken(error)

    def drop(self, doomed: Callable[[CacheKey], bool]) -> None:
        try:
            self.tier.remove_where(doomed)
        except Exception as error:  # noqa: BLE001 - as above; the leases are revoked whatever the tier does
            self._say_broken(error)

    def _say_broken(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            _LOG.warning("The listing cache failed (%s); tfm goes on without it.", type(error).__name__)


class ListingSpace:
    """The cache as one storage sees it."""

    def __init__(self, cache: ListingCache, space: Space, leases: LeaseBook, terms: LeaseTerms) -> None:
        self._cache = cache
        self._space = space
        self.leases = leases
        self._terms = terms
        # Held while a listing is looked at and changed, so that of two writes into it neither is lost, and while one is
        # stored, so that none gets in between a write's beginning and its end.
        self.lock: Final = threading.RLock()

    # Listings

    def peek(self, prefix: str, *, recursive: bool = False) -> CachedListing | None:
        """The complete listing that is held, however old, unless something is known to have changed."""
        held = self._cache.read(self._key(Shape.TREE if recursive else Shape.LEVEL, prefix))
        return held if isinstance(held, CachedListing) and not held.lease.revoked else None

    def fresh(self, prefix: str, *, recursive: bool = False) -> CachedListing | None:
        """The complete listing, if it is fresh."""
        held = self.peek(prefix, recursive=recursive)
        return held if held is not None and held.lease.stands() else None

    def fresh_tree_above(self, prefix: str) -> CachedListing | None:
        """A fresh recursive listing that covers the directory prefix ``prefix``: its own, or one further up."""
        end = len(prefix)
        while True:
            held = self.fresh(prefix[:end], recursive=True)
            if held is not None or end <= 0:
                return held
            end = prefix.rfind("/", 0, end - 1) + 1

    def store(self, listing: Listing, lease: Lease, *, fresh: bool) -> CachedListing:
        """Keep a complete listing, unless something changed since it was begun. ``fresh``: somebody did not believe
        what was held, so older recursive listings that cover this one end."""
        held = CachedListing(listing, lease)
        shape = Shape.TREE if listing.recursive else Shape.LEVEL
        with self.lock:
            if lease.revoked or lease.spoiled:
                _LOG.debug("not stored, changed meanwhile: %s %r", shape.value, self._uri(listing.prefix))
                return held
            if self._terms.ttl > 0:
                self.leases.supersede(lease, trees_above=fresh)
                self._cache.write(self._key(shape, listing.prefix), held, listing.size_bytes)
        _LOG.debug(
            "stored: %s %r, %d entries, %d bytes",
            shape.value, self._uri(listing.prefix), len(listing), listing.size_bytes,
        )  # fmt: skip
        return held

    def replace(self, held: CachedListing, listing: Listing) -> CachedListing:
        """Keep ``listing``, which is ``held`` with a write put into it, as old as that was. Holds the lock."""
        new = CachedListing(listing, self.leases.renew(held.lease))
        shape = Shape.TREE if listing.recursive else Shape.LEVEL
        self._cache.write(self._key(shape, listing.prefix), new, listing.size_bytes)
        return new

    def drop_listing(self, prefix: str) -> None:
        """Hold the listing of that one directory no more. What it told of each entry stands."""
        self._cache.remove(self._key(Shape.LEVEL, prefix))

    # Answers about one key

    def peek_lookup(self, place: str) -> CachedLookup | None:
        """The answer that is held, however old, unless something is known to have changed."""
        held = self._cache.read(self._key(Shape.LOOKUP, place))
        return held if isinstance(held, CachedLookup) and not held.lease.revoked else None

    def fresh_lookup(self, place: str) -> CachedLookup | None:
        held = self.peek_lookup(place)
        return held if held is not None and held.is_fresh() else None

    def store_lookup(self, place: str, answer: Lookup, lease: Lease, *, whole: bool = True) -> None:
        size_bytes = _LOOKUP_BYTES + 2 * len(place)
        with self.lock:
            if not lease.revoked and not lease.spoiled and self._terms.ttl > 0:
                self._cache.write(self._key(Shape.LOOKUP, place), CachedLookup(answer, lease, whole), size_bytes)
        self.leases.settle(lease)

    def drop_lookup(self, place: str) -> None:
        self._cache.remove(self._key(Shape.LOOKUP, place))

    # Changes

    def change(self, change: Change | PrefixChange, *, spared: Lease | None = None) -> None:
        """Forget what the change touches, in the cache, in listings under way and in paths that were listed. The lease
        of the answer that told of the change is ``spared``."""
        with self.lock:
            self.leases.revoke(change, spared=spared)
            if isinstance(change, Change) and not change.below:
                for prefix in change.prefixes:
                    for shape in Shape:
                        self._cache.remove(self._key(shape, prefix))
            else:
                self._cache.drop(lambda key: key.space == self._space and change.touches(key.text))
        _LOG.debug("invalidated in %r: %r", self._uri(""), change)

    def forget_below(self, prefix: str) -> None:
        """Forget everything whose key begins with ``prefix``, a directory's, and what was listed of it. Holds the
        lock; what is known of the directories above stays."""
        self.leases.revoke(PrefixChange(prefix, above=False))
        self._cache.drop(lambda key: key.space == self._space and key.text.startswith(prefix))

    def hit(self, what: str, text: str) -> None:
        self._cache.hits.hit()
        _LOG.debug("hit: %s %r", what, self._uri(text))

    def miss(self, what: str, text: str) -> None:
        self._cache.hits.miss()
        _LOG.debug("miss: %s %r", what, self._uri(text))

    def _key(self, shape: Shape, text: str) -> CacheKey:
        return CacheKey(self._space, shape, text)

    def _uri(self, text: str) -> str:
        return f"{self._space.scheme}://{self._space.authority}/{text}"
