"""An action: a named thing that a key, the palette or the mouse sets off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import NamedTuple

from tfm.ui.actions.panes_screen import PanesScreen

__all__ = ["Action", "Area", "Argument", "Command"]


class Area(StrEnum):
    """What an action is about; the help has a part for each, in this order."""

    PROGRAM = "The program"
    MOVING = "Moving about"
    PLACES = "Places"
    SELECTING = "Selecting"
    ROWS = "What is shown, and how"
    FILES = "Files and directories"
    FINDING = "Finding and comparing"
    OUTSIDE = "Other programs"
    CLOUD = "Requests, cost, profiles"


class Argument(StrEnum):
    """What an action needs beside its name."""

    NONE = ""
    TEXT = "text"
    """A binding may add one: ``go_to ~/data``. Without it the action asks."""

    KEY = "key"
    """The key that is pressed next, as in ``m`` and then a letter."""


class Action(NamedTuple):
    """``run`` names the function, as ``module:function`` within this package: it is imported when first wanted.

    The function takes the :class:`PanesScreen` and the argument's text, and may be a coroutine. ``help`` is one line;
    ``label`` is its word in the function-key bar.
    """

    name: str
    area: Area
    run: str
    help: str
    label: str = ""
    argument: Argument = Argument.NONE

    @property
    def function(self) -> Callable[[PanesScreen, str], Awaitable[None] | None]:
        return _function(self.run)


@cache
def _function(run: str) -> Callable[[PanesScreen, str], Awaitable[None] | None]:
    module, _, function = run.partition(":")
    found: Callable[[PanesScreen, str], Awaitable[None] | None]
    found = getattr(import_module(f"tfm.ui.actions.{module}"), function)
    return found


class Command(NamedTuple):
    """An action with its argument: what a key is bound to."""

    action: Action
    argument: str = ""

    @property
    def help(self) -> str:
        return f"{self.action.help}: {self.argument}" if self.argument else self.action.help
