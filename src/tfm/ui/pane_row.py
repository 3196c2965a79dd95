"""Both panes side by side, and how the width is shared between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import events
from textual.containers import Horizontal
from textual.message import Message

from tfm.ui.pane import Pane

if TYPE_CHECKING:
    from textual.app import ComposeResult

__all__ = ["PaneRow"]

_LEAST_PERCENT: Final = 10
_MIDDLE_PERCENT: Final = 50


class PaneRow(Horizontal):
    """The line between the panes is the left one's border; the mouse can move it. ``left_percent`` is the left pane's
    share."""

    DEFAULT_CSS = """
    PaneRow { height: 1fr; }
    PaneRow > #left { border-right: solid ansi_bright_black; }
    """

    class Split(Message):
        """The line between the panes was moved."""

    def __init__(self, panes: tuple[Pane, Pane], left_percent: int) -> None:
        super().__init__()
        self._panes = panes
        self.left_percent = left_percent
        self._is_moving = False

    def compose(self) -> ComposeResult:
        yield from self._panes

    def on_mount(self) -> None:
        self.split_at(self.left_percent)

    def split_at(self, left_percent: int) -> None:
        """Share the width; within bounds in which either pane can be seen."""
        self.left_percent = max(_LEAST_PERCENT, min(100 - _LEAST_PERCENT, left_percent))
        # Shares, and not percents: a preview beside them has one, too.
        for pane, percent in zip(self._panes, (self.left_percent, 100 - self.left_percent), strict=True):
            pane.styles.width = f"{percent}fr"
        self.post_message(self.Split())

    # Mouse

    def _is_line(self, event: events.MouseEvent) -> bool:
        left, right = self._panes
        return left.display and right.display and event.screen_x == left.region.right - 1

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button == 1 and self._is_line(event):
            event.stop()
            self._is_moving = True
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._is_moving:
            event.stop()
            left, right = self._panes
            width = left.region.width + right.region.width
            self.split_at(round(100 * (event.screen_x + 1 - left.region.x) / max(1, width)))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._is_moving:
            event.stop()
            self._is_moving = False
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        if event.chain == 2 and self._is_line(event):
            event.stop()
            self.split_at(_MIDDLE_PERCENT)
