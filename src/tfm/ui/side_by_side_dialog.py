"""Compare, where something is in the way: both sides' facts and the first lines that differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual.containers import VerticalScroll
from textual.widget import Widget

from tfm.core.entry import Entry
from tfm.core.progress import Cancel
from tfm.operations.side_by_side import Side, SideBySide, compare_sides
from tfm.operations.work import Work, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.sanitise import fit, screen_text
from tfm.ui.update_box import UpdateBox

__all__ = ["SideBySideDialog"]

_CELLS: Final = 24


class SideBySideDialog(Dialog[None]):
    """Nothing is decided here; Esc goes back to the question."""

    BUTTONS = (("back", "Go back"),)
    DEFAULT_CSS = "SideBySideDialog VerticalScroll { height: auto; max-height: 12; }"

    def __init__(self, session: Session, there: Side, new: Side) -> None:
        super().__init__("Compare")
        self._session = session
        self._there = there
        self._new = new
        self._box: UpdateBox[WorkUpdate[SideBySide]] = UpdateBox(self)
        self._work: Work[SideBySide] | None = None
        self.lines: Final = DialogText(id="lines")

    def compose_middle(self) -> Iterable[Widget]:
        yield VerticalScroll(self.lines)

    def on_mount(self) -> None:
        self.body.show(*_facts(self._there.entry, self._new.entry))
        self.lines.show("Reading both…")
        self.show_buttons("back", focus="back")

        def look(_tell: object, cancel: Cancel) -> SideBySide:
            return compare_sides(self._session, self._there, self._new, cancel)

        self._work = begin_work("compare", look, self._box.put)

    def on_unmount(self) -> None:
        if self._work is not None:
            self._work.stop()

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take()
        if update is None:
            return
        if update.error is not None:
            self.lines.show("")
            self.error_block.show(update.error)
        elif update.result is not None:
            shown = [
                f"{each.number:>6} - {_line(each.there)}\n       + {_line(each.new)}" for each in update.result.lines
            ]
            self.lines.show(update.result.verdict, *"\n".join(shown).split("\n"))

    def pressed(self, name: str) -> None:
        del name
        self.leave()


def _line(text: str | None) -> str:
    return "(no such line)" if text is None else screen_text(text)


def _facts(there: Entry, new: Entry) -> list[str]:
    rows = [("", "is there", "to be written")]
    rows += [
        (word, told_there, told_new) for (word, told_there), (_, told_new) in zip(_told(there), _told(new), strict=True)
    ]
    return [f"{word:<9} {fit(one, _CELLS)} {fit(other, _CELLS)}".rstrip() for word, one, other in rows]


def _told(entry: Entry) -> list[tuple[str, str]]:
    size, modified = entry.size_bytes, entry.modified_at
    return [
        ("size", "not known" if size is None else f"{size:,} bytes"),
        ("modified", "not known" if modified is None else f"{modified:%Y-%m-%d %H:%M:%S} UTC"),
        ("etag", entry.etag or ""),
        ("class", entry.storage_class or ""),
    ]
