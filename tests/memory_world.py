"""A session over the storage in memory, with a clock that the test moves, and a backend that misbehaves on demand."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tests.passing_backend import PassingBackend
from tests.scripted_backend import Clock
from tfm.backends.memory import MemoryBackendFactory
from tfm.core.location import StorageAddress
from tfm.core.page import Page, page_from_entries
from tfm.core.settings import Settings
from tfm.path.sessions import use_session
from tfm.storage.contract import PAGE_ENTRIES, Backend, BackendContext
from tfm.storage.retry_policy import RetryPolicy
from tfm.storage.session import Session
from tfm.storage.storage import Storage

__all__ = ["BUCKET", "MemoryWorld", "memory_world"]

BUCKET = "bucket"


class MemoryWorld:
    """``memory://bucket/`` as one session sees it.

    ``page_entries`` is how much one page holds; ``shuffled`` lists in an order that is none; ``before_list`` is called
    with the prefix of each listing request before it is answered, and may raise; ``identity`` is who asks.
    """

    def __init__(self, settings: Settings | None) -> None:
        self.clock = Clock()
        retry = RetryPolicy(max_attempts=1, interactive_seconds=1.0)
        self.session = Session(settings, clock=self.clock, retry=retry)
        self.factory = MemoryBackendFactory(
            BackendContext(self.session.settings, lambda name: self.session.meter.record(name))
        )
        self.session.registry.add("memory", self)
        self.page_entries = PAGE_ENTRIES
        self.shuffled = False
        self.identity = "somebody"
        self.before_list: Callable[[str], None] = lambda prefix: None

    def open(self, address: StorageAddress) -> Backend:
        return _Backend(self, self.factory.open(address))

    def put(self, *keys: str, files: Mapping[str, bytes] | None = None) -> None:
        self.factory.store.put(BUCKET, {key: key.encode() for key in keys} | dict(files or {}))

    def remove(self, *keys: str) -> None:
        for key in keys:
            self.factory.store.remove(BUCKET, key)

    @property
    def storage(self) -> Storage:
        return self.session.storage(StorageAddress("memory", BUCKET))

    @property
    def requests(self) -> int:
        """How many were sent so far."""
        return sum(self.session.meter.snapshot().values())

    def cost(self, work: Callable[[], object]) -> int:
        """How many requests ``work`` sends."""
        before = self.requests
        work()
        return self.requests - before


@contextmanager
def memory_world(settings: Settings | None = None) -> Iterator[MemoryWorld]:
    """A world of its own, whose session paths use while the block runs; the bucket exists and is empty."""
    world = MemoryWorld(settings)
    world.put()
    with use_session(world.session):
        yield world


class _Backend(PassingBackend):
    def __init__(self, world: MemoryWorld, inner: Backend) -> None:
        super().__init__(inner)
        self._world = world

    def identity(self) -> str:
        return self._world.identity

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        self._world.before_list(prefix)
        limit = min(limit, self._world.page_entries)
        page = super().list_page(prefix, recursive=recursive, token=token, start_after=start_after, limit=limit)
        if not self._world.shuffled:
            return page
        rows = list(page)
        random.Random(1).shuffle(rows)
        return page_from_entries(page.base, rows, token=page.token, own_entry=page.own_entry)
