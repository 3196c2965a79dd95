"""How much is in a directory and in those below it: a tree that grows while it is added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.style import Style

from tfm.core.location import Location
from tfm.operations.disk_usage import DiskUsage, UsageRow
from tfm.operations.usage_rows import UsageSort, VisibleRow, visible_rows
from tfm.operations.work import RunningWork, Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.format import format_size
from tfm.ui.places import location_text
from tfm.ui.sanitise import fit
from tfm.ui.screen_keys import USAGE_KEYS, bindings
from tfm.ui.table_screen import TableScreen, as_one_error
from tfm.ui.update_box import UpdateBox

__all__ = ["UsageScreen"]

_LOOK_SECONDS: Final = 0.25
_BAR_CELLS: Final = 10
_PLAIN: Final = Style()
_OWN: Final = Style(dim=True)
_DIRECTORY: Final = Style(bold=True)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a look at the sums gave."""

    rows: tuple[VisibleRow, ...]
    total: UsageRow


class UsageScreen(TableScreen[Location | None]):
    """The result is the directory to be shown in the pane, or None. Adding up and sorting are done in threads."""

    BINDINGS = bindings(USAGE_KEYS)
    KEYS = USAGE_KEYS
    KEYS_TITLE = "Keys in disk usage"

    def __init__(self, session: Session, location: Location, works: RunningWork) -> None:
        title = f" Disk usage of {location_text(location)}"
        super().__init__(title, "", self._row_text, works, notice=" adding up…")
        self._session = session
        self._location = location
        self._usage = DiskUsage(session, location)
        self._sort = UsageSort.SIZE
        self._expanded: set[str] = {location.key}
        self._shown = _Shown((), self._usage.total())
        self._looking: Work[_Shown] | None = None
        self._looks_again = False
        self._cursor_key = ""
        self._look_box: UpdateBox[WorkUpdate[_Shown]] = UpdateBox(self)

    def on_mount(self) -> None:
        self.set_interval(_LOOK_SECONDS, self._look_while_running)

    def begin(self) -> None:
        """Add up, or add up anew."""
        self._usage = DiskUsage(self._session, self._location)
        self._begin_work("disk usage", self._usage.run)
        self._look()

    # Looking at the sums, in a thread: a hundred thousand of them are sorted

    def _look_while_running(self) -> None:
        if self._state is WorkState.RUNNING:
            self._look()

    def _look(self) -> None:
        if self._looking is not None:
            self._looks_again = True
            return
        usage, expanded, sort = self._usage, frozenset(self._expanded), self._sort

        def look(_tell: object, _cancel: object) -> _Shown:
            return _Shown(tuple(visible_rows(usage, expanded, sort)), usage.total())

        self._looking = begin_work("sums", look, self._look_box.put)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        if message.box is self._look_box:
            self._take_look()
        elif message.box is self._box:
            self._take_work()

    def _take_look(self) -> None:
        update = self._look_box.take()
        if update is None or update.state is WorkState.RUNNING:
            return
        self._looking = None
        if update.result is not None:
            self._show(update.result)
        elif update.error is not None:
            self.error_block.show(update.error)
        if self._looks_again:
            self._looks_again = False
            self._look()

    def _take_work(self) -> None:
        update = self._box.take()
        if update is None or update.state is WorkState.RUNNING:
            return
        self._state = update.state
        if update.error is not None:
            self.error_block.show(update.error, otherwise="F2 tries again, Esc goes back.")
        elif self._usage.failed:
            failures, failed = self._usage.failures, self._usage.failed
            self.error_block.show(as_one_error(failures, failed, "directories could not be read"))
        self._look()

    def _show(self, shown: _Shown) -> None:
        self._shown = shown
        keys = [row.key for row in shown.rows]
        cursor = keys.index(self._cursor_key) if self._cursor_key in keys else None
        running = self._state is WorkState.RUNNING
        notice = " adding up…" if running else " No directory is in it." if self._state is WorkState.DONE else ""
        self.table.show(len(shown.rows), notice=notice, cursor=cursor)
        self._note_cursor()
        total = shown.total
        state = "adding up…" if running else "stopped" if self._stopped else "failed" if self._is_failed else ""
        more = "  (more directories than rows: deep ones are in the one above)" if self._usage.is_limited else ""
        noun = self._usage.noun
        text = f" {format_size(total.size_bytes)} in {noun.counted(total.objects)}{more}"
        self.status.show(text, f"{state} ")
        words = {UsageSort.SIZE: "Size ▼", UsageSort.OBJECTS: f"{noun.many.capitalize()} ▼", UsageSort.NAME: "Name ▲"}
        size, objects, name = (words[sort] if self._sort is sort else words[sort][:-2] for sort in UsageSort)
        self.header.show(f" {size:>8}  {'Share':<{_BAR_CELLS + 5}} {objects:>11}  {name}")

    @property
    def _is_failed(self) -> bool:
        return self._state is WorkState.FAILED

    def _row_text(self, number: int, width: int) -> tuple[str, Style]:
        row = self._shown.rows[number]
        whole = max(1, self._shown.total.size_bytes)
        share = row.size_bytes / whole
        eighths = round(share * _BAR_CELLS * 8)
        bar = "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")
        mark = " " if not row.directories else "▾" if row.key in self._expanded else "▸"
        facts = f" {format_size(row.size_bytes):>8}  {bar:<{_BAR_CELLS}} {share:>4.0%} {row.objects:>11,}  "
        name = row.name if row.is_own else f"/{row.name}"
        text = f"{facts}{'  ' * row.depth}{mark} {name}"
        return fit(text, width), _OWN if row.is_own else _DIRECTORY if row.directories else _PLAIN

    # The cursor

    def on_table_rows_moved(self) -> None:
        self._note_cursor()

    def on_table_rows_opened(self) -> None:
        self.action_toggle_directory()

    def _note_cursor(self) -> None:
        row = self._row
        self._cursor_key = "" if row is None else row.key

    @property
    def _row(self) -> VisibleRow | None:
        rows = self._shown.rows
        return rows[self.table.cursor] if self.table.cursor < len(rows) else None

    # Keys, by the names in their table

    def action_toggle_directory(self) -> None:
        row = self._row
        if row is not None and row.directories:
            self._expanded ^= {row.key}
            self._look()

    def action_expand(self) -> None:
        row = self._row
        if row is not None and row.directories and row.key not in self._expanded:
            self._expanded.add(row.key)
            self._look()

    def action_collapse(self) -> None:
        row = self._row
        if row is None:
            return
        if row.key in self._expanded and not row.is_own:
            self._expanded.discard(row.key)
            self._look()
            return
        above = row.key[: row.key.rfind("/", 0, -1) + 1] if not row.is_own else row.directory
        keys = [each.key for each in self._shown.rows]
        if above in keys:
            self.table.move_to(keys.index(above))

    def action_sort(self) -> None:
        orders = list(UsageSort)
        self._sort = orders[(orders.index(self._sort) + 1) % len(orders)]
        self._look()

    def action_go_there(self) -> None:
        row = self._row
        if row is not None and self.app.screen is self:
            self.dismiss(Location(self._location.storage, row.directory, self._location.kind))
