"""The rows of the list of jobs: those of this session, and those that an earlier one left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tfm.operations.jobs import InterruptedJob
from tfm.operations.queued_job import QueuedJob
from tfm.ui.job_text import copied_to, interrupted_state, job_state
from tfm.ui.lay_out import lay_out_again
from tfm.ui.running_removal import RunningRemoval
from tfm.ui.sanitise import cell_width, fit, screen_text

__all__ = ["JobTable", "Row"]

Row = QueuedJob | InterruptedJob | RunningRemoval

_PLAIN: Final = Style()
_CURSOR: Final = Style(reverse=True)
_CURSOR_ELSEWHERE: Final = Style(underline=True)
_MOST_ROWS: Final = 7


class JobTable(Widget, can_focus=True):
    """One row for each; the cursor stays on its job while others come."""

    DEFAULT_CSS = "JobTable { height: auto; width: 1fr; margin-bottom: 1; }"

    class Moved(Message):
        """The cursor is on another job."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._cursor = 0

    @property
    def chosen(self) -> Row | None:
        """The one under the cursor."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def text(self) -> str:
        """What is shown."""
        return "\n".join(map(self._text_of, self._rows)) or "No job yet."

    def show(self, rows: Sequence[Row]) -> None:
        """Show these, which may say something else than before."""
        chosen, count = self.chosen, len(self._rows)
        self._rows = list(rows)
        same = next((number for number, row in enumerate(self._rows) if _is_same(row, chosen)), None)
        self._cursor = min(self._cursor, max(0, len(rows) - 1)) if same is None else same
        lay_out_again(self) if len(rows) != count else self.refresh()

    def move(self, rows: int) -> None:
        self._cursor = max(0, min(len(self._rows) - 1, self._cursor + rows))
        self.refresh()
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.move(self._first + event.y - self._cursor)

    # Drawing

    def get_content_height(self, *_: object) -> int:
        return max(1, min(_MOST_ROWS, len(self._rows)))

    @property
    def _first(self) -> int:
        return max(0, min(self._cursor - _MOST_ROWS // 2, len(self._rows) - _MOST_ROWS))

    def render_line(self, y: int) -> Strip:
        width, number = self.size.width, self._first + y
        if number >= len(self._rows):
            return Strip([Segment(fit("" if self._rows else "No job yet.", width), _PLAIN)], width)
        style = (_CURSOR if self.has_focus else _CURSOR_ELSEWHERE) if number == self._cursor else _PLAIN
        state = screen_text(_state(self._rows[number]))
        name = fit(_name(self._rows[number]), max(0, width - cell_width(state) - 1))
        return Strip([Segment(fit(f"{name} {state}", width), style)], width)

    def _text_of(self, row: Row) -> str:
        return f"{_name(row)} {_state(row)}"


def _is_same(row: Row, chosen: Row | None) -> bool:
    if isinstance(row, QueuedJob) and isinstance(chosen, InterruptedJob):
        return row.journal_id == chosen.id  # it is gone on with
    return row is chosen or row == chosen


def _name(row: Row) -> str:
    return row.title if isinstance(row, RunningRemoval) else copied_to(row.spec)


def _state(row: Row) -> str:
    if isinstance(row, RunningRemoval):
        return row.state_text
    return job_state(row) if isinstance(row, QueuedJob) else interrupted_state(row)
