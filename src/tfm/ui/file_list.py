"""A listing in rows: holds the listing's columns, and makes text only of the rows that are visible."""

from __future__ import annotations

from typing import Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tfm.core.entry import Entry, Kind
from tfm.core.listing import Listing
from tfm.operations.row_order import RowOrder, key_of_row
from tfm.ui.pruning import Pruning
from tfm.ui.row_range import RowRange
from tfm.ui.row_style import DIM, DIRECTORY, styled_row
from tfm.ui.row_text import parent_text
from tfm.ui.sanitise import fit
from tfm.ui.selection import Selection
from tfm.ui.update_box import UpdateBox

__all__ = ["FileList", "Place"]

_CURSOR: Final = Style(reverse=True)
_CURSOR_ELSEWHERE: Final = Style(underline=True)


class Place(NamedTuple):
    """An entry that the cursor is to stand on: its exact key, and its kind."""

    key: str
    kind: Kind


class FileList(ScrollView, can_focus=True, inherit_bindings=False):
    """The rows of one directory. ``cursor`` is a position in what is shown, the row ``..`` included."""

    DEFAULT_CSS = """
    FileList {
        width: 1fr; height: 1fr;
        overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        scrollbar-background: ansi_default; scrollbar-background-hover: ansi_default;
        scrollbar-background-active: ansi_default; scrollbar-color: ansi_bright_black;
        scrollbar-color-hover: ansi_bright_black; scrollbar-color-active: ansi_blue;
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)

    class Opened(Message):
        """The entry under the cursor was double-clicked."""

    class LinkPassed(Message):
        """The cursor moved to a link, or away from one."""

    class SelectionChanged(Message):
        """Something was selected or deselected."""

    def __init__(self) -> None:
        super().__init__()
        self.selection: Final = Selection()
        self._listing: Listing | None = None
        self._order: RowOrder | None = None
        self._parent_rows = 0
        self._target: Place | None = None
        self._notice = ""
        self._still_there: Final = Pruning(self, self.selection)
        self._range = RowRange(self.selection)
        self.colours_kinds = False
        """Whether directories, links, programs, archives and media have a colour each."""

    # What is shown

    def __len__(self) -> int:
        return self._parent_rows + (0 if self._order is None else len(self._order))

    def __bool__(self) -> bool:
        return True  # a widget, though it has a length

    def clear(self, *, notice: str, target: Place | None = None, has_parent: bool = False) -> None:
        """Show no rows but ``notice``, deselect, and wait for ``target``."""
        self._range.end()
        self.selection.clear()
        self._still_there.forget()
        self._listing = self._order = None
        self._parent_rows = 1 if has_parent else 0
        self._target = target
        self._notice = notice
        self.set_reactive(FileList.cursor, 0)
        self.scroll_to(y=0, animate=False)
        self._rows_changed()

    def deselect_all(self) -> None:
        """What was selected is in somebody's hands now."""
        self._range.end()
        if len(self.selection):
            self.selection.clear()
            self.refresh()
            self.post_message(self.SelectionChanged())

    def await_place(self, place: Place) -> None:
        """Set the cursor on that entry when it is among the rows that are shown next."""
        self._target = place

    def show(self, listing: Listing, order: RowOrder, *, has_parent: bool, notice: str) -> None:
        """Show these rows (``notice`` where there are none). Cursor and selection stay on their entries."""
        if listing is self._listing and order is self._order and has_parent == (self._parent_rows == 1):
            self.show_notice(notice)  # the same rows: nothing to draw
            return
        placed = self._target is not None
        place = self._target or self._place_at(self.cursor)
        position = self._position_after(listing, order, place, has_parent=has_parent)
        on_screen = self.cursor - self.scroll_offset.y
        moved = position - self.cursor
        self._listing, self._order = listing, order
        self._parent_rows = 1 if has_parent else 0
        self._notice = notice
        if listing.complete:
            self._target = None
            self._still_there.begin(listing)
        self.set_reactive(FileList.cursor, position)
        self._range.rows_changed()
        if listing.complete:  # while it grows, only when the cursor moves
            self._follow_range()
        self._rows_changed()
        if moved and not placed and 0 <= on_screen < self._height:
            # The rows may move under the cursor; the cursor does not move on the screen.
            self.scroll_to(y=max(0, position - on_screen), animate=False)
        self._scroll_to_cursor()

    def show_notice(self, notice: str) -> None:
        """Say this where rows would be."""
        if notice != self._notice:
            self._notice = notice
            self.refresh()

    def _position_after(self, listing: Listing, order: RowOrder, place: Place | None, *, has_parent: bool) -> int:
        offset = 1 if has_parent else 0
        last = max(0, offset + len(order) - 1)
        if place is None:
            # On ".." or nowhere: the same row, or the first one of the new listing.
            return min(self.cursor, last) if self._parent_rows == offset else 0
        found = None if self._target is not None else self._same_row(listing, order)
        sort_key = self._sort_key_under_cursor(order)
        if found is None:
            found = order.position(listing, place.key, place.kind, sort_key)
        if found is not None:
            self._target = None
            return min(offset + found, last)
        if self._target is not None and not listing.complete:
            return min(self.cursor, last)  # it may still come
        near = order.nearest(listing, place.key, place.kind, sort_key)
        return min(self.cursor if near is None else offset + near, last)

    def _same_row(self, listing: Listing, order: RowOrder) -> int | None:
        """The position of the cursor's row in a listing that only grew."""
        row = self._row_at(self.cursor)
        if row is None or self._listing is None or self._order is None:
            return None
        if not listing.pages or not self._listing.pages or self._listing.pages[0] is not listing.pages[0]:
            return None
        page, number = listing.locate(row)
        position = self.cursor - self._parent_rows
        if not page.is_directory(number):
            position += order.directories.count - self._order.directories.count
        if 0 <= position < len(order) and order.row(position) == row:
            return position
        return order.position_of_row(row, page.kind(number))

    def _sort_key_under_cursor(self, order: RowOrder) -> bytes | None:
        row = self._row_at(self.cursor)
        if row is None or self._listing is None or self._target is not None:
            return None
        return order.sort_key(*self._listing.locate(row))

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        if self._still_there.take():
            self.selection_changed()

    def _rows_changed(self) -> None:
        size = Size(self.scrollable_content_region.width, len(self))
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()

    # What is under the cursor

    @property
    def awaits_target(self) -> bool:
        """Whether the entry that the cursor is to stand on has not come yet."""
        return self._target is not None

    @property
    def on_parent(self) -> bool:
        """Whether the cursor is on ``..``."""
        return self._parent_rows == 1 and self.cursor == 0

    @property
    def place_under_cursor(self) -> Place | None:
        """The entry under the cursor by key and kind; None on ``..`` and where there is none."""
        return self._place_at(self.cursor)

    @property
    def entry(self) -> Entry | None:
        """The entry under the cursor; None on ``..`` and where there is none."""
        row = self._row_at(self.cursor)
        return None if row is None or self._listing is None else self._listing[row]

    def _row_at(self, position: int) -> int | None:
        position -= self._parent_rows
        if self._order is None or not 0 <= position < len(self._order):
            return None
        return self._order.row(position)

    def _place_at(self, position: int) -> Place | None:
        row = self._row_at(position)
        if row is None or self._listing is None:
            return None
        page, number = self._listing.locate(row)
        return Place(key_of_row(page, number), page.kind(number))

    # Moving

    @property
    def _height(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def move_to(self, position: int) -> None:
        """Set the cursor on a row, the nearest there is."""
        self._target = None  # whoever moves the cursor has decided where it is
        self.cursor = max(0, min(len(self) - 1, position))

    def move(self, rows: int) -> None:
        self.move_to(self.cursor + rows)

    def move_page(self, pages: float) -> None:
        self.move(int(pages * max(1, self._height - 1)))

    def move_in_sight(self, share: float) -> None:
        """To the first row that is in sight (0), to the last one (1), or between."""
        top = int(self.scroll_offset.y)
        last = min(len(self), top + self._height) - 1
        self.move_to(top + int(share * (last - top)))

    def move_last(self) -> None:
        self.move_to(len(self) - 1)

    def watch_cursor(self, old: int, new: int) -> None:
        self._scroll_to_cursor()
        self._refresh_row(old)
        self._refresh_row(new)
        if self._range.is_begun:
            self._follow_range()
            if abs(new - old) > 1 or self._listing is None or not self._listing.complete:
                self.refresh()  # those between, too
        if self._is_link(old) or self._is_link(new):
            self.post_message(self.LinkPassed())

    def _is_link(self, position: int) -> bool:
        row = self._row_at(position)
        if row is None or self._listing is None:
            return False
        page, number = self._listing.locate(row)
        return page.is_symlink(number)

    def _scroll_to_cursor(self) -> None:
        if not self.scrollable_content_region.height:
            return  # rows that are there before the list has its place; on_resize comes with it
        top, height = self.scroll_offset.y, self._height
        # One row beyond an edge, half a page comes at once: row by row a held key would repaint all of them each time.
        if self.cursor < top:
            more = height // 2 if self.cursor == top - 1 else 0
            self.scroll_to(y=max(0, self.cursor - more), animate=False)
        elif self.cursor >= top + height:
            more = height // 2 if self.cursor == top + height else 0
            self.scroll_to(y=self.cursor - height + 1 + more, animate=False)

    def _refresh_row(self, position: int) -> None:
        # Only these rows: a whole repaint at each key would cost ten times as much.
        self.refresh(Region(0, position - self.scroll_offset.y, self.scrollable_content_region.width, 1))

    def find(self, text: str, *, begins: bool = False, step: int = 0) -> bool:
        """Go to the next entry, from ``step`` rows on and around the end, whose name holds ``text``, without case;
        rather one that begins with it, if ``begins``. False, and the cursor stays, where there is none."""
        if self._listing is None or self._order is None or not len(self._order):
            return False
        from tfm.operations.row_search import position_of_name

        first = max(0, self.cursor - self._parent_rows + step)
        if self.on_parent:
            first = -1 if step < 0 else 0
        backward = step < 0
        position = position_of_name(self._listing, self._order, text, first, backward=backward, begins=begins)
        if position is None:
            return False
        self.move_to(position + self._parent_rows)
        return True

    # Selecting

    @property
    def rows(self) -> tuple[Listing, RowOrder] | None:
        """What is shown, for who selects among it."""
        return None if self._listing is None or self._order is None else (self._listing, self._order)

    def selection_changed(self) -> None:
        """Something else is selected now."""
        self.refresh()
        self.post_message(self.SelectionChanged())

    def select(self, step: int = 1) -> None:
        """Select or deselect the entry under the cursor, and go down, or by ``step``. A range has selected it already:
        then that ends."""
        if self.end_range():
            return
        row = self._row_at(self.cursor)
        if row is not None and self._listing is not None:
            page, number = self._listing.locate(row)
            size = 0 if page.is_directory(number) else page.sizes[number]
            self.selection.toggle(key_of_row(page, number), page.kind(number), size)
            self._refresh_row(self.cursor)
            self.post_message(self.SelectionChanged())
        self.move(step)

    @property
    def has_range(self) -> bool:
        """Whether what the cursor goes over is selected."""
        return self._range.is_begun

    def begin_range(self) -> bool:
        """Select from here on what is between this entry and the cursor; ``..`` itself never is. False where there is
        no entry."""
        rows = self.rows
        if rows is None or not len(rows[1]):
            return False
        self._range.begin(*rows, self.cursor - self._parent_rows)
        self._follow_range()
        return True

    def end_range(self) -> bool:
        """What it selected stays so. Whether one had been begun."""
        if not self._range.is_begun:
            return False
        if self.rows is not None:
            self._range.follow(*self.rows, self.cursor - self._parent_rows, most=len(self))
        self._range.end()
        self.selection_changed()
        return True

    def _follow_range(self) -> None:
        if self._range.is_begun and self.rows is not None:
            if not self._range.follow(*self.rows, self.cursor - self._parent_rows):
                self.call_later(self._follow_range)
                self.refresh()
            self.post_message(self.SelectionChanged())

    # Mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        position = self.scroll_offset.y + event.y
        inside = position < len(self) and event.x < self.scrollable_content_region.width
        if event.button in (1, 3) and inside:
            self.move_to(position)
            if event.button == 3:
                self.select()
                self.move_to(position)  # the mouse says where the cursor is

    def on_click(self, event: events.Click) -> None:
        if event.chain == 2 and event.button == 1 and self.scroll_offset.y + event.y < len(self):
            self.post_message(self.Opened())

    # Drawing

    def on_resize(self) -> None:
        self._rows_changed()
        self._scroll_to_cursor()

    def on_focus(self) -> None:
        self._refresh_row(self.cursor)

    def on_blur(self) -> None:
        self._refresh_row(self.cursor)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        position = self.scroll_offset.y + y
        row = self._row_at(position)
        is_cursor = position == self.cursor
        if row is not None and self._listing is not None:
            text, style = self._row_text(self._listing, row, width)
        elif position < self._parent_rows:
            text, style = parent_text(width), DIRECTORY
        else:
            shows_notice = position == self._parent_rows and not (self._order and len(self._order))
            text, style = fit(f" {self._notice}" if shows_notice else "", width), DIM
            is_cursor = is_cursor and shows_notice
        if is_cursor:
            style += _CURSOR if self.has_focus else _CURSOR_ELSEWHERE
        return Strip([Segment(text, style)], width)

    def _row_text(self, listing: Listing, row: int, width: int) -> tuple[str, Style]:
        page, number = listing.locate(row)
        selected = len(self.selection) > 0 and (key_of_row(page, number), page.kind(number)) in self.selection
        return styled_row(page, number, width, selected=selected, colours_kinds=self.colours_kinds)
