"""``tfm [LEFT] [RIGHT]``: the file manager."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfm.cli.naming import named
from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import NotDirectoryError, NotFoundError, UnsupportedOperation
from tfm.core.location import Location
from tfm.operations.kept_state import KeptState, StateFile, state_path
from tfm.operations.start import start_of
from tfm.path.sessions import use_session
from tfm.storage.session import Session

if TYPE_CHECKING:
    from tfm.ui.first_screen import FirstScreen

__all__ = ["open_panes", "run"]


def open_panes(
    session: Session,
    left_text: str | None,
    right_text: str | None,
    *,
    profile: str | None = None,
    complaints: Sequence[str] = (),
    state_file: StateFile | None = None,
    first_screen: FirstScreen | None = None,
) -> int:
    """Show both until the user quits; the exit code. ``complaints`` about settings are shown in the panes.

    A text that is None: that pane as it was left or, where nothing was kept, the current directory.
    ``first_screen`` is what the terminal shows already.

    Raises for text that can name nothing, for a local path that is not a directory, and where there is no terminal;
    what a server says is shown in its pane.
    """
    with use_session(session):
        left, right = (None if text is None else _directory(session, text, profile) for text in (left_text, right_text))
        _refuse_without_terminal()
        complaints = [*complaints]
        is_first = state_file is not None and not os.path.lexists(state_file.path)
        state = KeptState() if state_file is None else state_file.read(complaints)
        start = start_of(state, left, right, lambda: _directory(session, ".", None))

        from tfm.ui import run as run_panes

        return run_panes(
            session,
            start,
            state=state,
            state_file=state_file,
            is_first=is_first,
            complaints=complaints,
            first_screen=first_screen,
        )


def _refuse_without_terminal() -> None:
    # They are drawn on standard error, whatever becomes of standard output.
    streams = {"input": sys.__stdin__, "output": sys.__stdout__, "error": sys.__stderr__}
    elsewhere = [name for name, stream in streams.items() if stream is None or not stream.isatty()]
    if elsewhere:
        be = "is" if len(elsewhere) == 1 else "are"
        raise UnsupportedOperation(
            f"The panes need a terminal, and standard {', '.join(elsewhere)} {be} not one.",
            next_step="For scripts there are tfm ls, tfm stat and tfm cat.",
            operation="open",
        )
    encoding = getattr(sys.__stderr__, "encoding", None) or ""
    if os.environ.get("TERM", "dumb") == "dumb" or not encoding.lower().startswith("utf"):
        what = f"TERM is {os.environ.get('TERM') or 'not set'}, and text is {encoding or 'of no known encoding'}"
        raise UnsupportedOperation(
            f"The panes need a terminal that draws, in UTF-8; here {what}.",
            next_step="Set TERM and a UTF-8 locale, or use tfm ls, tfm stat and tfm cat.",
            operation="open",
        )


def _directory(session: Session, text: str, profile: str | None) -> Location:
    written = named(text)
    location = written.location(profile or None, Kind.DIRECTORY)
    storage = session.storage(location.storage)
    if Capability.LOCAL_PATHS not in storage.capabilities:
        return location
    path = os.path.abspath(os.path.expanduser(text) if text.startswith("~") else str(written))
    here = storage.lookup(path)
    if not here.found:
        hint = "" if os.sep in text else " or a verb; tfm --help lists those"
        raise NotFoundError("There is nothing here.", next_step=f"Name a directory{hint}.", uri=path, operation="open")
    if here.directory is None:
        raise NotDirectoryError(
            "This is not a directory.", next_step="Name the directory it is in.", uri=path, operation="open"
        )
    return named(path).location(None, Kind.DIRECTORY)


def run(
    places: Sequence[str],
    profile: str | None,
    session: Session,
    complaints: Sequence[str],
    first_screen: FirstScreen | None,
) -> int:
    """As :func:`open_panes`, on two ``places`` at most, keeping what is to be there at the next start."""
    left, right = (*places, None, None)[:2]
    return open_panes(
        session,
        left,
        right,
        profile=profile,
        complaints=complaints,
        state_file=StateFile(state_path()),
        first_screen=first_screen,
    )
