"""When a pane looks again at its directory because something changed there: soon, but not at every change."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from textual.timer import Timer
from textual.widget import Widget

__all__ = ["Revisits"]

_LEAST_SECONDS: Final = 1.0
"""Between two looks. What is being deleted or written in a thousand steps may have to be asked for each time."""

_SHARE: Final = 4
"""After a look that took long, a pause so many times as long: a directory of a million entries is mostly left alone."""


class Revisits:
    """Calls ``revisit`` once for any number of wishes: at once after a pause, or when ``may_begin`` says so."""

    def __init__(self, widget: Widget, revisit: Callable[[], None], *, may_begin: Callable[[], bool]) -> None:
        self._widget = widget
        self._revisit = revisit
        self._may_begin = may_begin
        self._wished = False
        self._held = False
        self._began_at = 0.0
        self._pause: Timer | None = None

    def wish(self) -> None:
        """Something changed."""
        self._wished = True
        self._begin()

    def hold(self, *, held: bool) -> None:
        """While held, wishes wait: who deletes ten thousand objects looks at what is left when it is done."""
        self._held = held
        self._begin()

    def forget(self) -> None:
        """Another directory is looked at: what changed in the one before is nobody's concern, nor how long it took."""
        self._wished = False
        self._end_pause()

    def begun(self) -> None:
        """A look begins, by wish or not: what changed so far will be seen."""
        self._wished = False
        self._began_at = time.monotonic()

    def ended(self) -> None:
        """A look ended. After each there is a pause; what is wished for meanwhile comes behind it."""
        took = time.monotonic() - self._began_at
        self._end_pause()
        self._pause = self._widget.set_timer(max(_LEAST_SECONDS, _SHARE * took), self._after_pause)

    def _after_pause(self) -> None:
        self._pause = None
        self._begin()

    def _end_pause(self) -> None:
        if self._pause is not None:
            self._pause.stop()
            self._pause = None

    def _begin(self) -> None:
        if self._wished and not self._held and self._pause is None and self._may_begin():
            self._revisit()
