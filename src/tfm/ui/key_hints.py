"""What may come after the keys that were typed, above the status line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tfm.ui.lay_out import lay_out_again
from tfm.ui.sanitise import cell_width, fit

__all__ = ["KeyHints"]

_PAUSE_SECONDS: Final = 0.25
"""Who types on knows what comes next, and for them nothing is painted over the rows."""

_LEAST_CELLS: Final = 38
"""Of a column."""


class KeyHints(Widget):
    """In columns, over the last rows of the panes."""

    DEFAULT_CSS = """
    KeyHints {
        layer: hints; dock: bottom; offset: 0 -2; width: 100%; height: auto; max-height: 80%; display: none;
        border-top: solid ansi_bright_black; background: ansi_default;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._hints: Sequence[tuple[str, str]] = ()
        self._timer: Timer | None = None

    @property
    def text(self) -> str:
        """What is shown."""
        return "\n".join(f"{key}: {what}" for key, what in self._hints) if self.display else ""

    def show(self, hints: Sequence[tuple[str, str]]) -> None:
        """Show these after a moment, each a key and what it does; without any, nothing at once."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if not hints:
            self.display = False
            return
        self._hints = hints
        if self.display:
            lay_out_again(self)
        else:
            self._timer = self.set_timer(_PAUSE_SECONDS, self._appear)

    def _appear(self) -> None:
        self.display = True

    def get_content_height(self, *_: object) -> int:
        return self._rows(self.screen.size.width)

    def _rows(self, width: int) -> int:
        return -(-len(self._hints) // self._columns(width))

    def _columns(self, width: int) -> int:
        return max(1, width // _LEAST_CELLS)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        columns, rows = self._columns(width), self._rows(width)
        key_cells = max(cell_width(key) for key, _what in self._hints)
        texts = [
            fit(f" {key:<{key_cells}}  {what}", width // columns)
            for key, what in self._hints[y : rows * columns : rows]
        ]
        return Strip([Segment(fit("".join(texts), width), self.rich_style)], width)
