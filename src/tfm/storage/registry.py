"""Which backend speaks which scheme: tfm's own, and what the entry points of the group ``tfm.backends`` bring."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from tfm.core.errors import InvalidPathError
from tfm.core.location import StorageAddress
from tfm.core.uri import LOCAL_SCHEME
from tfm.storage.contract import Backend, BackendContext, BackendFactory, HasConnection, NamesRoots, Root

__all__ = ["GROUP", "Registry"]

GROUP: Final = "tfm.backends"

_OWN: Final = {
    LOCAL_SCHEME: "tfm.backends.local:LocalBackendFactory",
    "memory": "tfm.backends.memory:MemoryBackendFactory",
    "s3": "tfm.backends.s3:S3BackendFactory",
}
"""What tfm's own entry points say. Known here, these are there without the 30 ms of CPU that reading the entry points
of all installed packages costs."""


class Registry:
    """Makes one factory for each scheme, when the scheme is first used."""

    def __init__(self, context: BackendContext) -> None:
        self._context = context
        self._added: dict[str, BackendFactory] = {}
        self._factories: dict[str, BackendFactory] = {}
        self._lock = threading.Lock()

    def add(self, scheme: str, factory: BackendFactory) -> None:
        """Let ``factory`` speak ``scheme`` in this session, before any entry point."""
        with self._lock:
            self._added[scheme] = self._factories[scheme] = factory

    def renewed(self, context: BackendContext) -> Registry:
        """Another one, whose factories are made anew with ``context``; those that were added stay what they are."""
        made = Registry(context)
        with self._lock:
            for scheme, factory in self._added.items():
                made.add(scheme, factory)
        return made

    def schemes(self) -> list[str]:
        """Every scheme that can be opened, sorted."""
        with self._lock:
            return sorted(self._installed() | self._factories.keys())

    def open(self, address: StorageAddress) -> Backend:
        """A backend for ``address``; raises InvalidPathError for a scheme that nothing speaks."""
        return self._factory(address.scheme).open(address)

    def roots(self, scheme: str) -> Sequence[Root]:
        """Where a user may begin on that scheme; none where its backend names none. Raises as :meth:`open`, and what
        reading the backend's configuration raises."""
        factory = self._factory(scheme)
        return factory.roots() if isinstance(factory, NamesRoots) else ()

    def connection_settings(self, scheme: str) -> Sequence[tuple[str, str]]:
        """The settings that say how that scheme connects, each with its word; none where it has none. Raises as
        :meth:`open`."""
        factory = self._factory(scheme)
        return tuple(factory.connection_settings) if isinstance(factory, HasConnection) else ()

    def _factory(self, scheme: str) -> BackendFactory:
        with self._lock:
            factory = self._factories.get(scheme)
            if factory is None:
                factory = self._factories[scheme] = self._load(scheme)
            return factory

    def _load(self, scheme: str) -> BackendFactory:
        own = _OWN.get(scheme)
        # What an entry point names is a class of the BackendFactory protocol: a third party's own promise.
        factory: type[BackendFactory]
        if own is not None:
            module, _, name = own.partition(":")
            factory = getattr(import_module(module), name)
            return factory(self._context)
        from importlib.metadata import entry_points

        points = list(entry_points(group=GROUP, name=scheme))
        if not points:
            known = ", ".join(f"{name}://" for name in sorted(self._installed() | self._factories.keys()))
            raise InvalidPathError(
                f"Nothing here speaks {scheme}://.", next_step=f"The schemes are {known}.", operation="open"
            )
        factory = points[0].load()
        return factory(self._context)

    @staticmethod
    def _installed() -> set[str]:
        from importlib.metadata import entry_points

        return {*_OWN, *(point.name for point in entry_points(group=GROUP))}
