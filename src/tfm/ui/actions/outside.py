"""Other programs: the editor. Each loads its code when it is first wanted."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.ui.actions.panes_screen import PanesScreen

__all__ = ["edit"]


def edit(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_edit, screen))


def _edit(screen: PanesScreen) -> None:
    from tfm.operations.external import editor_command, editor_origin, ended_text, filled, local_path
    from tfm.ui.actions.invoking import invoke
    from tfm.ui.given_terminal import Pause

    pane, entry = screen.pane, screen.pane.list.entry
    if entry is None or entry.is_directory:
        screen.say("A file is edited: set the cursor on one.")
        return
    location = pane.chosen_to_copy(only_under_cursor=True)[0]

    def run(path: str) -> int:
        return invoke(
            screen,
            lambda environment: filled(
                editor_command(screen.settings, environment), file=path, environment=environment
            ),
            pause=Pause.ON_FAILURE,
            origin=editor_origin(screen.settings, os.environ),
        )

    path = local_path(screen.session, location)
    if path is None:
        _edit_copy(screen, location, entry, run)
        return
    try:
        code = run(path)
    except StorageError as error:
        screen.say(str(error))
        return
    for each in screen.panes:
        each.revisits.wish()
    if code:
        screen.say(f"The editor {ended_text(code)}.")


def _edit_copy(screen: PanesScreen, location: Location, entry: Entry, run: Callable[[str], int]) -> None:
    from tfm.ui.local_copy_dialog import Errand, LocalCopyDialog

    if Capability.WRITE not in screen.session.storage(location.storage).capabilities:
        screen.say("Nothing can be written here: F3 views it.")
        return

    def then(said: str | None) -> None:
        if said:
            screen.say(said)

    screen.push(LocalCopyDialog(screen.session, location, entry, Errand("Edit", run), screen.works), then)
