"""What is to be looked for below a directory."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from textual.widget import Widget

from tfm.core.entry import Kind
from tfm.core.errors import InvalidRequestError
from tfm.core.location import Location
from tfm.operations.needle import Needle, NeedleError, hexadecimal_needle, text_needle
from tfm.operations.search_query import NameForm, QueryError, SearchQuery, name_test
from tfm.operations.search_terms import moment, size_range
from tfm.ui.choice import Choice
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.keeper import Keeper
from tfm.ui.places import location_text
from tfm.ui.text_field import TextField

__all__ = ["SearchDialog", "SearchWish"]

_WILD: Final = frozenset("*?[")
_NAME_FORMS: Final = (
    (None, "text, or a pattern with * ? [ ]"),
    (NameForm.REGEX, "a regular expression"),
)
_CONTENT_FORMS: Final = (
    ("text", "text"),
    ("expression", "a regular expression"),
    ("bytes", 'bytes: 7f 45 4c, or 7f "ELF"'),
)
_KINDS: Final = ((None, "files and directories"), (Kind.FILE, "files"), (Kind.DIRECTORY, "directories"))
_BINARY: Final = ((False, "not in what looks binary"), (True, "in every file"))


@dataclass(frozen=True, slots=True)
class SearchWish:
    """``text`` says in a few words what is looked for."""

    query: SearchQuery
    text: str


class SearchDialog(Dialog[SearchWish]):
    """The result is None for who left. ``for_content``: the line for the content is typed in first. What was sought
    before is in ``keeper``, and comes there."""

    BUTTONS = (("search", "Search"), ("cancel", "Cancel"))
    DEFAULT_CSS = """
    SearchDialog > #box { width: 76; }
    SearchDialog #text { text-wrap: nowrap; text-overflow: ellipsis; }
    SearchDialog FieldRow { margin-bottom: 0; }
    SearchDialog #said { margin: 1 0; }
    """

    def __init__(self, start: Location, keeper: Keeper, *, for_content: bool = False) -> None:
        super().__init__("Search")
        self._start = start
        self._keeper = keeper
        self._for_content = for_content
        self.name_field: Final = TextField(before=keeper.typed("search"), id="name")
        self.name_form: Final[Choice[NameForm | None]] = Choice(_NAME_FORMS, id="name-form")
        self.content: Final = TextField(before=keeper.typed("content"), id="content")
        self.content_form: Final[Choice[str]] = Choice(_CONTENT_FORMS, id="content-form")
        self.binary: Final[Choice[bool]] = Choice(_BINARY, id="binary")
        self.kind: Final[Choice[Kind | None]] = Choice(_KINDS, id="kind")
        self.size_field: Final = TextField(id="size")
        self.changed: Final = TextField(id="changed")
        self.said: Final = DialogText(id="said")

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow("Name:    ", self.name_field)
        yield FieldRow("    is:  ", self.name_form)
        yield FieldRow("Content: ", self.content)
        yield FieldRow("    is:  ", self.content_form)
        yield FieldRow("    look:", self.binary)
        yield FieldRow("Kind:    ", self.kind)
        yield FieldRow("Size:    ", self.size_field)
        yield FieldRow("Changed: ", self.changed)
        yield self.said

    def on_mount(self) -> None:
        self.body.show(f"Below {location_text(self._start)}")
        self.said.show(
            "A capital matters where one is typed. Size: +10M, -2K. Changed: 7d (since then), -7d (before), 2026-05-01."
        )
        self.show_buttons("search", "cancel")
        self.set_focus(self.content if self._for_content else self.name_field)

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
            return
        try:
            wish = self._wish()
        except (QueryError, NeedleError) as error:
            self.error_block.show(InvalidRequestError(str(error), operation="search"), otherwise="Change it.")
            return
        self._keeper.keep_typed("search", self.name_field.value)
        # People look whether their secrets are somewhere.
        self._keeper.keep_typed("content", self.content.value, for_now=True)
        self.dismiss(wish)

    def _wish(self) -> SearchWish:
        """Raises QueryError and NeedleError."""
        name = self.name_field.value
        form = self.name_form.value or (NameForm.GLOB if _WILD & set(name) else NameForm.TEXT)
        least, most = size_range(self.size_field.value.strip()) if self.size_field.value.strip() else (None, None)
        after, until = self._times()
        content = self._needle()
        query = SearchQuery(
            name_test(name, form), self.kind.value, least, most, after, until, content,
            self.binary.value or self.content_form.value == "bytes",
        )  # fmt: skip
        said = [name, f"content {self.content.value}" if content is not None else ""]
        said += [self.size_field.value.strip(), self.changed.value.strip()]
        return SearchWish(query, ", ".join(filter(None, said)) or "everything")

    def _times(self) -> tuple[float | None, float | None]:
        text = self.changed.value.strip()
        if not text:
            return None, None
        at = moment(text.lstrip("+-"), time.time())
        return (None, at) if text.startswith("-") else (at, None)

    def _needle(self) -> Needle | None:
        text = self.content.value
        if not text:
            return None
        fold = text == text.lower()
        if self.content_form.value == "bytes":
            return hexadecimal_needle(text, fold=fold)
        return text_needle(text, regular=self.content_form.value == "expression", fold=fold)

    def leave(self) -> None:
        self.dismiss(None)
