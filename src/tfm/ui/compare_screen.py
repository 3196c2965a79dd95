"""What differs between two directories, row by row, and the copy of exactly that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from rich.style import Style

from tfm.core.entry import Entry
from tfm.core.location import Location
from tfm.core.progress import Progress
from tfm.operations.compare import CompareBy, ComparedRow, Comparison, Difference, copy_of_differences
from tfm.operations.copy_spec import CopySpec
from tfm.operations.work import RunningWork, WorkState
from tfm.storage.session import Session
from tfm.ui.format import format_size
from tfm.ui.places import location_text
from tfm.ui.sanitise import fit
from tfm.ui.screen_keys import COMPARE_KEYS, bindings
from tfm.ui.table_screen import TableScreen, as_one_error
from tfm.ui.update_box import UpdateBox

__all__ = ["CompareScreen"]

_SIZE_CELLS: Final = 8
_SIGNS: Final = {
    Difference.LEFT_ONLY: "→",
    Difference.RIGHT_ONLY: "←",
    Difference.NEWER_LEFT: "»",
    Difference.NEWER_RIGHT: "«",
    Difference.DIFFERENT: "≠",
    Difference.UNKNOWN: "?",
}
"""To which side a copy would go, as far as that is plain."""

_WORDS: Final = {
    Difference.LEFT_ONLY: "only left",
    Difference.RIGHT_ONLY: "only right",
    Difference.NEWER_LEFT: "newer left",
    Difference.NEWER_RIGHT: "newer right",
    Difference.DIFFERENT: "different",
    Difference.UNKNOWN: "not compared",
    Difference.SAME: "same",
}
_PLAIN: Final = Style()
_MARKED: Final = Style(bold=True, color="yellow")

Copies = Callable[[CopySpec], None]
"""Shows the plan of a copy, over whatever is shown."""


class CompareScreen(TableScreen[ComparedRow | None]):
    """``copies`` gets the copy that is wished for. The result is the row to be shown in the panes, or None."""

    BINDINGS = bindings(COMPARE_KEYS)
    KEYS = COMPARE_KEYS
    KEYS_TITLE = "Keys in a comparison"

    def __init__(
        self,
        session: Session,
        left: Location,
        right: Location,
        by: CompareBy,
        works: RunningWork,
        copies: Copies,
        *,
        recursive: bool,
    ) -> None:
        titles = (f" {location_text(left)}", f"{location_text(right)} ")
        super().__init__(*titles, self._row_text, works, notice=" comparing…")
        self._copies = copies
        self._compare = partial(Comparison, session, left, right, by, recursive=recursive)
        self._comparison = self._compare()
        self._rows: list[ComparedRow] = []
        self._shown: list[ComparedRow] = []
        self._marked: set[str] = set()
        self._only: Difference | None = None
        self._progress = Progress()

    def begin(self) -> None:
        """Compare, or compare anew."""
        self._comparison = self._compare()
        self._progress = Progress()
        self._rows, self._marked = [], set()
        self._begin_work("a comparison", self._comparison.run)
        self._show()

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take() if message.box is self._box else None
        if update is None:
            return
        self._state, self._progress = update.state, update.progress
        if update.state is WorkState.RUNNING:
            self._rows += self._comparison.rows(len(self._rows))
        else:
            self._rows = self._comparison.rows()  # in the order of names now
        if update.error is not None:
            self.error_block.show(update.error, otherwise="Esc goes back.")
        elif self._comparison.failed and update.state is WorkState.DONE:
            failures, failed = self._comparison.failures, self._comparison.failed
            self.error_block.show(as_one_error(failures, failed, "could not be listed or read"))
        self._show()

    def _show(self) -> None:
        chosen = self._chosen
        self._shown = self._rows if self._only is None else [row for row in self._rows if row.difference is self._only]
        cursor = None
        if chosen is not None and self._state is not WorkState.RUNNING:
            cursor = next((n for n, row in enumerate(self._shown) if row is chosen), None)
        notice = {
            WorkState.RUNNING: " comparing…",
            WorkState.DONE: " Nothing differs." if self._only is None else " No row is of this kind.",
            WorkState.FAILED: " (not compared: see below)",
        }[self._state]
        self.table.show(len(self._shown), notice=notice, cursor=cursor)
        self._show_status()

    def _show_status(self) -> None:
        counts = self._comparison.counts()
        said = [f"{count:,} {_WORDS[kind]}" for kind in Difference if (count := counts.get(kind, 0))]
        marked = f" · {len(self._marked):,} marked" if self._marked else ""
        only = "" if self._only is None else f" · showing {_WORDS[self._only]}"
        more = " · more than are kept" if self._comparison.is_limited else ""
        state = ""
        if self._state is WorkState.RUNNING:
            state = "stopping…" if self._stopped else f"comparing… {self._progress.objects_done:,} "
        elif self._stopped:
            state = "stopped "
        self.status.show(" " + (" · ".join(said) or "no difference yet") + marked + only + more, state)
        width = self.size.width
        size = f"{'Left':>{_SIZE_CELLS}}   {'Right':<{_SIZE_CELLS}}"
        self.header.show(f" {fit('Name', max(0, width - 2 * _SIZE_CELLS - 6))} {size}")

    def on_resize(self) -> None:
        self._show_status()

    def _row_text(self, number: int, width: int) -> tuple[str, Style]:
        row = self._shown[number]
        marked = _mark_of(row) in self._marked
        entry = row.left or row.right
        name = f"/{row.name}" if entry is not None and entry.is_directory else row.name
        sides = f"{_size(row.left):>{_SIZE_CELLS}} {_SIGNS[row.difference]} {_size(row.right):<{_SIZE_CELLS}}"
        room = max(1, width - 2 * _SIZE_CELLS - 5)
        text = f"{'*' if marked else ' '}{fit(name, room)} {sides}"
        return text, _MARKED if marked else _PLAIN

    @property
    def _chosen(self) -> ComparedRow | None:
        return self._shown[self.table.cursor] if self.table.cursor < len(self._shown) else None

    def on_table_rows_opened(self) -> None:
        self.action_go_there()

    # Keys, by the names in their table

    def action_mark(self) -> None:
        row = self._chosen
        if row is not None:
            self._marked ^= {_mark_of(row)}
            self.table.refresh()
            self.table.move_to(self.table.cursor + 1)
            self._show_status()

    def action_mark_all(self) -> None:
        names = set(map(_mark_of, self._shown))
        self._marked = self._marked - names if names <= self._marked else self._marked | names
        self.table.refresh()
        self._show_status()

    def action_filter(self) -> None:
        counts = self._comparison.counts()
        kinds = [None, *(kind for kind in Difference if kind is not Difference.SAME and counts.get(kind))]
        now = kinds.index(self._only) if self._only in kinds else 0
        self._only = kinds[(now + 1) % len(kinds)]
        self._show()

    def action_copy(self, to_right: bool) -> None:
        if self.app.screen is not self:
            return
        if self._state is WorkState.RUNNING:
            self.status.show(" Wait until all is compared, or stop it with Esc.")
            return
        rows = [row for row in self._shown if _mark_of(row) in self._marked] if self._marked else self._shown
        spec = copy_of_differences(self._comparison, rows, to_right=to_right)
        if spec is None:
            self.status.show(f" There is nothing to copy to the {'right' if to_right else 'left'}.")
        else:
            self._copies(spec)

    def action_go_there(self) -> None:
        row = self._chosen
        if row is not None and self.app.screen is self:
            self.dismiss(row)

    def stopped(self) -> None:
        self._show_status()


def _mark_of(row: ComparedRow) -> str:
    """A file and a directory may have one name."""
    entry = row.left or row.right
    return f"{row.name}/" if entry is not None and entry.is_directory else row.name


def _size(entry: Entry | None) -> str:
    if entry is None:
        return "-"
    if entry.is_directory:
        return "dir"
    return "?" if entry.size_bytes is None else format_size(entry.size_bytes)
