"""Counts what is put on the wire. Backends report each request as they send it, so redirects and retries count too."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple, TypeVar

from tfm.core.location import StorageAddress

__all__ = ["RequestCounts", "RequestMeter", "Tally", "Usage"]


Answer = TypeVar("Answer")


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


class Usage(NamedTuple):
    """What one storage was asked. The bytes are those of objects, without headers, listings and what was sent again."""

    operations: Mapping[str, int]
    received_bytes: int = 0
    sent_bytes: int = 0

    @property
    def requests(self) -> int:
        return sum(self.operations.values())


class _Used:
    __slots__ = ("counts", "received_bytes", "sent_bytes")

    def __init__(self) -> None:
        self.counts = RequestCounts()
        self.received_bytes = 0
        self.sent_bytes = 0


class Tally:
    """What some work asked, by storage: see :meth:`RequestMeter.tallying`."""

    def __init__(self) -> None:
        self._used: dict[StorageAddress | None, _Used] = {}

    def used_by(self, address: StorageAddress | None) -> _Used:
        """What is counted up for that storage; for who holds the meter's lock."""
        used = self._used.get(address)
        if used is None:
            used = self._used[address] = _Used()
        return used

    def usage(self) -> dict[StorageAddress | None, Usage]:
        """So far; None has the requests of which nobody knows whom they asked."""
        # A copy first, as of the counts.
        return {
            address: Usage(used.counts.by_operation, used.received_bytes, used.sent_bytes)
            for address, used in list(self._used.items())
        }


_TALLY: Final[ContextVar[Tally | None]] = ContextVar("tally", default=None)
"""Of the work that this thread does. Not a ``threading.local``: a copy's workers take it over from its own thread."""


class _Asking(threading.local):
    """Whom this thread asks at the moment."""

    address: StorageAddress | None = None


class RequestMeter:
    """Counts a session's requests: all of them, those of each storage, and those within any number of open blocks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total = RequestCounts()
        self._open: list[RequestCounts] = []
        self._all = Tally()
        self._only_all = (self._all,)
        self._asking = _Asking()

    def record(self, operation: str) -> None:
        with self._lock:
            self._total.add(operation)
            for tally in self._tallies():
                tally.used_by(self._asking.address).counts.add(operation)
            for counts in self._open:
                counts.add(operation)

    def record_bytes(self, address: StorageAddress, *, received: int = 0, sent: int = 0) -> None:
        """Bytes of objects came from there, or went there."""
        with self._lock:
            for tally in self._tallies():
                used = tally.used_by(address)
                used.received_bytes += received
                used.sent_bytes += sent

    def _tallies(self) -> tuple[Tally, ...]:
        tally = _TALLY.get()
        return self._only_all if tally is None else (self._all, tally)

    @contextmanager
    def tallying(self, tally: Tally) -> Iterator[None]:
        """What this thread asks while the block runs, and what threads ask that run in its context
        (:func:`contextvars.copy_context`), is counted up in ``tally`` too. What another thread asks for both of them,
        as for one listing that two want, counts for that one."""
        before = _TALLY.set(tally)
        try:
            yield
        finally:
            _TALLY.reset(before)

    def asked_of(self, address: StorageAddress, ask: Callable[[], Answer]) -> Answer:
        """What ``ask`` gives. What this thread records meanwhile, it asks of that storage."""
        asking = self._asking
        before = asking.address
        asking.address = address
        try:
            return ask()
        finally:
            asking.address = before

    def snapshot(self) -> dict[str, int]:
        """Requests since the session began, by operation."""
        with self._lock:
            return self._total.by_operation

    def usage(self) -> dict[StorageAddress | None, Usage]:
        """The same by storage; None has those of which nobody knows whom they asked."""
        with self._lock:
            return self._all.usage()

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
