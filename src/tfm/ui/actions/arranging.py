"""The two panes beside each other: what the other one shows, and how wide they are."""

from __future__ import annotations

from functools import partial
from typing import Final

from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.file_list import Place
from tfm.ui.places import entry_location

__all__ = ["other_pane_here", "other_pane_there", "split_left", "split_right", "swap_panes"]

_STEP_PERCENT: Final = 5


def split_left(screen: PanesScreen, _argument: str) -> None:
    screen.row.split_at(screen.row.left_percent - _STEP_PERCENT)


def split_right(screen: PanesScreen, _argument: str) -> None:
    screen.row.split_at(screen.row.left_percent + _STEP_PERCENT)


def swap_panes(screen: PanesScreen, _argument: str) -> None:
    screen.swap_panes()


def other_pane_here(screen: PanesScreen, _argument: str) -> None:
    """The other pane shows this directory."""
    screen.pane.when_shown(partial(_show_here, screen))


def _show_here(screen: PanesScreen) -> None:
    screen.other.go_to(screen.pane.entry_directory, target=screen.pane.list.place_under_cursor)


def other_pane_there(screen: PanesScreen, _argument: str) -> None:
    """The other pane shows the directory under the cursor, or the one that the file under it is in."""
    screen.pane.when_shown(partial(_show_there, screen))


def _show_there(screen: PanesScreen) -> None:
    pane, other = screen.pane, screen.other
    entry = pane.list.entry
    if pane.list.on_parent and pane.directory_above is not None:
        other.go_to(pane.directory_above)
    elif entry is not None and entry.is_directory:
        other.go_to(entry_location(pane.location, entry))
    elif entry is not None:
        other.go_to(pane.entry_directory, target=Place(entry.key, entry.kind))
