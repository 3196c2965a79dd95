"""The rows of the pager: which bytes are seen, how they are laid out, and moving about in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tfm.operations.compression import name_inside
from tfm.operations.held_bytes import ByteSource
from tfm.operations.needle import Needle
from tfm.operations.search_bytes import Hit
from tfm.operations.view import BytesNotLoadedError
from tfm.ui.byte_rows import ByteRows, Row, hex_row_bytes, looks_binary
from tfm.ui.pager_colours import PagerColours
from tfm.ui.pager_marks import PagerMarks
from tfm.ui.pager_picture import PagerPicture
from tfm.ui.pager_shape import DECIDING_BYTES, PagerShape, ShapeKind
from tfm.ui.pager_source import PagerSource, Viewed
from tfm.ui.pager_text import mode_text, position_text
from tfm.ui.update_box import UpdateBox
from tfm.ui.viewer_rows import FOUND, FOUND_TOO, StyledBytes, bytes_column, draw_row
from tfm.ui.viewer_table import Table

__all__ = ["COLUMN_STEP", "PagerView"]

COLUMN_STEP: Final = 8
LOOK_SECONDS: Final = 1.0
REQUEST_SECONDS: Final = 5.0
"""How often one looks whether an object has grown: on a disk, and where each look is a request."""

_SNIFFED_BYTES: Final = 4096
_WHEEL_ROWS: Final = 3


class PagerView(Widget, can_focus=True):
    """The rows. A movement whose bytes are not here yet is made when they are."""

    DEFAULT_CSS = "PagerView { width: 1fr; height: 1fr; }"

    class Moved(Message):
        """Something else is seen than before. It bubbles: asked for by name, the screen is not there while a pager that
        was left is being taken down."""

    def __init__(self, view_of: Callable[[Callable[[], None]], Viewed], *, images: str = "cells") -> None:
        """``view_of`` makes what is looked at, given what it is to call when there is more of it; ``images`` is the
        setting IMAGES."""
        super().__init__()
        self._box: UpdateBox[bool] = UpdateBox(self)
        self.bytes: Final = PagerSource(view_of(self._more_came), self._more_came)
        self.view: Final = self.bytes.view
        name = name_inside(self.view.location.key.rpartition("/")[2])
        self.wrap = True
        self.needle: Needle | None = None
        self.hit: Hit | None = None
        self._top = 0
        self._column = 0
        self._rows: list[Row] = []
        self._styles: list[StyledBytes] = []
        self.marks: Final = PagerMarks(self)
        self.picture: Final = PagerPicture(self, images)
        self.colours: Final = PagerColours(self, name)
        self.shape: Final = PagerShape(self, name)
        # The beginning of a JSON text is none.
        self.shape.wanted = self.view.is_whole or self.shape.possible is not ShapeKind.JSON
        self._follow: Timer | None = None
        self._hexadecimal: bool | None = None  # not known before the first bytes
        self._waiting: Callable[[], None] | None = None
        self.waits = True

    def on_mount(self) -> None:
        self.view.open()

    def on_unmount(self) -> None:
        self.picture.take_away()
        self.bytes.close()

    def _more_came(self) -> None:
        self._box.put(True)

    def on_resize(self) -> None:
        self._attempt(self._align)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        if message.box is not self._box:
            self._something_came(message.box)
            return
        self._box.take()
        self._attempt(self._waiting or (self._go_last if self.follows else lambda: None))

    def _something_came(self, box: object) -> None:
        """What a thread made of the bytes."""
        if self.marks.take(box) or self.picture.take(box):
            pass
        elif self.shape.take(box):
            if self._top > 0 or self.hit is not None or self.hexadecimal:
                self.shape.wanted = False  # one is reading already: it does not jump away
            self.colours.forget()
        else:
            self.colours.take(box)
        self._attempt(lambda: None)

    # What is seen

    @property
    def shown_as(self) -> ShapeKind | None:
        """What the bytes are laid out as; None: as they are."""
        return None if self.hexadecimal or self.bytes.shows_packed else self.shape.kind

    @property
    def source(self) -> ByteSource:
        """Where what is shown comes from: offsets are this one's."""
        held = self.shape.held
        return self.bytes.bytes_shown if self.shown_as is None or held is None else held

    @property
    def _height(self) -> int:
        """The rows that move: a table's header stays where it is."""
        return max(0, self.size.height - (self.table is not None))

    @property
    def cuts_lines(self) -> bool:
        """Whether a line takes one row, however long it is."""
        return not self.hexadecimal and (not self.wrap or self.shown_as in {ShapeKind.TABLE, ShapeKind.MARKDOWN})

    @property
    def hexadecimal(self) -> bool:
        return bool(self._hexadecimal)

    @property
    def top(self) -> int:
        """The offset of the first byte that is seen."""
        return self._top

    @property
    def end(self) -> int:
        """Just behind the last byte that is seen."""
        return self._rows[-1].end if self._rows else 0

    @property
    def table(self) -> Table | None:
        """How the columns stand, where the bytes are shown as a table."""
        return self.shape.table if self.shown_as is ShapeKind.TABLE else None

    @property
    def column(self) -> int:
        """The first cell of a line that is seen."""
        return self._column if self.cuts_lines else 0

    @property
    def mode_text(self) -> str:
        """How the bytes are shown."""
        return "" if self._hexadecimal is None else mode_text(self)

    @property
    def position_text(self) -> str:
        """Which bytes are seen, of how many."""
        return position_text(self)

    # Moving

    def move(self, rows: int) -> None:
        if rows < 0:
            self.follow(on=False)
        self._attempt(lambda: self._move(rows))

    def move_page(self, pages: int) -> None:
        self.move(pages * max(1, self._height - 1))

    def move_first(self) -> None:
        self.follow(on=False)
        self._attempt(lambda: self._set_top(0))

    def move_last(self) -> None:
        self._attempt(self._go_last)

    @property
    def follows(self) -> bool:
        return self._follow is not None

    @property
    def follow_seconds(self) -> float:
        return REQUEST_SECONDS if self.view.asking_costs else LOOK_SECONDS

    def follow(self, *, on: bool) -> None:
        """Stay at the end as the object grows, until one moves up or stops it."""
        if self._follow is not None:
            self._follow.stop()
            self._follow = None
        if on:
            if self.source is not self.view and self.shown_as is not None:
                self.toggle_shape()
            self._follow = self.set_interval(self.follow_seconds, self.view.look_for_change)
            self.view.look_for_change()
            self.move_last()
        else:
            self.post_message(self.Moved())

    def move_columns(self, steps: int) -> None:
        """Sideways, where lines are longer than the screen is wide."""
        if self.cuts_lines:
            self._column = max(0, self._column + steps * COLUMN_STEP)
            self._attempt(lambda: None)

    def move_to(self, offset: int) -> None:
        """Let the row with this byte be the first, or the last screenful be seen where that comes earlier."""
        self.follow(on=False)

        def go() -> None:
            size = self.source.size_bytes or 0
            row = self._layout().back_from(min(offset, size - 1) + 1, 1) if size else 0
            self._set_top(min(row, self._last_top()) if size - row < self._screen_bytes() else row)

        self._attempt(go)

    def show_hit(self, hit: Hit | None, needle: Needle | None) -> None:
        """Mark it, and go where it is seen; a third of the screen above it stays in sight."""
        self.hit, self.needle = hit, needle
        self.follow(on=False)
        self._attempt(self._show_hit)

    def _show_hit(self) -> None:
        hit = self.hit
        if hit is None:
            return
        layout = self._layout()
        row = layout.back_from(hit.start + 1, 1)
        if not self._top <= row < self.end:
            self._set_top(layout.back_from(row, self._height // 3))
        if self.cuts_lines:
            data = self.source.bytes_at(row, hit.end)
            table = self.table
            column = bytes_column(data, row, hit.start) if table is None else table.column_of(row, data, hit.start)
            if not self._column <= column < self._column + self.size.width - COLUMN_STEP:
                before = max(0, column - self.size.width // 2)
                self._column = before - before % COLUMN_STEP

    def toggle_hexadecimal(self) -> None:
        if self.picture.shown:
            self.picture.want(wanted=False)
        else:
            self._hexadecimal = not self._hexadecimal
        self._attempt(self._align)

    def toggle_shape(self) -> None:
        """Laid out, the bytes as they are, and, where these were compressed, those."""
        if self.picture.facts is not None:
            self.picture.refused = ""
            self.picture.want(wanted=not self.picture.wanted)
            self._attempt(lambda: None)
            return
        unpacked = self.bytes.unpacked is not None
        last = not self.shape.wanted or self.shape.possible is None or bool(self.shape.refused)
        if unpacked and (last or self.bytes.shows_packed):
            self.bytes.toggle_packed()
            self._hexadecimal = None
        if not unpacked or not self.bytes.shows_packed:
            self.shape.wanted = not self.shape.wanted or self.shape.possible is None
            self.shape.refused = ""
        self._column = 0
        if unpacked or self.shape.possible is not ShapeKind.TABLE:
            self._top, self.hit = 0, None  # offsets mean something else now
            self.colours.forget()
        elif self.shape.table is not None and self._top == self.shape.table.header.end:
            self._top = 0
        self._attempt(self._align)

    def toggle_colours(self) -> None:
        self.colours.wanted = not self.colours.wanted
        self._attempt(lambda: None)

    def toggle_wrap(self) -> None:
        self.wrap = not self.wrap
        self._column = 0
        self._attempt(self._align)

    def ask_again(self) -> None:
        self.hit = None
        self.colours.forget()
        self.shape.forget()
        self.bytes.forget()
        self.picture.forget()
        self.view.retry()
        self._attempt(lambda: None)

    def _align(self) -> None:
        """Begin at the beginning of a row, wherever the rows of before began."""
        if self._hexadecimal:
            self._top -= self._top % hex_row_bytes(self.size.width)
        elif self._top and self._rows:
            self._top = self._layout().back_from(self._top + 1, 1)

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            self._sniff()
            self._lay_out()
            self._stay_within()
            step()
            self._rows = self._layout().from_offset(self._top, self._height)
            self._waiting = None
        except BytesNotLoadedError:
            self._waiting = step
        self.waits = self._waiting is not None and self.bytes.error is None
        self._styles = list(self._styled())
        self.refresh()
        self.post_message(self.Moved())

    def _sniff(self) -> None:
        self.bytes.look()
        if self._hexadecimal is None:
            self._hexadecimal = looks_binary(self.bytes.bytes_shown.bytes_at(0, _SNIFFED_BYTES))

    def _lay_out(self) -> None:
        source = self.bytes.bytes_shown
        size = source.size_bytes if self.bytes.knows_end else None
        if source.size_bytes and self.size.width:
            whole = source.size_bytes if self.bytes.knows_end and self.view.is_whole else None
            cells = (self.size.width, self.size.height)
            self.picture.prepare(source.bytes_at(0, DECIDING_BYTES), whole, cells, self.bytes.read_whole)
        if source.size_bytes and not self.hexadecimal and self.size.width and not self.bytes.shows_packed:
            self.shape.prepare(size, self.size.width, self.bytes.read_whole, lambda end: source.bytes_at(0, end))

    def _stay_within(self) -> None:
        """What is read again may be shorter than where one was looking; a table begins below its header."""
        if self.table is not None:
            self._top = max(self._top, self.table.header.end)
        if self._top > 0 and self._top >= (self.source.size_bytes or 0):
            self._set_top(self._last_top())

    def _layout(self) -> ByteRows:
        return ByteRows(
            self.source.bytes_at,
            size_bytes=self.source.size_bytes or 0,
            width=self.size.width,
            hexadecimal=self.hexadecimal,
            wrap=not self.cuts_lines,
        )

    def _move(self, rows: int) -> None:
        if rows < 0:
            self._set_top(self._layout().back_from(self._top, -rows))
            return
        below = self._layout().from_offset(self._top, rows + self._height)
        if len(below) == rows + self._height:
            self._set_top(below[rows].start)
        else:
            # Only here, where it is near, is the end looked at: it may be gigabytes away otherwise.
            self._set_top(max(self._top, self._last_top()))

    def _last_top(self) -> int:
        return self._layout().back_from(self.source.size_bytes or 0, self._height)

    def _go_last(self) -> None:
        if self.follows:
            self.colours.forget()  # it may be another version
        self._set_top(self._last_top())

    def _screen_bytes(self) -> int:
        """More than fits on the screen: beyond that the end is not looked at."""
        return self._height * max(1, self.size.width) * 4

    def _set_top(self, top: int) -> None:
        if self.table is not None:
            top = max(top, self.table.header.end)
        # Only when all of its rows are here: until then the old ones stay.
        self._layout().from_offset(top, self._height)
        self._top = top

    # Drawing

    def _styled(self) -> Iterator[StyledBytes]:
        yield from self._coloured()
        if self.needle is None:
            return
        for start, end in self.marks.spans(self.needle, b"".join([row.data for row in self._rows])):
            yield StyledBytes(self._top + start, self._top + end, FOUND_TOO)
        if self.hit is not None:
            yield StyledBytes(self.hit.start, self.hit.end, FOUND)

    def _coloured(self) -> Iterable[StyledBytes]:
        if self.hexadecimal or not self._rows or self.table is not None or self.bytes.shows_packed:
            return []
        if self.shown_as is ShapeKind.MARKDOWN:
            return self.shape.styles(self._top, self.end)
        source = self.source
        read = self.bytes.read_whole if source is self.bytes.bytes_shown else source.bytes_at
        return self.colours.styles(self._top, self.end, source.size_bytes or 0, read)

    def render_lines(self, crop: Region) -> list[Strip]:
        return self.picture.drawn_over(super().render_lines(crop), crop, self.region)

    def render_line(self, y: int) -> Strip:
        width, plain, table = self.size.width, self.rich_style, self.table
        if self.picture.shown:
            return self.picture.render_line(y, width, plain)
        column = self.column
        rows = self._rows if table is None else [table.header, *self._rows]
        if y >= len(rows):
            return Strip.blank(width, plain)
        if table is not None:
            return table.draw(rows[y], column=column, width=width, styles=self._styles, plain=plain)
        hexadecimal = self.hexadecimal
        return draw_row(rows[y], hexadecimal=hexadecimal, column=column, width=width, styles=self._styles, plain=plain)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-_WHEEL_ROWS)
