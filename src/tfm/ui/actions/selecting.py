"""Which entries the next operation is about."""

from __future__ import annotations

from tfm.ui.actions.panes_screen import PanesScreen

__all__ = ["select"]


def select(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(screen.pane.list.select)
