"""F8: what would go is shown, counted where it goes for good, and nothing goes before somebody says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from textual.widget import Widget

from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.operations.delete_plan import DeletePlan, plan_delete
from tfm.operations.naming import refuse_among_roots
from tfm.operations.undo import Undo, these
from tfm.operations.work import RunningWork, Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.delete_text import count_text, names_shown, odd_names_text, question, trash_question
from tfm.ui.deleting_dialog import DeleteWatch, DeletingDialog
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.removal import PermanentRemoval, Removal, TrashRemoval
from tfm.ui.text_field import TextField
from tfm.ui.update_box import UpdateBox

__all__ = ["DeleteDialog", "Doomed"]


@dataclass(frozen=True, slots=True)
class Doomed:
    """What is to be deleted from ``directory``. ``name_to_type`` is set where that is all there is in a bucket or on a
    disk: then a key pressed by mistake must not be enough. ``to_trash``: all of it goes whence it can come back."""

    directory: Location
    locations: Sequence[Location]
    name_to_type: str = ""
    to_trash: bool = False

    def names(self) -> list[str]:
        """As the pane shows them."""
        prefix = self.directory.key
        keys = (location.key.removeprefix(prefix) for location in self.locations)
        return [f"/{key.removesuffix('/')}" if key.endswith("/") else key for key in keys]

    @property
    def title(self) -> str:
        """In a few words, for the list of jobs."""
        return f"delete {these(self.locations)}"

    @property
    def has_directories(self) -> bool:
        return any(location.key.endswith("/") for location in self.locations)


class DeleteDialog(Dialog[None]):
    """Counts while it is open already, asks, and gives its place to the dialog that deletes.

    ``remember`` hears of what was done, in the thread that does it.
    """

    DEFAULT_CSS = """
    DeleteDialog #text { text-wrap: nowrap; text-overflow: ellipsis; }
    DeleteDialog #warning { text-style: bold; color: ansi_yellow; margin-bottom: 1; }
    DeleteDialog #question, DeleteDialog #wanted { margin-bottom: 1; }
    DeleteDialog #field { display: none; margin-bottom: 1; }
    DeleteDialog #field.-shown { display: block; }
    """

    def __init__(
        self,
        session: Session,
        doomed: Doomed,
        works: RunningWork,
        watch: DeleteWatch,
        *,
        remember: Callable[[Undo], None],
    ) -> None:
        title, word = ("Delete to the trash", "To the trash") if doomed.to_trash else ("Delete", "Delete")
        super().__init__(title, buttons=(("delete", word), ("cancel", "Cancel"), ("close", "Close")))
        self._session = session
        self._doomed = doomed
        self._works = works
        self._remember = remember
        self._watch = watch
        self._removal: Removal | None = None
        self._name_to_type = doomed.name_to_type
        self._box: UpdateBox[WorkUpdate[DeletePlan]] = UpdateBox(self)
        self._counting: Work[DeletePlan] | None = None
        self.question: Final = DialogText(id="question")
        self.warning: Final = DialogText(id="warning")
        self.wanted: Final = DialogText(id="wanted")
        self.field: Final = TextField(id="field")

    def compose_middle(self) -> Iterable[Widget]:
        yield self.warning
        yield self.question
        yield self.wanted
        yield self.field

    def on_mount(self) -> None:
        names = self._doomed.names()
        self.body.show(*names_shown(names))
        self.warning.show(*filter(None, [odd_names_text(names)]))
        self.buttons["delete"].enable(enabled=False)
        # Enter deletes files, as everywhere; a tree goes for good only after a second look, and a step to the button.
        needs_a_step = self._doomed.has_directories and not self._doomed.to_trash
        self.show_buttons("delete", "cancel", focus="cancel" if needs_a_step else "delete")
        if self._doomed.to_trash:
            self.question.show(*trash_question(len(names)))
            self._offer(TrashRemoval(self._session, self._doomed.locations, self._remember))
            return
        self.question.show(count_text(Progress()))
        self._counting = begin_work("counting", self._count, self._box.put)

    # Counting, in a thread

    def _count(self, tell: Callable[[Progress], None], cancel: Cancel) -> DeletePlan:
        directory = self._doomed.directory
        refuse_among_roots(self._session.storage(directory.storage), directory, operation="delete")
        return plan_delete(self._session, self._doomed.locations, progress=tell, cancel=cancel)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take()
        if update is None:
            return
        if update.state is WorkState.RUNNING:
            self.question.show(count_text(update.progress))
        elif update.result is None:
            self.question.show()
            self.error_block.show(update.error, otherwise="Leave with Esc.")
            self.show_buttons("close", focus="close")
        else:
            self._ask(update.result)

    # Asking

    def _ask(self, plan: DeletePlan) -> None:
        self.question.show(*question(plan))
        self.error_block.show(plan.failures[0] if plan.failures else None)
        if not plan.objects:
            self.show_buttons("close", focus="close")
            return
        if plan.roots and not self._name_to_type:
            self._name_to_type = plan.roots[0]
        self._offer(PermanentRemoval(plan, self._remember))

    def _offer(self, removal: Removal) -> None:
        self._removal = removal
        if self._name_to_type:
            self.wanted.show(f"This is everything in {self._name_to_type}. Type its name to delete it:")
            self.field.add_class("-shown")
            self.set_focus(self.field)
        self._enable()

    def on_text_field_edited(self) -> None:
        self._enable()

    def _enable(self) -> None:
        typed = not self._name_to_type or self.field.value == self._name_to_type
        self.buttons["delete"].enable(enabled=self._removal is not None and typed)

    def pressed(self, name: str) -> None:
        if name != "delete" or self._removal is None:
            self.leave()
        else:
            self.app.switch_screen(
                DeletingDialog(self._removal, self._doomed.title, self._session, self._works, self._watch)
            )

    def leave(self) -> None:
        if self._counting is not None:
            self._counting.stop()
        self.dismiss()
