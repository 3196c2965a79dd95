"""Quitting while something runs that should not be cut off unawares."""

from __future__ import annotations

import time
from typing import Final

from tfm.operations.work import RunningWork
from tfm.ui.dialog import Dialog

__all__ = ["QuitDialog"]

_PATIENCE_SECONDS: Final = 1.0
"""How long quitting waits for a request under way: a silent server must not hold it up."""

_LOOK_AGAIN_SECONDS: Final = 0.05


class QuitDialog(Dialog[None]):
    """Asks, stops what runs, and ends the program when that has stopped, or a second later."""

    BUTTONS = (("quit", "Stop it and quit"), ("stay", "Stay"))

    def __init__(self, works: RunningWork) -> None:
        super().__init__("Quit")
        self._works = works
        self._quits_at = 0.0

    def on_mount(self) -> None:
        titles = [work.title for work in self._works.running()]
        self.body.show(f"{' and '.join(titles).capitalize()} is running. Stop it and quit?")
        self.show_buttons("quit", "stay", focus="stay")

    def pressed(self, name: str) -> None:
        if name == "stay":
            self.leave()
        elif not self._quits_at:
            self._quits_at = time.monotonic() + _PATIENCE_SECONDS
            self._works.stop()
            self.body.show("Stopping…")
            self.set_interval(_LOOK_AGAIN_SECONDS, self._quit_when_stopped)

    def _quit_when_stopped(self) -> None:
        if not self._works.running() or time.monotonic() >= self._quits_at:
            self.app.exit(0)
