"""Which entries the next operation is about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.pane import Pane

if TYPE_CHECKING:
    from tfm.operations.row_choice import Chosen

__all__ = [
    "deselect_all",
    "deselect_matching",
    "invert_selection",
    "select",
    "select_all",
    "select_down",
    "select_matching",
    "select_range",
    "select_up",
]

_QUICK_ROWS = 20_000
"""As many are chosen among in the time of a few frames; more of them, where nothing waits for it."""


def select(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(screen.pane.list.select)


def select_down(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(screen.pane.list.select)


def select_up(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(screen.pane.list.select, -1))


def select_range(screen: PanesScreen, _argument: str) -> None:
    """From now on all between here and the cursor is selected; the second time that ends, and stays selected."""
    pane = screen.pane
    pane.when_shown(partial(_range, screen, pane))


def _range(screen: PanesScreen, pane: Pane) -> None:
    if pane.list.end_range():
        screen.say(f"{len(pane.list.selection):,} are selected.")
    elif pane.list.begin_range():
        screen.say("Go to the other end; the same key or Esc keeps what is selected.")
    else:
        screen.say("There is nothing to select here.")


async def select_all(screen: PanesScreen, _argument: str) -> None:
    await _choose(screen, None, screen.pane.list.selection.add_all)


async def invert_selection(screen: PanesScreen, _argument: str) -> None:
    await _choose(screen, None, screen.pane.list.selection.toggle_all)


def deselect_all(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(screen.pane.list.deselect_all)


async def select_matching(screen: PanesScreen, argument: str) -> None:
    await _match(screen, argument, "select", screen.pane.list.selection.add_all)


async def deselect_matching(screen: PanesScreen, argument: str) -> None:
    await _match(screen, argument, "deselect", screen.pane.list.selection.drop_all)


async def _match(screen: PanesScreen, pattern: str, word: str, use: Callable[[Iterable[Chosen]], None]) -> None:
    if pattern:
        await _choose(screen, pattern, use)
        return
    from tfm.ui.actions.select_line import SelectLine

    command = f"{word}_matching"
    SelectLine(screen, word, lambda typed: screen.app.call_next(screen.run_command, f"{command} {typed}")).begin()


async def _choose(screen: PanesScreen, pattern: str | None, use: Callable[[Iterable[Chosen]], None]) -> None:
    """Among the rows that are shown. Awaited, what is typed next is about what is selected then."""
    from tfm.operations.row_choice import chosen_rows

    pane = screen.pane
    rows = pane.list.rows
    if rows is None:
        return
    listing, order = rows
    if len(listing) <= _QUICK_ROWS:
        use(chosen_rows(listing, order, pattern))
    else:
        screen.say("selecting…")
        await asyncio.to_thread(lambda: use(chosen_rows(listing, order, pattern)))
        screen.say(f"{len(pane.list.selection):,} are selected.")
    pane.list.selection_changed()
