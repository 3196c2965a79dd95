"""Other programs: the editor, what opens a file. Each loads its code when it is first wanted."""

from __future__ import annotations

import os
from functools import partial

from tfm.core.capability import Capability
from tfm.core.errors import StorageError
from tfm.ui.actions.panes_screen import PanesScreen

__all__ = ["edit", "open_file"]


def edit(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_edit, screen))


def _edit(screen: PanesScreen) -> None:
    from tfm.operations.external import editor_command, editor_origin
    from tfm.operations.programs import program_of
    from tfm.ui.actions.invoking import start_for_entry
    from tfm.ui.given_terminal import Pause

    entry = screen.pane.list.entry
    if entry is None or entry.is_directory:
        screen.say("A file is edited: set the cursor on one.")
        return
    if Capability.WRITE not in screen.session.storage(screen.pane.location.storage).capabilities:
        screen.say("Nothing can be written here: F3 views it.")
        return
    origin = editor_origin(screen.settings, os.environ)
    try:
        program = program_of(editor_command(screen.settings, os.environ), origin)
    except StorageError as error:
        screen.say(str(error))
        return
    start_for_entry(screen, "Edit", program, pause=Pause.ON_FAILURE)


def open_file(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_open, screen))


def _open(screen: PanesScreen) -> None:
    from tfm.operations.programs import opener_of
    from tfm.ui.actions.invoking import start_for_entry
    from tfm.ui.given_terminal import Pause

    entry = screen.pane.list.entry
    if entry is None or entry.is_directory:
        screen.say("A file is opened: set the cursor on one. Enter enters a directory.")
        return
    try:
        program = opener_of(screen.settings, entry.name, os.environ)
    except StorageError as error:
        screen.say(str(error))
        return
    start_for_entry(screen, "Open", program, pause=Pause.ON_FAILURE)
