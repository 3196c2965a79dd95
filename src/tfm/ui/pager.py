"""F3: a file, read where one looks. A hundred gigabytes open as fast as a hundred bytes."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.app import ComposeResult
from textual.screen import Screen

from tfm.core.location import Location
from tfm.operations.needle import Needle
from tfm.operations.view import View
from tfm.storage.session import Session
from tfm.ui.error_block import ErrorBlock
from tfm.ui.line import Line
from tfm.ui.pager_search import PagerSearch, SearchText
from tfm.ui.pager_text import facts_text, follow_text, position_beside
from tfm.ui.pager_view import PagerView
from tfm.ui.places import location_text
from tfm.ui.screen_keys import PAGER_KEYS, bindings, function_key_bar
from tfm.ui.update_box import UpdateBox

__all__ = ["PagerScreen", "PagerView"]


class PagerScreen(Screen[None]):
    """The pager, over the panes."""

    BINDINGS = bindings(PAGER_KEYS)
    DEFAULT_CSS = """
    PagerScreen { layout: vertical; }
    PagerScreen > .pager--title { text-style: reverse bold; }
    PagerScreen > .pager--status { text-style: bold; }
    PagerScreen > .pager--keys { text-style: reverse; }
    """

    def __init__(self, session: Session, location: Location) -> None:
        super().__init__()
        self._location = location
        self._title = Line(keep_end=True, classes="pager--title")
        self._view: View | None = None

        def view_of(changed: Callable[[], None]) -> View:
            self._view = View(session, location, changed)
            return self._view

        self.pager = PagerView(view_of, images=session.settings.images)
        self.search = PagerSearch(self, self.pager)
        self.error_block = ErrorBlock()
        self.status = Line(classes="pager--status")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self.pager
        yield self.error_block
        yield self.status
        yield Line(function_key_bar(PAGER_KEYS), classes="pager--keys")

    def on_mount(self) -> None:
        self.pager.focus()
        self._show()

    def on_unmount(self) -> None:
        self.search.stop()

    def on_resize(self) -> None:
        self._show()

    def on_screen_suspend(self) -> None:
        self.pager.picture.hide()

    def on_screen_resume(self) -> None:
        self.pager.refresh()  # a picture of pixels is drawn behind the last of its rows

    def on_pager_view_moved(self) -> None:
        self._show()

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        self.search.take(message.box)
        self._show()

    def _show(self) -> None:
        mode = f"[{self.pager.mode_text}]" if self.pager.mode_text else ""
        facts = facts_text(self._view.entry if self._view else None, self.size.width, time.time())
        self._title.show(f" {location_text(self._location)}", f"{'  '.join(filter(None, [mode, facts]))} ")
        said = follow_text(self.pager) or self.search.said
        self.status.show(f" {said}", position_beside(self.pager, said, self.size.width) + " ")
        self.error_block.show(self.pager.bytes.error, otherwise="Ctrl-R reads again, Esc goes back.")

    @property
    def title_text(self) -> str:
        return self._title.text

    @property
    def _is_seen(self) -> bool:
        """Not so where a key was typed twice in one go, and the first has left, or opened a dialog."""
        return self.app.screen is self

    # Keys, by the names in the keymap

    def action_help(self) -> None:
        from tfm.ui.help import HelpScreen

        if self._is_seen:
            self.app.push_screen(HelpScreen())

    def action_escape(self) -> None:
        if self.search.runs:
            self.search.stop()
            self._show()
        elif self.pager.follows:
            self.pager.follow(on=False)
        else:
            self.action_leave()

    def action_leave(self) -> None:
        if self._is_seen:
            self.dismiss()

    def action_ask_again(self) -> None:
        self.search.stop()
        self.pager.ask_again()

    def action_hexadecimal(self) -> None:
        self.pager.toggle_hexadecimal()

    def action_wrap(self) -> None:
        self.pager.toggle_wrap()

    def action_raw(self) -> None:
        self.search.stop()
        self.pager.toggle_shape()

    def action_colours(self) -> None:
        self.pager.toggle_colours()

    def action_follow(self) -> None:
        self.search.stop()
        if self.pager.bytes.is_unpacked:
            self.search.said = "what is compressed is not followed; F8 shows it as it is"
            self._show()
            return
        self.pager.follow(on=not self.pager.follows)

    def action_find(self) -> None:
        from tfm.ui.pager_dialogs import FindDialog

        if not self._is_seen:
            return
        last, hexadecimal = self.search.text, self.pager.hexadecimal
        if last.hexadecimal != hexadecimal:
            last = SearchText(hexadecimal=hexadecimal)  # the other way of writing it would be misread
        self.app.push_screen(FindDialog(last), self._begin_search)

    def _begin_search(self, asked: tuple[SearchText, Needle] | None) -> None:
        if asked is not None:
            self.search.begin(*asked)
            self._show()

    def action_find_next(self, step: int) -> None:
        if not self.search.has_needle:
            self.action_find()
            return
        self.search.go_on(forward=step > 0)
        self._show()

    def action_go(self) -> None:
        from tfm.ui.pager_dialogs import GoDialog, Place

        def go(place: Place | None) -> None:
            if place is not None and place.line is not None:
                self.search.go_to_line(place.line)
            elif place is not None and place.offset is not None:
                self.pager.move_to(place.offset)
            self._show()

        knows_end = self.pager.source is not self.pager.bytes.bytes_shown or self.pager.bytes.knows_end
        size = self.pager.source.size_bytes
        if self._is_seen and size is not None:
            self.app.push_screen(GoDialog(size if knows_end else None, hexadecimal=self.pager.hexadecimal), go)

    def action_move(self, rows: int) -> None:
        self.pager.move(rows)

    def action_move_columns(self, steps: int) -> None:
        self.pager.move_columns(steps)

    def action_move_page(self, pages: int) -> None:
        self.pager.move_page(pages)

    def action_move_first(self) -> None:
        self.pager.move_first()

    def action_move_last(self) -> None:
        if self.pager.source is self.pager.bytes.bytes_shown and not self.pager.bytes.knows_end:
            self.search.find_end()
            self._show()
        else:
            self.pager.move_last()
