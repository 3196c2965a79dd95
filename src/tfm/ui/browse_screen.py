"""The two panes with the status line and the function keys below them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.timer import Timer

from tfm.core.location import Location
from tfm.operations.work import RunningWork
from tfm.storage.session import Session
from tfm.ui.help import HelpScreen
from tfm.ui.keymap import BROWSE_KEYS, ESCAPE_SECONDS, bindings, escape_digits, function_key_bar
from tfm.ui.line import Line
from tfm.ui.pager import PagerScreen
from tfm.ui.pane import Pane
from tfm.ui.places import location_text
from tfm.ui.sanitise import cell_width
from tfm.ui.update_box import UpdateBox

if TYPE_CHECKING:
    from tfm.ui.copy_dialog import ToCopy
    from tfm.ui.job_watch import JobWatch

__all__ = ["BrowseScreen", "request_text"]

_SHORT_NAMES: Final = {
    "ListObjectsV2": "LIST",
    "ListBuckets": "LIST",
    "ListMultipartUploads": "LIST",
    "ListParts": "LIST",
    "GetObject": "GET",
    "GetObjectTagging": "GET",
    "HeadObject": "HEAD",
    "HeadBucket": "HEAD",
    "PutObject": "PUT",
    "CreateMultipartUpload": "PUT",
    "UploadPart": "PUT",
    "CompleteMultipartUpload": "PUT",
    "CopyObject": "COPY",
    "UploadPartCopy": "COPY",
    "DeleteObject": "DELETE",
    "DeleteObjects": "DELETE",
    "AbortMultipartUpload": "DELETE",
}


_LOOK_BACK_SECONDS: Final = 0.3
"""After the first rows; then the program is at rest, and nobody waits for what an earlier run left."""


def request_text(counts: Mapping[str, int]) -> str:
    """``12 LIST 3 GET``: what the session has asked so far, by kind."""
    totals: dict[str, int] = {}
    for operation, count in counts.items():
        name = _SHORT_NAMES.get(operation, operation)
        totals[name] = totals.get(name, 0) + count
    return " ".join(f"{count:,} {name}" for name, count in sorted(totals.items(), key=lambda item: (-item[1], item[0])))


class BrowseScreen(Screen[None]):
    """Keys go to the pane that has the focus."""

    BINDINGS = bindings(BROWSE_KEYS)
    DEFAULT_CSS = """
    BrowseScreen { layout: vertical; }
    BrowseScreen > Horizontal { height: 1fr; }
    BrowseScreen #left { border-right: solid ansi_bright_black; }
    BrowseScreen > .browse--keys { text-style: reverse; }
    """

    def __init__(
        self, session: Session, left: Location, right: Location, works: RunningWork, journal_path: str | None
    ) -> None:
        super().__init__()
        self._session = session
        self._works = works
        self._journal_path = journal_path
        self._has_looked_back = False
        self._journal_box: UpdateBox[bool] = UpdateBox(self)
        self.watch_of_jobs: JobWatch | None = None
        self.panes: Final = (Pane(session, left, id="left"), Pane(session, right, id="right"))
        self._active = 0
        self.status: Final = Line(id="status")
        self._escape_timer: Timer | None = None
        self._escape_digits: Final = escape_digits(BROWSE_KEYS)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield from self.panes
        yield self.status
        yield Line(" " + function_key_bar(BROWSE_KEYS), "Esc+digit = Fn ", classes="browse--keys")

    def on_mount(self) -> None:
        self.pane.list.focus()
        self.set_interval(1.0, self._tick)

    @property
    def pane(self) -> Pane:
        """The one that keys go to."""
        return self.panes[self._active]

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        for number, pane in enumerate(self.panes):
            if event.widget is pane.list:
                self._active = number

    def on_pane_changed(self) -> None:
        self._show_status()
        if not self._has_looked_back and all(pane.update_shown is not None for pane in self.panes):
            self._has_looked_back = True
            self.set_timer(_LOOK_BACK_SECONDS, self._look_back)

    def on_screen_resume(self) -> None:
        self._show_status()
        if self.watch_of_jobs is not None:
            self.watch_of_jobs.ask()

    def on_pane_view_wanted(self, message: Pane.ViewWanted) -> None:
        message.stop()
        if self.app.screen is not self:
            return  # F3 twice in one go: one pager, not two on top of each other
        self.app.push_screen(PagerScreen(self._session, message.location))

    def _tick(self) -> None:
        for pane in self.panes:
            pane.tick()
        self._show_status()

    def _show_status(self) -> None:
        counts = self._session.meter.snapshot()
        right = f"{request_text(counts) or 'no requests'} "
        watch, width = self.watch_of_jobs, self.size.width
        left = "" if watch is None else watch.line(width - len(right) - 1)
        if watch is not None and cell_width(left) + len(right) >= width:
            # What is said of a job matters more than of what kind the requests were.
            right = f"{sum(counts.values()):,} requests "
            left = watch.line(width - len(right) - 1)
        self.status.show(left, right)

    # Copies and moves, which need nothing of this before the first of them

    @property
    def _jobs(self) -> JobWatch:
        if self.watch_of_jobs is None:
            from tfm.ui.job_watch import JobWatch

            self.watch_of_jobs = JobWatch(self, self._session, self._journal_path, self._show_status)
        return self.watch_of_jobs

    def _look_back(self) -> None:
        """Whether an earlier run may have left something: looked for where it takes nobody's time."""
        path = self._journal_path
        if path is not None:
            look = partial(_tell_if_there, path, self._journal_box)
            threading.Thread(target=look, name="tfm-look-back", daemon=True).start()

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        if message.box is self._journal_box:
            if self._journal_box.take():
                self._jobs.look_back()
        else:
            self._jobs.heed()

    def action_copy(self) -> None:
        self.pane.when_shown(partial(self._copy, "copy"))

    def action_move_entries(self) -> None:
        self.pane.when_shown(partial(self._copy, "move"))

    def _copy(self, verb: str) -> None:
        from tfm.ui.copy_dialog import ToCopy

        pane, there = self.pane, self.panes[1 - self._active].location
        chosen = pane.chosen_to_copy()
        if chosen:
            self._open_copy(pane, ToCopy(pane.location, chosen, there, location_text(there), verb))

    def _open_copy(self, pane: Pane, what: ToCopy) -> None:
        from tfm.ui.copy_dialog import CopyDialog

        def left(began: bool | None) -> None:
            if began:
                pane.list.deselect_all()

        if self.app.screen is self:
            self.app.push_screen(CopyDialog(self._session, what, self._jobs.queue.submit), left)

    def action_rename(self) -> None:
        self.pane.when_shown(self._rename)

    def _rename(self) -> None:
        from tfm.operations.renaming import rename_entry, renames_at_once
        from tfm.ui.copy_dialog import ToCopy
        from tfm.ui.name_dialog import NameDialog

        pane, entry = self.pane, self.pane.list.entry
        if entry is None or self.app.screen is not self:
            return
        directory = pane.location
        source = Location(directory.storage, entry.key, entry.kind)
        if not renames_at_once(self._session, directory, entry):
            chosen = pane.chosen_to_copy(only_under_cursor=True)
            self._open_copy(pane, ToCopy(directory, chosen, directory, entry.name, "rename"))
            return
        rename = partial(rename_entry, self._session, directory, source)
        dialog = NameDialog("Rename", directory, rename, button="rename", name=entry.name)
        self.app.push_screen(dialog, partial(pane.land_on, directory))

    def action_jobs(self) -> None:
        if self.app.screen is self:
            self._jobs.open_list()

    # Esc alone stops a listing; a digit right after it means a function key

    def action_escape(self) -> None:
        self._forget_escape()
        self._escape_timer = self.set_timer(ESCAPE_SECONDS, self._escape_alone)

    def _escape_alone(self) -> None:
        self._escape_timer = None
        self.pane.stop()

    def _forget_escape(self) -> None:
        if self._escape_timer is not None:
            self._escape_timer.stop()
            self._escape_timer = None

    async def on_key(self, event: events.Key) -> None:
        if self._escape_timer is None:
            return
        self._forget_escape()
        action = self._escape_digits.get(event.key)
        if action is not None:
            event.stop()
            await self.run_action(action)

    # Actions, by the names in the keymap

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    async def action_quit_program(self) -> None:
        await self.app.action_quit()

    # What changes something loads its code when it is first wanted, not before the first rows are there.

    async def action_make_directory(self) -> None:
        from tfm.operations.make_directory import make_directory

        await self._make("Make a directory", make_directory)

    async def action_new_file(self) -> None:
        from tfm.operations.new_file import make_file

        await self._make("New file", make_file)

    async def _make(self, title: str, make: Callable[[Session, Location, str], Location]) -> None:
        from tfm.ui.name_dialog import NameDialog

        if self.app.screen is not self:
            return
        pane, directory = self.pane, self.pane.location
        dialog = NameDialog(title, directory, partial(make, self._session, directory))
        # Waited for, so that the name which is typed already goes into the dialog.
        await self.app.push_screen(dialog, partial(pane.land_on, directory))

    def action_delete(self) -> None:
        self.pane.when_shown(self._delete)

    def _delete(self) -> None:
        from tfm.ui.delete_dialog import DeleteDialog, Doomed

        pane = self.pane
        chosen = pane.chosen()
        if not chosen or self.app.screen is not self:
            return
        doomed = Doomed(pane.location, chosen, pane.name_of_all(chosen))
        self.app.push_screen(DeleteDialog(self._session, doomed, self._works, began=self._hold, ended=self._release))

    def _hold(self) -> None:
        for pane in self.panes:
            pane.revisits.hold(held=True)

    def _release(self, _summary: object) -> None:
        for pane in self.panes:
            pane.list.prune_all()
            pane.revisits.hold(held=False)

    def action_ask_again(self) -> None:
        self.pane.ask_again()

    def action_view(self) -> None:
        self.pane.when_shown(self.pane.enter)  # of a directory, its view is what is in it

    def action_enter(self) -> None:
        self.pane.when_shown(self.pane.enter)

    def action_enter_parent(self) -> None:
        self.pane.enter_parent()

    def action_select(self) -> None:
        self.pane.when_shown(self.pane.list.select)

    def action_move(self, rows: int) -> None:
        self.pane.when_shown(partial(self.pane.list.move, rows))

    def action_move_page(self, pages: int) -> None:
        self.pane.when_shown(partial(self.pane.list.move_page, pages))

    def action_move_first(self) -> None:
        self.pane.when_shown(partial(self.pane.list.move_to, 0))

    def action_move_last(self) -> None:
        self.pane.when_shown(self.pane.list.move_last)

    def action_other_pane(self) -> None:
        # At once, not when the focus has moved: keys typed ahead belong to the other pane already.
        self._active = 1 - self._active
        self.pane.list.focus()


def _tell_if_there(path: str, box: UpdateBox[bool]) -> None:
    if os.path.exists(path):
        box.put(True)
