"""Laying out anew a widget that is as high as what it shows."""

from __future__ import annotations

from textual.widget import Widget

__all__ = ["lay_out_again"]


def lay_out_again(widget: Widget) -> None:
    """Draw ``widget`` and give it the room that it needs now.

    Textual 8 counts at most one change of a widget until it comes to rest. A layout in between remembers the height of
    the first text under that number, and finds it there for the second: a line of it would stay hidden.
    """
    widget._box_model_cache.clear()
    widget.refresh(layout=True)
