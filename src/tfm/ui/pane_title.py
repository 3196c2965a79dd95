"""The line above a pane's rows: where it is, under which profile, and how old that is, or what is free on the disk."""

from __future__ import annotations

import threading
from typing import Final

from textual import events
from textual.message import Message

from tfm.core.capability import Capability
from tfm.core.location import Location
from tfm.operations.disk_facts import DiskFacts, disk_facts
from tfm.storage.session import Session
from tfm.ui.format import format_age, format_size
from tfm.ui.line import Line
from tfm.ui.places import parent_location
from tfm.ui.update_box import UpdateBox

__all__ = ["PaneTitle"]

_ASK_SECONDS: Final = 30.0
"""How long what a disk said of itself is shown before it is asked again."""


class PaneTitle(Line):
    """Says of a disk which file system it is and what is free there, asked in a thread; the age until that is known,
    and of everything else. A click on the name of a directory is a wish to go there."""

    class Chosen(Message):
        """The name of a directory above was clicked."""

        def __init__(self, directory: Location) -> None:
            super().__init__()
            self.directory = directory

    def __init__(self, session: Session) -> None:
        super().__init__(keep_end=True, classes="pane--title")
        self._session = session
        self._box: UpdateBox[tuple[Location, DiskFacts]] = UpdateBox(self)
        self._location: Location | None = None
        self._title = ""
        self._age_seconds: float | None = None
        self._disk: DiskFacts | None = None
        self._asked_at: float | None = None
        self._asking = False

    def tell(self, location: Location, title: str, age_seconds: float | None) -> None:
        """Be at ``location``, under that title; the age is None where nothing of it is listed yet."""
        if location != self._location:
            self._disk, self._asked_at, self._asking = None, None, False
        self._location, self._title, self._age_seconds = location, title, age_seconds
        if age_seconds is not None:
            self._ask_disk(location)
        self._show()

    def _show(self) -> None:
        facts = [(self._location and self._location.storage.profile) or ""]
        if self._disk is not None:
            free = self._disk.free_bytes
            facts += [self._disk.kind, "" if free is None else f"{format_size(free)} free"]
        elif self._age_seconds is not None:
            facts.append(format_age(self._age_seconds))
        self.show(f" {self._title}", " · ".join(filter(None, facts)) + " ")

    def _ask_disk(self, location: Location) -> None:
        now = self._session.clock()
        is_due = self._asked_at is None or now - self._asked_at >= _ASK_SECONDS
        # Listed, it is open: asking what it can do waits for nothing.
        if self._asking or not is_due or not self._is_disk(location):
            return
        self._asked_at, self._asking = now, True
        # A daemon: a mount whose server is dead does not hold up quitting.
        threading.Thread(target=self._ask, args=(location,), name="tfm-disk-facts", daemon=True).start()

    def _is_disk(self, location: Location) -> bool:
        return Capability.LOCAL_PATHS in self._session.storage(location.storage).capabilities

    def _ask(self, location: Location) -> None:
        self._box.put((location, disk_facts(location.key)))

    def on_click(self, event: events.Click) -> None:
        if event.button != 1 or self._location is None:
            return
        event.stop()
        directory = self._location
        for _level in range(self.slashes_from(event.x)):
            directory = parent_location(directory, lists_roots=False) or directory
        if directory != self._location:
            self.post_message(self.Chosen(directory))

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        told = self._box.take()
        if told is not None and told[0] == self._location:
            self._asking = False
            self._disk = told[1] if told[1].kind or told[1].free_bytes is not None else None
            self._show()
