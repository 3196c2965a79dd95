"""Back and forward through the directories that were shown."""

from __future__ import annotations

from tfm.core.location import Location
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.places import location_text
from tfm.ui.row_list import Row

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

    pane = screen.pane
    visited, position = pane.history.visited, pane.history.position
    steps = [number - position for number in range(len(visited) - 1, -1, -1)]
    rows = [_row(visited[position + step].location, step) for step in steps]

    def chosen(step: int | None) -> None:
        if step:
            pane.go_through_history(step)

    await screen.open(Chooser("History", rows, button="Go", position=steps.index(0)), chosen)


def _row(location: Location, step: int) -> Row[int]:
    distance = "here" if step == 0 else f"{-step} back" if step < 0 else f"{step} forward"
    return Row(location_text(location), " · ".join(filter(None, [location.storage.profile, distance])), step)
