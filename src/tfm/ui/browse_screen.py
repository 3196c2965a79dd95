"""The two panes with the status line and the function keys below them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

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

__all__ = ["BrowseScreen", "request_text"]

_SHORT_NAMES: Final = {
    "ListObjectsV2": "LIST",
    "ListBuckets": "LIST",
    "GetObject": "GET",
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

    def __init__(self, session: Session, left: Location, right: Location, works: RunningWork) -> None:
        super().__init__()
        self._session = session
        self._works = works
        self.panes: Final = (Pane(session, left, id="left"), Pane(session, right, id="right"))
        self._active = 0
        self.status: Final = Line(id="status")
        self._escape_timer: Timer | None = None
        self._escape_digits: Final = escape_digits(BROWSE_KEYS)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield from self.panes
        yield self.status
        yield Line(" " + function_key_bar(BROWSE_KEYS), "Esc+digit = F-key ", classes="browse--keys")

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

    def on_screen_resume(self) -> None:
        self._show_status()

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
        requests = request_text(self._session.meter.snapshot())
        self.status.show("", f"{requests or 'no requests'} ")

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
