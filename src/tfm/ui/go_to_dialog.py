"""Ctrl-G: a path or a URI is typed, what it could become is listed below, and the pane goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from rich.style import Style
from textual.widget import Widget

from tfm.core.entry import Kind
from tfm.core.errors import CredentialsError, PermissionDeniedError
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.operations.completion import Candidate, Completer, Goal, directory_of, goal_of_text, longest_beginning
from tfm.operations.typed_place import PlaceReader, absolute_text
from tfm.operations.work import Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.dialog import Dialog
from tfm.ui.field_row import FieldRow
from tfm.ui.places import directory_location
from tfm.ui.row_list import Row, RowList
from tfm.ui.screen_keys import CHOOSER_KEYS, bindings
from tfm.ui.text_field import TextField
from tfm.ui.update_box import UpdateBox

__all__ = ["GoToDialog"]

_NO_CURSOR: Final = Style()
_CURSOR: Final = Style(reverse=True)

_NOTICE: Final = "A path, or a URI like s3://bucket/; Tab completes."

_Found = tuple[int, WorkUpdate[list[Candidate]]]
_Gone = tuple[int, WorkUpdate[Goal]]


class GoToDialog(Dialog[Goal]):
    """``offers`` are listed while nothing is typed. ``text`` stands there at the beginning; ``at_once``: as if Enter
    had been pressed behind it. What is typed is read as by who looks at ``here``, then at ``beside``.

    Enter is about the text. A row that is moved to puts itself there, and going back up gives back what was typed.
    """

    BINDINGS = bindings(CHOOSER_KEYS)
    DEFAULT_CSS = """
    GoToDialog RowList { height: 12; margin-bottom: 1; }
    GoToDialog.-low RowList { height: 4; }
    """

    def __init__(
        self,
        session: Session,
        here: Location,
        beside: Location,
        *,
        offers: Sequence[Row[Location]] = (),
        text: str = "",
        at_once: bool = False,
    ) -> None:
        super().__init__("Go to", buttons=(("go", "Go"), ("cancel", "Cancel")))
        self._session = session
        # What is typed belongs to this pane first: of two profiles it is that of the place one looks at.
        self._reader = PlaceReader(session, here, (here, beside))
        self._completer = Completer(session, self._reader)
        self._offers = [Row(row.text, row.note, _offered(row.value)) for row in offers]
        self._at_once = at_once
        self._typed = text
        self._number = 0
        self._asked_for: str | None = None
        self._shown_for: str | None = None
        self._candidates: Sequence[Candidate] = ()
        self._picked: Candidate | None = None
        self._completes: str | None = None
        self._goes_then = False
        self._looking: Work[list[Candidate]] | None = None
        self._going: Work[Goal] | None = None
        self._found_box: UpdateBox[_Found] = UpdateBox(self)
        self._goal_box: UpdateBox[_Gone] = UpdateBox(self)
        self.field: Final = TextField(text)
        self.list: Final[RowList[Candidate]] = RowList(self._offers, notice=_NOTICE)
        self.list.can_focus = False
        self.list.cursor_elsewhere = _NO_CURSOR

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow("Go to:", self.field)
        yield self.list

    def on_mount(self) -> None:
        self.show_buttons("go", "cancel")
        self.set_focus(self.field)
        if self._at_once:
            self._begin_going()
        elif self._typed:
            self._look()

    # Completing, in a thread

    def on_text_field_edited(self) -> None:
        if self.field.value == (self._typed if self._picked is None else self._picked.text):
            return  # Tab, Enter or a row came before this, and knew
        if self._completes is not None and self.field.value.startswith(self._completes):
            return  # typed on behind a Tab that is not done yet: it is put behind what that completes
        self._completes = None
        self._goes_then = False
        self._unpick()
        self._typed = self.field.value
        self._stop_going()
        self.error_block.show(None)
        if self._typed:
            self._look()
        else:
            self._stop_looking()
            self.list.show_rows(self._offers, notice=_NOTICE)

    def _look(self) -> None:
        """Find out what the text could become, if that is not asked already."""
        text = self.field.value
        if text == self._asked_for:
            return
        self._stop_looking()
        self._asked_for = text
        # What fitted before may still do: there is something to see while the rest is on its way.
        self._candidates = [candidate for candidate in self._candidates if candidate.text.startswith(text)]
        self._show_candidates("looking…")

        def task(_tell: Callable[[Progress], None], cancel: Cancel) -> list[Candidate]:
            return self._completer.complete(text, cancel)

        number = self._number
        self._looking = begin_work("completion", task, lambda update: self._found_box.put((number, update)))

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.stop()
        self._looking = None
        self._asked_for = self._shown_for = None
        self._number += 1  # what is on its way is an answer to something else

    def _show_candidates(self, notice: str) -> None:
        # A name alone says enough, and fits; in front of it is what is typed.
        self.list.show_rows([Row(each.name, "", each) for each in self._candidates], notice=notice)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        if message.box is self._goal_box:
            self._heed_goal()
            return
        found = self._found_box.take()
        if found is not None and found[0] == self._number and self._asked_for is not None:
            self._heed_found(self._asked_for, found[1])

    def _heed_found(self, text: str, update: WorkUpdate[list[Candidate]]) -> None:
        self._shown_for = text
        self._candidates = update.result or ()
        nothing = "(empty)" if text.endswith("/") else "Nothing begins like that."
        self._show_candidates(nothing if update.error is None else f"✗ {update.error.cause}")
        if self._completes == text:
            self._fill()
            if self._goes_then:
                self._begin_going()

    def action_move_focus(self, step: int) -> None:
        if step > 0 and self.focused is self.field:
            self.field.call_later(self._complete)  # behind the letters that are on their way to it
        else:
            super().action_move_focus(step)

    def _complete(self) -> None:
        if self._completes is not None:
            return
        self._completes = self._typed = self.field.value
        self._unpick()
        if self._shown_for == self._completes:
            self._fill()
        else:
            self._look()

    def _fill(self) -> None:
        text, self._completes = self._completes or "", None
        common = longest_beginning(self._candidates)
        fits = len(common) > len(text) or (common and common.casefold() == text.casefold())
        full = (common if fits else text) + self.field.value.removeprefix(text)
        if full != self._typed:
            self.field.set_value(full)

    # Choosing from the list

    def action_move(self, rows: int) -> None:
        self.field.call_later(self._move, rows)

    def action_move_page(self, pages: int) -> None:
        self.field.call_later(self._move, pages * max(1, self.list.size.height - 1))

    def _move(self, rows: int) -> None:
        if self._picked is None:
            if rows > 0:
                self.list.move_to(rows - 1)
        else:
            before = self.list.cursor
            self.list.action_move(rows)
            if rows < 0 and self.list.cursor == before:
                self._unpick()
                self.field.set_value(self._typed)
                return
        self._pick()

    def _pick(self) -> None:
        row = self.list.row
        if row is None or row.value is None:
            return
        self._stop_going()
        # The rows stay as they are while one of them is chosen; typing on asks again.
        self._stop_looking()
        self._completes, self._goes_then = None, False
        self.error_block.show(None)
        self._picked = row.value
        self.list.cursor_elsewhere = _CURSOR
        self.list.refresh()
        self.field.set_value(row.value.text)

    def _unpick(self) -> None:
        self._picked = None
        self.list.cursor_elsewhere = _NO_CURSOR
        self.list.refresh()

    def on_row_list_chosen(self) -> None:
        self._pick()
        self.pressed("go")

    # Going there

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
        elif self._picked is not None and self._picked.text == self.field.value:
            self.dismiss(_goal_of(self._picked.location))
        elif self._completes is not None:
            self._goes_then = True
        elif self._going is None:
            self._begin_going()

    def _begin_going(self) -> None:
        text = self._typed = self.field.value
        self._goes_then = False
        self._unpick()
        self._stop_looking()
        self.error_block.show(None)
        self.list.show_rows((), notice="looking whether it is there…")

        def task(_tell: Callable[[Progress], None], _cancel: Cancel) -> Goal:
            try:
                return goal_of_text(self._session, self._reader, text)
            except (CredentialsError, PermissionDeniedError):
                # The pane says it, and how another profile is chosen: that needs a pane that is there.
                return Goal(directory_location(self._reader.location(text)))

        number = self._number
        self._going = begin_work("going there", task, lambda update: self._goal_box.put((number, update)))

    def _stop_going(self) -> None:
        if self._going is not None:
            self._going.stop()
        self._going = None

    def _heed_goal(self) -> None:
        gone = self._goal_box.take()
        if gone is None or self._going is None or gone[0] != self._number or self.app.screen is not self:
            return
        self._going = None
        update = gone[1]
        if update.state is WorkState.DONE:
            self.dismiss(update.result)
            return
        self.error_block.show(update.error, otherwise="Type another one, or leave with Esc.")
        self._look()

    def on_unmount(self) -> None:
        self._stop_looking()
        self._stop_going()


def _offered(location: Location | None) -> Candidate | None:
    return None if location is None else Candidate(absolute_text(location), "", location)


def _goal_of(location: Location) -> Goal:
    return Goal(location) if location.kind is Kind.DIRECTORY else Goal(directory_of(location), location)
