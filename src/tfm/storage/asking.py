"""The half of a storage that answers: listings and look-ups through the cache, bytes from the backend."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from copy import copy
from typing import TYPE_CHECKING

from tfm.cache.policy import is_offline
from tfm.core.awaited import Awaited
from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry, Kind, Lookup
from tfm.core.errors import NetworkError, NotDirectoryError, NotFoundError
from tfm.core.listing import Listing
from tfm.core.location import StorageAddress
from tfm.core.page import Page
from tfm.core.tree import directory_pages, lookup_in_tree, subtree_pages
from tfm.storage.contract import Backend, Reader, WholeObject
from tfm.storage.lease import Change, Lease, PrefixChange
from tfm.storage.lister import Lister
from tfm.storage.listing_cache import CachedListing, CachedLookup, ListingCache, ListingSpace, Space
from tfm.storage.scan import Scan

if TYPE_CHECKING:
    from tfm.core.finding import Finding

__all__ = ["AskingStorage"]


class AskingStorage:
    """See :class:`tfm.storage.storage.Storage`, which adds writing."""

    def __init__(
        self,
        backend: Backend,
        cache: ListingCache,
        *,
        clock: Callable[[], float],
        default_ttl_seconds: float,
    ) -> None:
        self._backend = backend
        self._lister = Lister(backend, clock)
        self._cache = cache
        self._terms = cache.terms(backend.address.scheme, default_ttl_seconds)
        self._lock = threading.Lock()
        self._space: ListingSpace | None = None
        self._identity = ""
        self._caches = Capability.CACHED in backend.capabilities
        self._flat = Capability.FLAT_KEYS in backend.capabilities
        self.address: StorageAddress = backend.address
        self.capabilities: frozenset[Capability] = backend.capabilities

    def uri_of(self, key: str) -> str:
        """How errors name ``key``."""
        if Capability.LOCAL_PATHS in self.capabilities:
            return key
        scheme, authority = self.address.scheme, self.address.authority
        return f"{scheme}://{authority}/{key}" if authority else f"{scheme}://{key}"

    # Listings

    def scan(self, prefix: str, *, recursive: bool = False, fresh: bool = False) -> Scan:
        """The pages under the directory prefix ``prefix``; see :meth:`Backend.list_page` for what stands in them.

        ``ceil(n / 1000)`` requests for n entries, none where the cache has a fresh listing; ``fresh`` asks whatever the
        cache has. A listing that was asked for and read to its end is cached. With the first page: NotFoundError where
        there is no such directory, NotDirectoryError where there is a file (one request more, on object stores), and
        what else the storage answers.
        """
        if not self._caches:
            return Scan(prefix, self._lister.pages(prefix, recursive=recursive), None, keep_bytes=0)
        return self._cached_scan(prefix, recursive=recursive, fresh=fresh)

    def _cached_scan(self, prefix: str, *, recursive: bool, fresh: bool) -> Scan:
        space = self._open_space()
        what = "tree" if recursive else "level"
        limit = self._cache.tier.max_bytes
        if not fresh:
            known = self._known_pages(space, prefix, recursive=recursive)
            if known is not None:
                pages, lease = known
                space.hit(what, prefix)
                return Scan(prefix, self._existing(pages, prefix, asked=False), lease, keep_bytes=limit)
        self._refuse_offline(prefix)
        space.miss(what, prefix)
        lease = space.leases.grant(prefix, recursive=recursive)
        pages = self._asked(space, prefix, lease, recursive=recursive, fresh=fresh)
        return Scan(prefix, self._existing(pages, prefix, asked=True), lease, keep_bytes=limit)

    def _known_pages(self, space: ListingSpace, prefix: str, *, recursive: bool) -> tuple[Iterator[Page], Lease] | None:
        """What the newest fresh listing that covers ``prefix`` says."""
        own = space.fresh(prefix, recursive=recursive)
        tree = space.fresh_tree_above(prefix)
        if tree is not None and (own is None or own.lease.number < tree.lease.number):
            derive = subtree_pages if recursive else directory_pages
            return derive(tree.listing, prefix), tree.lease
        if own is None:
            return None
        if prefix and not self._proves_directory(own.listing):
            # As good as the answer that nothing is there, which must be fresh too.
            known = self._known_lookup(space, prefix[:-1], prefix, Asked.BOTH)
            if known is None or known.answer.directory is not None:
                return None
        return iter(own.listing.pages), own.lease

    def _asked(self, space: ListingSpace, prefix: str, lease: Lease, *, recursive: bool, fresh: bool) -> Iterator[Page]:
        pages: list[Page] = []
        room = self._cache.tier.max_bytes
        for page in self._lister.pages(prefix, recursive=recursive):
            room -= page.size_bytes
            if room >= 0:
                pages.append(page.without_token())
            else:
                pages.clear()  # too large to be kept: it is only handed on, in the memory of a page
            if page.token is None and room >= 0:
                # Stored before the last page is handed out: who stops reading there has read it all.
                listing = Listing(prefix, pages, recursive=recursive, complete=True, fetched_at=lease.fetched_at)
                if prefix and self._proves_directory(listing):
                    above = _lookup_in_listings(space, prefix[:-1])
                    if above is not None and above.answer.directory is None:
                        space.change(Change(prefix, below=False), spared=lease)
                space.store(listing, lease, fresh=fresh)
            yield page

    def _existing(self, pages: Iterator[Page], prefix: str, *, asked: bool) -> Iterator[Page]:
        """``pages``, unless they say nothing: then what stands in the directory's place decides. Where the storage was
        ``asked`` it is asked again: what the cache says about the place is older."""
        something = not prefix or not self._flat
        empty: list[Page] = []
        for page in pages:
            something = something or len(page) > 0 or page.own_entry is not None
            if something:
                yield from empty
                empty.clear()
                yield page
            else:
                empty.append(page)
        if something:
            return
        answer = self._ask(prefix, nothing_below=True) if asked else self.lookup(prefix)
        if answer.directory is not None:
            yield from empty
        elif answer.file is not None:
            raise NotDirectoryError(
                "There is an object here, not a directory.", uri=self.uri_of(prefix), operation="list"
            )
        elif answer.directory_error is not None:
            raise copy(answer.directory_error)
        else:
            raise NotFoundError("There is no such directory.", uri=self.uri_of(prefix), operation="list")

    def tree_pages(self, prefix: str) -> Iterator[Page]:
        """Every key below the directory, in pages, from the storage and not kept; only on flat keys. One request each,
        sent when the page is wanted. A directory that is not there has one empty page."""
        return self._lister.pages(prefix, recursive=True)

    def keys_after(self, prefix: str, after: str) -> Page:
        """A page of the keys below the directory that are greater than ``after``, as :meth:`tree_pages` gives them; one
        request."""
        return self._backend.list_page(prefix, recursive=True, start_after=after or None)

    def first_rows(self, prefix: str, *, limit: int) -> Page:
        """Up to ``limit`` rows of the directory, from the storage and not from the cache; one request. For who only
        wants to know whether something is in it."""
        return self._backend.list_page(prefix, limit=limit)

    def peek(self, prefix: str) -> CachedListing | None:
        """What the cache holds for that directory, fresh or not; no request. The panes show it while they ask again.

        None too where what it holds is what a missing directory looks like.
        """
        held = None if not self._caches or self._space is None else self._space.peek(prefix)
        return held if held is not None and (not prefix or self._proves_directory(held.listing)) else None

    # One key

    def object_at(self, key: str) -> Entry:
        """The object of exactly that key, from the storage and by its own word for that one: a look-up asks a listing,
        and tells of a marker only that there is a directory. One request. Raises NotFoundError and what else
        :meth:`Backend.read` raises."""
        with self._backend.read(key, length=0) as reader:
            return reader.entry

    def lookup(self, key: str, *, fresh: bool = False, asked: Asked = Asked.BOTH) -> Lookup:
        """As :meth:`lookup_with_age`, without the age."""
        return self.lookup_with_age(key, fresh=fresh, asked=asked)[0]

    def lookup_with_age(self, key: str, *, fresh: bool = False, asked: Asked = Asked.BOTH) -> tuple[Lookup, float]:
        """The object ``x`` and the directory ``x/`` for either of these keys, the root for ``""``.

        One request (a second where a full page proves nothing), none where the cache knows what is ``asked``; of more
        than that the answer may say nothing then. Nothing there is an empty Lookup, a missing bucket too; every other
        failure is raised. With it, how many seconds ago the storage was asked.
        """
        if not self._caches:
            return self._lister.lookup(key), 0.0
        name = key.removesuffix("/") if key else None
        place = "" if name is None else f"{name}/"
        space = self._open_space()
        if not fresh:
            known = self._known_lookup(space, name, place, asked)
            if known is not None:
                space.hit("lookup", key)
                return known.answer, known.lease.age()
        return self._ask(key), 0.0

    def _ask(self, key: str, *, nothing_below: bool = False) -> Lookup:
        """Ask the storage, whatever the cache knows. ``nothing_below`` says that ``key/`` was just listed and empty."""
        name = key.removesuffix("/") if key else None
        place = "" if name is None else f"{name}/"
        space = self._open_space()
        self._refuse_offline(key)
        space.miss("lookup", key)
        lease = space.leases.grant(_parent_prefix(key), recursive=False)
        answer = self._lister.lookup(name, nothing_below=nothing_below)
        if name is not None and self._contradicts(space, name, place, answer):
            space.change(Change(place, below=answer.directory is None), spared=lease)
        space.store_lookup(place, answer, lease)
        return answer

    def known_file(self, key: str) -> Entry | None:
        """The object of that key, if the cache knows that it is there; no request."""
        known = self._known(key, Asked.FILE) if self._caches else None
        return None if known is None else known.file

    def _known(self, key: str, asked: Asked = Asked.BOTH) -> Lookup | None:
        """What the cache knows about ``key``, or None; no request."""
        name = key.removesuffix("/") if key else None
        known = self._known_lookup(self._open_space(), name, "" if name is None else f"{name}/", asked)
        return None if known is None else known.answer

    def _known_lookup(self, space: ListingSpace, name: str | None, place: str, asked: Asked) -> CachedLookup | None:
        """The newest of what the cache knows about it, as far as it says what is asked."""
        known = [space.fresh_lookup(place)]
        if name is not None:
            known.append(_lookup_in_listings(space, name))
        if name is None or asked in {Asked.DIRECTORY, Asked.EITHER}:
            for recursive in (False, True):
                own = space.fresh(place, recursive=recursive)
                if own is not None and (name is None or self._proves_directory(own.listing)):
                    directory = own.listing.own_entry or Entry((name or "").rpartition("/")[2], place, Kind.DIRECTORY)
                    known.append(CachedLookup(Lookup(directory=directory), own.lease))
        enough = [each for each in known if each is not None and _says(each, asked)]
        return max(enough, key=lambda each: each.lease.number, default=None)

    def _proves_directory(self, listing: Listing) -> bool:
        """Whether a complete listing shows that its directory is there. On flat keys one that says nothing is how a
        missing directory looks; elsewhere a missing one is an error."""
        return not self._flat or len(listing) > 0 or listing.own_entry is not None

    def _contradicts(self, space: ListingSpace, name: str, place: str, answer: Lookup) -> bool:
        """Whether the storage said otherwise than a listing that is held, which must go then."""
        listed = _lookup_in_listings(space, name)
        if listed is not None and not _agree(listed.answer, answer):
            return True
        own = [space.fresh(place, recursive=recursive) for recursive in (False, True)]
        return _tells_of_directory(answer) and any(
            held is not None and self._proves_directory(held.listing) != (answer.directory is not None) for held in own
        )

    # Bytes

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        """Open an object's bytes; one request, and one more for each time the connection breaks."""
        return self._backend.read(key, start=start, length=length, if_match=if_match)

    @property
    def begins_requests(self) -> bool:
        """Whether the methods that begin a request may give something."""
        return self._backend.begins_requests

    def begin_read(self, key: str, *, most_bytes: int, if_match: str | None = None) -> Awaited[WholeObject] | None:
        """See :meth:`Backend.begin_read`."""
        return self._backend.begin_read(key, most_bytes=most_bytes, if_match=if_match)

    def price_list(self) -> str | None:
        """See :meth:`Backend.price_list`."""
        return self._backend.price_list()

    def presign(self, key: str, *, expires_seconds: int) -> str:
        return self._backend.presign(key, expires_seconds=expires_seconds)

    # Changes

    def diagnose(self, key: str | None, *, may_write: bool) -> Iterator[Finding]:
        """See :meth:`Backend.diagnose`. Costs what the backend finds worth asking; the cache has no part in it."""
        return self._backend.diagnose(key, may_write=may_write)

    def invalidate(self, key: str, *, below: bool = False) -> None:
        """Forget what is cached about ``key``, as object and as directory, about the directories above it and, if
        ``below``, about everything under it."""
        if self._caches and self._space is not None:
            self._space.change(Change(f"{key.removesuffix('/')}/" if key else "", below=below))

    def invalidate_prefix(self, prefix: str) -> None:
        """Forget what is cached about every key that begins with ``prefix``."""
        if self._caches and self._space is not None:
            self._space.change(PrefixChange(prefix))

    def _refuse_offline(self, text: str) -> None:
        if is_offline():
            raise NetworkError(
                "This is not in the cache, and the cache policy is offline.",
                next_step="Leave the offline block to ask the storage.",
                uri=self.uri_of(text),
            )

    def _open_space(self) -> ListingSpace:
        """The cache of whoever asks now: after a refusal AWS's files are read anew, and may name somebody else."""
        address = self.address
        # The profile is part of it even where two profiles hold the same keys: nobody has to prove they do.
        identity = f"{address.profile or ''}\n{self._backend.identity()}"
        with self._lock:
            if self._space is None or self._identity != identity:
                self._space = self._cache.space(Space(address.scheme, identity, address.authority), self._terms)
                self._identity = identity
            return self._space


def _says(known: CachedLookup, asked: Asked) -> bool:
    """Whether it tells what is asked, though it may tell of the object of that name only."""
    if known.whole or asked is Asked.FILE:
        return True
    return known.answer.file is not None and asked in {Asked.EITHER, Asked.MEANT}


def _parent_prefix(key: str) -> str:
    return key[: key.rfind("/", 0, -1) + 1]


def _lookup_in_listings(space: ListingSpace, name: str) -> CachedLookup | None:
    """What the newest listing that covers the key ``name`` proves about it; only complete and fresh ones prove it."""
    parent_prefix = name[: name.rfind("/") + 1]
    level = space.fresh(parent_prefix)
    tree = space.fresh_tree_above(parent_prefix)
    if tree is not None and (level is None or level.lease.number < tree.lease.number):
        return CachedLookup(lookup_in_tree(tree.listing, name), tree.lease)
    if level is None:
        return None
    last = name[len(parent_prefix) :]
    answer = Lookup(level.listing.find(last, Kind.FILE), level.listing.find(last, Kind.DIRECTORY))
    return CachedLookup(answer, level.lease)


def _agree(known: Lookup, answer: Lookup) -> bool:
    """Whether two answers about one key tell the same: presence, and the version of the object."""
    if (known.directory is None) != (answer.directory is None) and _tells_of_directory(answer):
        return False
    if known.file is None or answer.file is None:
        return known.file is answer.file
    return (known.file.size_bytes, known.file.etag) == (answer.file.size_bytes, answer.file.etag)


def _tells_of_directory(answer: Lookup) -> bool:
    """Whether the storage said if there is a directory; that the whole bucket is missing says it too."""
    return answer.directory_error is None or isinstance(answer.directory_error, NotFoundError)
