"""How far something is, in one row: ``███████░░░  68 %``."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tfm.core.progress import Progress

__all__ = ["ProgressBar"]


class ProgressBar(Widget):
    """By objects: to delete a large one takes no longer than to delete a small one."""

    DEFAULT_CSS = "ProgressBar { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._share = 0.0

    @property
    def text(self) -> str:
        """What is shown."""
        cells = max(0, self.size.width - 6)
        done = min(cells, int(cells * self._share))
        return f"{'█' * done}{'░' * (cells - done)} {int(100 * self._share):>3} %"

    def show(self, progress: Progress) -> None:
        self._share = min(1.0, progress.objects_done / progress.objects_total) if progress.objects_total else 0.0
        self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one row
        return Strip([Segment(self.text, self.rich_style)], self.size.width)
