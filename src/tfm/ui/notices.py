"""What there was to say, the latest in the status line for a while, all of it in the log."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

__all__ = ["Notice", "Notices"]

_MOST = 1000


class Notice(NamedTuple):
    """``at`` is a POSIX time."""

    at: float
    text: str


class Notices:
    """The last thousand. ``clock`` in seconds decides how long one is current."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._notices: deque[Notice] = deque(maxlen=_MOST)
        self._said_at: float | None = None
        self._said = ""
        self.at_end: list[str] = []
        """What the program writes when it has ended."""

    def add(self, text: str) -> None:
        self.note(text)
        # In the status line there is little room, and what matters stands behind a path.
        home = os.path.expanduser("~")
        self._said = text.replace(f"{home}/", "~/") if len(home) > 1 else text
        self._said_at = self._clock()

    def forget(self) -> None:
        """Show no more what was said: it is not so any longer. The log keeps it."""
        self._said_at = None

    def note(self, text: str) -> None:
        """For the log alone: it is said elsewhere."""
        self._notices.append(Notice(time.time(), text))

    def all(self) -> Sequence[Notice]:
        """The oldest first."""
        return list(self._notices)

    def current(self) -> str:
        """What is still to be shown, or nothing."""
        if self._said_at is None or self._clock() - self._said_at >= self._seconds:
            return ""
        return self._said
