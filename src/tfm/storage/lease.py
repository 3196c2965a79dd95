"""How long facts that were listed may be believed: until something changed there, or they are too old."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from typing import Final
from weakref import WeakSet

from tfm.cache.policy import fixed_age

__all__ = ["Change", "Lease", "LeaseBook", "LeaseTerms", "PrefixChange"]

_PRUNE_FROM: Final = 1024
"""Prefixes at which those without a living lease are dropped for the first time."""


class Lease:
    """Held by a listing and by everything made from it. Revoked for good by the first change that overlaps it.

    ``number`` tells which of two leases of one space began later; two may begin at one reading of the clock.
    """

    __slots__ = ("__weakref__", "_clock", "fetched_at", "number", "prefix", "recursive", "revoked", "terms")

    def __init__(
        self, prefix: str, *, recursive: bool, number: int, clock: Callable[[], float], terms: LeaseTerms
    ) -> None:
        self.prefix = prefix
        self.number = number
        self.recursive = recursive
        self._clock = clock
        self.fetched_at = clock()
        self.revoked = False
        self.terms = terms

    def age(self) -> float:
        """Seconds since what was listed was asked for."""
        return self._clock() - self.fetched_at

    def stands(self) -> bool:
        """Whether what was listed may be said again without asking. Well under a microsecond."""
        if self.revoked:
            return False
        age = fixed_age()
        return self._clock() - self.fetched_at < (self.terms.ttl if age is None else age)


class LeaseTerms:
    """The TTL in seconds that a storage's leases share, changed while they run by ``configure_s3_cache``."""

    __slots__ = ("ttl",)

    def __init__(self, ttl: float) -> None:
        self.ttl = ttl


class Change:
    """What a write, or somebody's word, says may be different now.

    ``place`` is the prefix that a directory of that name would have (``x/`` for the object ``x`` too; ``""`` is the
    root): both kinds are meant, and every directory above, because one may have come to exist or vanished; everything
    below too if ``below``.
    """

    __slots__ = ("below", "place")

    def __init__(self, place: str, *, below: bool) -> None:
        self.place = place
        self.below = below

    def touches(self, text: str) -> bool:
        """Whether the listing of that prefix, or the answer about the name that has it, may be different."""
        return self.place.startswith(text) or (self.below and text.startswith(self.place))

    def __repr__(self) -> str:
        return f"{self.place!r}{' and below' if self.below else ''}"


class PrefixChange:
    """Every key that begins with a text may be different, wherever that text ends."""

    __slots__ = ("prefix",)

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def touches(self, text: str) -> bool:
        """As :meth:`Change.touches`."""
        return text.startswith(self.prefix) or self.prefix.startswith(text)

    def __repr__(self) -> str:
        return f"every key that begins with {self.prefix!r}"


class LeaseBook:
    """Every lease that somebody still holds in one space, so that a change can revoke those that it overlaps.

    A listing under way holds its lease from the moment it began: revoked in between, it is not stored. That is what
    keeps a listing that overlaps a write out of the cache.
    """

    def __init__(self, clock: Callable[[], float], terms: LeaseTerms) -> None:
        self._clock = clock
        self._terms = terms
        self._lock = threading.Lock()
        self._leases: dict[str, WeakSet[Lease]] = {}
        self._prune_at = _PRUNE_FROM
        self._numbers = count()

    def grant(self, prefix: str, *, recursive: bool) -> Lease:
        """A lease that begins now: call it before the first request is sent."""
        with self._lock:
            number = next(self._numbers)
            lease = Lease(prefix, recursive=recursive, number=number, clock=self._clock, terms=self._terms)
            self._leases.setdefault(prefix, WeakSet()).add(lease)
            if len(self._leases) >= self._prune_at:
                self._leases = {text: leases for text, leases in self._leases.items() if leases}
                self._prune_at = max(_PRUNE_FROM, 2 * len(self._leases))
        return lease

    def __len__(self) -> int:
        """How many prefixes leases are remembered for; those that nobody holds any more are dropped now and then."""
        return len(self._leases)

    def revoke(self, touched: Callable[[str], bool], *, spared: Lease | None = None) -> None:
        """End every lease whose prefix is ``touched``, save the one that is ``spared``."""
        with self._lock:
            for prefix, leases in list(self._leases.items()):
                if not touched(prefix):
                    continue
                for lease in leases:
                    if lease is not spared:
                        lease.revoked = True
                if spared is not None and spared.prefix == prefix:
                    self._leases[prefix] = WeakSet([spared])
                else:
                    del self._leases[prefix]

    def supersede(self, newer: Lease, *, trees_above: bool) -> None:
        """End the older leases of the same listing: a newer one tells more. ``trees_above``: those of every recursive
        listing that covers it too."""
        with self._lock:
            for lease in self._leases.get(newer.prefix, ()):
                if lease.recursive == newer.recursive and lease.number < newer.number:
                    lease.revoked = True
            if not trees_above:
                return
            for prefix, leases in self._leases.items():
                if newer.prefix.startswith(prefix):
                    for lease in leases:
                        if lease.recursive and lease.number < newer.number:
                            lease.revoked = True
