"""What is known of entries, their names and their rights. Each loads its code when it is first wanted."""

from __future__ import annotations

from functools import partial

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.location import Location
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.pane import Pane

__all__ = ["bulk_rename", "link", "mode", "properties"]


def properties(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_properties, screen))


def _properties(screen: PanesScreen) -> None:
    from tfm.ui.properties_dialog import PropertiesDialog

    pane = screen.pane
    location = (pane.chosen_to_copy(only_under_cursor=True) or [pane.location])[0]
    dialog = PropertiesDialog(screen.session, location)

    def then(change: str | None) -> None:
        found = dialog.properties
        if change == "mode" and found is not None:
            _open_mode(screen, [location], [_name(location)], found.entry.mode)
        elif change == "facts" and found is not None and found.facts is not None:
            from tfm.ui.facts_dialog import FactsDialog

            screen.push(FactsDialog(screen.session, location, found.entry, found.facts, screen.undoing.log.add))

    screen.push(dialog, then)


def mode(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_mode, screen))


def _mode(screen: PanesScreen) -> None:
    pane = screen.pane
    if Capability.SET_MODE not in screen.session.storage(pane.location.storage).capabilities:
        screen.say("Nothing here has permission bits. Properties tell what else there is.")
        return
    chosen = pane.chosen()
    if not chosen:
        screen.say("There is nothing to change here: the cursor is on no entry.")
        return
    entry = pane.list.entry
    _open_mode(screen, chosen, [_name(each) for each in chosen], None if entry is None else entry.mode)


def _open_mode(screen: PanesScreen, chosen: list[Location], names: list[str], bits: int | None) -> None:
    from tfm.ui.mode_dialog import ModeDialog

    screen.push(ModeDialog(screen.session, chosen, names, bits, screen.works, screen.undoing.log.add))


def link(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_link, screen))


def _link(screen: PanesScreen) -> None:
    from tfm.ui.link_dialog import LinkDialog

    pane, entry = screen.pane, screen.pane.list.entry
    if Capability.PRESIGN not in screen.session.storage(pane.location.storage).capabilities:
        screen.say("No links are signed here: that is what object stores do.")
    elif entry is None or entry.is_directory:
        screen.say("A link is to one object: set the cursor on one.")
    else:
        screen.push(LinkDialog(screen.session, Location(pane.location.storage, entry.key, entry.kind)))


def bulk_rename(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_bulk_rename, screen))


def _bulk_rename(screen: PanesScreen) -> None:
    from tfm.ui.rename_dialog import BulkRenameDialog

    pane = screen.pane
    if Capability.WRITE not in screen.session.storage(pane.location.storage).capabilities:
        screen.say("Nothing can be renamed here.")
        return
    entries = _chosen_entries(pane)
    if entries:
        screen.push(BulkRenameDialog(screen.session, pane.location, entries, screen.works, screen.undoing.log))
    else:
        screen.say("There is nothing to rename here: select entries, or set the cursor on one.")


def _chosen_entries(pane: Pane) -> list[Entry]:
    """In the order in which they are shown: counters count in it."""
    update = pane.update_shown
    if update is None:
        return []
    placed: list[tuple[int, Entry]] = []
    for location in pane.chosen():
        position = update.order.position(update.listing, location.key, location.kind)
        if position is not None:
            placed.append((position, update.listing[update.order.row(position)]))
            continue
        name = location.key[len(update.listing.prefix) :]
        found = update.listing.find(name.removesuffix("/") if location.kind is Kind.DIRECTORY else name, location.kind)
        if found is not None:
            placed.append((len(update.order), found))  # selected, and not among the rows that are shown
    return [entry for _position, entry in sorted(placed, key=lambda each: each[0])]


def _name(location: Location) -> str:
    return location.key.removesuffix("/").rpartition("/")[2] or location.storage.authority
