"""A line of text that is only ever repainted."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tfm.ui.line_text import left_text, line_text
from tfm.ui.sanitise import cell_width

__all__ = ["Line"]


class Line(Widget):
    """One row: ``left`` text, and ``right`` text at the other end, which wins where both do not fit.

    Textual's own Static lays out the whole screen anew at each change; this repaints one row.
    """

    DEFAULT_CSS = "Line { height: 1; width: 1fr; }"

    def __init__(
        self,
        left: str = "",
        right: str = "",
        *,
        keep_end: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._left = left
        self._right = right
        self._keep_end = keep_end

    @property
    def text(self) -> str:
        """What is shown, without the blanks between."""
        return f"{self._left} {self._right}".strip()

    def show(self, left: str, right: str = "") -> None:
        """Show these texts, which may be foreign. Nothing is repainted where nothing changed."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def slashes_from(self, x: int) -> int:
        """How many names of a path stand at the left behind the one at that cell; 0 where none does."""
        left = left_text(self._left, self._right, self.size.width, keep_end=self._keep_end).rstrip()
        cells, behind = 0, ""
        for number, letter in enumerate(left):
            cells += cell_width(letter)
            if cells > x:
                behind = left[number:]
                break
        return max(0, behind.count("/") - left.endswith("/"))

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one row
        return self._strip(line_text(self._left, self._right, self.size.width, keep_end=self._keep_end))

    def _strip(self, text: str) -> Strip:
        return Strip([Segment(text, self.rich_style)], self.size.width)
