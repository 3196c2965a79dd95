"""A line with text at both ends, as text: used by :class:`tfm.ui.line.Line`, and by the first paint."""

from __future__ import annotations

from tfm.ui.sanitise import cell_width, fit, fit_right, screen_text

TYPE_CHECKING = False
if TYPE_CHECKING:  # the first paint loads nothing that it does not need
    from collections.abc import Sequence

__all__ = ["left_text", "line_text", "said_text"]


def _room(right: str, width: int) -> int:
    return max(0, width - cell_width(right) - (1 if right else 0))


def left_text(left: str, right: str, width: int, *, keep_end: bool = False) -> str:
    """What is shown of ``left`` in front of ``right``, padded with blanks."""
    return (fit_right if keep_end else fit)(left, _room(screen_text(right), width))


def line_text(left: str, right: str, width: int, *, keep_end: bool = False) -> str:
    """Both in exactly ``width`` cells; ``right`` wins where they do not fit."""
    shown = left_text(left, right, width, keep_end=keep_end)
    right = screen_text(right)
    return fit(f"{shown} {right}" if right and _room(right, width) else right or shown, width)


def said_text(said: str, rights: Sequence[str], width: int, *, more: str) -> str:
    """``said`` in exactly ``width`` cells, with the first of ``rights`` beside which all of it can be read, or none of
    them. Where it is too long by itself, it ends in an ellipsis and ``more``: where all of it can be read."""
    cells = cell_width(screen_text(said))
    right = next((right for right in rights if cells + cell_width(right) < width), "")
    if cells <= width:
        return line_text(said, right, width)
    return fit(f"{fit(said, width - cell_width(more))}{more}", width)
