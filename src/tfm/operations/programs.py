"""The user's own commands: openers, those of the menu, and a line that is typed. No shell reads any of them."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from tfm.core.errors import NotFoundError, UnsupportedOperation
from tfm.core.location import Location
from tfm.core.settings import Settings
from tfm.operations.external import Side, local_path
from tfm.storage.session import Session

__all__ = ["Program", "menu_of", "names_for", "opener_of", "program_of", "typed_program"]


_PLAIN: Final = re.compile(r"[\w@%+=:,./{}-]+", re.ASCII)
"""Needs no quotation marks; placeholders neither."""


@dataclass(frozen=True, slots=True)
class Program:
    """``command`` may hold placeholders (:func:`tfm.operations.external.filled`). ``beside``: tfm goes on while it
    runs, and keeps the terminal. ``origin`` is where the command was said."""

    command: tuple[str, ...]
    origin: str = ""
    beside: bool = False

    @property
    def text(self) -> str:
        """As somebody would type it."""
        words = [word if _PLAIN.fullmatch(word) else shlex.quote(word) for word in self.command]
        return " ".join([*words, "&"] if self.beside else words)

    @property
    def takes_file(self) -> bool:
        """Whether it names the file under the cursor."""
        return any("{file}" in argument for argument in self.command)

    @property
    def takes_names(self) -> bool:
        """Whether it is about what is selected."""
        return "{files}" in self.command


def program_of(command: Sequence[str], origin: str) -> Program:
    """A ``&`` at the end, an argument by itself, means beside. Raises UnsupportedOperation
    where nothing is left."""
    arguments = list(command)
    beside = bool(arguments) and arguments[-1] == "&"
    if beside:
        del arguments[-1]
    if not arguments or not arguments[0]:
        raise UnsupportedOperation(
            "A command without a program.", next_step=f"Look at {origin}." if origin else "", operation="run a program"
        )
    return Program(tuple(arguments), origin, beside)


def typed_program(line: str) -> Program:
    """What was typed in one line, split as a shell would; nothing else of a shell is done. Raises UnsupportedOperation
    for a line that cannot be split, or is empty."""
    try:
        return program_of(shlex.split(line), "")
    except ValueError as error:
        raise UnsupportedOperation(
            f"It cannot be split into arguments: {error}.",
            next_step="Close the quotation.",
            operation="run a program",
        ) from None


def opener_of(settings: Settings, name: str, environment: Mapping[str, str]) -> Program:
    """What opens a file of that name: the command of the first of ``OPENERS`` whose pattern it fits, without regard to
    case; else what the desktop would open it with. Raises UnsupportedOperation for a command without a program."""
    folded = name.casefold()
    for pattern, command in settings.openers:
        if fnmatchcase(folded, pattern.casefold()):
            return program_of(command, settings.origin("OPENERS", pattern))
    if sys.platform == "darwin":
        return Program(("open", "{file}"), "config.py (OPENERS)", beside=True)
    # Without a desktop it starts programs for the terminal.
    has_desktop = bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
    return Program(("xdg-open", "{file}"), "config.py (OPENERS)", beside=has_desktop)


def menu_of(settings: Settings) -> list[tuple[str, Program]]:
    """The user's menu: titles and commands, in their order. Raises UnsupportedOperation for a command without a
    program."""
    return [(title, program_of(command, settings.origin("MENU", title))) for title, command in settings.menu]


def names_for(session: Session, directory: Location, chosen: Sequence[Location]) -> list[str]:
    """``chosen`` as the arguments of a program that is started for ``directory``: on the disk relative to it, elsewhere
    whole URIs, because the names alone would be taken for files of the directory in which the program runs.

    Raises NotFoundError where the directory is not there any more, for the same reason.
    """
    path = local_path(session, directory)
    if path is None:
        return [session.storage(each.storage).uri_of(each.key) for each in chosen]
    if not os.path.isdir(path):
        raise NotFoundError("The directory is not there any more.", uri=path, operation="run a program")
    return Side(directory, chosen).names()
