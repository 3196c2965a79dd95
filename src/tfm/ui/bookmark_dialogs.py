"""Bookmarks: one is given a name, and one of all is chosen, or deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual.widget import Widget

from tfm.core.location import Location
from tfm.ui.chooser import Chooser
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.keeper import Keeper
from tfm.ui.kept_places import bookmark_names, bookmark_rows
from tfm.ui.line import Line
from tfm.ui.places import location_text
from tfm.ui.row_list import Row
from tfm.ui.screen_keys import BOOKMARK_KEYS, bindings
from tfm.ui.text_field import TextField

__all__ = ["BookmarkDialog", "BookmarksDialog"]


class BookmarkDialog(Dialog[str]):
    """The result is the name that the directory ``location`` is to have. One that is taken says what it means now."""

    BUTTONS = (("keep", "Keep"), ("cancel", "Cancel"))
    DEFAULT_CSS = "BookmarkDialog #state { margin-bottom: 1; }"

    def __init__(self, keeper: Keeper, location: Location, name: str) -> None:
        super().__init__("Bookmark")
        self._keeper = keeper
        self._location = location
        self.field: Final = TextField(name)
        self.state: Final = DialogText(id="state")

    def compose_middle(self) -> Iterable[Widget]:
        yield Line("Place: " + location_text(self._location), keep_end=True)
        yield FieldRow("Name: ", self.field)
        yield self.state

    def on_mount(self) -> None:
        self.show_buttons("keep", "cancel")
        self.set_focus(self.field)
        self._say_what_it_means()

    def on_text_field_edited(self) -> None:
        self._say_what_it_means()

    def _say_what_it_means(self) -> None:
        taken = self._keeper.bookmarks.get(self.field.value.strip())
        now = "" if taken is None or taken == self._location else location_text(taken)
        self.state.show(*filter(None, [now and f"That name means {now} now, and would mean this place."]))

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
        elif not self.field.value.strip():
            self.state.show("A bookmark has a name: type one. A single letter is quick to jump to.")
        else:
            self.dismiss(self.field.value.strip())


class BookmarksDialog(Chooser[str]):
    """The result is the name that was chosen. Delete forgets the bookmark under the cursor."""

    BINDINGS = bindings(BOOKMARK_KEYS)

    def __init__(self, keeper: Keeper, *, notice: str) -> None:
        self._keeper = keeper
        super().__init__("Bookmarks", self._named_rows(), button="Go", notice=notice)

    def _named_rows(self) -> list[Row[str]]:
        names = bookmark_names(self._keeper.bookmarks)
        rows = bookmark_rows(self._keeper.bookmarks)
        return [Row(row.text, row.note, name) for name, row in zip(names, rows, strict=True)]

    def on_mount(self) -> None:
        self.body.show("Delete forgets the bookmark under the cursor.")

    def action_forget(self) -> None:
        self.field.call_later(self._forget)  # behind the letters that are on their way to it

    def _forget(self) -> None:
        row = self.list.row
        if row is None or row.value is None or self.app.screen is not self:
            return
        meant = self._keeper.bookmarks.get(row.value)
        self._keeper.set_bookmark(row.value, None)
        position = self.list.cursor
        self.show_rows(self._named_rows())
        self.list.move_to(position)
        if meant is not None:
            self.body.show(f"Forgotten: {row.value}, which meant {location_text(meant)}.")
