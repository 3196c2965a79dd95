"""F9: by what a pane is sorted, and which of its rows are shown."""

from __future__ import annotations

from typing import Final

from tfm.operations.row_view import RowView, SortOrder
from tfm.ui.chooser import Chooser
from tfm.ui.row_list import Row

__all__ = ["SortDialog"]

_TEXTS: Final = {
    SortOrder.NAME: ("Name", "file-2 before file-10"),
    SortOrder.EXTENSION: ("Extension", "then by name"),
    SortOrder.SIZE: ("Size", "the largest first"),
    SortOrder.TIME: ("Time", "the newest first"),
    SortOrder.UNSORTED: ("Unsorted", "as the storage lists them"),
}


class SortDialog(Chooser[RowView]):
    """The result is the view that was chosen, made of ``view``."""

    def __init__(self, view: RowView) -> None:
        rows = [
            Row(text, f"{note} (now)" if sort is view.sort else note, view._replace(sort=sort))
            for sort, (text, note) in _TEXTS.items()
        ]
        rows += [
            Row("Reverse", "on" if view.reverse else "off", view._replace(reverse=not view.reverse)),
            Row("Hidden files", "shown" if view.hidden else "not shown", view._replace(hidden=not view.hidden)),
        ]
        super().__init__("Sort this pane", rows, position=list(_TEXTS).index(view.sort))
