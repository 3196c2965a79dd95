"""The program itself: help, palette, jobs, keymap, the end."""

from __future__ import annotations

from tfm.ui.actions.panes_screen import PanesScreen

__all__ = ["change_keymap", "quit_program", "show_help", "show_jobs", "show_palette", "stop"]


async def show_help(screen: PanesScreen, _argument: str) -> None:
    await screen.open_help()


async def show_palette(screen: PanesScreen, _argument: str) -> None:
    await screen.open_palette()


def show_jobs(screen: PanesScreen, _argument: str) -> None:
    screen.jobs.open_list()


def change_keymap(screen: PanesScreen, argument: str) -> None:
    """The one of that name; without a name, the other one."""
    screen.set_keymap(argument)


def stop(screen: PanesScreen, _argument: str) -> None:
    pane = screen.pane
    runs = pane.visit is not None and not pane.visit.ended
    if pane.list.end_range():
        screen.say(f"{len(pane.list.selection):,} are selected.")
    elif pane.view.filter is not None and not runs:
        pane.use_view(pane.view._replace(filter=None))
    else:
        pane.stop()


async def quit_program(screen: PanesScreen, _argument: str) -> None:
    await screen.app.action_quit()
