"""A screen of rows that come as some work goes on: what disk usage and a comparison share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final, TypeVar

from textual.app import ComposeResult
from textual.screen import Screen

from tfm.core.errors import OperationFailed, StorageError
from tfm.operations.work import RunningWork, Task, Work, WorkState, WorkUpdate, begin_work
from tfm.ui.error_block import ErrorBlock
from tfm.ui.keys_dialog import KeysDialog
from tfm.ui.line import Line
from tfm.ui.screen_keys import TABLE_KEYS, KeyBinding, function_key_bar
from tfm.ui.table_rows import RowText, TableRows
from tfm.ui.update_box import UpdateBox

__all__ = ["TableScreen", "as_one_error"]

Result = TypeVar("Result")


class TableScreen(Screen[Result]):
    """Title, names of the columns, rows, what went wrong, what it comes to, and the keys. A kind of screen says its
    :attr:`KEYS`, begins its work, and shows what that brings."""

    DEFAULT_CSS = """
    TableScreen { layout: vertical; }
    TableScreen > .table--title { text-style: reverse bold; }
    TableScreen > .table--header { text-style: dim; }
    TableScreen > .table--status { text-style: bold; }
    TableScreen > .table--keys { text-style: reverse; }
    """

    KEYS: ClassVar[tuple[KeyBinding, ...]] = ()
    KEYS_TITLE: ClassVar[str] = ""

    def __init__(self, title: str, title_right: str, row_text: RowText, works: RunningWork, *, notice: str) -> None:
        super().__init__()
        self._works = works
        self._work: Work[Any] | None = None
        self._state = WorkState.RUNNING
        self._stopped = False
        self._box: UpdateBox[WorkUpdate[Any]] = UpdateBox(self)
        self.title_line: Final = Line(title, title_right, keep_end=True, classes="table--title")
        self.header: Final = Line(classes="table--header")
        self.table: Final = TableRows(row_text, notice=notice)
        self.error_block: Final = ErrorBlock()
        self.status: Final = Line(classes="table--status")

    def compose(self) -> ComposeResult:
        yield self.title_line
        yield self.header
        yield self.table
        yield self.error_block
        yield self.status
        yield Line(function_key_bar(self.KEYS), classes="table--keys")

    def on_mount(self) -> None:
        self.table.focus()
        self.begin()

    def on_unmount(self) -> None:
        self._stop_work()

    def begin(self) -> None:
        """Do the work, or do it anew."""
        raise NotImplementedError

    def _begin_work(self, title: str, task: Task[Any]) -> None:
        """Begin ``task``, after an end of the one before."""
        self._stop_work()
        self._state, self._stopped = WorkState.RUNNING, False
        self._box = UpdateBox(self)  # what the one before has to say is not asked for any more
        self.error_block.show(None)
        self._work = begin_work(title, task, self._box.put)
        self._works.add(self._work)

    def _stop_work(self) -> None:
        if self._work is not None:
            self._work.stop()

    def stopped(self) -> None:
        """An end of the work was wished for."""

    # Keys, by the names in their tables

    def action_again(self) -> None:
        self.begin()

    async def action_help(self) -> None:
        await self.app.push_screen(KeysDialog(self.KEYS_TITLE, (*self.KEYS, *TABLE_KEYS)))

    def action_escape(self) -> None:
        if self._state is WorkState.RUNNING and self._work is not None and not self._stopped:
            self._stopped = True
            self._work.stop()
            self.stopped()
        else:
            self.action_leave()

    def action_leave(self) -> None:
        if self.app.screen is self:  # typed twice in one go, it comes once more when this screen has left
            self.dismiss(None)


def as_one_error(failures: Sequence[StorageError], count: int, what: str) -> StorageError:
    """The only one of ``count``, or one that says how many there were; ``what`` is said of more."""
    if count == 1:
        return failures[0]
    return OperationFailed(f"{count:,} {what}, the first: {failures[0]}", failures=failures)
