"""What a write of known outcome does to the cache: the listings it falls into are mended, not thrown away.

A directory of 100,000 entries stays cached through a write into it. What nobody knows after a write (whether the
directory that its last known file was in is still there) is forgotten, and only that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.listing import Listing
from tfm.core.patch import with_entry, without_below, without_entry
from tfm.core.tree import lookup_in_tree
from tfm.storage.lease import prefixes_above
from tfm.storage.listing_cache import CachedListing, ListingSpace

__all__ = ["Effect", "Gone", "TreeGone", "Written", "apply_effects", "forget_inside"]


class Written(NamedTuple):
    """The object of this entry is there now; a directory's is its marker."""

    entry: Entry


class Gone(NamedTuple):
    """The object of exactly that key is not there any more."""

    key: str


class TreeGone(NamedTuple):
    """Nothing is there any more whose key begins with that prefix, which ends in ``/`` or is the root's."""

    prefix: str


Effect = Written | Gone | TreeGone


def apply_effects(space: ListingSpace, effects: Iterable[Effect]) -> None:
    """Put what was written or deleted into everything that ``space`` holds. Flat keys only: directories are what keys
    begin with. No request."""
    with space.lock:
        for effect in effects:
            if isinstance(effect, Written):
                _written(space, effect.entry)
            elif isinstance(effect, Gone):
                _gone(space, effect.key)
            else:
                _tree_gone(space, effect.prefix)


def forget_inside(space: ListingSpace, prefix: str) -> None:
    """Forget what is known of everything in that directory, though not whether it is there itself. No request."""
    with space.lock:
        known = space.peek_lookup(prefix)
        space.forget_below(prefix)
        if known is not None and known.is_fresh():
            lease = space.leases.for_one_name(known.lease.prefix, like=known.lease)
            space.store_lookup(prefix, known.answer, lease, whole=known.whole)


def _written(space: ListingSpace, entry: Entry) -> None:
    key = entry.key
    place = f"{key.removesuffix('/')}/"
    space.leases.touch(key)
    exact = replace(entry, name=key.removesuffix("/").rpartition("/")[2])
    for tree in _trees(space, key):
        space.replace(tree, with_entry(tree.listing, entry))
    if entry.is_directory:
        _mend(space, space.peek(key), exact)
        row = Entry(exact.name, key, Kind.DIRECTORY)  # as a listing of the level above tells of it, without facts
        _directory_is_there(space, row)
    else:
        _mend(space, space.peek(_parent(place)), exact)
        _know_object(space, place, exact)
    for prefix in _directories_above(place):
        _directory_is_there(space, Entry(_last(prefix), prefix, Kind.DIRECTORY))
    root = space.peek_lookup("")
    if root is not None and root.answer.directory is None:  # somebody has made the bucket that was missing
        space.drop_lookup("")


def _directory_is_there(space: ListingSpace, row: Entry) -> None:
    """A directory without facts of its own, which may have come to exist just now."""
    held = space.peek(_parent(row.key))
    if held is None or held.listing.find(row.name, Kind.DIRECTORY) is None:
        space.leases.touch(row.key)
        _mend(space, held, row)
    known = space.peek_lookup(row.key)
    if known is not None and known.answer.directory is None:
        space.drop_lookup(row.key)


def _gone(space: ListingSpace, key: str) -> None:
    place = f"{key.removesuffix('/')}/"
    space.leases.touch(key)
    for tree in _trees(space, key):
        space.replace(tree, without_entry(tree.listing, key, _kind(key)))
    if key.endswith("/"):
        own = space.peek(key)
        if own is not None:
            space.replace(own, without_entry(own.listing, key, Kind.DIRECTORY))
        _settle_directories(space, key)
    else:
        level = space.peek(_parent(place))
        if level is not None:
            space.replace(level, without_entry(level.listing, key, Kind.FILE))
        _know_object(space, place, None)
        _settle_directories(space, _parent(place))


def _tree_gone(space: ListingSpace, prefix: str) -> None:
    trees = list(_trees(space, prefix))
    mended = [(tree, without_below(tree.listing, prefix)) for tree in trees if tree.listing.prefix != prefix]
    # What is below is forgotten as a whole, the leases of what was listed there too; then what is above is put right.
    known = space.peek_lookup(prefix)
    space.forget_below(prefix)
    for tree, listing in mended:
        space.replace(tree, listing)
    if prefix:
        space.leases.touch(prefix)
        level = space.peek(_parent(prefix))
        if level is not None:
            space.replace(level, without_entry(level.listing, prefix, Kind.DIRECTORY))
        if known is not None and known.is_fresh() and known.whole:
            lease = space.leases.for_one_name(known.lease.prefix, like=known.lease)
            space.store_lookup(prefix, known.answer._replace(directory=None), lease)
        _settle_directories(space, _parent(prefix))


def _settle_directories(space: ListingSpace, prefix: str) -> None:
    """After a delete under ``prefix``: is each directory from there upward still there? What cannot be known of them
    is forgotten; the first that is known to be there ends it."""
    while prefix:
        parent = _parent(prefix)
        level = space.peek(parent)
        evidence = _newest_listing_of(space, prefix)
        there = None if evidence is None else _proves(evidence.listing, prefix)
        if there:
            return
        space.leases.touch(prefix)
        space.drop_lookup(prefix)
        if evidence is None:
            space.drop_listing(parent)
        else:
            space.drop_listing(prefix)
            if level is not None and level.lease.number > evidence.lease.number:
                # It is believed for longer, so what is older must not be put into it.
                space.drop_listing(parent)
            elif level is not None:
                space.replace(level, without_entry(level.listing, prefix, Kind.DIRECTORY))
        prefix = parent


def _newest_listing_of(space: ListingSpace, prefix: str) -> CachedListing | None:
    """What tells most recently what is in that directory."""
    own, tree = space.fresh(prefix), space.fresh_tree_above(prefix)
    if own is None or (tree is not None and own.lease.number < tree.lease.number):
        return tree
    return own


def _proves(listing: Listing, prefix: str) -> bool:
    """Whether that complete listing, of the directory or of a tree that it is in, has something in it."""
    if listing.prefix == prefix:
        return len(listing) > 0 or listing.own_entry is not None
    return lookup_in_tree(listing, prefix[:-1]).directory is not None


def _know_object(space: ListingSpace, place: str, file: Entry | None) -> None:
    """The object of that name is there, with these facts, or it is not; of a directory nothing new is known."""
    known = space.peek_lookup(place)
    if known is not None and known.is_fresh():
        lease = space.leases.for_one_name(known.lease.prefix, like=known.lease)
        answer, whole = known.answer._replace(file=file), known.whole
    else:
        lease = space.leases.for_one_name(_parent(place))
        answer, whole = Lookup(file=file), False
    space.store_lookup(place, answer, lease, whole=whole)


def _mend(space: ListingSpace, held: CachedListing | None, entry: Entry) -> None:
    if held is not None:
        space.replace(held, with_entry(held.listing, entry))


def _trees(space: ListingSpace, key: str) -> Iterator[CachedListing]:
    """The recursive listings that ``key`` falls into."""
    for prefix in (key, *prefixes_above(key)) if key.endswith("/") else prefixes_above(key):
        held = space.peek(prefix, recursive=True)
        if held is not None:
            yield held


def _directories_above(place: str) -> Iterator[str]:
    return (prefix for prefix in prefixes_above(place) if prefix)


def _parent(place: str) -> str:
    return next(prefixes_above(place), "")


def _last(prefix: str) -> str:
    return prefix[:-1].rpartition("/")[2]


def _kind(key: str) -> Kind:
    return Kind.DIRECTORY if key.endswith("/") else Kind.FILE
