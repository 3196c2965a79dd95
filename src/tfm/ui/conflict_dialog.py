"""Something is in the way of a copy: what it is, and what is to be done about it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from textual.widget import Widget

from tfm.core.entry import Entry
from tfm.operations.conflict import ConflictPolicy, Decision
from tfm.operations.queued_job import Question
from tfm.storage.session import Session
from tfm.ui.choice import Choice
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.format import format_modified, format_size
from tfm.ui.sanitise import fit_right
from tfm.ui.screen_keys import CONFLICT_KEYS, bindings

__all__ = ["ConflictDialog"]

_PAUSE_SECONDS: Final = 0.4
"""It opens by itself: what was typed before somebody can have seen it is no answer. Counted from its first frame."""

_URI_CELLS: Final = 64


class ConflictDialog(Dialog[Decision | None]):
    """The result is the decision, None where the job is to be cancelled."""

    BINDINGS = bindings(CONFLICT_KEYS)
    BUTTONS = (
        ("skip", "Skip"),
        ("overwrite", "Overwrite"),
        ("newer", "If newer"),
        ("rename", "Keep both"),
        ("compare", "Compare"),
        ("cancel", "Cancel the job"),
        ("back", "Go back"),
    )
    DEFAULT_CSS = """
    ConflictDialog DialogButton { margin: 0 1 0 0; }
    ConflictDialog #text { text-wrap: nowrap; text-overflow: ellipsis; }
    ConflictDialog #asks { margin-bottom: 1; }
    """

    def __init__(self, question: Question, session: Session | None = None) -> None:
        """With a ``session`` both can be compared."""
        super().__init__("Something is there already")
        self._session = session
        self._question = question
        self._takes_answers = False
        self._asks_to_cancel = False
        self.reach: Final[Choice[bool]] = Choice([(False, "this one"), (True, "all that are in the way")], id="reach")
        self.asks: Final = DialogText(id="asks")

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow("For:", self.reach)
        yield self.asks

    def on_mount(self) -> None:
        conflict = self._question.conflict
        source, target = conflict.source, conflict.target
        newer = _newer(source, target)
        self.body.show(
            fit_right(conflict.target_uri, _URI_CELLS).rstrip(),
            f"  is there:      {_facts(target)}{'   newer' if newer is target else ''}",
            f"  to be written: {_facts(source)}{'   newer' if newer is source else ''}",
            f"  from {fit_right(conflict.source_uri, _URI_CELLS - 7).rstrip()}",
        )
        self._ask()
        self.call_after_refresh(self.set_timer, _PAUSE_SECONDS, self._take_answers)

    def _take_answers(self) -> None:
        self._takes_answers = True
        if not self._asks_to_cancel:
            self._name_keys()

    def _name_keys(self) -> None:
        """Once they count; until then their line is blank."""
        keys = "Keys: s o n r for this one, S O N R for all that are in the way."
        self.asks.show(keys if self._takes_answers else " ")

    def _ask(self) -> None:
        self._asks_to_cancel = False
        self._name_keys()
        compare = () if self._session is None else ("compare",)
        self.show_buttons("skip", "overwrite", "newer", "rename", *compare, focus="skip")

    def action_decide(self, policy: str, for_all: bool) -> None:
        if not self._asks_to_cancel:
            self._decide(ConflictPolicy(policy), for_all=for_all)

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self._end(None)
        elif name == "back":
            self._ask()
        elif name == "compare":
            self.action_compare()
        else:
            self._decide(ConflictPolicy(name), for_all=self.reach.value)

    def action_compare(self) -> None:
        from tfm.operations.side_by_side import Side
        from tfm.ui.side_by_side_dialog import SideBySideDialog

        if self._session is not None and self.app.screen is self:
            conflict, spec = self._question.conflict, self._question.job.spec
            there, new = Side(spec.target_storage, conflict.target), Side(spec.source_storage, conflict.source)
            self.app.push_screen(SideBySideDialog(self._session, there, new))

    def _decide(self, policy: ConflictPolicy, *, for_all: bool) -> None:
        if self._takes_answers:
            self._end(Decision(policy, for_all))

    def _end(self, decision: Decision | None) -> None:
        if self.app.screen is self:
            self.dismiss(decision)

    def leave(self) -> None:
        if self._asks_to_cancel:
            self._ask()
            return
        self._asks_to_cancel = True
        self.asks.show("Cancel the whole job? What is copied stays.")
        self.show_buttons("cancel", "back", focus="back")


def _newer(source: Entry, target: Entry) -> Entry | None:
    if source.modified_timestamp is None or target.modified_timestamp is None:
        return None
    if source.modified_timestamp == target.modified_timestamp:
        return None
    return source if source.modified_timestamp > target.modified_timestamp else target


def _facts(entry: Entry) -> str:
    size = "?" if entry.size_bytes is None else format_size(entry.size_bytes)
    known = entry.modified_timestamp
    return f"{size:>8}   {'' if known is None else format_modified(known, time.time()):<11}"
