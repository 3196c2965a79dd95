"""The program on the screen."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import LineFilter
from textual.reactive import Reactive
from textual.screen import Screen

from tfm.operations.start import Start
from tfm.operations.work import RunningWork
from tfm.storage.session import Session
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.keeper import Keeper
from tfm.ui.sanitise import screen_text
from tfm.ui.terminal_driver import TerminalDriver
from tfm.ui.themes import TERMINAL_THEME, Ground, theme_of_settings, use_theme

if TYPE_CHECKING:
    from tfm.ui.first_screen import FirstScreen

__all__ = ["FileManagerApp"]

_WITHIN_ANOTHER: Final = "This tfm was started from a shell of another tfm: quitting it goes back to that shell."

_HOLD_SECONDS: Final = 0.5
"""For what is there before the panes to stay at most."""

_BUG: Final = "tfm failed, by a mistake of its own; nothing was changed. Please report the lines above."


class FileManagerApp(App[int]):
    """Two panes over one session. Making it asks nothing of any storage."""

    TITLE = "tfm"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    # The usual one from the beginning: to change it, Textual reads all its style sheets once more.
    theme: Reactive[str] = Reactive(TERMINAL_THEME, init=False)
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", show=False, priority=True)]

    def __init__(
        self,
        session: Session,
        start: Start,
        *,
        journal_path: str | None = None,
        keeper: Keeper | None = None,
        complaints: Sequence[str] = (),
        first_screen: FirstScreen | None = None,
    ) -> None:
        """``journal_path`` None: what is copied is written down in memory, and nothing is offered to be resumed.
        ``keeper`` None: nothing is kept for the next start.
        ``complaints`` about settings are shown: those are as if they had not been set.
        ``first_screen`` is on the terminal already; it stays until the panes have what it shows."""
        # Said here and not by the theme alone: NO_COLOR would otherwise be set up for a palette of grey tones.
        super().__init__(ansi_color=True)
        self.first_screen = first_screen
        self._held = ExitStack()
        theme, complaint = theme_of_settings(self, session.settings)
        outer = _WITHIN_ANOTHER if os.environ.get("TFM_ACTIVE") else None
        complaints = [*complaints, *filter(None, [complaint, outer])]
        self._works = RunningWork()
        keeper = Keeper() if keeper is None else keeper
        self._browse = BrowseScreen(session, start, self._works, journal_path, keeper, complaints=complaints)
        self._ground = Ground()
        use_theme(self, theme)

    @property
    def last_words(self) -> Sequence[str]:
        """What is to be written when the terminal is the shell's again."""
        return self._browse.notices.at_end

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = super().get_line_filters()
        return filters if self.native_ansi_color else [self._ground, *filters]

    def get_driver_class(self) -> type[Driver]:
        usual = super().get_driver_class()
        return TerminalDriver if usual is LinuxDriver else usual

    async def on_event(self, event: events.Event) -> None:
        try:
            await self._heed_event(event)
        finally:
            if isinstance(event, events.Key) and isinstance(self._driver, TerminalDriver):
                self._driver.key_is_done()

    async def _heed_event(self, event: events.Event) -> None:
        # Before anything else is done with it: what a key means depends on what the keys before it have done, and a
        # widget would get it while those wait elsewhere.
        if isinstance(event, events.Key) and not event.is_forwarded and self.screen is self._browse:
            self.app_focus = True
            await self._browse.until_mounted()
            if await self._browse.take_key(event):
                return
        await super().on_event(event)

    def on_mount(self) -> None:
        if self.first_screen is not None:
            # What is there already shows more than panes without rows.
            self._held.enter_context(self.batch_update())
            self._browse.is_held = True
            self.set_timer(_HOLD_SECONDS, self._show_panes)

    def on_pane_changed(self) -> None:
        if self.first_screen is not None:
            awaited = zip(self._browse.panes, self.first_screen.has_rows, strict=True)
            if all(not has_rows or (pane.visit is not None and pane.visit.ended) for pane, has_rows in awaited):
                self._show_panes()

    def _show_panes(self) -> None:
        if self.first_screen is not None:  # once
            self.first_screen = None
            self._browse.is_held = False
            self._held.close()
            self._browse.refresh()
            gc.freeze()
            gc.enable()  # it was off since the first screen was painted: a start leaves no garbage to speak of

    def on_load(self) -> None:
        # By default they kill, and leave the terminal without echo and with the mouse reporting to the shell.
        # Only while on a real screen; the loop takes its handlers down when it ends.
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                loop.add_signal_handler(number, self._end_by_signal, number)

    def _end_by_signal(self, number: signal.Signals) -> None:
        self.exit(return_code=128 + number)

    def get_default_screen(self) -> Screen[None]:
        return self._browse

    def _fatal_error(self) -> None:
        """What is printed when tfm itself fails. Textual's own report shows every local variable, so a secret too."""
        lines = traceback.format_exc().splitlines()
        report = "\n".join(screen_text(line) for line in [*lines, _BUG])
        self._exit_renderables.append(Text(report))
        self._close_messages_no_wait()

    def action_help_quit(self) -> None:
        """Ctrl-C: Textual's own words would lie over a pane."""
        self._browse.say("Ctrl-C does not quit, Ctrl-Q does; Esc stops a listing.")

    async def action_quit(self) -> None:
        """Quit; where something runs that should not be cut off unawares, ask first."""
        watch = self._browse.watch_of_jobs
        queue = None if watch is None else watch.queue
        if not self._works.running() and not (queue and queue.active()):
            self.exit(0)
            return
        from tfm.ui.quit_dialog import QuitDialog

        if not isinstance(self.screen, QuitDialog):
            await self.push_screen(QuitDialog(self._works, queue))
