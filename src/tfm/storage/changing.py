"""The half of a storage that tells the cache, and whoever listens, of what its writes did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy

from tfm.core.entry import Entry, Lookup
from tfm.core.errors import ConflictError, NotFoundError
from tfm.core.writing import Condition, Precondition
from tfm.storage.asking import AskingStorage
from tfm.storage.changes import Changed, ChangeFeed
from tfm.storage.contract import Backend
from tfm.storage.effects import Effect, Written, apply_effects, forget_inside
from tfm.storage.lease import Change, Writing
from tfm.storage.listing_cache import ListingCache, ListingSpace

__all__ = ["ChangingStorage", "place_of"]


class ChangingStorage(AskingStorage):
    """See :class:`tfm.storage.storage.Storage`, which adds the writes themselves."""

    def __init__(
        self,
        backend: Backend,
        cache: ListingCache,
        *,
        clock: Callable[[], float],
        default_ttl_seconds: float,
        changes: ChangeFeed,
    ) -> None:
        super().__init__(backend, cache, clock=clock, default_ttl_seconds=default_ttl_seconds)
        self._changes = changes
        self._bulk: tuple[str, ...] = ()

    # Many writes in one place

    @contextmanager
    def changing_below(self, prefix: str) -> Iterator[None]:
        """While the block writes below ``prefix``, in whatever thread, nothing that is listed there is stored, and the
        single writes leave the cache alone; at its end all of it is forgotten. For many writes in one place."""
        with self._changing(Change(prefix, below=True)):
            with self._lock:
                self._bulk = (*self._bulk, prefix)
            try:
                yield
            finally:
                with self._lock:
                    left = list(self._bulk)
                    left.remove(prefix)
                    self._bulk = tuple(left)

    def announce_below(self, prefix: str) -> None:
        """Let panes look again while :meth:`changing_below` goes on."""
        self._announce(Change(prefix, below=True))

    @contextmanager
    def deleting_below(self, prefix: str) -> Iterator[list[Effect]]:
        """While the block deletes what is below ``prefix``, nothing that is listed there is stored, and what was known
        before is forgotten. At its end all of it is forgotten, or known to be gone where the block put
        :class:`tfm.storage.effects.TreeGone` into the list."""
        with self._changing(Change(prefix, below=True)) as effects:
            if self._caches:
                forget_inside(self._open_space(), prefix)
            yield effects

    def _is_bulk(self, key: str) -> bool:
        return bool(self._bulk) and key.startswith(self._bulk)

    def _is_all_bulk(self, keys: Sequence[str]) -> bool:
        return bool(self._bulk) and all(key.startswith(self._bulk) for key in keys)

    # One write

    def _committed(
        self, key: str, only_if: Precondition | None, request: Callable[[], Entry], *, looked: bool = False
    ) -> Entry:
        if not looked and only_if is not None and _condition_of(only_if) not in self._backend.conditions():
            self._require(key, only_if, self.lookup(key, fresh=True))
        if self._is_bulk(key):
            return request()
        with self._changing(Change(place_of(key), below=False)) as effects:
            entry = request()
            effects.append(Written(entry))
        return entry

    def _refuse_what_is_known(self, key: str, only_if: Precondition | None) -> None:
        """Raises ConflictError where the cache knows that ``only_if`` does not hold; no request."""
        if only_if is not None and self._caches:
            known = self._known(key)
            if known is not None:
                self._require(key, only_if, known)

    def _require(self, key: str, only_if: Precondition, answer: Lookup) -> None:
        here = answer.directory if key.endswith("/") else answer.file
        if here is None and key.endswith("/"):
            unknown = answer.directory_error
            if unknown is not None and not isinstance(unknown, NotFoundError):
                raise copy(unknown)  # nobody can look, and nothing may be overwritten unawares
        if here is None and only_if.etag is None:
            return
        if here is not None and only_if.etag is not None and here.etag == only_if.etag:
            return
        if only_if.etag is None:
            raise ConflictError("Something is there already.", uri=self.uri_of(key), operation="write")
        raise ConflictError(
            "It is no longer what was looked at.",
            next_step="Look at it again.",
            uri=self.uri_of(key),
            operation="write",
        )

    # What the cache hears of it

    @contextmanager
    def _changing(self, change: Change) -> Iterator[list[Effect]]:
        """A write of ``change``: the block puts what is known to have come of it into the list. Without that, or with
        an error, what it touches is forgotten."""
        effects: list[Effect] = []
        begun = self._begin_change(change)
        known: list[Effect] = []
        try:
            yield effects
            known = effects
        finally:
            self._end_change(change, begun, known)

    def _begin_change(self, change: Change) -> tuple[ListingSpace, Writing] | None:
        if not self._caches:
            return None
        space = self._open_space()
        return space, space.leases.begin(change)

    def _end_change(
        self, change: Change, begun: tuple[ListingSpace, Writing] | None, effects: Sequence[Effect]
    ) -> None:
        """``effects`` is empty where nobody knows what came of it."""
        if begun is not None:
            space, writing = begun
            with space.lock:
                space.leases.end(writing)
                if effects and self._flat and not writing.contested:
                    apply_effects(space, effects)
                else:
                    space.change(change)
            self._tell_others(change)
        self._announce(change)

    def _forget(self, change: Change) -> None:
        if self._caches:
            self._open_space().change(change)

    def _tell_others(self, change: Change) -> None:
        """The same bucket as another identity sees it: nothing of one's listing goes into the other's."""
        own = self._space
        for space in self._cache.spaces(self.address.scheme, self.address.authority):
            if space is not own:
                space.change(change)

    def _announce(self, change: Change) -> None:
        below = tuple(change.places) if change.below else ()
        self._changes.announce(Changed(self.address, change.prefixes, below))


def _condition_of(only_if: Precondition) -> Condition:
    return Condition.CREATE if only_if.etag is None else Condition.REPLACE


def place_of(key: str) -> str:
    """The key as a directory's: what is there may be either."""
    return f"{key.removesuffix('/')}/"
