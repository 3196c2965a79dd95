"""Other programs are started from the panes, and told of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

from tfm.core.errors import StorageError
from tfm.operations.external import (
    Invocation,
    Side,
    ended_text,
    filled,
    local_path,
    panes_environment,
    working_directory,
)
from tfm.operations.programs import Program, names_for
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.given_terminal import Pause

__all__ = ["invoke", "start", "start_and_tell", "start_for_entry"]

MakeCommand = Callable[[Mapping[str, str]], Sequence[str]]


@contextmanager
def _invocation(screen: PanesScreen, command: MakeCommand, origin: str) -> Iterator[Invocation]:
    session = screen.session
    left, right = (Side(pane.location, pane.chosen()) for pane in screen.panes)
    with panes_environment(session, left, right, left_is_this=screen.pane is screen.panes[0]) as environment:
        yield Invocation(command(environment), working_directory(session, screen.pane.location), environment, origin)


def invoke(screen: PanesScreen, command: MakeCommand, *, pause: Pause, origin: str = "", heading: str = "") -> int:
    """Start a program in the pane's directory, where that is on the disk, and wait for its end; its exit code.

    ``command`` makes its arguments from its environment, which tells of both panes; ``origin`` is where the command was
    said. Raises UnsupportedOperation where it cannot be started, InvalidPathError for names that no program can be
    told, and what ``command`` raises.
    """
    with _invocation(screen, command, origin) as invocation:
        code = screen.run_outside(invocation, pause=pause, heading=heading)
    for pane in screen.panes:
        pane.revisits.wish()  # whatever it has done there
    return code


def start(screen: PanesScreen, program: Program, *, file: str | None = None, pause: Pause, heading: str = "") -> int:
    """Start a command of the user's; its exit code, 0 at once where it runs beside tfm. Raises as :func:`invoke`."""
    pane = screen.pane
    names = names_for(screen.session, pane.location, pane.chosen_to_copy()) if program.takes_names else []

    def command(environment: Mapping[str, str]) -> list[str]:
        return filled(program.command, file=file, names=names, environment=environment)

    if not program.beside:
        return invoke(screen, command, pause=pause, origin=program.origin, heading=heading)
    stack = ExitStack()  # closed by the thread that waits for the program
    invocation = stack.enter_context(_invocation(screen, command, program.origin))
    try:
        screen.run_beside(invocation, partial(_ended_beside, screen, invocation.arguments[0], stack))
    except StorageError:
        stack.close()
        raise
    return 0


def _ended_beside(screen: PanesScreen, name: str, stack: ExitStack, code: int, complaint: str) -> None:
    """In the thread that waited."""
    stack.close()  # it needs the files of its environment no more
    if code:
        with suppress(RuntimeError):  # tfm has ended meanwhile
            screen.app.call_later(screen.say, f"{name} {ended_text(code)}{f': {complaint}' if complaint else '.'}")


def start_for_entry(
    screen: PanesScreen,
    title: str,
    program: Program,
    *,
    pause: Pause,
    heading: str = "",
    needs_text: bool = False,
) -> None:
    """Start a command for the entry under the cursor: where that is on the disk for itself, else for a private copy,
    which is stored again if it was changed. What goes wrong is said. A copy that is no text is asked about where the
    program ``needs_text``."""
    pane, entry = screen.pane, screen.pane.list.entry
    if entry is None:
        screen.say("That is for a file, and the cursor is on none.")
        return
    location = pane.chosen_to_copy(only_under_cursor=True)[0]
    path = local_path(screen.session, location)
    if path is not None:
        before = _stamp(path)
        start_and_tell(screen, program, file=path, pause=pause, heading=heading)
        if not entry.is_directory and _stamp(path) != before:
            from tfm.operations.undo_steps import step_of_edit

            screen.undoing.log.add(step_of_edit(location))
        return
    if entry.is_directory:
        screen.say("Programs of this machine get copies of files from there, and not of directories.")
        return
    from tfm.ui.local_copy_dialog import Errand, LocalCopyDialog

    def run(copy: str) -> int:
        return start(screen, program, file=copy, pause=pause, heading=heading)

    errand = Errand(title, run, program.beside, stays_shown=pause is Pause.ALWAYS, needs_text=needs_text)
    at_end = screen.notices.at_end.append
    remember = screen.undoing.log.add
    dialog = LocalCopyDialog(screen.session, location, entry, errand, screen.works, at_end, remember)
    screen.push(dialog, partial(_say_if, screen))


def _stamp(path: str) -> tuple[int, int, int] | None:
    """What is another when a file was written; the program that did that has just had the thread, too."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _say_if(screen: PanesScreen, said: str | None) -> None:
    if said:
        screen.say(said)


def start_and_tell(
    screen: PanesScreen, program: Program, *, file: str | None = None, pause: Pause, heading: str = ""
) -> None:
    """As :func:`start`; what goes wrong is said."""
    try:
        code = start(screen, program, file=file, pause=pause, heading=heading)
    except StorageError as error:
        screen.say(str(error))
        return
    if code:
        screen.say(f"{program.command[0]} {ended_text(code)}.")
