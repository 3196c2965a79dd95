"""Which backend speaks which scheme: the entry points of the group ``tfm.backends``."""

from __future__ import annotations

import threading
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from tfm.core.errors import InvalidPathError
from tfm.core.location import StorageAddress
from tfm.storage.contract import Backend, BackendContext, BackendFactory

__all__ = ["GROUP", "Registry"]

GROUP: Final = "tfm.backends"


class Registry:
    """Makes one factory for each scheme, when the scheme is first used."""

    def __init__(self, context: BackendContext) -> None:
        self._context = context
        self._factories: dict[str, BackendFactory] = {}
        self._lock = threading.Lock()

    def add(self, scheme: str, factory: BackendFactory) -> None:
        """Let ``factory`` speak ``scheme`` in this session, before any entry point."""
        with self._lock:
            self._factories[scheme] = factory

    def schemes(self) -> list[str]:
        """Every scheme that can be opened, sorted."""
        with self._lock:
            return sorted(self._installed() | self._factories.keys())

    def open(self, address: StorageAddress) -> Backend:
        """A backend for ``address``; raises InvalidPathError for a scheme that nothing speaks."""
        return self._factory(address.scheme).open(address)

    def _factory(self, scheme: str) -> BackendFactory:
        with self._lock:
            factory = self._factories.get(scheme)
            if factory is None:
                factory = self._factories[scheme] = self._load(scheme)
            return factory

    def _load(self, scheme: str) -> BackendFactory:
        points: list[EntryPoint] = list(entry_points(group=GROUP, name=scheme))
        if not points:
            known = ", ".join(f"{name}://" for name in sorted(self._installed() | self._factories.keys()))
            raise InvalidPathError(
                f"Nothing here speaks {scheme}://.", next_step=f"The schemes are {known}.", operation="open"
            )
        # An entry point names a class of the BackendFactory protocol; what a third party registers is its own promise.
        factory: type[BackendFactory] = points[0].load()
        return factory(self._context)

    def _installed(self) -> set[str]:
        return {point.name for point in entry_points(group=GROUP)}
