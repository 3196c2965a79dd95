"""What the cache was asked, and what it knew."""

from __future__ import annotations

import threading

__all__ = ["HitCounter"]


class HitCounter:
    """Counts answers that the cache had and those it had not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hits = 0
        self._misses = 0

    def hit(self) -> None:
        with self._lock:
            self._hits += 1

    def miss(self) -> None:
        with self._lock:
            self._misses += 1

    def reset(self) -> None:
        with self._lock:
            self._hits = self._misses = 0

    @property
    def hits(self) -> int:
        return self._hits

    @property
    def misses(self) -> int:
        return self._misses

    @property
    def hit_rate(self) -> float:
        """Hits among all questions, 0.0 to 1.0; 0.0 before the first."""
        asked = self._hits + self._misses
        return self._hits / asked if asked else 0.0
