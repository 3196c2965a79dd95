"""How long facts that were listed may be believed: until something changed there, or they are too old."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Final
from weakref import WeakSet

from tfm.cache.policy import fixed_age

__all__ = ["Change", "Lease", "LeaseBook", "LeaseTerms", "PrefixChange", "Writing", "prefixes_above"]

_PRUNE_FROM: Final = 1024
"""Prefixes at which those without a living lease are dropped for the first time."""

_MOST_TOUCHED: Final = 10_000
"""Names that a lease remembers as changed; beyond that all of what it was granted for is asked again."""


class Lease:
    """Held by a listing and by everything made from it. What it says of each entry stands until that entry changes.

    ``revoked``: nothing it said stands any more. ``spoiled``: a write overlapped the listing, so it is not stored, but
    what it told stands, save for the names in ``touched`` (keys without a directory's slash: both kinds are meant).
    ``number`` tells which of two leases of one space began later; two may begin at one reading of the clock.
    """

    __slots__ = (
        "__weakref__",
        "_clock",
        "fetched_at",
        "number",
        "prefix",
        "recursive",
        "revoked",
        "spoiled",
        "terms",
        "touched",
    )

    def __init__(
        self, prefix: str, *, recursive: bool, number: int, clock: Callable[[], float], terms: LeaseTerms
    ) -> None:
        self.prefix = prefix
        self.number = number
        self.recursive = recursive
        self._clock = clock
        self.fetched_at = clock()
        self.revoked = False
        self.spoiled = False
        self.touched: set[str] | None = None
        self.terms = terms

    def renewed(self) -> Lease:
        """As old as this one, for the listing that a write was put into: no name in it is touched."""
        lease = Lease(self.prefix, recursive=self.recursive, number=self.number, clock=self._clock, terms=self.terms)
        lease.fetched_at = self.fetched_at
        return lease

    def touch(self, name: str) -> None:
        """What was told of that name is to be asked again."""
        touched = self.touched
        if touched is None:
            self.touched = {name}
        elif len(touched) < _MOST_TOUCHED:
            touched.add(name)
        else:
            self.revoked = True

    def tells_of(self, key: str) -> bool:
        """Whether what was told of the entry of that key may be said again without asking."""
        return self.stands() and (self.touched is None or key.removesuffix("/") not in self.touched)

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

    ``places`` are the prefixes that directories of those names would have (``x/`` for the object ``x`` too; ``""`` is
    the root): both kinds are meant, and every directory above, because one may have come to exist or vanished; with
    ``below`` everything under them too.
    """

    __slots__ = ("below", "places", "prefixes")

    def __init__(self, *places: str, below: bool) -> None:
        self.places = frozenset(places)
        self.below = below
        self.prefixes = frozenset(text for place in self.places for text in (place, *prefixes_above(place)))
        """The places and every directory above them."""

    def touches(self, text: str) -> bool:
        """Whether the listing of that prefix, or the answer about the name that has it, may be different."""
        return text in self.prefixes or (self.below and any(text.startswith(place) for place in self.places))

    def meets(self, other: Change) -> bool:
        """Whether both change one thing, so that nobody knows which came last."""
        return (
            not self.places.isdisjoint(other.places)
            or (self.below and any(map(self.touches, other.places)))
            or (other.below and any(map(other.touches, self.places)))
        )

    def __repr__(self) -> str:
        some = ", ".join(map(repr, sorted(self.places)[:3]))
        more = f" and {len(self.places) - 3} more" if len(self.places) > 3 else ""
        return f"{some}{more}{' and below' if self.below else ''}"


def prefixes_above(place: str) -> Iterator[str]:
    """The prefix of every directory above ``place``, the nearest first; none for the root."""
    end = len(place)
    while end > 0:
        end = place.rfind("/", 0, end - 1) + 1
        yield place[:end]


class Writing:
    """A write under way. ``contested`` once another wrote the same thing: then nobody knows which came last."""

    __slots__ = ("change", "contested")

    def __init__(self, change: Change) -> None:
        self.change = change
        self.contested = False


class PrefixChange:
    """Every key that begins with a text may be different, wherever that text ends; ``above`` says whether listings of
    the directories above it are meant too."""

    __slots__ = ("above", "prefix")

    def __init__(self, prefix: str, *, above: bool = True) -> None:
        self.prefix = prefix
        self.above = above

    def touches(self, text: str) -> bool:
        """As :meth:`Change.touches`."""
        return text.startswith(self.prefix) or (self.above and self.prefix.startswith(text))

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
        self._answers: dict[str, WeakSet[Lease]] = {}
        self._prune_at = _PRUNE_FROM
        self._numbers = count()
        self._under_way: list[Writing] = []

    def grant(self, prefix: str, *, recursive: bool) -> Lease:
        """A lease that begins now: call it before the first request is sent."""
        with self._lock:
            number = next(self._numbers)
            lease = Lease(prefix, recursive=recursive, number=number, clock=self._clock, terms=self._terms)
            lease.spoiled = any(writing.change.touches(prefix) for writing in self._under_way)
            self._add(lease, self._leases)
        return lease

    def renew(self, lease: Lease) -> Lease:
        """A lease for the same listing with a write put into it."""
        with self._lock:
            new = lease.renewed()
            self._add(new, self._leases)
        return new

    def for_one_name(self, prefix: str, *, like: Lease | None = None) -> Lease:
        """A lease for what is known of one name in the directory ``prefix`` from now on, or as old as ``like``.

        A write of that name finds the answer by itself and asks nothing here, so that ten thousand of them in one
        directory cost it nothing; only :meth:`revoke` looks for them.
        """
        with self._lock:
            lease = (
                Lease(prefix, recursive=False, number=next(self._numbers), clock=self._clock, terms=self._terms)
                if like is None
                else like.renewed()
            )
            self._add(lease, self._answers)
        return lease

    def settle(self, lease: Lease) -> None:
        """The question that this lease was granted for was answered, about one name: it is one of those from now on."""
        with self._lock:
            leases = self._leases.get(lease.prefix)
            if leases is not None and lease in leases:
                leases.discard(lease)
                self._add(lease, self._answers)

    def _add(self, lease: Lease, where: dict[str, WeakSet[Lease]]) -> None:
        where.setdefault(lease.prefix, WeakSet()).add(lease)
        if len(where) >= self._prune_at:
            for text in [text for text, leases in where.items() if not leases]:
                del where[text]
            self._prune_at = max(_PRUNE_FROM, 2 * len(where))

    # Writes

    def begin(self, change: Change) -> Writing:
        """A write begins: what is being listed there, or will be before its end, is spoiled."""
        writing = Writing(change)
        with self._lock:
            for lease in self._touched_by(change):
                lease.spoiled = True
            for other in self._under_way:
                if change.meets(other.change):
                    writing.contested = other.contested = True
            self._under_way.append(writing)
        return writing

    def end(self, writing: Writing) -> None:
        """It ended, whatever came of it."""
        with self._lock:
            self._under_way.remove(writing)

    def touch(self, key: str) -> None:
        """What any listing told of that name, object or directory, is to be asked again."""
        self.touch_all((key,))

    def touch_all(self, keys: Iterable[str]) -> None:
        """As :meth:`touch`, each of them."""
        with self._lock:
            for key in keys if self._leases else ():
                name = key.removesuffix("/")
                for prefix in prefixes_above(f"{name}/"):
                    for lease in self._leases.get(prefix, ()):
                        lease.touch(name)

    def __len__(self) -> int:
        """How many prefixes leases are remembered for; those that nobody holds any more are dropped now and then."""
        return len(self._leases.keys() | self._answers.keys())

    def _touched_by(self, change: Change) -> list[Lease]:
        return [lease for prefix in _touched_prefixes(change, self._leases) for lease in self._leases[prefix]]

    def revoke(self, change: Change | PrefixChange, *, spared: Lease | None = None) -> None:
        """End every lease whose prefix the change touches, save the one that is ``spared``."""
        with self._lock:
            for where in (self._leases, self._answers):
                for prefix in _touched_prefixes(change, where):
                    for lease in where[prefix]:
                        if lease is not spared:
                            lease.revoked = True
                    if spared is not None and spared.prefix == prefix and spared in where[prefix]:
                        where[prefix] = WeakSet([spared])
                    else:
                        del where[prefix]

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


def _touched_prefixes(change: Change | PrefixChange, where: Mapping[str, object]) -> list[str]:
    if isinstance(change, Change) and not change.below:
        return [prefix for prefix in change.prefixes if prefix in where]
    return [prefix for prefix in where if change.touches(prefix)]
