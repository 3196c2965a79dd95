"""Counts what is put on the wire. Backends report each request as they send it, so redirects and retries count too."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["RequestCounts", "RequestMeter"]


class RequestCounts:
    """How many requests were sent, by operation."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, operation: str) -> None:
        self._counts[operation] += 1

    @property
    def total(self) -> int:
        return sum(self.by_operation.values())

    @property
    def by_operation(self) -> dict[str, int]:
        # A copy first: another thread may be counting, and iterating over a dict that grows raises.
        return dict(self._counts)

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {count}" for name, count in sorted(self.by_operation.items()))
        return f"<{self.total} requests{': ' if parts else ''}{parts}>"


class RequestMeter:
    """Counts a session's requests: all of them, and those within any number of open blocks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total = RequestCounts()
        self._open: list[RequestCounts] = []

    def record(self, operation: str) -> None:
        with self._lock:
            self._total.add(operation)
            for counts in self._open:
                counts.add(operation)

    def snapshot(self) -> dict[str, int]:
        """Requests since the session began, by operation."""
        with self._lock:
            return self._total.by_operation

    @contextmanager
    def counting(self) -> Iterator[RequestCounts]:
        """Counts every request of the session, whichever thread sends it, while the block runs."""
        counts = RequestCounts()
        with self._lock:
            self._open.append(counts)
        try:
            yield counts
        finally:
            with self._lock:
                self._open.remove(counts)
