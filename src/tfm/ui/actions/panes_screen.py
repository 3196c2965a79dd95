"""The screen with the two panes, as actions know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from textual import events
from textual.app import App
from textual.screen import Screen

from tfm.core.location import Location
from tfm.core.settings import Settings
from tfm.operations.work import RunningWork
from tfm.storage.session import Session
from tfm.ui.keeper import Keeper
from tfm.ui.notices import Notices
from tfm.ui.pane import Pane
from tfm.ui.pane_row import PaneRow

if TYPE_CHECKING:
    from tfm.operations.external import Invocation
    from tfm.ui.given_terminal import Pause
    from tfm.ui.job_watch import JobWatch  # with the job queue, which nothing needs before the first copy
    from tfm.ui.undo_watch import UndoWatch  # as late

__all__ = ["KeyCapture", "PanesScreen"]

Result = TypeVar("Result")

KeyCapture = Callable[[events.Key], bool]
"""Gets each key before the keymap does; says whether it took it. Runs where keys arrive, so it must be short."""


class PanesScreen(Protocol):
    """What an action may use. ``pane`` is the one that keys go to, ``other`` the one beside it."""

    panes: tuple[Pane, Pane]

    yanked: tuple[str, Location, tuple[Location, ...]] | None
    """What a paste is of: ``copy`` or ``move``, the directory, and the entries in it."""

    notices: Notices
    """What was said."""

    @property
    def app(self) -> App[object]:
        """The program."""
        ...

    @property
    def session(self) -> Session: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def works(self) -> RunningWork:
        """What runs in the background, for whoever quits to be told of."""
        ...

    @property
    def jobs(self) -> JobWatch:
        """Copies and moves; made when first asked for."""
        ...

    @property
    def keeper(self) -> Keeper:
        """Bookmarks, and where somebody was: kept between starts."""
        ...

    @property
    def undoing(self) -> UndoWatch:
        """What can be taken back; made when first asked for."""
        ...

    @property
    def pane(self) -> Pane: ...

    @property
    def other(self) -> Pane: ...

    async def open(self, screen: Screen[Result], then: Callable[[Result | None], None] | None = None) -> None:
        """Show ``screen`` over the panes and tell ``then`` its result; nothing where something is over them already.

        Awaited, keys that are typed already reach it.
        """
        ...

    def push(self, screen: Screen[Result], then: Callable[[Result | None], None] | None = None) -> None:
        """As :meth:`open`, for who cannot wait: what is typed in the same moment is still for the panes."""
        ...

    def view(self, location: Location) -> None:
        """Show that file in the viewer."""
        ...

    def toggle_preview(self) -> None:
        """Show beside the list what the entry under the cursor begins with, or do not any more."""
        ...

    def run_outside(self, invocation: Invocation, *, pause: Pause, heading: str = "") -> int:
        """Give the terminal to that program until it ends; its exit code. ``heading`` is written before. Raises
        UnsupportedOperation where it cannot be started."""
        ...

    def run_beside(self, invocation: Invocation, ended: Callable[[int, str], None]) -> None:
        """Start that program, which gets no terminal, and go on; ``ended`` hears its exit code and its last complaint,
        in a thread. Raises UnsupportedOperation where it cannot be started."""
        ...

    @property
    def row(self) -> PaneRow:
        """Both panes, and the line between them."""
        ...

    def swap_panes(self) -> None:
        """Let each show what the other does, with all tabs; the keys stay with what they were for."""
        ...

    def use_pane(self, number: int) -> None:
        """Give the keys to that pane: 0 is the left one."""
        ...

    def say(self, text: str) -> None:
        """Tell something in the status line for a while, and write it into the log pane."""
        ...

    def capture_keys(self, capture: KeyCapture | None) -> None:
        """Let ``capture`` have the keys first, until None is given. A dialog over the panes has its own."""
        ...

    async def run_command(self, text: str) -> None:
        """Do an action by its name, with its argument behind a blank: ``go_to ~/data``."""
        ...

    async def open_help(self) -> None: ...

    async def open_palette(self) -> None: ...

    def set_keymap(self, name: str) -> None:
        """Use the keymap of that name, with the user's own keys over it."""
        ...

    def hold_panes(self) -> None:
        """Redraw no pane for what changes, until :meth:`release_panes`."""
        ...

    def release_panes(self, summary: Any = None) -> None:  # any result of any dialog: nobody looks at it
        ...
