"""How much was moved, how fast, and how long the rest will take."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["Meter"]

_WINDOW_SECONDS: Final = 5.0
_SLOT_SECONDS: Final = 0.25


class Meter:
    """Counts bytes from many threads. The speed is that of the last five seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._bytes = 0
        self._began = clock()
        self._slots: deque[tuple[float, int]] = deque([(self._began, 0)])

    def add(self, size_bytes: int) -> None:
        """So many bytes were moved; a negative number takes back what must be sent again."""
        with self._lock:
            self._bytes += size_bytes
            now = self._clock()
            if now - self._slots[-1][0] >= _SLOT_SECONDS:
                self._slots.append((now, self._bytes))
                while len(self._slots) > 2 and now - self._slots[0][0] > _WINDOW_SECONDS:
                    self._slots.popleft()

    @property
    def size_bytes(self) -> int:
        return self._bytes

    def bytes_per_second(self) -> float:
        with self._lock:
            began, before = self._slots[0]
            passed = self._clock() - began
            return max(0.0, (self._bytes - before) / passed) if passed > 0 else 0.0
