"""Undo."""

from __future__ import annotations

from tfm.ui.actions.panes_screen import PanesScreen

__all__ = ["undo"]


def undo(screen: PanesScreen, _argument: str) -> None:
    screen.undoing.undo()
