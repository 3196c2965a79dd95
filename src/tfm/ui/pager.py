"""F3: a file, read where one looks. A hundred gigabytes open as fast as a hundred bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rich.segment import Segment
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tfm.core.location import Location
from tfm.operations.view import BytesNotLoadedError, View
from tfm.storage.session import Session
from tfm.ui.byte_rows import HEX_ROW_BYTES, ByteRows, Row, looks_binary
from tfm.ui.error_block import ErrorBlock
from tfm.ui.format import format_size
from tfm.ui.keymap import PAGER_KEYS, bindings, function_key_bar
from tfm.ui.line import Line
from tfm.ui.places import location_text
from tfm.ui.sanitise import fit
from tfm.ui.update_box import UpdateBox

__all__ = ["PagerScreen", "PagerView"]

_SNIFFED_BYTES: Final = 4096


class PagerView(Widget, can_focus=True):
    """The rows. A movement whose bytes are not here yet is made when they are."""

    DEFAULT_CSS = "PagerView { width: 1fr; height: 1fr; }"

    def __init__(self, session: Session, location: Location) -> None:
        super().__init__()
        self._box: UpdateBox[bool] = UpdateBox(self)
        self.view: Final = View(session, location, lambda: self._box.put(True))
        self._top = 0
        self._rows: list[Row] = []
        self._hexadecimal: bool | None = None  # not known before the first bytes
        self._waiting: Callable[[], None] | None = None
        self.waits = True

    def on_mount(self) -> None:
        self.view.open()

    def on_unmount(self) -> None:
        self.view.close()

    def on_resize(self) -> None:
        self._attempt(lambda: None)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        self._box.take()
        self._attempt(self._waiting or (lambda: None))

    # Moving

    def move(self, rows: int) -> None:
        self._attempt(lambda: self._move(rows))

    def move_page(self, pages: int) -> None:
        self.move(pages * max(1, self.size.height - 1))

    def move_first(self) -> None:
        self._attempt(lambda: self._set_top(0))

    def move_last(self) -> None:
        self._attempt(lambda: self._set_top(self._last_top()))

    def toggle_hexadecimal(self) -> None:
        self._hexadecimal = not self._hexadecimal
        top = self._top

        def align() -> None:
            # Text begins at the beginning of a line, wherever the sixteen bytes began.
            self._top = top - top % HEX_ROW_BYTES if self._hexadecimal else self._layout().back_from(top + 1, 1)

        self._attempt(align if top else lambda: None)

    def ask_again(self) -> None:
        self.view.retry()
        self._attempt(lambda: None)

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            self._sniff()
            self._stay_within()
            step()
            self._rows = self._layout().from_offset(self._top, self.size.height)
            self._waiting = None
        except BytesNotLoadedError:
            self._waiting = step
        self.waits = self._waiting is not None and self.view.error is None
        self.refresh()
        # It bubbles: asked for by name, the screen is not there while a pager that was left is being taken down.
        self.post_message(PagerScreen.Moved())

    def _sniff(self) -> None:
        if self._hexadecimal is None:
            self._hexadecimal = looks_binary(self.view.bytes_at(0, _SNIFFED_BYTES))

    def _stay_within(self) -> None:
        """What is read again may be shorter than where one was looking."""
        if self._top > 0 and self._top >= (self.view.size_bytes or 0):
            self._set_top(self._last_top())

    def _layout(self) -> ByteRows:
        return ByteRows(
            self.view.bytes_at,
            size_bytes=self.view.size_bytes or 0,
            width=self.size.width,
            hexadecimal=bool(self._hexadecimal),
        )

    def _move(self, rows: int) -> None:
        if rows < 0:
            self._set_top(self._layout().back_from(self._top, -rows))
            return
        below = self._layout().from_offset(self._top, rows + self.size.height)
        if len(below) == rows + self.size.height:
            self._set_top(below[rows].start)
        else:
            # Only here, where it is near, is the end looked at: it may be gigabytes away otherwise.
            self._set_top(max(self._top, self._last_top()))

    def _last_top(self) -> int:
        return self._layout().back_from(self.view.size_bytes or 0, self.size.height)

    def _set_top(self, top: int) -> None:
        # Only when all of its rows are here: until then the old ones stay.
        self._layout().from_offset(top, self.size.height)
        self._top = top

    # Drawing

    @property
    def position_text(self) -> str:
        """Which bytes are seen, of how many."""
        size = self.view.size_bytes
        if size is None:
            return "reading…" if self.waits else ""
        end = self._rows[-1].end if self._rows else 0
        percent = 100 * end // size if size else 100
        waits = "reading… " if self.waits else ""
        return f"{waits}byte {self._top:,} of {size:,} ({format_size(size)})  {percent} %"

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        text = self._rows[y].text if y < len(self._rows) else ""
        return Strip([Segment(fit(text, width), self.rich_style)], width)


class PagerScreen(Screen[None]):
    """The pager, over the panes."""

    BINDINGS = bindings(PAGER_KEYS)
    DEFAULT_CSS = """
    PagerScreen { layout: vertical; }
    PagerScreen > .pager--title { text-style: reverse bold; }
    PagerScreen > .pager--keys { text-style: reverse; }
    """

    class Moved(Message):
        """Something else is seen than before."""

    def __init__(self, session: Session, location: Location) -> None:
        super().__init__()
        self._location = location
        self._title = Line(keep_end=True, classes="pager--title")
        self.pager = PagerView(session, location)
        self.error_block = ErrorBlock()

    def compose(self) -> ComposeResult:
        yield self._title
        yield self.pager
        yield self.error_block
        yield Line(function_key_bar(PAGER_KEYS), "Esc Back", classes="pager--keys")

    def on_mount(self) -> None:
        self.pager.focus()
        self.on_pager_screen_moved()

    def on_pager_screen_moved(self) -> None:
        self._title.show(f" {location_text(self._location)}", self.pager.position_text + " ")
        self.error_block.show(self.pager.view.error, otherwise="Ctrl-R reads again, Esc goes back.")

    def action_leave(self) -> None:
        if self.app.screen is self:  # typed twice in one go, it comes once more when this screen has left
            self.dismiss()

    def action_ask_again(self) -> None:
        self.pager.ask_again()

    def action_hexadecimal(self) -> None:
        self.pager.toggle_hexadecimal()

    def action_move(self, rows: int) -> None:
        self.pager.move(rows)

    def action_move_page(self, pages: int) -> None:
        self.pager.move_page(pages)

    def action_move_first(self) -> None:
        self.pager.move_first()

    def action_move_last(self) -> None:
        self.pager.move_last()
