"""Hands what a thread has to say to the screen, the latest of it, at most twenty times a second."""

from __future__ import annotations

import threading
from typing import Final, Generic, TypeVar

from textual.message import Message
from textual.widget import Widget

__all__ = ["UpdateBox"]

Update = TypeVar("Update")

_PAUSE_SECONDS: Final = 0.05


class UpdateBox(Generic[Update]):
    """``put`` may be called from any thread, and is short; ``Arrived`` then comes to ``widget``, which calls ``take``.

    A thousand pages a second would otherwise be a thousand messages, and the keys would wait behind them.
    """

    class Arrived(Message):
        """There is something in ``box``."""

        def __init__(self, box: object) -> None:
            super().__init__()
            self.box: Final = box

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._lock = threading.Lock()
        self._latest: Update | None = None
        self._announced = False

    def put(self, update: Update) -> None:
        """Replace what is in the box. Never fails, not even when the program is ending."""
        with self._lock:
            self._latest = update
            if self._announced:
                return
            self._announced = True
        self._announce()

    def take(self) -> Update | None:
        """What is in the box, on the screen's thread; what comes next is announced after a pause."""
        with self._lock:
            update, self._latest = self._latest, None
            if update is None:
                self._announced = False
                return None
        self._widget.set_timer(_PAUSE_SECONDS, self._after_pause)
        return update

    def _after_pause(self) -> None:
        with self._lock:
            self._announced = self._latest is not None
            if not self._announced:
                return
        self._announce()

    def _announce(self) -> None:
        try:
            self._widget.post_message(self.Arrived(self))
        except RuntimeError:
            pass  # the event loop is closed: the program has ended, and nobody looks any more
