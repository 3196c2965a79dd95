"""Finding, adding up, comparing. Each loads its code when it is first wanted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.location import Location
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.file_list import FileList, Place
from tfm.ui.pane import Pane
from tfm.ui.places import directory_location, location_text

if TYPE_CHECKING:
    from tfm.operations.compare import ComparedRow, Comparison
    from tfm.operations.copy_spec import CopySpec
    from tfm.ui.compare_dialog import CompareWish

__all__ = ["compare", "disk_usage", "results", "search", "search_content"]


async def search(screen: PanesScreen, _argument: str) -> None:
    await _search(screen, for_content=False)


async def search_content(screen: PanesScreen, _argument: str) -> None:
    await _search(screen, for_content=True)


async def _search(screen: PanesScreen, *, for_content: bool) -> None:
    from tfm.ui.found import Found
    from tfm.ui.search_dialog import SearchDialog, SearchWish

    pane = screen.pane
    capabilities = screen.session.storage(pane.location.storage).capabilities
    if Capability.LIST_ROOTS in capabilities and not pane.location.storage.authority:
        screen.say("Here are whole buckets: enter one to search in it.")
        return

    def then(wish: SearchWish | None) -> None:
        if wish is not None:
            pane.go_to(pane.location, found=Found(wish.query, wish.text))

    # Waited for, so that what is typed already goes into the dialog.
    await screen.open(SearchDialog(pane.location, screen.keeper, for_content=for_content), then)


def results(screen: PanesScreen, _argument: str) -> None:
    """Back to what was found last in this pane, as it was."""
    if not screen.pane.back_to_results():
        screen.say("Nothing was searched for in this pane yet: Alt-F7 searches.")


def disk_usage(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_disk_usage, screen))


def _disk_usage(screen: PanesScreen) -> None:
    from tfm.ui.usage_screen import UsageScreen

    pane = screen.pane

    def then(directory: Location | None) -> None:
        if directory is not None:
            pane.go_to(directory)

    screen.push(UsageScreen(screen.session, pane.location, screen.works), then)


def compare(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_compare, screen))


def _compare(screen: PanesScreen) -> None:
    from tfm.ui.compare_dialog import CompareDialog

    left, right = (pane.location for pane in screen.panes)
    if left == right:
        screen.say("Both panes show the same directory: there is nothing to compare.")
        return

    def then(wish: CompareWish | Comparison | None) -> None:
        from tfm.operations.compare import Comparison

        if isinstance(wish, Comparison):
            _select(screen, wish)
        elif wish is not None:
            _show(screen, wish, left, right)

    screen.push(CompareDialog(screen.session, left, right, screen.works), then)


def _select(screen: PanesScreen, comparison: Comparison) -> None:
    """Select in each pane what the other has not, or has in another version, save where that one is newer."""
    from tfm.operations.compare import Difference

    of_one = (
        {Difference.LEFT_ONLY, Difference.NEWER_LEFT, Difference.DIFFERENT},
        {Difference.RIGHT_ONLY, Difference.NEWER_RIGHT, Difference.DIFFERENT},
    )
    rows = comparison.rows()
    counts = []
    for pane, kinds, side in zip(screen.panes, of_one, ("left", "right"), strict=True):
        found = [row.left if side == "left" else row.right for row in rows if row.difference in kinds]
        entries = [entry for entry in found if entry is not None]
        _select_only(pane, entries)
        counts.append(f"{len(entries):,} {side}")
    failed = f" {comparison.failed:,} could not be compared." if comparison.failed else ""
    screen.say(f"Selected what differs: {', '.join(counts)}.{failed}" if rows else f"Nothing differs.{failed}")


def _select_only(pane: Pane, entries: Sequence[Entry]) -> None:
    pane.list.deselect_all()
    for entry in entries:
        size = -1 if entry.is_directory or entry.size_bytes is None else entry.size_bytes
        pane.list.selection.toggle(entry.key, entry.kind, size)
    pane.list.refresh()
    pane.list.post_message(FileList.SelectionChanged())


def _show(screen: PanesScreen, wish: CompareWish, left: Location, right: Location) -> None:
    from tfm.ui.compare_screen import CompareScreen

    copies = partial(_copy_differences, screen)
    made = CompareScreen(screen.session, left, right, wish.by, screen.works, copies, recursive=wish.recursive)

    def then(row: ComparedRow | None) -> None:
        if row is None:
            return
        for pane, start, entry in zip(screen.panes, (left, right), (row.left, row.right), strict=True):
            if entry is not None:
                _go_to_entry(pane, start, entry)

    screen.push(made, then)


def _go_to_entry(pane: Pane, start: Location, entry: Entry) -> None:
    """Show the directory that it is in, with the cursor on it."""
    above = entry.key[: entry.key.rfind("/", 0, -1) + 1]
    pane.go_to(directory_location(Location(start.storage, above, Kind.DIRECTORY)), target=Place(entry.key, entry.kind))


def _copy_differences(screen: PanesScreen, spec: CopySpec) -> None:
    """Show the plan over the comparison."""
    from tfm.ui.copy_dialog import CopyDialog, ToCopy

    here = Location(spec.source_storage, spec.below or "", Kind.DIRECTORY)
    what = ToCopy(here, spec.sources, spec.target, location_text(spec.target), below=spec.below)
    screen.app.push_screen(CopyDialog(screen.session, what, screen.jobs.queue.submit))
