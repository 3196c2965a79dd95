"""How this terminal is sent pictures: by kitty's protocol, as sixels, or two pixels a cell, which every one can."""

from __future__ import annotations

import fcntl
import struct
import sys
import termios
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

__all__ = ["PictureForm", "cell_pixels", "picture_form"]

_UNKNOWN_CELL: Final = (10, 20)


class PictureForm(StrEnum):
    """What the setting IMAGES names; ``auto`` is by what the terminal says of itself in the environment."""

    CELLS = "cells"
    KITTY = "kitty"
    """https://sw.kovidgoyal.net/kitty/graphics-protocol/"""

    SIXEL = "sixel"


_SIXEL_PROGRAMS: Final = frozenset({"iTerm.app", "WezTerm", "mintty", "rio"})
_SIXEL_TERMS: Final = ("foot", "mlterm", "contour", "yaft")


def picture_form(setting: str, environment: Mapping[str, str]) -> PictureForm:
    """The terminal is not asked: its answer would come among the keys that somebody types."""
    if setting != "auto":
        return PictureForm(setting)
    if environment.get("TMUX") or environment.get("STY"):
        return PictureForm.CELLS  # what is between lets nothing else through
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "KITTY_WINDOW_ID" in environment or term in {"xterm-kitty", "xterm-ghostty"} or program == "ghostty":
        return PictureForm.KITTY
    if program in _SIXEL_PROGRAMS or term.startswith(_SIXEL_TERMS):
        return PictureForm.SIXEL
    return PictureForm.CELLS


def cell_pixels() -> tuple[int, int]:
    """How many pixels a cell of this terminal is wide and high; a common size where it does not say."""
    try:
        answer = fcntl.ioctl(sys.__stdout__ or sys.stdout, termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError):
        return _UNKNOWN_CELL
    rows, columns, width, height = struct.unpack("HHHH", answer)
    if not rows or not columns or width < columns or height < rows:
        return _UNKNOWN_CELL
    return width // columns, height // rows
