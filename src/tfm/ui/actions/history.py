"""Back and forward through the directories that were shown."""

from __future__ import annotations

from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.places import location_text

__all__ = ["back", "forward", "show_history"]


def back(screen: PanesScreen, _argument: str) -> None:
    if not screen.pane.go_through_history(-1):
        screen.say("There is nothing to go back to.")


def forward(screen: PanesScreen, _argument: str) -> None:
    if not screen.pane.go_through_history(1):
        screen.say("There is nothing to go forward to.")


async def show_history(screen: PanesScreen, _argument: str) -> None:
    """The newest first; where one is stands among them."""
    from tfm.ui.chooser import Chooser
    from tfm.ui.row_list import Row

    pane = screen.pane
    visited, position = pane.history.visited, pane.history.position
    steps = [number - position for number in range(len(visited) - 1, -1, -1)]
    rows = [Row(location_text(visited[position + step].location), _distance(step), step) for step in steps]

    def chosen(step: int | None) -> None:
        if step:
            pane.go_through_history(step)

    await screen.open(Chooser("History", rows, button="Go", position=steps.index(0)), chosen)


def _distance(step: int) -> str:
    return "here" if step == 0 else f"{-step} back" if step < 0 else f"{step} forward"
