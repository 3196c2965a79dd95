"""The names of tabs in one line, as text: used by the panes, and by the first paint before anything heavy is loaded."""

from __future__ import annotations

from tfm.ui.sanitise import cell_width, fit, screen_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

__all__ = ["is_shown", "tab_labels"]

_LEAST_CELLS: Final = 8
"""Of a name that has to be cut, while there is room for so much of each."""

_MOST_CELLS: Final = 24

_MARKS: Final = ("‹", "›")


def is_shown(number: int, text: str, active: int) -> bool:
    """Whether this label is that of the tab that is shown, and no mark for those beyond."""
    return number == active and text not in _MARKS


def tab_labels(names: Sequence[str], active: int, width: int) -> list[tuple[int, str]]:
    """What stands in the line, from the left: the number of a tab with its text.

    Where not all of them fit, those around the active one, with ``‹`` and ``›`` for the ones beyond.
    """
    shown = [screen_text(name) for name in names]
    frame = max((len(_framed(number, "")) for number in range(len(shown))), default=0)
    limit = _MOST_CELLS
    if sum(min(limit, cell_width(name)) + frame for name in shown) > width:
        limit = max(_LEAST_CELLS, width // len(shown) - frame)
    labels = [_framed(number, fit(name, min(limit, cell_width(name)))) for number, name in enumerate(shown)]
    first, last = _window([cell_width(label) for label in labels], active, width)
    found = [(number, labels[number]) for number in range(first, last + 1)]
    if first > 0:
        found.insert(0, (first - 1, _MARKS[0]))
    if last < len(labels) - 1:
        found.append((last + 1, _MARKS[1]))
    return found


def _framed(number: int, name: str) -> str:
    return f" {number + 1} {name} "


def _window(widths: Sequence[int], active: int, width: int) -> tuple[int, int]:
    """The first and the last one to show, with room for a mark at either end."""
    if sum(widths) <= width or not widths:
        return 0, len(widths) - 1
    first = last = active
    room = width - 2 - widths[active]
    while True:
        if last + 1 < len(widths) and widths[last + 1] <= room:
            last += 1
            room -= widths[last]
        elif first > 0 and widths[first - 1] <= room:
            first -= 1
            room -= widths[first]
        else:
            return first, last
