"""The memory tier: values by key, the least recently used go first when bytes or number reach their bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["MemoryTier"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class MemoryTier(Generic[Key, Value]):
    """Thread-safe. Sizes are what the caller says that a value weighs, in bytes."""

    def __init__(self, *, max_bytes: int, max_entries: int) -> None:
        self._lock = threading.RLock()
        self._values: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._max_bytes = max_bytes
        self._max_entries = max_entries
        self._bytes = 0
        self._evictions = 0

    def get(self, key: Key) -> Value | None:
        """The value, now the most recently used, or None."""
        with self._lock:
            held = self._values.get(key)
            if held is None:
                return None
            self._values.move_to_end(key)
            return held[0]

    def put(self, key: Key, value: Value, size_bytes: int) -> None:
        """Keep ``value`` in place of what ``key`` had. One that is larger than the whole bound is not kept."""
        with self._lock:
            self.remove(key)
            if size_bytes > self._max_bytes or self._max_entries < 1:
                self._evictions += 1
                return
            self._values[key] = (value, size_bytes)
            self._bytes += size_bytes
            self._evict()

    def remove(self, key: Key) -> None:
        with self._lock:
            held = self._values.pop(key, None)
            if held is not None:
                self._bytes -= held[1]

    def remove_where(self, doomed: Callable[[Key], bool]) -> int:
        """Remove every key that ``doomed`` says; returns how many."""
        with self._lock:
            keys = [key for key in self._values if doomed(key)]
            for key in keys:
                self.remove(key)
            return len(keys)

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._bytes = 0

    def resize(self, *, max_bytes: int | None = None, max_entries: int | None = None) -> None:
        """Change the bounds; what is over them goes now."""
        with self._lock:
            if max_bytes is not None:
                self._max_bytes = max_bytes
            if max_entries is not None:
                self._max_entries = max_entries
            self._evict()

    def items(self) -> list[tuple[Key, Value]]:
        with self._lock:
            return [(key, value) for key, (value, _) in self._values.items()]

    def __len__(self) -> int:
        return len(self._values)

    @property
    def size_bytes(self) -> int:
        return self._bytes

    @property
    def max_bytes(self) -> int:
        return self._max_bytes

    @property
    def max_entries(self) -> int:
        return self._max_entries

    @property
    def evictions(self) -> int:
        """How many values had to go, or could not come, for want of room."""
        return self._evictions

    def _evict(self) -> None:
        while self._values and (self._bytes > self._max_bytes or len(self._values) > self._max_entries):
            _, (_, size) = self._values.popitem(last=False)
            self._bytes -= size
            self._evictions += 1
