"""What a program has one of: settings, storages, their cache, their meter."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.storage.changes import ChangeFeed
from tfm.storage.contract import BackendContext
from tfm.storage.listing_cache import ListingCache
from tfm.storage.metering import RequestMeter
from tfm.storage.registry import Registry
from tfm.storage.retry import RetryBackend
from tfm.storage.retry_policy import RetryPolicy
from tfm.storage.storage import Storage
from tfm.storage.watched_policy import TroubleLog, WatchedPolicy

__all__ = ["Session"]


class Session:
    """Opens storages, one for each address, all over one cache and one meter. Thread-safe; no I/O when made."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock
        self.meter = RequestMeter()
        self.troubles = TroubleLog()
        self.changes = ChangeFeed()
        self.cache = ListingCache(
            max_bytes=self.settings.cache_max_bytes, max_entries=self.settings.cache_max_entries, clock=clock
        )
        self.registry = Registry(BackendContext(self.settings, self.meter.record))
        self._retry = retry or RetryPolicy.from_settings(self.settings)
        self._storages: dict[StorageAddress, Storage] = {}
        self._lock = threading.Lock()

    def use_settings(self, settings: Settings) -> None:
        """Connect by these from now on: every storage is opened anew when it is next asked for. What is under way goes
        on as it began; the cache stays, in which each endpoint and each identity has answers of its own."""
        with self._lock:
            self.settings = settings
            self.registry = self.registry.renewed(BackendContext(settings, self.meter.record))
            self._storages = {}

    def storages(self) -> list[Storage]:
        """Those that were opened."""
        with self._lock:
            return list(self._storages.values())

    def storage(self, address: StorageAddress) -> Storage:
        """The storage at that address. Raises InvalidPathError for a scheme that nothing speaks or an authority that
        cannot exist, MissingDependencyError where an extra is missing."""
        with self._lock:
            found = self._storages.get(address)
            if found is None:
                policy = WatchedPolicy(self._retry, address, self.meter, self.troubles)
                backend = RetryBackend(self.registry.open(address), policy)
                found = self._storages[address] = Storage(
                    backend,
                    self.cache,
                    clock=self.clock,
                    default_ttl_seconds=self.settings.cache_ttl(address.scheme),
                    changes=self.changes,
                )
            return found
