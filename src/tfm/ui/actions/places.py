"""Going to places by their names, from anywhere."""

from __future__ import annotations

import os
from typing import Final

from tfm.core.entry import Kind
from tfm.core.location import Location
from tfm.operations.completion import Goal
from tfm.path.path import Path
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.file_list import Place
from tfm.ui.pane import Pane
from tfm.ui.places import location_text

__all__ = ["bookmark", "bookmarks", "go_to", "home", "jump", "mark", "places"]

_NO_BOOKMARKS: Final = "There are no bookmarks yet: Alt-M makes one (m and a letter with the vim keys)."


async def go_to(screen: PanesScreen, argument: str) -> None:
    """Ask where to, or go to the place that ``argument`` names; where it is not there, the question says so."""
    from tfm.ui.go_to_dialog import GoToDialog
    from tfm.ui.kept_places import bookmark_rows, recent_rows

    pane, keeper = screen.pane, screen.keeper
    bookmarked = bookmark_rows(keeper.bookmarks)
    recent = recent_rows(keeper.recent, without={pane.location, *keeper.bookmarks.values()})
    dialog = GoToDialog(
        screen.session,
        pane.location,
        screen.other.location,
        offers=[*bookmarked, *recent],
        text=argument,
        at_once=bool(argument),
    )
    await screen.open(dialog, lambda goal: _show(pane, goal))


def home(screen: PanesScreen, _argument: str) -> None:
    screen.pane.go_to(Path(os.path.expanduser("~")).location_as(Kind.DIRECTORY))


async def bookmark(screen: PanesScreen, argument: str) -> None:
    """Give the directory of the pane a name, and ask for that where there is none."""
    from tfm.ui.bookmark_dialogs import BookmarkDialog

    location = screen.pane.location

    def named(name: str | None) -> None:
        if name is not None:
            screen.keeper.set_bookmark(name, location)
            screen.say(f"Bookmarked as {name}: {location_text(location)}")

    if argument:
        named(argument)
        return
    path = Path.from_location(location)
    await screen.open(BookmarkDialog(screen.keeper, location, path.name or path.bucket), named)


async def mark(screen: PanesScreen, argument: str) -> None:
    """As :func:`bookmark`, by a key."""
    if len(argument) > 1:
        screen.say("A bookmark's key is one that types something: a letter, or a digit.")
    else:
        await bookmark(screen, argument)


async def bookmarks(screen: PanesScreen, _argument: str) -> None:
    """Choose one, and go there."""
    from tfm.ui.bookmark_dialogs import BookmarksDialog

    pane, keeper = screen.pane, screen.keeper

    def chosen(name: str | None) -> None:
        if name is not None:
            pane.go_to(keeper.bookmarks[name])

    await screen.open(
        BookmarksDialog(keeper, notice=_NO_BOOKMARKS if not keeper.bookmarks else "Nothing fits."), chosen
    )


async def jump(screen: PanesScreen, argument: str) -> None:
    """Go to the bookmark of that name; without one, choose."""
    if not argument:
        await bookmarks(screen, "")
        return
    location = screen.keeper.bookmarks.get(argument)
    if location is None:
        screen.say(f"No bookmark is called {argument}: the list is in the palette.")
    else:
        screen.pane.go_to(location)


_SIDES: Final = ("left", "right")


async def places(screen: PanesScreen, argument: str) -> None:
    """Choose where to go in this pane, or in the one at that side, which then gets the keys."""
    from tfm.ui.places_dialog import PlacesDialog

    if argument not in {"", *_SIDES}:
        screen.say(f"Places are for {' or '.join(_SIDES)}, or for the pane that has the keys; not for {argument!r}.")
        return
    number = _SIDES.index(argument) if argument else screen.panes.index(screen.pane)
    pane = screen.panes[number]

    def chosen(location: Location | None) -> None:
        if location is not None:
            pane.go_to(location)
            screen.use_pane(number)

    title = f"Places: {_SIDES[number]} pane"
    await screen.open(PlacesDialog(screen.session, screen.keeper, pane.location, title=title), chosen)


def _show(pane: Pane, goal: Goal | None) -> None:
    if goal is not None:
        entry = goal.entry
        pane.go_to(goal.directory, target=None if entry is None else Place(entry.key, entry.kind))
