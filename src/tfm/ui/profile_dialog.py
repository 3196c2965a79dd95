"""Under which profile a place is looked at."""

from __future__ import annotations

from tfm.core.location import StorageAddress
from tfm.core.progress import Cancel
from tfm.operations.profiles import ProfileChoice, profiles_of
from tfm.operations.work import WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.chooser import Chooser
from tfm.ui.row_list import Row
from tfm.ui.update_box import UpdateBox

__all__ = ["ProfileDialog"]


class ProfileDialog(Chooser[StorageAddress]):
    """The result is the same storage under the profile that was chosen. They are read in a thread."""

    def __init__(self, session: Session, address: StorageAddress) -> None:
        super().__init__("Profile", word="Profile:", notice="reading…")
        self._session = session
        self._address = address
        self._box: UpdateBox[WorkUpdate[list[ProfileChoice]]] = UpdateBox(self)

    def on_mount(self) -> None:
        def look(_tell: object, _cancel: Cancel) -> list[ProfileChoice]:
            return profiles_of(self._session, self._address)

        begin_work("profiles", look, self._box.put)

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        update = self._box.take()
        if update is None:
            return
        self.error_block.show(update.error)
        if update.result is not None:
            rows = [self._row(choice) for choice in update.result]
            self.show_rows(rows, notice="This storage knows no other profiles.")

    def _row(self, choice: ProfileChoice) -> Row[StorageAddress]:
        name = choice.address.profile or "default"
        now = "now" if choice.address == self._address else ""
        note = "" if choice.note in {"buckets", f"profile {name}"} else choice.note
        return Row(name, now or note, choice.address)
