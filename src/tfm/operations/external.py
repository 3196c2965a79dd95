"""Programs outside: what they are told of the panes, how they are started, which one opens what.

Commands are lists of arguments, and no shell reads them: a name like ``$(rm x)`` is a name.
See docs/external-programs.md.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from tfm.core.capability import Capability
from tfm.core.errors import InvalidPathError, UnsupportedOperation
from tfm.core.location import Location
from tfm.core.settings import Commands
from tfm.storage.session import Session

__all__ = [
    "Invocation",
    "Run",
    "Side",
    "editor_command",
    "filled",
    "opener_for",
    "panes_environment",
    "run_program",
    "shell_command",
    "system_opener",
    "working_directory",
]

_LONGEST_BYTES: Final = 100_000
"""Of one variable; Linux takes 131,072 bytes: https://man7.org/linux/man-pages/man2/execve.2.html"""

_FALLBACK_EDITOR: Final = "vi"


@dataclass(frozen=True, slots=True)
class Side:
    """What one pane shows: its directory, and the entries that are selected or, where none is, the one under the
    cursor."""

    directory: Location
    selected: Sequence[Location] = ()

    def names(self) -> list[str]:
        """Of the selected, relative to the directory; exact."""
        prefix = self.directory.key
        return [location.key.removeprefix(prefix).removesuffix("/") for location in self.selected]


@dataclass(frozen=True, slots=True)
class Invocation:
    """A program as it is to be started."""

    arguments: Sequence[str]
    directory: str
    environment: Mapping[str, str] = field(repr=False)


@contextmanager
def panes_environment(session: Session, left: Side, right: Side, *, left_is_this: bool) -> Iterator[dict[str, str]]:
    """This process's environment, with ``TFM_ACTIVE`` and the ``TFM_`` variables of both panes; the files with the
    selected names are there within the block, for this user alone.

    Raises InvalidPathError for a name that no such file and no variable can hold.
    """
    this, other = (left, right) if left_is_this else (right, left)
    sides = {"LEFT": left, "RIGHT": right, "THIS": this, "OTHER": other}
    made = dict(os.environ) | {"TFM_ACTIVE": "1"}
    with tempfile.TemporaryDirectory(prefix="tfm-selected-") as directory:  # 0700
        for name, side in sides.items():
            names = side.names()
            made[f"TFM_{name}_DIR"] = _variable(_text_of(session, side.directory))
            quoted = shlex.join(f"./{each}" if each.startswith("-") else each for each in names)
            fits = len(_bytes_of(quoted)) <= _LONGEST_BYTES
            made[f"TFM_{name}_SELECTED"] = _variable(quoted) if fits else ""
            made[f"TFM_{name}_SELECTED_FILE"] = _write_names(os.path.join(directory, name.lower()), names)
        yield made


def _write_names(path: str, names: Sequence[str]) -> str:
    content = b"".join(_bytes_of(_without_nul(name)) + b"\0" for name in names)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(content)
    return path


def _text_of(session: Session, directory: Location) -> str:
    storage = session.storage(directory.storage)
    text = storage.uri_of(directory.key)
    return os.path.abspath(text or os.curdir) if Capability.LOCAL_PATHS in storage.capabilities else text


def _variable(text: str) -> str:
    return os.fsdecode(_bytes_of(_without_nul(text)))


def _without_nul(name: str) -> str:
    if "\0" in name:
        raise InvalidPathError(
            f"The name {name!r} holds a NUL, which no program can be told.",
            next_step="Deselect it.",
            operation="run a program",
        )
    return name


def _bytes_of(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def working_directory(session: Session, directory: Location) -> str:
    """Where a program is started: the pane's directory if it is on the disk, and there; else the home."""
    storage = session.storage(directory.storage)
    if Capability.LOCAL_PATHS in storage.capabilities:
        path = os.path.abspath(directory.key or os.curdir)
        if os.path.isdir(path):
            return path
    return os.path.expanduser("~")


def run_program(invocation: Invocation) -> int:
    """Start it on this terminal and wait for its end; its exit code, negative for the number of a signal.

    Raises UnsupportedOperation where there is no such program, or it cannot be started.
    """
    program = invocation.arguments[0]
    try:
        return subprocess.run(
            list(invocation.arguments), cwd=invocation.directory, env=dict(invocation.environment), check=False
        ).returncode
    except FileNotFoundError as error:
        raise UnsupportedOperation(
            f"There is no program {program!r}.",
            next_step="Install it, or name another in config.py.",
            operation="run a program",
        ) from error
    except (OSError, ValueError) as error:
        raise UnsupportedOperation(f"{program!r} cannot be started: {error}.", operation="run a program") from error


def editor_command(setting: str, environment: Mapping[str, str]) -> list[str]:
    """The user's editor: the setting ``EDITOR``, else $VISUAL, else $EDITOR, else vi. Raises UnsupportedOperation for
    text that cannot be split."""
    text = setting or environment.get("VISUAL", "") or environment.get("EDITOR", "") or _FALLBACK_EDITOR
    try:
        arguments = shlex.split(text)
    except ValueError as error:
        raise UnsupportedOperation(f"The editor {text!r} cannot be split into arguments: {error}.") from None
    return arguments or [_FALLBACK_EDITOR]


def shell_command(environment: Mapping[str, str]) -> list[str]:
    """The user's shell."""
    return [environment.get("SHELL") or shutil.which("bash") or "/bin/sh"]


def opener_for(openers: Commands, name: str) -> tuple[str, ...] | None:
    """The command of the first pattern that ``name`` fits, without regard to case; None where none does."""
    folded = name.casefold()
    return next((command for pattern, command in openers if fnmatchcase(folded, pattern.casefold())), None)


def system_opener() -> tuple[str, ...]:
    """What opens a file as the desktop would."""
    return ("open", "{file}") if sys.platform == "darwin" else ("xdg-open", "{file}")


def filled(
    command: Sequence[str], *, file: str | None = None, names: Sequence[str] = (), environment: Mapping[str, str]
) -> list[str]:
    """``command`` with what stands for something else filled in.

    ``{file}`` in an argument is the path of the file, ``{files}`` as an argument by itself one argument for each of
    the selected names, and ``{TFM_THIS_DIR}`` and the like that variable's value. A command that names no file gets it
    at its end. Raises UnsupportedOperation where a file is wanted and there is none.
    """
    arguments: list[str] = []
    takes_file = False
    for argument in command:
        if argument == "{files}":
            takes_file = True
            arguments += [f"./{name}" if name.startswith("-") else name for name in names]
            continue
        if "{file}" in argument:
            takes_file = True
            if file is None:
                raise UnsupportedOperation(
                    f"{shlex.join(command)} is for a file, and the cursor is on none.", operation="run a program"
                )
        arguments.append(_filled(argument, file or "", environment))
    if not takes_file and file is not None:
        arguments.append(file)
    return arguments


def _filled(argument: str, file: str, environment: Mapping[str, str]) -> str:
    # Piece by piece: a name that reads like a placeholder is a name.
    pieces = []
    rest = argument
    while rest:
        before, brace, behind = rest.partition("{")
        word, closing, after = behind.partition("}")
        pieces.append(before)
        if not brace:
            break
        if closing and word == "file":
            pieces.append(file)
        elif closing and word.startswith("TFM_") and word in environment:
            pieces.append(environment[word])
        else:
            pieces.append("{")
            rest = behind
            continue
        rest = after
    return "".join(pieces)


Run = Callable[[Invocation], int]
"""What runs a program: :func:`run_program`, on a terminal that is free for it."""
