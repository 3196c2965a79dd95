"""Where what is looked for stands on the screen. An expression is tried in a thread: none holds up a key."""

from __future__ import annotations

from itertools import islice
from typing import Final

from textual.widget import Widget

from tfm.operations.needle import Needle, Span
from tfm.operations.work import WorkUpdate, begin_work
from tfm.ui.update_box import UpdateBox

__all__ = ["PagerMarks"]

_MOST_MARKED: Final = 500
"""On one screen: a search for ``e`` in lines of kilobytes must not take seconds."""


class PagerMarks:
    """``widget`` hands the box that arrived to take(), and draws anew if that says so."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._box: UpdateBox[WorkUpdate[list[Span]]] = UpdateBox(widget)
        self._asked: tuple[Needle, bytes] | None = None
        self._spans: list[Span] = []

    def spans(self, needle: Needle, data: bytes) -> list[Span]:
        """What is known of these bytes; where that takes its time, nothing yet, and it is asked for."""
        if needle.is_quick:
            return list(islice(needle.spans(data), _MOST_MARKED))
        asked = (needle, data)
        if asked != self._asked:
            self._asked, self._spans = asked, []
            self._box = UpdateBox(self._widget)
            begin_work("marking", lambda _tell, _cancel: list(islice(needle.spans(data), _MOST_MARKED)), self._box.put)
        return self._spans

    def take(self, box: object) -> bool:
        """Whether they have come."""
        if box is not self._box or (update := self._box.take()) is None or update.result is None:
            return False
        self._spans = update.result
        return True
