"""What changes something. Each loads its code when it is first wanted, not before the first rows are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.storage.session import Session
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.pane import Pane
from tfm.ui.places import location_text, outermost

if TYPE_CHECKING:
    from tfm.operations.undo import Undo
    from tfm.ui.copy_dialog import ToCopy

__all__ = ["copy", "make_directory", "move", "new_file", "open_copy", "rename"]


def copy(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_copy, screen, "copy"))


def move(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_copy, screen, "move"))


def _copy(screen: PanesScreen, verb: str) -> None:
    from tfm.ui.copy_dialog import ToCopy

    pane, there = screen.pane, screen.other.location
    chosen = outermost(pane.chosen_to_copy())
    if chosen:
        # Of results that have one name each keeps its path: they could not be in one directory.
        keeps_paths = verb == "copy" and pane.found is not None and _some_have_one_name(chosen)
        below = pane.location.key if keeps_paths else None
        _open_copy(screen, pane, ToCopy(pane.location, chosen, there, location_text(there), verb, below))
    else:
        screen.say(f"There is nothing to {verb} here: the cursor is on no entry.")


def _some_have_one_name(chosen: Sequence[Location]) -> bool:
    names = {location.key.removesuffix("/").rpartition("/")[2] for location in chosen}
    return len(names) < len(chosen)


def open_copy(screen: PanesScreen, verb: str, here: Location, chosen: Sequence[Location], there: Location) -> None:
    """Show the plan of a copy or a move of ``chosen``, which lie in ``here``, to the directory ``there``."""
    from tfm.ui.copy_dialog import ToCopy

    _open_copy(screen, screen.pane, ToCopy(here, chosen, there, location_text(there), verb))


def _open_copy(screen: PanesScreen, pane: Pane, what: ToCopy) -> None:
    from tfm.ui.copy_dialog import CopyDialog

    def left(began: bool | None) -> None:
        if began:
            pane.list.deselect_all()

    screen.push(CopyDialog(screen.session, what, screen.jobs.queue.submit), left)


def rename(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_rename, screen))


def _rename(screen: PanesScreen) -> None:
    from tfm.operations.renaming import rename_entry, renames_at_once
    from tfm.operations.undo_steps import Renamed
    from tfm.ui.copy_dialog import ToCopy
    from tfm.ui.name_dialog import NameDialog

    pane, entry = screen.pane, screen.pane.list.entry
    if entry is None:
        screen.say("There is nothing to rename here: the cursor is on no entry.")
        return
    directory = pane.entry_directory
    name = entry.key.removesuffix("/").rpartition("/")[2]
    source = Location(directory.storage, entry.key, entry.kind)
    if not renames_at_once(screen.session, directory, entry):
        chosen = pane.chosen_to_copy(only_under_cursor=True)
        _open_copy(screen, pane, ToCopy(directory, chosen, directory, name, "rename"))
        return
    session, log = screen.session, screen.undoing.log

    def do(name: str) -> Location:
        now = rename_entry(session, directory, source, name)
        if now != source:
            log.add(Renamed(directory, source, now))
        return now

    screen.push(NameDialog("Rename", directory, do, button="rename", name=name), partial(pane.land_on, directory))


async def make_directory(screen: PanesScreen, _argument: str) -> None:
    from tfm.operations.make_directory import make_directories
    from tfm.operations.undo_steps import MadeDirectory

    await _make(screen, "Make a directory", make_directories, lambda _session, made: MadeDirectory(made[-1], made[:-1]))


async def new_file(screen: PanesScreen, _argument: str) -> None:
    from tfm.operations.new_file import make_file

    def make(session: Session, directory: Location, name: str) -> list[Location]:
        return [make_file(session, directory, name)]

    await _make(screen, "New file", make, _made_file)


def _made_file(session: Session, all_made: Sequence[Location]) -> Undo:
    from tfm.operations.undo import Permanent, name_of
    from tfm.operations.undo_steps import MadeFile

    made = all_made[-1]
    try:
        return MadeFile.of(session, made)
    except StorageError:
        return Permanent(f"the new file {name_of(made)}", "it could not be looked at when it was made.")


async def _make(
    screen: PanesScreen,
    title: str,
    make: Callable[[Session, Location, str], Sequence[Location]],
    step: Callable[[Session, Sequence[Location]], Undo],
) -> None:
    from tfm.ui.name_dialog import NameDialog

    pane, directory = screen.pane, screen.pane.location
    session, log = screen.session, screen.undoing.log

    def do(name: str) -> Location:
        made = make(session, directory, name)
        log.add(step(session, made))
        return made[-1]

    def done(made: Location | None) -> None:
        if made is not None:
            is_below = made.storage == directory.storage and made.key.startswith(directory.key)
            text = made.key.removeprefix(directory.key) if is_below else location_text(made)
            screen.say(f"{text} is made.")
            pane.land_on(directory, made)

    # Waited for, so that the name which is typed already goes into the dialog.
    await screen.open(NameDialog(title, directory, do), done)
