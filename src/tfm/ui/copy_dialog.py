"""F5 and F6: what would be copied is counted and shown, its destination can be edited, and Enter begins at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from textual.widget import Widget

from tfm.core.errors import ConflictError, StorageError
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.operations.conflict import ConflictPolicy
from tfm.operations.copy_spec import CopySpec
from tfm.operations.typed_place import PlaceReader
from tfm.operations.work import Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.choice import Choice
from tfm.ui.copy_text import POLICIES, plan_lines
from tfm.ui.delete_text import names_shown, odd_names_text
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.text_field import TextField
from tfm.ui.update_box import UpdateBox

if TYPE_CHECKING:
    # The planner is loaded by the thread that counts: the dialog is there at once.
    from tfm.operations.counted_plan import CountedPlan

__all__ = ["CopyDialog", "ToCopy"]

Submit = Callable[[CopySpec, "CountedPlan"], object]


@dataclass(frozen=True, slots=True)
class ToCopy:
    """``sources`` of the directory ``here``; ``there`` is the other pane's, and ``target`` the text to begin with.
    ``verb``: copy, move, or rename, which is a move to another name. ``below``: each keeps its path below that key."""

    here: Location
    sources: Sequence[Location]
    there: Location
    target: str
    verb: str = "copy"
    below: str | None = None

    @property
    def move(self) -> bool:
        return self.verb != "copy"

    def names(self) -> list[str]:
        """As the pane shows them."""
        keys = [each.key.removeprefix(self.here.key) or each.storage.authority + "/" for each in self.sources]
        return [f"/{key.removesuffix('/')}" if key.endswith("/") else key for key in keys]


@dataclass(frozen=True, slots=True)
class _Told:
    """By the counting of that number."""

    number: int
    plan: CountedPlan | None = None
    ended: bool = False
    error: StorageError | None = None


class CopyDialog(Dialog[bool]):
    """``submit`` gets the job with its plan; the result is whether there was one. Counting is for show: the job goes on
    with the very plan, whether it is counted to its end or not."""

    DEFAULT_CSS = """
    CopyDialog #text { text-wrap: nowrap; text-overflow: ellipsis; }
    CopyDialog #warning { text-style: bold; color: ansi_yellow; margin-bottom: 1; }
    CopyDialog #plan { margin-bottom: 1; }
    """

    def __init__(self, session: Session, what: ToCopy, submit: Submit) -> None:
        word = what.verb.capitalize()
        super().__init__(word, buttons=((what.verb, word), ("cancel", "Cancel")))
        self._session = session
        self._what = what
        self._submit = submit
        self._plan: CountedPlan | None = None
        self._is_counted_to_its_end = False
        self._number = 0
        self._counted = ""
        self._counting: Work[None] | None = None
        self._begins_when_ready = False
        self._box: UpdateBox[_Told] = UpdateBox(self)
        self.field: Final = TextField(what.target, id="target")
        self.policy: Final[Choice[ConflictPolicy]] = Choice(POLICIES, id="policy")
        self.warning: Final = DialogText(id="warning")
        self.plan_text: Final = DialogText(id="plan")

    def compose_middle(self) -> Iterable[Widget]:
        yield self.warning
        yield FieldRow("Name:" if self._what.verb == "rename" else "To:", self.field)
        yield self.plan_text
        yield FieldRow("If something is there:", self.policy)

    def on_mount(self) -> None:
        names = self._what.names()
        self.body.show(*names_shown(names))
        self.warning.show(*filter(None, [odd_names_text(names)]))
        self.show_buttons(self._what.verb, "cancel")
        self.set_focus(self.field)
        if self._what.verb == "rename":
            self.plan_text.show("Type another name; Tab counts what has to be copied.")
        else:
            self._count()

    # Counting, in a thread

    def _count(self) -> None:
        self._stop_counting()
        self._number += 1
        number, text = self._number, self.field.value
        self._counted = text
        self.error_block.show(None)
        self.plan_text.show("counting…")

        def task(_tell: Callable[[Progress], None], cancel: Cancel) -> None:
            plan = self._prepared(text)
            self._box.put(_Told(number, plan))
            plan.count(lambda: self._box.put(_Told(number, plan)), cancel)
            self._box.put(_Told(number, plan, ended=True))

        def ended(update: WorkUpdate[None]) -> None:
            if update.state is WorkState.FAILED:
                self._box.put(_Told(number, error=update.error))

        self._counting = begin_work("counting", task, ended)

    def _prepared(self, text: str) -> CountedPlan:
        from tfm.operations.copy_target import copy_spec_for
        from tfm.operations.counted_plan import CountedPlan

        what = self._what
        target = PlaceReader(self._session, what.here, (what.there,)).location(text)
        spec = copy_spec_for(self._session, what.sources, target, move=what.move)
        if what.below is not None:
            spec = replace(spec, into=True, below=what.below)
        if spec.into and what.verb == "rename":
            raise ConflictError("A directory has that name.", next_step="Type another name.", operation="rename")
        plan = CountedPlan(self._session, spec)
        plan.check()
        return plan

    def _stop_counting(self) -> None:
        if self._counting is not None:
            self._counting.stop()
        self._counting = self._plan = None

    def on_text_field_edited(self) -> None:
        if self._is_counted:
            return  # Tab or Enter came before this, and knew
        # Not counted anew at each letter: half a path would be looked for, at a request each.
        self._stop_counting()
        self._begins_when_ready = False
        self._number += 1
        self.error_block.show(None)
        self.plan_text.show("Tab counts for this destination; Enter begins.")

    def action_move_focus(self, step: int) -> None:
        super().action_move_focus(step)
        self.field.call_later(self._count_if_edited)  # behind the keys that are on their way to it

    def _count_if_edited(self) -> None:
        if not self._is_counted and self.app.screen is self:
            self._count()

    @property
    def _is_counted(self) -> bool:
        """Whether what is, or was, counted is for the destination that stands there now."""
        return self._counting is not None and self._counted == self.field.value

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        told = self._box.take()
        if told is None or told.number != self._number:
            return
        if told.error is not None:
            self._counting = self._plan = None
            self._begins_when_ready = False
            self.plan_text.show()
            self.error_block.show(told.error, otherwise="Name another destination, or leave with Esc.")
        elif told.plan is not None:
            self._plan = plan = told.plan
            self._is_counted_to_its_end = told.ended
            self._show(plan)
            if self._begins_when_ready:
                self._begin(plan)

    def on_choice_changed(self) -> None:
        if self._plan is not None:
            self._show(self._plan)

    def _show(self, plan: CountedPlan) -> None:
        lines = plan_lines(
            plan.counts(),
            self.policy.value,
            move=self._what.move,
            object_by_object=plan.goes_object_by_object,
            ended=self._is_counted_to_its_end,
        )
        self.plan_text.show(*lines)

    # Beginning

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
        elif self._plan is not None and self._is_counted:
            self._begin(self._plan)
        else:
            if not self._is_counted:
                self._count()
            self._begins_when_ready = True

    def _begin(self, plan: CountedPlan) -> None:
        if self.app.screen is self:
            self._submit(replace(plan.spec, policy=self.policy.value), plan)
            self._stop_counting()
            self.dismiss(True)

    def leave(self) -> None:
        self._stop_counting()
        self.dismiss(False)
