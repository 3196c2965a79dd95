"""The file manager on the screen; the only package that knows Textual, and loads it only when it is run."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # the first paint needs this package, and to import typing takes a third of what a bare Python takes
    from collections.abc import Sequence
    from typing import Final

    from tfm.operations.kept_state import KeptState, StateFile
    from tfm.operations.start import Start
    from tfm.storage.session import Session
    from tfm.ui.first_screen import FirstScreen

__all__ = ["run"]

_SWITCH_SECONDS: Final = 0.001


def run(
    session: Session,
    start: Start,
    *,
    state: KeptState | None = None,
    state_file: StateFile | None = None,
    is_first: bool = False,
    complaints: Sequence[str] = (),
    first_screen: FirstScreen | None = None,
) -> int:
    """Show two panes until the user quits; returns the exit code. Costs no request by itself: the panes ask.

    ``state`` is what was read from ``state_file``; without the file nothing is kept for the next start.
    ``is_first``: somebody starts the program for the first time. ``complaints`` about settings that are left out are
    shown first. ``first_screen`` is painted already; the panes take it over.
    """
    import gc
    import sys

    from tfm.path.sessions import journal_path
    from tfm.ui.app import FileManagerApp
    from tfm.ui.keeper import Keeper
    from tfm.ui.sanitise import screen_text

    keeper = Keeper(state_file, state, is_first=is_first)
    app = FileManagerApp(
        session,
        start,
        journal_path=journal_path(),
        keeper=keeper,
        complaints=complaints,
        first_screen=first_screen,
    )
    # Threads that parse and sort hold the interpreter for this long at a time; five times as long, the usual, is felt
    # at the keys (a million rows refreshed: the screen waits 45 ms at most instead of 120).
    usual_seconds = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    # Modules and classes stay until the end: nobody need look through them for garbage again and again.
    gc.freeze()
    try:
        app.run()
    finally:
        sys.setswitchinterval(usual_seconds)
    keeper.finish()
    for text in app.last_words:
        sys.stderr.write(f"tfm: {screen_text(text)}\n")
    return app.return_code or 0
