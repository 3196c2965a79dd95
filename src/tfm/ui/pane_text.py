"""What a pane says of its listing: where rows would be, and below them."""

from __future__ import annotations

from typing import Final

from tfm.operations.browse import BrowseState, BrowseUpdate

__all__ = ["count_text", "directory_notice", "notice_text", "view_facts"]

_NOTHING_FITS: Final = "(nothing here fits the filter)"


def notice_text(update: BrowseUpdate, otherwise: str) -> str:
    """What stands where rows would be: why those that there are are not shown, or ``otherwise``."""
    if len(update.listing) and not len(update.order):
        return _NOTHING_FITS if update.order.view.filter else "(only hidden files)"
    return otherwise


def directory_notice(update: BrowseUpdate) -> str:
    """What stands where the rows of a directory would be that has none."""
    # Only a listing that is complete may be called empty.
    return {
        BrowseState.ARRIVING: "listing…",
        BrowseState.STALE: "asking again…",
        BrowseState.COMPLETE: "(empty)",
        BrowseState.FAILED: "(empty when last listed)" if update.listing.complete else "(not listed: see below)",
        BrowseState.CANCELLED: "(stopped before the first entries came)",
    }[update.state]


def view_facts(update: BrowseUpdate | None) -> list[str]:
    """Where not all rows are shown: why the others are not."""
    if update is None or update.order.view.shows_all:
        return []
    wanted, error = update.order.view.filter, update.order.error
    if error is not None:
        return [f"not filtered: {error}"]
    if wanted is not None:
        return [f"{wanted.text} ({wanted.kind})"]
    hidden = len(update.listing) - len(update.order)
    return [f"{hidden:,} hidden"] if hidden else []


def count_text(update: BrowseUpdate | None, *, running: bool) -> str:
    """How many entries there are, and whether that is all."""
    count = 0 if update is None else len(update.listing)
    whole = update is not None and update.listing.complete
    entries = f"{count:,} {'entry' if count == 1 else 'entries'}"
    if update is not None and update.order.view.filter is not None and update.order.error is None:
        entries = f"{len(update.order):,} of {entries}"
    if update is None or running or update.state.is_running:
        if not whole:
            return f"{entries}, listing…" if count else "listing…"
        arrived = f" {update.arrived_entries:,} so far" if running and update and update.state.is_running else ""
        return f"{entries}, asking again…{arrived}"
    if update.state is BrowseState.COMPLETE:
        return entries
    ending = "failed" if update.state is BrowseState.FAILED else "stopped"
    if whole:
        return f"{entries} from before; refresh {ending}"
    return f"{entries}, partial: {ending}" if count else f"not listed: {ending}"
