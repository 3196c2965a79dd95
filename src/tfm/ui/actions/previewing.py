"""The preview beside the list, on and off."""

from __future__ import annotations

from tfm.ui.actions.panes_screen import PanesScreen

__all__ = ["preview"]


def preview(screen: PanesScreen, _argument: str) -> None:
    screen.toggle_preview()
