"""A program works on an object: fetched to a private copy, given to the program, stored again if it was changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from textual.widget import Widget

from tfm.core.entry import Asked, Entry
from tfm.core.errors import ConflictError, NotFoundError, StorageError
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.operations.editing import LocalCopy
from tfm.operations.external import ended_text
from tfm.operations.side_by_side import Side
from tfm.operations.undo import Undo
from tfm.operations.undo_steps import step_of_edit
from tfm.operations.work import RunningWork, Task
from tfm.path.path import Path
from tfm.storage.session import Session
from tfm.ui.byte_rows import looks_binary
from tfm.ui.edit_question import BINARY, LARGE_BYTES
from tfm.ui.field_row import FieldRow
from tfm.ui.format import format_size
from tfm.ui.places import location_text
from tfm.ui.step_dialog import StepDialog
from tfm.ui.text_field import TextField

__all__ = ["Errand", "LocalCopyDialog"]

Step = TypeVar("Step")

_AT_ONCE_SECONDS: Final = 0.5
"""A program that ends so soon was read by nobody: it has handed the file to a window of its own."""


@dataclass(frozen=True, slots=True)
class Errand:
    """``title`` is a verb, ``run`` gives the file of that path to the program and returns its exit code. Where the
    program runs ``beside`` tfm, its end says nothing, and whoever uses it is asked; ``stays_shown`` says that its
    output stays until a key is pressed, so that somebody knows of its end. Where it ``needs_text``, it is asked whether
    it gets what is none."""

    title: str
    run: Callable[[str], int]
    beside: bool = False
    stays_shown: bool = False
    needs_text: bool = False


class LocalCopyDialog(StepDialog[str]):
    """The result is what there is to say of it. The copy goes only when it is stored, or was not changed."""

    BUTTONS = (
        ("fetch", "Fetch it"),
        ("give", "Edit it"),
        ("done", "Done"),
        ("store", "Store it"),
        ("again", "Try again"),
        ("save", "Save as…"),
        ("difference", "Difference"),
        ("replace", "Replace"),
        ("keep", "Keep my copy"),
        ("discard", "Discard it"),
        ("back", "Back"),
        ("cancel", "Cancel"),
        ("close", "Close"),
    )
    DEFAULT_CSS = """
    LocalCopyDialog DialogButton { margin: 0 1 0 0; }
    LocalCopyDialog FieldRow { display: none; }
    LocalCopyDialog.-names FieldRow { display: block; }
    """

    def __init__(
        self,
        session: Session,
        location: Location,
        entry: Entry,
        errand: Errand,
        works: RunningWork,
        tell_at_end: Callable[[str], None],
        remember: Callable[[Undo], None],
    ) -> None:
        """``tell_at_end`` hears of a copy that is still there when this goes, ``remember`` of what was stored."""
        super().__init__(errand.title, works)
        self._session = session
        self._location = location
        self._size_bytes = entry.size_bytes or 0
        self._errand = errand
        self._tell_at_end = tell_at_end
        self._remember = remember
        self._copy = LocalCopy(session, location)
        self._was_given = False
        self._has_looked = False
        self._there: Entry | None = None
        self._error: StorageError | None = None
        self.field: Final = TextField(id="name")

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow("Name:", self.field)
        yield from super().compose_middle()

    def on_mount(self) -> None:
        self.body.show(location_text(self._location))
        if self._size_bytes <= LARGE_BYTES:
            self._fetch()
            return
        self.said.show(
            f"It has {format_size(self._size_bytes)}, which are fetched as a whole, and stored as a whole where they "
            "are changed. F3 views it without."
        )
        self.show_buttons("fetch", "cancel", focus="cancel")

    def on_unmount(self) -> None:
        # Also where the program is made to end while something is stored.
        if self._was_given and os.path.exists(self._copy.path):
            self._tell_at_end(f"A copy that was not stored: {self._copy.path}")
        elif not self._was_given and self._work is None:
            self._copy.discard()  # nobody has seen it

    # One step after the other, each in a thread

    def _begin(
        self, doing: str, task: Task[Step], then: Callable[[Step], None], failed: Callable[[StorageError], None]
    ) -> None:
        self.remove_class("-names")
        self.begin_step(doing, task, then, failed)

    def _fetch(self) -> None:
        copy = self._copy

        def task(tell: Callable[[Progress], None], cancel: Cancel) -> bytes | None:
            fetched = copy.fetch(tell, cancel)
            if fetched and cancel.wanted:
                copy.discard()  # who has left does not take it any more
            return copy.beginning() if fetched and not cancel.wanted else None

        self._begin("fetching…", task, self._fetched, self._show_end)

    def _fetched(self, beginning: bytes | None) -> None:
        if beginning is None:
            self.dismiss()
        elif self._errand.needs_text and self._size_bytes <= LARGE_BYTES and looks_binary(beginning):
            # After it was fetched: to look before would be a request more for every text.
            self.said.show(BINARY)
            self.show_buttons("give", "cancel", focus="cancel")
        else:
            self._give()

    def _give(self) -> None:
        began = self._session.clock()
        self._was_given = True
        try:
            code = self._errand.run(self._copy.path)
        except StorageError as error:
            self._was_given = False
            self._copy.discard()
            self._show_end(error)
            return
        at_once = not self._errand.stays_shown and self._session.clock() - began < _AT_ONCE_SECONDS
        if self._errand.beside:
            self._ask_when_done("It is open in another program, from a private copy.")
        else:
            self._look(code, at_once=at_once)

    def _look(self, code: int = 0, *, at_once: bool = False) -> None:
        def then(changed: bool) -> None:
            if changed and self.was_stopped:
                self._show_failure(StorageError("Stopped before it was stored.", operation="edit"))
            elif changed and code:
                self.said.show(f"The program {ended_text(code)}, and has changed its copy. Store that?")
                self.show_buttons("store", "keep", "discard", focus="keep")
            elif changed:
                self._store()
            elif at_once and not code:
                self._ask_when_done("The program ended at once. It may still have the file open, in another window.")
            else:
                self._copy.discard()
                ended = f"The program {ended_text(code)}. " if code else ""
                self.dismiss(f"{ended}Nothing was changed, and nothing stored.")

        self._begin("looking…", lambda _tell, _cancel: self._copy.is_changed(), then, self._show_failure)

    def _ask_when_done(self, text: str) -> None:
        self.said.show(f"{text} Press Done when you have saved and closed it: what was changed is stored then.")
        self.show_buttons("done", "keep", focus="done")

    def _store(self) -> None:
        self._begin("storing…", self._copy.store, lambda _entry: self._stored(self._location), self._show_failure)

    def _store_as(self) -> None:
        name = self.field.value
        self._begin(
            "storing…",
            lambda tell, cancel: self._copy.store_as(name, tell, cancel),
            self._stored,
            lambda error: self._ask_for_name(error),
        )

    def _stored(self, location: Location) -> None:
        self._copy.discard()
        self._remember(step_of_edit(location))
        self.dismiss(f"Stored: {location_text(location)}")

    # What is to be done about what went wrong

    def _show_end(self, error: StorageError) -> None:
        """There is no copy, or none that matters."""
        self.said.show()
        self.error_block.show(error, otherwise="Leave with Esc.")
        self.show_buttons("close", focus="close")

    def _show_failure(self, error: StorageError) -> None:
        self._error = error
        self._has_looked = False
        self.remove_class("-names")
        self.said.show("" if self._copy.path in str(error) else f"Your copy: {self._copy.path}")
        self.error_block.show(error, otherwise="Try again, or save it under another name.")
        is_conflict = isinstance(error, ConflictError) and not self.was_stopped
        steps = ("difference", "replace") if is_conflict else ("again",)
        self.show_buttons("save", *steps, "keep", focus="keep")

    def _ask_for_name(self, error: StorageError | None = None) -> None:
        self.add_class("-names")
        self.said.show("In the same directory; nothing is replaced.")
        self.error_block.show(error, otherwise="Type another name.")
        if not self.field.value:
            self.field.set_value(self._location.key.rpartition("/")[2])
        self.show_buttons("save", "back")
        self.set_focus(self.field)

    def _replace(self) -> None:
        """What was looked at in :meth:`_show_difference`, else what is there now."""
        copy, has_looked, there = self._copy, self._has_looked, self._there

        def task(tell: Callable[[Progress], None], cancel: Cancel) -> Entry:
            copy.accept(there if has_looked else copy.look())
            return copy.store(tell, cancel)

        self._begin("storing…", task, lambda _entry: self._stored(self._location), self._show_failure)

    def _show_difference(self) -> None:
        mine = Path(self._copy.path).location

        def task(_tell: object, _cancel: Cancel) -> tuple[Side, Side]:
            there = self._copy.look()
            if there is None:
                raise NotFoundError("It is not there any more: somebody has removed it.", operation="edit")
            new = self._session.storage(mine.storage).lookup(mine.key, fresh=True, asked=Asked.FILE).file
            if new is None:
                raise NotFoundError("The copy is not there any more.", uri=self._copy.path, operation="edit")
            return Side(self._location.storage, there), Side(mine.storage, new)

        def then(sides: tuple[Side, Side]) -> None:
            from tfm.ui.side_by_side_dialog import SideBySideDialog

            if self._error is not None:
                self._show_failure(self._error)
            self._has_looked, self._there = True, sides[0].entry
            self.app.push_screen(SideBySideDialog(self._session, *sides))

        self._begin("looking…", task, then, self._show_failure)

    # Buttons

    def pressed(self, name: str) -> None:
        if name == "save":
            self._store_as() if self.has_class("-names") else self._ask_for_name()
        elif name == "back" and self._error is not None:
            self._show_failure(self._error)
        elif name == "discard":
            self._copy.discard()
            self.dismiss("What the program has changed was thrown away.")
        else:
            steps = {
                "fetch": self._fetch,
                "give": self._give,
                "done": self._look,
                "store": self._store,
                "again": self._store,
                "difference": self._show_difference,
                "replace": self._replace,
            }
            steps.get(name, self.leave)()

    def leave(self) -> None:
        if self.stop_step():
            return
        if self.has_class("-names") and self._error is not None:
            self._show_failure(self._error)
        else:
            if not self._was_given and self._work is None:
                self._copy.discard()
            # The copy stays wherever somebody may have written into it.
            self.dismiss(f"Your copy stays: {self._copy.path}" if self._was_given else None)
