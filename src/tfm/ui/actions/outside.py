"""Other programs: the editor, openers, the user's own commands, a shell. Each loads its code when first wanted."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.operations.work import WorkUpdate
from tfm.ui.actions.panes_screen import PanesScreen

if TYPE_CHECKING:
    from tfm.operations.link_end import LinkEnd
    from tfm.operations.programs import Program

__all__ = ["edit", "open_file", "run", "say_where_it_leads", "subshell", "user_menu"]

_SHELL_HEADING: Final = "A shell within tfm: exit goes back to the panes."


async def edit(screen: PanesScreen, _argument: str) -> None:
    if screen.pane.awaits_rows:
        screen.pane.when_shown(partial(_edit_later, screen))
    else:
        await _edit(screen)  # and with it whatever is typed behind the key, which is for the editor


def _edit_later(screen: PanesScreen) -> None:
    screen.app.call_later(_edit, screen)


async def _edit(screen: PanesScreen) -> None:
    from tfm.operations.external import editor_command, editor_origin, local_path
    from tfm.operations.programs import program_of
    from tfm.ui.actions.invoking import start_for_entry
    from tfm.ui.given_terminal import Pause

    entry = screen.pane.list.entry
    if entry is None or entry.is_directory:
        screen.say("A file is edited: set the cursor on one.")
        return
    if _is_lost(screen, entry):
        return
    if entry.kind is Kind.OTHER:
        screen.say("A pipe, a socket or a device is no file to edit.")
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
    start = partial(start_for_entry, screen, "Edit", program, pause=Pause.ON_FAILURE, needs_text=True)
    path = local_path(screen.session, screen.pane.chosen_to_copy(only_under_cursor=True)[0])
    if path is None:
        start()  # of a copy, which is looked at when it is here
        return
    from tfm.ui.edit_question import EditQuestion, doubt_of

    try:
        doubt = await doubt_of(entry, path)
    except StorageError as error:
        screen.say(str(error))
        return

    def answered(edits: bool | None) -> None:
        now = screen.pane.list.entry
        if edits and now is not None and now.key == entry.key:
            start()

    if doubt:
        await screen.open(EditQuestion(entry.name, doubt), answered)
    else:
        answered(True)


def say_where_it_leads(screen: PanesScreen, location: Location) -> None:
    """That this link leads nowhere, as soon as it is known where that is."""
    from tfm.ui.link_look import look_at_link

    def tell(update: WorkUpdate[LinkEnd | None]) -> None:
        said = str(update.error) if update.result is None else update.result.sentence
        with suppress(RuntimeError):  # tfm has ended meanwhile
            screen.app.call_later(screen.say, said)

    look_at_link(screen.session, location, tell)


def _is_lost(screen: PanesScreen, entry: Entry) -> bool:
    """Whether it is a link that leads nowhere; that is said."""
    if entry.leads_nowhere:
        say_where_it_leads(screen, screen.pane.chosen_to_copy(only_under_cursor=True)[0])
    return entry.leads_nowhere


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
    if _is_lost(screen, entry):
        return
    try:
        program = opener_of(screen.settings, entry.name, os.environ)
    except StorageError as error:
        screen.say(str(error))
        return
    start_for_entry(screen, "Open", program, pause=Pause.ON_FAILURE)


async def user_menu(screen: PanesScreen, _argument: str) -> None:
    from tfm.operations.programs import menu_of
    from tfm.ui.menu_dialog import MenuDialog

    try:
        rows = menu_of(screen.settings)
    except StorageError as error:
        screen.say(str(error))
        return
    if not rows:
        screen.say("Your menu is empty: fill MENU in config.py (docs/external-programs.md).")
        return
    # Waited for, so that a letter which is typed already is chosen.
    await screen.open(MenuDialog(rows), partial(_run_if_chosen, screen))


async def run(screen: PanesScreen, argument: str) -> None:
    """That command; without one, a line is asked for."""
    from tfm.operations.external import working_directory
    from tfm.operations.programs import typed_program
    from tfm.ui.command_dialog import CommandDialog

    if not argument:
        directory = working_directory(screen.session, screen.pane.location)
        keeper = screen.keeper
        dialog = CommandDialog(directory, keeper.typed("run"), partial(keeper.keep_typed, "run"))
        await screen.open(dialog, partial(_run_if_chosen, screen))
        return
    try:
        program = typed_program(argument)
    except StorageError as error:
        screen.say(str(error))
        return
    screen.pane.when_shown(partial(_run_if_chosen, screen, program))


def _run_if_chosen(screen: PanesScreen, program: Program | None) -> None:
    from tfm.ui.actions.invoking import start_and_tell, start_for_entry
    from tfm.ui.given_terminal import Pause

    if program is None:
        return
    heading = f"$ {program.text}"
    if program.takes_file:
        start_for_entry(screen, "Run", program, pause=Pause.ALWAYS, heading=heading)
    else:
        start_and_tell(screen, program, pause=Pause.ALWAYS, heading=heading)


def subshell(screen: PanesScreen, _argument: str) -> None:
    """The user's shell, in the pane's directory."""
    from tfm.operations.external import shell_command
    from tfm.ui.actions.invoking import invoke
    from tfm.ui.given_terminal import Pause

    try:
        invoke(screen, shell_command, pause=Pause.NEVER, origin="$SHELL", heading=_SHELL_HEADING)
    except StorageError as error:
        screen.say(str(error))
