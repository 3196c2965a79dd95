"""Rename many at once: a rule, what it makes of each name, and what is against it, before anything happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.style import Style
from textual.widget import Widget

from tfm.core.entry import Entry
from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.operations.bulk_rename import BulkRename, RenameRow
from tfm.operations.rename_rule import NewCase, RenameRule, RuleError
from tfm.operations.undo import UndoLog
from tfm.operations.undo_steps import BulkRenamed
from tfm.operations.work import RunningWork, Task, Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.choice import Choice
from tfm.ui.delete_text import failure_lines
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.sanitise import fit
from tfm.ui.table_rows import TableRows
from tfm.ui.text_field import TextField
from tfm.ui.update_box import UpdateBox

if TYPE_CHECKING:
    from tfm.operations.external import Invocation

__all__ = ["BulkRenameDialog"]

_FORMS: Final = ((False, "text"), (True, "regular expression"))
_CASES: Final = tuple((case, case.value) for case in NewCase)
_UNCHANGED: Final = Style(dim=True)
_CHANGED: Final = Style()
_WRONG: Final = Style(color="red", bold=True)


@dataclass(frozen=True, slots=True)
class _Told:
    """A preview of that number; ``complaint`` instead of rows where the rule is none."""

    number: int
    rows: tuple[RenameRow, ...] = ()
    complaint: str = ""
    error: StorageError | None = None


@dataclass(frozen=True, slots=True)
class _Came:
    """Of a rename, with the step that takes it back, or of taking it back."""

    lines: Sequence[str]
    step: BulkRenamed | None = None


class BulkRenameDialog(Dialog[None]):
    """Of ``entries``, all in one storage. What was renamed is in ``log``, and can be undone here too."""

    BUTTONS = (
        ("rename", "Rename"),
        ("edit", "Edit names…"),
        ("undo", "Undo"),
        ("cancel", "Cancel"),
        ("close", "Close"),
    )
    DEFAULT_CSS = """
    BulkRenameDialog > #box { width: 100%; max-width: 120; height: 100%; }
    BulkRenameDialog #text { display: none; }
    BulkRenameDialog FieldRow { margin-bottom: 0; }
    BulkRenameDialog TableRows { margin: 1 0; min-height: 3; }
    BulkRenameDialog #said { margin-bottom: 1; max-height: 6; }
    """

    def __init__(
        self, session: Session, directory: Location, entries: Sequence[Entry], works: RunningWork, log: UndoLog
    ) -> None:
        super().__init__("Rename many")
        self._session = session
        self._log = log
        self._works = works
        self._settings = session.settings
        self._bulk = BulkRename(session, directory, entries)
        self._rows: Sequence[RenameRow] = self._bulk.preview([_name(entry) for entry in entries])
        self._number = self._shown_number = 0
        self._wanted = ("", "", False, NewCase.KEPT)
        self._work: Work[_Came] | None = None
        self._step: BulkRenamed | None = None
        self._is_undo = False
        self._box: UpdateBox[_Told] = UpdateBox(self)
        self._work_box: UpdateBox[WorkUpdate[_Came]] = UpdateBox(self)
        self.find: Final = TextField(id="find")
        self.replacement: Final = TextField(id="replacement")
        self.form: Final[Choice[bool]] = Choice(_FORMS, id="form")
        self.case: Final[Choice[NewCase]] = Choice(_CASES, id="case")
        self.table: Final = TableRows(self._row_text)
        self.said: Final = DialogText(id="said")

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow("Find:        ", self.find)
        yield FieldRow("Replace with:", self.replacement)
        yield FieldRow("Find is:     ", self.form)
        yield FieldRow("Letters:     ", self.case)
        yield self.table
        yield self.said

    def on_mount(self) -> None:
        self.table.show(len(self._rows))
        self.show_buttons("rename", "edit", "cancel")
        self.set_focus(self.find)
        self._preview()
        self.set_interval(0.1, self._preview_if_edited)

    # The preview, in a thread

    def on_text_field_edited(self) -> None:
        self._preview_if_edited()

    def _preview_if_edited(self) -> None:
        """Choices say nothing when they change, so they are looked at."""
        if self._rule_typed() != self._wanted and self._can_edit:
            self._preview()

    def _rule_typed(self) -> tuple[str, str, bool, NewCase]:
        return self.find.value, self.replacement.value, self.form.value, self.case.value

    @property
    def _can_edit(self) -> bool:
        return self._work is None and self._step is None

    def _preview(self) -> None:
        self._number += 1
        number, self._wanted = self._number, self._rule_typed()
        find, replacement, regular, case = self._wanted

        def task(_tell: Callable[[Progress], None], _cancel: Cancel) -> None:
            if not self._bulk.has_looked:
                self._bulk.look()
            try:
                rule = RenameRule(find, replacement, regular, case=case)
                rows = tuple(self._bulk.preview(rule.new_names(self._bulk.entries)))
            except RuleError as error:
                self._box.put(_Told(number, complaint=str(error)))
            else:
                self._box.put(_Told(number, rows))

        def ended(update: WorkUpdate[None]) -> None:
            if update.state is WorkState.FAILED:
                self._box.put(_Told(number, error=update.error))

        begin_work("a preview", task, ended)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        if message.box is self._work_box:
            self._take_work()
            return
        told = self._box.take()
        if told is None or told.number != self._number or not self._can_edit:
            return
        self._shown_number = told.number
        self.error_block.show(told.error, otherwise="Leave with Esc.")
        if told.complaint or told.error is not None:
            self._rows = self._bulk.preview([_name(entry) for entry in self._bulk.entries])
            self.said.show(*filter(None, [told.complaint]))
        else:
            self._rows = told.rows
            self.said.show(_summary(told.rows))
        self.table.show(len(self._rows))

    def _row_text(self, number: int, width: int) -> tuple[str, Style]:
        row = self._rows[number]
        if row.new_name == row.name:
            return f" {fit(row.name, max(1, width - 1))}", _UNCHANGED
        half = max(1, (width - 5) // 2)
        new = f"{row.new_name}  ✗ {row.problem}" if row.problem else row.new_name
        return f" {fit(row.name, half)} → {fit(new, half)}", _WRONG if row.problem else _CHANGED

    # The names in an editor

    def _edit(self) -> None:
        from tfm.operations.edit_names import edit_names

        self.error_block.show(None)
        try:
            new_names = edit_names([row.new_name for row in self._rows], self._settings, os.environ, self.run_outside)
        except RuleError as error:
            self.said.show(str(error))
        except StorageError as error:
            self.error_block.show(error, otherwise="Type a rule instead.")
        else:
            # Until the rule is edited again, these are the names.
            self._number += 1
            self._shown_number = self._number
            self._rows = self._bulk.preview(new_names)
            self.said.show(_summary(self._rows))
            self.table.show(len(self._rows))

    def run_outside(self, invocation: Invocation) -> int:
        """Give the terminal to a program until it ends."""
        from tfm.ui.given_terminal import Pause, run_on_terminal

        return run_on_terminal(self.app, invocation, pause=Pause.ON_FAILURE)

    # Renaming

    def pressed(self, name: str) -> None:
        if name in {"cancel", "close"}:
            self.leave()
        elif name == "edit":
            self._edit()
        elif name == "undo":
            self._run(self._undo, is_undo=True)
        elif self._rule_typed() != self._wanted or self._shown_number != self._number:
            self._preview_if_edited()
            self.said.show("Look at what becomes of the names, then press Rename again.")
        elif any(row.changes for row in self._rows) and self._work is None:
            self._run(self._rename, is_undo=False)

    def _rename(self, tell: Callable[[Progress], None], cancel: Cancel) -> _Came:
        summary = self._bulk.run(self._rows, tell, cancel)
        step = BulkRenamed(tuple(summary.renamed)) if summary.renamed else None
        if step is not None:
            self._log.add(step)
        stopped = ", stopped" if summary.stopped else ""
        return _Came([f"{len(summary.renamed):,} renamed{stopped}.", *_failed(summary.failures)], step)

    def _undo(self, tell: Callable[[Progress], None], cancel: Cancel) -> _Came:
        undone = self._log.undo(self._session, tell, cancel, step=self._step)
        return _Came([undone.said, *_failed(undone.failures)])

    def _run(self, task: Task[_Came], *, is_undo: bool) -> None:
        self._is_undo = is_undo
        self.said.show("undoing…" if is_undo else "renaming…")
        self.show_buttons("cancel", focus="cancel")
        self._work = begin_work("renaming", task, self._work_box.put)
        self._works.add(self._work)

    def _take_work(self) -> None:
        update = self._work_box.take()
        if update is None or self.app.screen is not self:
            return
        if update.state is WorkState.RUNNING:
            done, total = update.progress.objects_done, update.progress.objects_total
            self.said.show(f"{'undoing' if self._is_undo else 'renaming'}… {done:,} of {total or 0:,}")
            return
        self._work = None
        self.error_block.show(update.error)
        came = update.result or _Came(())
        self.said.show(*came.lines)
        self._step = came.step
        buttons = ["close"] if came.step is None else ["undo", "close"]
        self.show_buttons(*buttons, focus="close")

    def leave(self) -> None:
        if self._work is not None:
            self._work.stop()  # and what came of it is said here
        else:
            self.dismiss()


def _name(entry: Entry) -> str:
    return entry.key.removesuffix("/").rpartition("/")[2]


def _failed(failures: Sequence[StorageError]) -> list[str]:
    return [f"{len(failures):,} could not be:", *failure_lines(failures)[:3]] if failures else []


def _summary(rows: Sequence[RenameRow]) -> str:
    changes, problems = sum(row.changes for row in rows), sum(bool(row.problem) for row in rows)
    said = f"{changes:,} of {len(rows):,} will be renamed."
    if problems:
        said += f" {problems:,} cannot be, and keep their names."
    if not changes and not problems:
        said = "Nothing changes yet. {name} {ext} {n} {n:03} {date} may stand in the replacement."
    return said
