"""How a row of a listing looks: its text, and its style. Every difference is told without colour too."""

from __future__ import annotations

import time
from math import isnan
from typing import Final

from rich.style import Style

from tfm.core.page import UNKNOWN_SIZE, Page
from tfm.ui.file_colours import colour_of
from tfm.ui.row_text import row_text

__all__ = ["DIM", "DIRECTORY", "styled_row"]

DIM: Final = Style(dim=True)
DIRECTORY: Final = Style(bold=True)
_PLAIN: Final = Style()
# A colour by the terminal's own name.
_SELECTED: Final = Style(bold=True, color="yellow")


def styled_row(page: Page, number: int, width: int, *, selected: bool, colours_kinds: bool) -> tuple[str, Style]:
    """Of the entry ``number`` of ``page``, ``width`` cells wide."""
    is_directory = page.is_directory(number)
    size, modified = page.sizes[number], page.times[number]
    text = row_text(
        page.name(number),
        width,
        is_directory=is_directory,
        size_bytes=None if size == UNKNOWN_SIZE else size,
        modified_at=None if isnan(modified) else modified,
        now=time.time(),
        selected=selected,
        leads_nowhere=page.is_symlink(number) and page.entry(number).leads_nowhere,
    )
    style = _SELECTED if selected else DIRECTORY if is_directory else _PLAIN
    if colours_kinds and not selected:
        style += colour_of(page.entry(number))
    return text, style
