"""The cursor, and going from directory to directory."""

from __future__ import annotations

from functools import partial

from tfm.ui.actions.panes_screen import PanesScreen

__all__ = [
    "cursor_bottom",
    "cursor_down",
    "cursor_first",
    "cursor_half_down",
    "cursor_half_up",
    "cursor_last",
    "cursor_middle",
    "cursor_page_down",
    "cursor_page_up",
    "cursor_top",
    "cursor_up",
    "enter",
    "enter_parent",
    "enter_to_view",
    "other_pane",
    "refresh",
]


def cursor_up(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(screen.pane.list.move, -1))


def cursor_down(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(screen.pane.list.move, 1))


def cursor_page_up(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(screen.pane.list.move_page, -1))


def cursor_page_down(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(screen.pane.list.move_page, 1))


def cursor_half_up(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(screen.pane.list.move_page, -0.5))


def cursor_half_down(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(screen.pane.list.move_page, 0.5))


def cursor_top(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(screen.pane.list.move_in_sight, 0.0))


def cursor_middle(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(screen.pane.list.move_in_sight, 0.5))


def cursor_bottom(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(screen.pane.list.move_in_sight, 1.0))


def cursor_first(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(screen.pane.list.move_to, 0))


def cursor_last(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(screen.pane.list.move_last)


def enter(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(screen.pane.enter)


def enter_to_view(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(screen.pane.enter_to_view)


def enter_parent(screen: PanesScreen, _argument: str) -> None:
    screen.pane.enter_parent()


def other_pane(screen: PanesScreen, _argument: str) -> None:
    screen.use_pane(1 - screen.panes.index(screen.pane))


def refresh(screen: PanesScreen, _argument: str) -> None:
    screen.pane.ask_again()
