"""Who wants to know that something changed is told: panes that show the directory, above all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from tfm.core.location import StorageAddress

__all__ = ["ChangeFeed", "Changed"]


class Changed(NamedTuple):
    """Something was written or deleted by this session, or may have been.

    ``prefixes`` are those of the directories whose own rows may be different: the ones that held what changed, and
    every directory above. With ``below`` everything under the first of them too, which is ``below`` itself.
    """

    storage: StorageAddress
    prefixes: frozenset[str]
    below: tuple[str, ...] = ()

    def concerns(self, storage: StorageAddress, prefix: str) -> bool:
        """Whether the rows of that directory may be different."""
        same = (storage.scheme, storage.authority) == (self.storage.scheme, self.storage.authority)
        return same and (prefix in self.prefixes or any(prefix.startswith(text) for text in self.below))


class ChangeFeed:
    """Tells its listeners of each change, in the thread that made it, when the cache knows of it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Changed], None]] = []

    def subscribe(self, listener: Callable[[Changed], None]) -> Callable[[], None]:
        """Call ``listener``, which is short and raises nothing, at each change; returns what ends that."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def announce(self, changed: Changed) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(changed)
