"""A line to type in, or to choose from, with its word before it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from tfm.ui.line import Line
from tfm.ui.sanitise import cell_width

__all__ = ["FieldRow"]


class FieldRow(Horizontal):
    """One row."""

    DEFAULT_CSS = "FieldRow { height: 1; margin-bottom: 1; } FieldRow Line { width: auto; }"

    def __init__(self, word: str, field: Widget) -> None:
        super().__init__()
        self._word = Line(f"{word} ")
        self._word.styles.width = cell_width(f"{word} ")
        self._field = field

    def compose(self) -> ComposeResult:
        yield self._word
        yield self._field
