"""How far long work is, and how it is told to stop."""

from __future__ import annotations

import threading
from typing import NamedTuple

__all__ = ["Cancel", "Progress"]


class Progress(NamedTuple):
    """One value for every callback. Totals are None until they are known; bytes may go back when a part is sent
    again. ``current_key`` is what is being worked on, or was last."""

    objects_done: int = 0
    objects_total: int | None = None
    bytes_done: int = 0
    bytes_total: int | None = None
    current_key: str = ""


class Cancel:
    """A wish to stop, from any thread. Work looks at it between two requests."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    @property
    def wanted(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait so long for the wish; whether it came."""
        return self._event.wait(seconds)
