"""Change what an object says of itself: type, storage class, metadata, tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from textual.widget import Widget

from tfm.core.entry import Entry
from tfm.core.errors import InvalidRequestError
from tfm.core.location import Location
from tfm.core.progress import Cancel, Progress
from tfm.core.writing import ObjectFacts
from tfm.operations.change_facts import change_facts
from tfm.operations.undo import Permanent, Undo, name_of
from tfm.operations.work import Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.places import location_text
from tfm.ui.text_field import TextField
from tfm.ui.update_box import UpdateBox

__all__ = ["FactsDialog", "pairs_of_text", "text_of_pairs"]

_HEADERS: Final = ("cache-control", "content-disposition", "content-encoding", "content-language")


class FactsDialog(Dialog[bool]):
    """``entry`` and ``facts`` are what was looked at; the result is whether they were changed, which
    ``remember`` hears in the thread that does it."""

    BUTTONS = (("change", "Change"), ("cancel", "Cancel"))
    DEFAULT_CSS = """
    FactsDialog > #box { width: 100%; max-width: 100; }
    FactsDialog FieldRow { margin-bottom: 0; }
    FactsDialog #said { margin: 1 0; }
    """

    def __init__(
        self,
        session: Session,
        location: Location,
        entry: Entry,
        facts: ObjectFacts,
        remember: Callable[[Undo], None],
    ) -> None:
        super().__init__("Metadata")
        self._session = session
        self._location = location
        self._entry = entry
        self._facts = facts
        self._remember = remember
        self._work: Work[Entry] | None = None
        self._box: UpdateBox[WorkUpdate[Entry]] = UpdateBox(self)
        self.type_field: Final = TextField(facts.content_type or "", id="type")
        self.class_field: Final = TextField(entry.storage_class or facts.storage_class or "", id="class")
        self.metadata: Final = TextField(text_of_pairs(facts.metadata), id="metadata")
        self.tags: Final = TextField(text_of_pairs(facts.tags), id="tags")
        self.headers: Final = TextField(text_of_pairs(facts.headers), id="headers")
        self.said: Final = DialogText(id="said")

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow("Type:    ", self.type_field)
        yield FieldRow("Class:   ", self.class_field)
        yield FieldRow("Metadata:", self.metadata)
        yield FieldRow("Tags:    ", self.tags)
        yield FieldRow("Headers: ", self.headers)
        yield self.said

    def on_mount(self) -> None:
        self.body.show(location_text(self._location))
        self.said.show(
            "name=value; name=value. The object is copied onto itself: it counts as written now, and an access list "
            "of its own is not kept."
        )
        self.show_buttons("change", "cancel")
        self.set_focus(self.type_field)

    def _wanted(self) -> ObjectFacts:
        headers = pairs_of_text(self.headers.value)
        unknown = [name for name in headers if name.lower() not in _HEADERS]
        if unknown:
            raise InvalidRequestError(f"{unknown[0]!r} is none of {', '.join(_HEADERS)}.", operation="set facts")
        return replace(
            self._facts,
            content_type=self.type_field.value.strip() or None,
            storage_class=self.class_field.value.strip() or None,
            metadata=pairs_of_text(self.metadata.value),
            tags=pairs_of_text(self.tags.value),
            headers={name.lower(): value for name, value in headers.items()},
        )

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
            return
        if self._work is not None:
            return
        try:
            facts = self._wanted()
        except InvalidRequestError as error:
            self.error_block.show(error, otherwise="Write name=value; name=value.")
            return
        self.error_block.show(None)
        session, location, entry = self._session, self._location, self._entry

        def task(_tell: Callable[[Progress], None], _cancel: Cancel) -> Entry:
            changed = change_facts(session, location, entry, facts)
            self._remember(
                Permanent(f"a change of the metadata of {name_of(location)}", "change it by its properties.")
            )
            return changed

        self._work = begin_work("changing metadata", task, self._box.put)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take()
        if update is None or update.state is WorkState.RUNNING or self.app.screen is not self:
            return
        self._work = None
        if update.error is None:
            self.dismiss(True)
        else:
            self.error_block.show(update.error, otherwise="Look at it again, then change it.")

    def leave(self) -> None:
        self.dismiss(False)


def text_of_pairs(pairs: Mapping[str, str]) -> str:
    """``name=value; name=value``; a backslash stands before what would end a name or a value, and before itself."""
    return "; ".join(f"{_escaped(name, '=;')}={_escaped(value, ';')}" for name, value in pairs.items())


def _escaped(text: str, ends: str) -> str:
    text = "".join(f"\\{letter}" if letter in f"{ends}\\" else letter for letter in text)
    # Blanks at an end would be taken for those between two pairs.
    return f"\\{text}" if text.startswith(" ") else text


def pairs_of_text(text: str) -> dict[str, str]:
    """What :func:`text_of_pairs` wrote. Raises InvalidRequestError for a pair without ``=`` or without a name."""
    pairs: dict[str, str] = {}
    for piece in _split(text, ";"):
        if not piece.strip():
            continue
        name, *value = _split(piece.lstrip(" "), "=", most=1)
        if not value or not name:
            raise InvalidRequestError(f"{piece.strip()!r} is no name=value.", operation="set facts")
        pairs[_plain(name)] = _plain(value[0])
    return pairs


def _split(text: str, separator: str, *, most: int = -1) -> list[str]:
    """At separators that have no backslash before them."""
    pieces, piece, escaped = [], "", False
    for letter in text:
        if letter == separator and not escaped and most != 0:
            pieces.append(piece)
            piece = ""
            most -= 1
            continue
        escaped = letter == "\\" and not escaped
        piece += letter
    return [*pieces, piece]


def _plain(text: str) -> str:
    plain, escaped = "", False
    for letter in text:
        if letter == "\\" and not escaped:
            escaped = True
            continue
        plain += letter
        escaped = False
    return plain
