"""The tabs of the pane."""

from __future__ import annotations

from tfm.operations.kept_state import MOST_TABS
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.places import location_text

__all__ = ["close_tab", "new_tab", "next_tab", "previous_tab", "show_tab"]


def new_tab(screen: PanesScreen, _argument: str) -> None:
    if not screen.pane.tabs.open():
        screen.say(f"There are {MOST_TABS} tabs already; close one first.")


def close_tab(screen: PanesScreen, _argument: str) -> None:
    if not screen.pane.tabs.close():
        screen.say("This is the only tab.")


def next_tab(screen: PanesScreen, _argument: str) -> None:
    screen.pane.tabs.step(1)


def previous_tab(screen: PanesScreen, _argument: str) -> None:
    screen.pane.tabs.step(-1)


async def show_tab(screen: PanesScreen, argument: str) -> None:
    """The one of that number, from 1; without a number, choose one."""
    tabs = screen.pane.tabs
    if argument:
        if not argument.isdecimal() or not tabs.show(int(argument) - 1):
            screen.say(f"There is no tab {argument}; there {'is 1' if len(tabs) == 1 else f'are {len(tabs)}'}.")
        return
    from tfm.ui.chooser import Chooser
    from tfm.ui.row_list import Row

    rows = [
        Row(location_text(location), " · ".join(filter(None, [location.storage.profile, str(number + 1)])), number)
        for number, location in enumerate(tabs.locations())
    ]

    def chosen(number: int | None) -> None:
        if number is not None:
            tabs.show(number)

    await screen.open(Chooser("Tabs", rows, button="Show", position=tabs.number), chosen)
