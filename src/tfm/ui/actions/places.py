"""Going to places by their names, from anywhere."""

from __future__ import annotations

import os

from tfm.core.entry import Kind
from tfm.operations.completion import Goal
from tfm.path import Path
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.file_list import Place
from tfm.ui.pane import Pane

__all__ = ["go_to", "home"]


async def go_to(screen: PanesScreen, argument: str) -> None:
    """Ask where to, or go to the place that ``argument`` names; where it is not there, the question says so."""
    from tfm.ui.go_to_dialog import GoToDialog

    pane = screen.pane
    dialog = GoToDialog(screen.session, pane.location, screen.other.location, text=argument, at_once=bool(argument))
    await screen.open(dialog, lambda goal: _show(pane, goal))


def home(screen: PanesScreen, _argument: str) -> None:
    screen.pane.go_to(Path(os.path.expanduser("~")).location_as(Kind.DIRECTORY))


def _show(pane: Pane, goal: Goal | None) -> None:
    if goal is not None:
        entry = goal.entry
        pane.go_to(goal.directory, target=None if entry is None else Place(entry.key, entry.kind))
