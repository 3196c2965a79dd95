"""A link by which anyone reads an object for a while, for the terminal's clipboard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual.widget import Widget

from tfm.core.errors import InvalidPathError
from tfm.core.location import Location
from tfm.operations.presigned_link import expiry_seconds, presigned_link
from tfm.operations.work import WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.places import location_text
from tfm.ui.text_field import TextField
from tfm.ui.update_box import UpdateBox

__all__ = ["LinkDialog"]


class LinkDialog(Dialog[None]):
    """The link is shown here and nowhere else: who has it may read."""

    BUTTONS = (("make", "Make and copy"), ("close", "Close"))
    DEFAULT_CSS = """
    LinkDialog > #box { width: 100%; max-width: 110; }
    LinkDialog #link { margin-bottom: 1; max-height: 10; }
    LinkDialog #said { margin-bottom: 1; }
    """

    def __init__(self, session: Session, location: Location) -> None:
        super().__init__("Link")
        self._session = session
        self._location = location
        self._box: UpdateBox[WorkUpdate[str]] = UpdateBox(self)
        self.field: Final = TextField("1h", id="expiry")
        self.link: Final = DialogText(id="link")
        self.said: Final = DialogText(id="said")

    def compose_middle(self) -> Iterable[Widget]:
        yield FieldRow("Good for:", self.field)
        yield self.link
        yield self.said

    def on_mount(self) -> None:
        self.body.show(location_text(self._location))
        self.said.show("Seconds, or 15m, 1h, 7d. Who has the link may read, and nobody can take it back before.")
        self.show_buttons("make", "close")
        self.set_focus(self.field)

    def pressed(self, name: str) -> None:
        if name == "close":
            self.leave()
            return
        try:
            seconds = expiry_seconds(self.field.value)
        except InvalidPathError as error:
            self.error_block.show(error)
            return
        self.error_block.show(None)
        session, location = self._session, self._location
        # In a thread, though nothing is asked: credentials may have to be fetched first.
        begin_work(
            "a link",
            lambda _tell, _cancel: presigned_link(session, location, expires_seconds=seconds),
            self._box.put,
        )

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take()
        if update is None or update.state is WorkState.RUNNING or self.app.screen is not self:
            return
        self.error_block.show(update.error, otherwise="Leave with Esc.")
        self.link.show(update.result or "")
        if update.result is not None:
            self.app.copy_to_clipboard(update.result)
            self.said.show("Given to the terminal's clipboard. Nobody has looked whether the object is there.")
