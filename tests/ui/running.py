"""Runs the program without a terminal, and looks at it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from textual.pilot import Pilot

from tests.scripted_backend import DEADLINE_SECONDS
from tfm.core.location import Location
from tfm.operations.browse import BrowseState
from tfm.operations.start import Start, start_at
from tfm.storage.session import Session
from tfm.ui.app import FileManagerApp
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.file_list import FileList
from tfm.ui.keeper import Keeper
from tfm.ui.pager import PagerScreen
from tfm.ui.pane import Pane
from tfm.ui.places import directory_location


@dataclass
class Running:
    app: FileManagerApp
    pilot: Pilot[int]

    @property
    def browse(self) -> BrowseScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, BrowseScreen)
        return screen

    @property
    def left(self) -> Pane:
        return self.browse.panes[0]

    @property
    def right(self) -> Pane:
        return self.browse.panes[1]

    @property
    def pager(self) -> PagerScreen:
        assert isinstance(self.app.screen, PagerScreen)
        return self.app.screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, met: Callable[[], bool]) -> None:
        """Wait for what another thread brings about."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not met():
            assert time.monotonic() < deadline, "waited in vain; the screen:\n" + "\n".join(self.everything())
            await self.pilot.pause(0.01)

    async def until_listed(self, pane: Pane, location_text: str, state: BrowseState = BrowseState.COMPLETE) -> None:
        await self.until(lambda: shown_state(pane) is state and pane.title_text.startswith(location_text))

    def everything(self) -> list[str]:
        """What both panes show, and what stands in a dialog over them."""
        said = [getattr(widget, "text", "") for widget in self.app.screen.walk_children()]
        return [*self.rows(), repr(self.app.screen), repr(self.app.focused), *filter(None, said)]

    def rows(self) -> list[str]:
        """What both panes show, row by row."""
        return [*pane_rows(self.left), *pane_rows(self.right)]


def shown_state(pane: Pane) -> BrowseState | None:
    return None if pane.update_shown is None else pane.update_shown.state


def list_rows(file_list: FileList) -> list[str]:
    """The visible rows that are not blank."""
    height = file_list.scrollable_content_region.height
    rows = [file_list.render_line(y).text.rstrip() for y in range(height)]
    return [row for row in rows if row]


def names(pane: Pane) -> list[str]:
    """The first column of the visible rows: marker and name."""
    return [row.split("  ")[0].rstrip() for row in list_rows(pane.list)]


def cursor_name(pane: Pane) -> str:
    entry = pane.list.entry
    return entry.name if entry is not None else ".." if pane.list.on_parent else ""


def pane_rows(pane: Pane) -> list[str]:
    return [pane.title_text, *list_rows(pane.list), pane.error_block.text, pane.footer.text]


def run_app(
    session: Session,
    left: Location,
    right: Location,
    look: Callable[[Running], Awaitable[None]],
    *,
    size: tuple[int, int] = (80, 24),
    journal_path: str | None = None,
    keeper: Keeper | None = None,
    start: Start | None = None,
) -> None:
    async def go() -> None:
        app = FileManagerApp(
            session,
            start or start_at(*map(directory_location, (left, right))),
            journal_path=journal_path,
            keeper=keeper,
        )
        async with app.run_test(size=size) as pilot:
            await look(Running(app, pilot))

    asyncio.run(go())
