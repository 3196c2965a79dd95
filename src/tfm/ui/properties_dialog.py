"""Everything that is known of one entry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.style import Style
from textual.widget import Widget

from tfm.core.capability import Capability
from tfm.core.location import Location
from tfm.operations.change_facts import can_change_facts
from tfm.operations.properties import Properties, Property, read_properties
from tfm.operations.work import WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.dialog import Dialog
from tfm.ui.places import location_text
from tfm.ui.sanitise import cell_width, screen_text
from tfm.ui.screen_keys import PROPERTIES_KEYS, bindings
from tfm.ui.table_rows import TableRows
from tfm.ui.update_box import UpdateBox

__all__ = ["PropertiesDialog"]

_HEADING: Final = Style(bold=True)
_PLAIN: Final = Style()
_INDENT: Final = 2


class PropertiesDialog(Dialog[str]):
    """The result is what is to be changed next: ``mode``, ``facts``; or None."""

    BINDINGS = bindings(PROPERTIES_KEYS)
    BUTTONS = (("close", "Close"), ("mode", "Rights…"), ("facts", "Metadata…"), ("again", "Ask again"))
    DEFAULT_CSS = """
    PropertiesDialog > #box { width: 100%; max-width: 110; height: 100%; max-height: 34; }
    PropertiesDialog #text { text-wrap: nowrap; text-overflow: ellipsis; }
    PropertiesDialog TableRows { margin-bottom: 1; }
    """

    def __init__(self, session: Session, location: Location) -> None:
        super().__init__("Properties")
        self._session = session
        self._location = location
        self.properties: Properties | None = None
        self._lines: list[tuple[str, Style]] = []
        self._box: UpdateBox[WorkUpdate[Properties]] = UpdateBox(self)
        self.table: Final = TableRows(lambda row, _width: self._lines[row], notice=" asking…")

    def compose_middle(self) -> Iterable[Widget]:
        yield self.table

    def on_mount(self) -> None:
        self.body.show(location_text(self._location))
        self.show_buttons("close", focus="close")
        self._ask()

    def on_resize(self) -> None:
        self._show()

    def _ask(self) -> None:
        self.error_block.show(None)
        session, location = self._session, self._location
        begin_work("properties", lambda _tell, _cancel: read_properties(session, location), self._box.put)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take()
        if update is None or update.state is WorkState.RUNNING:
            return
        self.error_block.show(update.error, otherwise="Leave with Esc.")
        self.properties = update.result
        self._show()
        self.show_buttons(*self._possible(), focus="close")

    def _possible(self) -> list[str]:
        capabilities = self._session.storage(self._location.storage).capabilities
        found = self.properties
        possible = ["close"]
        if found is not None and Capability.SET_MODE in capabilities:
            possible.append("mode")
        if found is not None and found.facts is not None and can_change_facts(self._session, self._location):
            possible.append("facts")
        return [*possible, "again"]

    def _show(self) -> None:
        found = self.properties
        if found is None:
            self.table.show(0, notice="" if self.error_block.text else " asking…")
            return
        requests = "no request" if not found.requests else f"{found.requests} request{'s' * (found.requests > 1)}"
        self.body.show(location_text(self._location), f"Asked by {requests}.")
        self._lines = list(_lines(found.rows, max(20, self.table.scrollable_content_region.width)))
        self.table.show(len(self._lines))

    def pressed(self, name: str) -> None:
        if name == "again":
            self._ask()
        else:
            self.dismiss(None if name == "close" else name)


def _lines(rows: Iterable[Property], width: int) -> Iterable[tuple[str, Style]]:
    """Each fact in one line, or in several where it is long; a heading before each group."""
    rows = list(rows)
    names = max((cell_width(screen_text(row.name)) for row in rows), default=0)
    names = min(names, width // 3)
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            yield f" {group}", _HEADING
        name, value = screen_text(row.name), screen_text(row.value)
        room = max(8, width - names - 2 - _INDENT)
        pieces = [value[start : start + room] for start in range(0, len(value), room)] or [""]
        yield f"{' ' * _INDENT}{name.ljust(names)} {pieces[0]}", _PLAIN
        for piece in pieces[1:]:
            yield f"{' ' * (_INDENT + names + 1)}{piece}", _PLAIN
