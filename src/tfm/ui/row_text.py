"""A row of a pane as text: used by the panes, and by the first paint before anything heavy is loaded."""

from __future__ import annotations

from tfm.ui.format import MODIFIED_CELLS, SIZE_CELLS, format_modified, format_size
from tfm.ui.sanitise import fit

TYPE_CHECKING = False
if TYPE_CHECKING:  # to import typing takes a third of what a bare Python takes
    from typing import Final

__all__ = ["column_at", "header_text", "parent_text", "row_text"]

_LEAST_NAME_CELLS: Final = 14


def _columns(width: int) -> tuple[int, bool, bool]:
    """Cells for the name, and whether size and modification time have room."""
    with_size = width >= _LEAST_NAME_CELLS + SIZE_CELLS + 2
    with_time = with_size and width >= _LEAST_NAME_CELLS + SIZE_CELLS + MODIFIED_CELLS + 3
    used = 1 + (SIZE_CELLS + 1 if with_size else 0) + (MODIFIED_CELLS + 1 if with_time else 0)
    return max(1, width - used), with_size, with_time


def header_text(width: int, sort: str = "name", *, reverse: bool = False) -> str:
    """The names of the columns, above a list that is ``width`` cells wide, with a mark at the one it is sorted by:
    the extension's is at the name, as an extension is a part of it."""
    name_cells, with_size, with_time = _columns(width)
    mark = "▼" if reverse else "▲"
    words = {"name": f"Name {mark}", "extension": f"Name .ext {mark}", "unsorted": "Name"}
    name = f" {fit(words.get(sort, 'Name'), name_cells)}"
    size = f" {f'{mark} Size' if sort == 'size' else 'Size':>{SIZE_CELLS}}" if with_size else ""
    modified = f" {f'Modified {mark}' if sort == 'time' else 'Modified':<{MODIFIED_CELLS}}" if with_time else ""
    return f"{name}{size}{modified}"


def column_at(width: int, x: int) -> str:
    """By what a list is sorted whose header is clicked at the cell ``x``: name, size or time."""
    name_cells, with_size, with_time = _columns(width)
    if x <= name_cells:
        return "name"
    in_size = with_size and x <= name_cells + 1 + SIZE_CELLS
    return "size" if in_size else "time" if with_time else "name"


def parent_text(width: int) -> str:
    """The row ``..``."""
    return f" {fit('..', max(0, width - 1))}"


def row_text(
    name: str,
    width: int,
    *,
    is_directory: bool,
    size_bytes: int | None,
    modified_at: float | None,
    now: float,
    selected: bool = False,
    leads_nowhere: bool = False,
) -> str:
    """An entry in exactly ``width`` cells. ``modified_at`` and ``now`` are POSIX times; None is not known.
    A link that ``leads_nowhere`` has a mark, and no size."""
    name_cells, with_size, with_time = _columns(width)
    mark = "/" if is_directory else "!" if leads_nowhere else ""
    text = f"{'*' if selected else ' '}{fit(mark + name, name_cells)}"
    if with_size:
        size = "" if mark or size_bytes is None else format_size(size_bytes)
        text += f" {size:>{SIZE_CELLS}}"
    if with_time:
        modified = "" if modified_at is None else format_modified(modified_at, now)
        text += f" {modified:<{MODIFIED_CELLS}}"
    return fit(text, width)
