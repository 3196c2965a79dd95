"""The two panes with the status line and the function keys below them."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from tfm.core.errors import SettingsError
from tfm.core.location import Location
from tfm.core.settings import Settings
from tfm.operations.start import Start
from tfm.operations.work import RunningWork
from tfm.storage.session import Session
from tfm.ui.actions import Command, PanesScreen, command_of
from tfm.ui.actions.panes_screen import KeyCapture
from tfm.ui.function_keys import FunctionKeys
from tfm.ui.keeper import Keeper
from tfm.ui.keymaps import KEYMAP_NAMES, Keymap, keymap_of
from tfm.ui.keymaps.key_names import shown_keys
from tfm.ui.notices import Notices
from tfm.ui.pane import Pane
from tfm.ui.pane_keys import PaneKeys
from tfm.ui.pane_row import PaneRow
from tfm.ui.request_text import request_text
from tfm.ui.row_range import KEEPS_RANGE
from tfm.ui.sanitise import cell_width
from tfm.ui.status_line import StatusLine
from tfm.ui.update_box import UpdateBox

if TYPE_CHECKING:
    from textual.app import App

    from tfm.operations.external import Invocation
    from tfm.operations.queued_job import QueuedJob
    from tfm.ui.given_terminal import Pause
    from tfm.ui.job_watch import JobWatch
    from tfm.ui.preview_place import PreviewPlace
    from tfm.ui.undo_watch import UndoWatch

__all__ = ["BrowseScreen"]

_MOUNT_SECONDS: Final = 5.0

_LOOK_BACK_SECONDS: Final = 0.3
"""After the first rows; then the program is at rest, and nobody waits for what an earlier run left."""


Result = TypeVar("Result")

_NOTICE_SECONDS: Final = 8.0


class BrowseScreen(Screen[None]):
    """Reads the keys by the keymap, and gives what they mean to the pane that has them."""

    app: App[object]
    DEFAULT_CSS = """
    BrowseScreen { layout: vertical; layers: default hints; }
    """

    def __init__(
        self,
        session: Session,
        start: Start,
        works: RunningWork,
        journal_path: str | None,
        keeper: Keeper,
        *,
        complaints: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.session: Final = session
        self.works: Final = works
        self._journal_path = journal_path
        self._has_looked_back = False
        self.keeper: Final = keeper
        self._were_at: list[Location | None] = [None, None]
        self._keeper_box: UpdateBox[str] = UpdateBox(self)
        keeper.tell_failures(self._keeper_box.put)
        self._journal_box: UpdateBox[bool] = UpdateBox(self)
        self.watch_of_jobs: JobWatch | None = None
        self._undoing: UndoWatch | None = None
        self.panes = (Pane(session, start.panes[0], id="left"), Pane(session, start.panes[1], id="right"))
        self.yanked: tuple[str, Location, tuple[Location, ...]] | None = None
        self.row: Final = PaneRow(self.panes, start.left_percent)
        self._active = start.active_pane
        self._preview: PreviewPlace | None = None
        self.status: Final = StatusLine(id="status")
        self.notices = Notices(time.monotonic, _NOTICE_SECONDS)
        for complaint in (*complaints, *_price_complaints(session.settings)):
            self.notices.add(complaint)
        keymap = keymap_of(self._first_keymap(), session.settings, self.notices.add)
        if keeper.is_first:
            self._welcome(keymap)
        self._keys = PaneKeys(self, keymap, self._do, self.status.show_keys)
        self._name_keys(keymap)
        self.key_bar: Final = FunctionKeys(keymap)
        self._mounted = asyncio.Event()
        self.is_held = False
        """Whether what is on the terminal stays there for now."""

    def _first_keymap(self) -> str:
        """That which the settings say or, where they say none, the one that was chosen last."""
        kept = self.keeper.state.keymap
        return kept if kept in KEYMAP_NAMES and not self.settings.is_said("KEYMAP") else self.settings.keymap

    def _welcome(self, keymap: Keymap) -> None:
        from tfm.ui.first_start import first_start_text

        text = first_start_text(keymap)
        # What is wrong with settings is said first, and is not to be covered.
        (self.notices.note if self.notices.current() else self.notices.add)(text)

    def compose(self) -> ComposeResult:
        yield self.row
        yield self.status
        yield self.key_bar

    def on_mount(self) -> None:
        self._mounted.set()
        self.pane.list.focus()
        self.set_interval(1.0, self._tick)

    def _compositor_refresh(self) -> None:
        # Textual would make the text of the whole screen first, and then not show it.
        if not self.is_held:
            super()._compositor_refresh()

    async def until_mounted(self) -> None:
        """For keys that were typed before there were panes."""
        try:
            await asyncio.wait_for(self._mounted.wait(), _MOUNT_SECONDS)
        except TimeoutError:
            self._mounted.set()  # something has failed; who waits here keeps it from being told

    @property
    def settings(self) -> Settings:
        return self.session.settings

    @property
    def pane(self) -> Pane:
        """The one that keys go to."""
        return self.panes[self._active]

    @property
    def other(self) -> Pane:
        return self.panes[1 - self._active]

    def use_pane(self, number: int) -> None:
        """Give the keys to that pane: 0 is the left one."""
        # At once, not when the focus has moved: keys typed ahead belong to the other pane already.
        self._active = number
        if self._preview is not None:
            self._preview.arrange(number, self.size.width)
        self.pane.list.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        for number, pane in enumerate(self.panes):
            if event.widget is pane.list:
                self._active = number
        self._look_at_entry()

    def on_pane_changed(self) -> None:
        self._show_status()
        self._look_at_entry()
        self._note_places()
        if not self._has_looked_back and all(pane.update_shown is not None for pane in self.panes):
            self._has_looked_back = True
            self.set_timer(_LOOK_BACK_SECONDS, self._look_back)

    def _note_places(self) -> None:
        for number, pane in enumerate(self.panes):
            # Not what was only asked for: it may not be there.
            if pane.location != self._were_at[number] and pane.is_listed:
                self._were_at[number] = pane.location
                self.keeper.went(pane.location)
                self._keep_panes()

    def _keep_panes(self) -> None:
        left, right = self.panes
        self.keeper.keep_panes((left.tabs.kept(), right.tabs.kept()), self._active, self.row.left_percent)

    def on_unmount(self) -> None:
        self._keep_panes()

    def swap_panes(self) -> None:
        """Let each show what the other does, with all tabs; the keys stay with what they were for."""
        left, right = self.panes
        left.tabs.swap(right.tabs)
        self.use_pane(1 - self._active)

    def on_screen_resume(self) -> None:
        self._show_status()
        if self.watch_of_jobs is not None:
            self.watch_of_jobs.ask()

    def on_pane_left(self, message: Pane.Left) -> None:
        message.stop()
        self._forget_result()
        self._show_status()

    def _forget_result(self) -> None:
        if self.watch_of_jobs is not None:
            self.watch_of_jobs.forget_result()

    def on_pane_view_wanted(self, message: Pane.ViewWanted) -> None:
        message.stop()
        if message.leads_nowhere:
            from tfm.ui.actions.outside import say_where_it_leads

            say_where_it_leads(_as_actions_know_it(self), message.location)
        else:
            self.view(message.location)

    # What is shown over the panes

    def view(self, location: Location) -> None:
        """Show that file in the viewer."""
        from tfm.ui.pager import PagerScreen  # a fifth of what a start would load

        self.push(PagerScreen(self.session, location))

    async def open(self, screen: Screen[Result], then: Callable[[Result | None], None] | None = None) -> None:
        """Show ``screen`` over the panes; awaited, keys that are typed already reach it."""
        if self.app.screen is self:  # a key twice in one go: one dialog, not two on top of each other
            await self.app.push_screen(screen, then)

    def push(self, screen: Screen[Result], then: Callable[[Result | None], None] | None = None) -> None:
        """As :meth:`open`, for who cannot wait."""
        if self.app.screen is self:
            self.app.push_screen(screen, then)

    async def open_help(self) -> None:
        from tfm.ui.help import HelpScreen

        await self.open(HelpScreen(self._keys.keymap))

    async def open_palette(self) -> None:
        from tfm.ui.palette import Palette

        def chosen(text: str | None) -> None:
            if text is not None:
                self.call_next(self.run_command, text)

        await self.open(Palette(self._keys.keymap), chosen)

    def run_outside(self, invocation: Invocation, *, pause: Pause, heading: str = "") -> int:
        """Give the terminal to that program until it ends; its exit code."""
        from tfm.ui.given_terminal import run_on_terminal

        return run_on_terminal(self.app, invocation, pause=pause, heading=heading)

    def run_beside(self, invocation: Invocation, ended: Callable[[int, str], None]) -> None:
        """Start that program, which gets no terminal, and go on."""
        from tfm.operations.beside import start_beside

        start_beside(invocation, ended)

    def toggle_preview(self) -> None:
        """Show what the entry under the cursor begins with, or do not any more."""
        if self._preview is not None:
            self._preview.remove()
            self._preview = None
            return
        from tfm.ui.preview_place import PreviewPlace

        self._preview = PreviewPlace(self.row, self.panes, self.session)
        self._preview.arrange(self._active, self.size.width)

    def _look_at_entry(self) -> None:
        if self._preview is not None:
            self._preview.look(self._active)

    def on_resize(self) -> None:
        self._show_status()  # a job's line is made for the width
        if self._preview is not None:
            self._preview.arrange(self._active, self.size.width)

    def _tick(self) -> None:
        for pane in self.panes:
            pane.tick()
        self._look_at_entry()
        self._show_status()

    def _show_status(self) -> None:
        counts = self.session.meter.snapshot()
        right, short = f"{self._meter_text(counts)} ", f"{sum(counts.values()):,} requests "
        said = self.notices.current()
        watch, width = self.watch_of_jobs, self.size.width
        if said:
            self.status.say(f" {said}", right, short)
            return
        left = "" if watch is None else watch.line(width - len(right) - 1)
        if watch is not None and left and cell_width(left) + len(right) >= width:
            # What is said of a job matters more than of what kind the requests were.
            left, right = watch.line(width - len(short) - 1), short
        self.status.show(left, right)

    def _meter_text(self, counts: Mapping[str, int]) -> str:
        if not counts:
            return "no requests"
        from tfm.operations.cost import session_dollars  # nothing on a disk costs anything
        from tfm.ui.cost_text import meter_text

        hits = self.session.cache.hits
        return meter_text(request_text(counts), session_dollars(self.session), hits.hits, hits.misses)

    async def on_click(self, event: events.Click) -> None:
        # What is said of jobs stands at the left, and is the way to them.
        if event.widget is self.status and self.watch_of_jobs is not None and event.x < self.size.width // 2:
            event.stop()
            await self.run_command("jobs")

    def say(self, text: str) -> None:
        """Tell something in the status line for a while."""
        self._forget_result()
        self.notices.add(text)
        self._show_status()

    # Copies and moves, which need nothing of this before the first of them

    @property
    def jobs(self) -> JobWatch:
        if self.watch_of_jobs is None:
            from tfm.ui.job_watch import JobWatch

            self.watch_of_jobs = JobWatch(
                self,
                self.session,
                self._journal_path,
                self._show_status,
                self.notices.note,
                self._heed_ended,
            )
        return self.watch_of_jobs

    def _heed_ended(self, job: QueuedJob) -> None:
        self.notices.forget()  # what was said before is not to cover what came of it
        self.undoing.heed_job(job)

    @property
    def undoing(self) -> UndoWatch:
        if self._undoing is None:
            from tfm.ui.undo_watch import UndoWatch

            self._undoing = UndoWatch(
                self.session,
                self.works,
                UpdateBox(self),
                say=self.say,
                push=self.push,
                submit=lambda spec: self.jobs.queue.submit(spec),
            )
        return self._undoing

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
                self.jobs.look_back()
        elif message.box is self._keeper_box:
            self.say(self._keeper_box.take() or "")
        elif self._undoing is not None and message.box is self._undoing.box:
            self._undoing.heed()
        else:
            self.jobs.heed()

    def hold_panes(self) -> None:
        """Redraw no pane for what changes, until :meth:`release_panes`."""
        for pane in self.panes:
            pane.revisits.hold(held=True)

    def release_panes(self, _summary: Any = None) -> None:  # any result of any dialog: nobody looks at it
        for pane in self.panes:
            pane.revisits.hold(held=False)

    # Keys

    async def take_key(self, event: events.Key) -> bool:
        """Do what the key means; False where it means nothing. Called where keys arrive, one after the other, so that
        the next one finds the dialog that this one has opened."""
        return await self._keys.take(event)

    async def _do(self, command: Command) -> None:
        name, pane = command.action.name, self.pane
        if pane.list.has_range and not name.startswith("cursor_") and name not in KEEPS_RANGE:
            pane.list.end_range()
            self.notices.forget()  # what said how it goes on
            self._show_status()
        doing = command.action.function(_as_actions_know_it(self), command.argument)
        if isawaitable(doing):
            await doing

    async def run_command(self, text: str) -> None:
        """Do an action by its name, with its argument behind a blank."""
        try:
            command = command_of(text)
        except SettingsError as error:
            self.say(str(error))
            return
        await self._do(command)

    def capture_keys(self, capture: KeyCapture | None) -> None:
        """Let ``capture`` have the keys first, until None is given."""
        self._keys.capture(capture)

    def _name_keys(self, keymap: Keymap) -> None:
        """For what panes say; storages know nothing of keys."""
        log = keymap.keys_of("log")
        self.status.more = f"  {shown_keys(log[0])}: all " if log else ""
        keys = keymap.keys_of("profile")
        for pane in self.panes:
            pane.profile_hint = f"{shown_keys(keys[0])} chooses another profile." if keys else ""

    def set_keymap(self, name: str) -> None:
        """Use the keymap of that name, or, without one, the next."""
        now = self._keys.keymap.name
        name = name or KEYMAP_NAMES[(KEYMAP_NAMES.index(now) + 1) % len(KEYMAP_NAMES)]
        if name not in KEYMAP_NAMES:
            self.say(f"There is no keymap {name!r}; there are {' and '.join(KEYMAP_NAMES)}.")
            return
        keymap = keymap_of(name, self.settings, self.notices.add)
        self._keys.use(keymap)
        self._name_keys(keymap)
        self.key_bar.show(keymap)
        self.keeper.keep_keymap(name)
        # Within 80 columns, with how many requests there were beside it.
        said = self.settings.is_said("KEYMAP") and self.settings.keymap != name
        self.say(f"{name} keys, until tfm ends: KEYMAP is set" if said else f"{name} keys, now and at the next start")

    async def on_function_keys_pressed(self, message: FunctionKeys.Pressed) -> None:
        message.stop()
        await self.run_command(message.action)


def _price_complaints(settings: Settings) -> Sequence[str]:
    if not settings.prices:
        return ()
    from tfm.core.prices import price_complaints

    return price_complaints(settings)


def _as_actions_know_it(screen: BrowseScreen) -> PanesScreen:
    return screen


def _tell_if_there(path: str, box: UpdateBox[bool]) -> None:
    if os.path.exists(path):
        box.put(True)
