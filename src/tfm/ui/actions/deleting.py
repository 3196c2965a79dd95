"""Deletes, to the trash or permanently. Each loads its code when it is first wanted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.places import outermost

if TYPE_CHECKING:
    from tfm.ui.running_removal import RunningRemoval

__all__ = ["delete", "delete_permanently"]


def delete(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_delete, screen, may_trash=screen.settings.trash))


def delete_permanently(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_delete, screen, may_trash=False))


def _delete(screen: PanesScreen, *, may_trash: bool) -> None:
    from tfm.operations.trash import goes_to_trash
    from tfm.ui.delete_dialog import DeleteDialog, Doomed
    from tfm.ui.deleting_dialog import DeleteWatch

    pane = screen.pane
    chosen = outermost(pane.chosen())
    if not chosen:
        screen.say("There is nothing to delete here: the cursor is on no entry.")
        return
    to_trash = may_trash and goes_to_trash(screen.session, chosen)
    doomed = Doomed(pane.location, chosen, pane.name_of_all(chosen), to_trash=to_trash)

    def to_background(running: RunningRemoval) -> None:
        screen.jobs.adopt(running, screen.release_panes)

    watch = DeleteWatch(screen.hold_panes, screen.release_panes, to_background, screen.say)
    screen.push(DeleteDialog(screen.session, doomed, screen.works, watch, remember=screen.undoing.log.add))
