"""Programs outside: what they are told of the panes, how they are started, which one opens what.

Commands are lists of arguments, and no shell reads them: a name like ``$(rm x)`` is a name.
See docs/external-programs.md.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final

from tfm.core.capability import Capability
from tfm.core.errors import InvalidPathError, StorageError, UnsupportedOperation
from tfm.core.location import Location
from tfm.core.settings import Settings
from tfm.storage.session import Session

__all__ = [
    "Invocation",
    "Run",
    "Side",
    "editor_command",
    "editor_origin",
    "ended_text",
    "filled",
    "local_path",
    "not_started",
    "panes_environment",
    "run_program",
    "shell_command",
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
    """A program as it is to be started. ``origin`` is where the command was said, for who has to change it."""

    arguments: Sequence[str]
    directory: str
    environment: Mapping[str, str] = field(repr=False)
    origin: str = ""


@contextmanager
def panes_environment(session: Session, left: Side, right: Side, *, left_is_this: bool) -> Iterator[dict[str, str]]:
    """This process's environment, with ``TFM_ACTIVE`` and the ``TFM_`` variables of both panes; the files with the
    selected names are there within the block, for this user alone.

    Raises InvalidPathError for a name that no such file and no variable can hold, StorageError where this disk takes
    no such files.
    """
    this, other = (left, right) if left_is_this else (right, left)
    sides = {"LEFT": left, "RIGHT": right, "THIS": this, "OTHER": other}
    made = dict(os.environ) | {"TFM_ACTIVE": "1"}
    with ExitStack() as stack:
        directory = _new_directory()
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        for name, side in sides.items():
            names = side.names()
            made[f"TFM_{name}_DIR"] = _variable(_text_of(session, side.directory))
            quoted = shlex.join(f"./{each}" if each.startswith("-") else each for each in names)
            fits = len(_bytes_of(quoted)) <= _LONGEST_BYTES
            made[f"TFM_{name}_SELECTED"] = _variable(quoted) if fits else ""
            made[f"TFM_{name}_SELECTED_FILE"] = _write_names(os.path.join(directory, name.lower()), names)
        yield made


def _new_directory() -> str:
    try:
        return tempfile.mkdtemp(prefix="tfm-selected-")  # 0700
    except OSError as error:
        raise _no_file(error) from error


def _write_names(path: str, names: Sequence[str]) -> str:
    content = b"".join(_bytes_of(_without_nul(name)) + b"\0" for name in names)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise _no_file(error) from error
    return path


def _no_file(error: OSError) -> StorageError:
    return StorageError(
        f"The names of what is selected cannot be written down: {error.strerror or error}.",
        next_step="Set TMPDIR to a directory with room.",
        operation="run a program",
    )


def _text_of(session: Session, directory: Location) -> str:
    path = local_path(session, directory)
    return session.storage(directory.storage).uri_of(directory.key) if path is None else path


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
    path = local_path(session, directory)
    return path if path is not None and os.path.isdir(path) else os.path.expanduser("~")


def local_path(session: Session, location: Location) -> str | None:
    """Where that is on this disk; None where it is not on it, and a program needs a copy."""
    if Capability.LOCAL_PATHS not in session.storage(location.storage).capabilities:
        return None
    return os.path.abspath(location.key or os.curdir)


def run_program(invocation: Invocation) -> int:
    """Start it on this terminal and wait for its end; its exit code, negative for the number of a signal.

    Raises UnsupportedOperation where there is no such program, or it cannot be started.
    """
    try:
        return subprocess.run(
            list(invocation.arguments), cwd=invocation.directory, env=dict(invocation.environment), check=False
        ).returncode
    except (OSError, ValueError) as error:
        raise not_started(invocation, error) from error


def not_started(invocation: Invocation, error: Exception) -> UnsupportedOperation:
    """What is to be said of a program that the system has not started."""
    program, origin = invocation.arguments[0], invocation.origin
    if isinstance(error, FileNotFoundError):
        return UnsupportedOperation(
            f"There is no program {program!r}.",
            next_step=f"Install it, or name another{f' in {origin}' if origin else ''}.",
            operation="run a program",
        )
    why = getattr(error, "strerror", None) or error
    return UnsupportedOperation(
        f"{program!r} cannot be started: {why}.",
        next_step=f"Look at {origin}." if origin else "",
        operation="run a program",
    )


def ended_text(code: int) -> str:
    """How a program ended, by its exit code: ``ended with 3``, ``was ended by signal 9``."""
    return f"ended with {code}" if code >= 0 else f"was ended by signal {-code}"


def editor_command(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    """The user's editor: the setting ``EDITOR``, else $VISUAL, else $EDITOR, else vi. Raises UnsupportedOperation for
    text that cannot be split."""
    text = settings.editor or environment.get("VISUAL", "") or environment.get("EDITOR", "") or _FALLBACK_EDITOR
    try:
        arguments = shlex.split(text)
    except ValueError as error:
        raise UnsupportedOperation(
            f"The editor {text!r} cannot be split into arguments: {error}.",
            next_step=f"Look at {editor_origin(settings, environment)}.",
            operation="edit",
        ) from None
    return arguments or [_FALLBACK_EDITOR]


def editor_origin(settings: Settings, environment: Mapping[str, str]) -> str:
    """Where it is said which editor that is."""
    if settings.editor:
        return settings.origin("EDITOR")
    return next((f"${name}" for name in ("VISUAL", "EDITOR") if environment.get(name)), "config.py (EDITOR)")


def shell_command(environment: Mapping[str, str]) -> list[str]:
    """The user's shell."""
    return [environment.get("SHELL") or shutil.which("bash") or "/bin/sh"]


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
