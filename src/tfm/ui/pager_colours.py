"""Keeps the colours of what the pager shows: asked for in a thread, one piece at a time, drawn when they are there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Final

from textual.widget import Widget

from tfm.core.progress import Cancel
from tfm.operations.work import Work, WorkUpdate, begin_work
from tfm.ui.update_box import UpdateBox
from tfm.ui.viewer_rows import StyledBytes
from tfm.ui.viewer_syntax import LOOK_AROUND_BYTES, Coloured, coloured, language_of

__all__ = ["PagerColours"]

_LARGEST_SCREEN_BYTES: Final = 64 * 1024
"""More than that on one screen is lines of kilobytes that are cut: generated, and not read for its syntax."""


class PagerColours:
    """For a file of that name. ``widget`` hands the box that arrived to take(), and draws anew if that says so."""

    def __init__(self, widget: Widget, name: str) -> None:
        self.wanted = True
        self.language = language_of(name)
        self._widget = widget
        self._box: UpdateBox[WorkUpdate[Coloured]] = UpdateBox(widget)
        self._work: Work[Coloured] | None = None
        self._known: Coloured | None = None

    def forget(self) -> None:
        """Other bytes are shown."""
        self._known = None
        if self._work is not None:
            self._work.stop()
        self._work = None
        self._box = UpdateBox(self._widget)

    def styles(self, start: int, end: int, size: int, read: Callable[[int, int], bytes]) -> list[StyledBytes]:
        """What is known of these bytes; what is not is asked for."""
        if not self.wanted or self.language is None or not 0 < end - start <= _LARGEST_SCREEN_BYTES:
            return []
        known = self._known
        if known is None or not known.covers(start, end):
            self._ask(self.language, start, end, size, read)
        if known is None:
            return []
        first = bisect_right(known.styles, start, key=lambda part: part.end)
        last = bisect_left(known.styles, end, key=lambda part: part.start)
        return known.styles[first:last]

    def _ask(self, language: str, start: int, end: int, size: int, read: Callable[[int, int], bytes]) -> None:
        if self._work is not None:
            return  # one at a time: what is wanted then is asked for when it has ended
        first, last = max(0, start - LOOK_AROUND_BYTES), min(size, end + LOOK_AROUND_BYTES)

        def look(_tell: object, cancel: Cancel) -> Coloured:
            found = coloured(language, read, first, last, lambda: cancel.wanted)
            # The piece of a line at its beginning has no colours; where it is all there is, it is known to have none.
            return Coloured(min(found.start, start), found.end, found.styles)

        self._work = begin_work("colouring", look, self._box.put)

    def take(self, box: object) -> bool:
        """Whether colours have come."""
        if box is not self._box or (update := self._box.take()) is None:
            return False
        self._work = None
        if update.result is None:
            self.language = None  # what cannot be coloured stays plain
            return False
        self._known = update.result
        return True
