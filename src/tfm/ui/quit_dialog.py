"""Quitting while something runs that should not be cut off unawares."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from tfm.operations.work import RunningWork
from tfm.ui.dialog import Dialog

if TYPE_CHECKING:
    from tfm.operations.jobs import JobQueue
    from tfm.operations.queued_job import QueuedJob

__all__ = ["QuitDialog"]

_PATIENCE_SECONDS: Final = 1.0
"""How long quitting waits for a request under way: a silent server must not hold it up. What a copy has not written
down by then, it does again when it is resumed."""

_LOOK_AGAIN_SECONDS: Final = 0.05


class QuitDialog(Dialog[None]):
    """Asks, stops what runs, and ends the program when that has stopped, or a second later. What ends by itself while
    it is asked about is not asked about any more; whoever has not answered yet still does."""

    BUTTONS = (("quit", "Stop it and quit"), ("stay", "Stay"))

    def __init__(self, works: RunningWork, queue: JobQueue | None) -> None:
        super().__init__("Quit")
        self._works = works
        self._queue = queue
        self._quits_at = 0.0

    def on_mount(self) -> None:
        self._ask()
        self.show_buttons("quit", "stay", focus="stay")
        self.set_interval(_LOOK_AGAIN_SECONDS, self._look)

    def pressed(self, name: str) -> None:
        if name == "stay":
            self.leave()
        elif not self._quits_at:
            self._quits_at = time.monotonic() + _PATIENCE_SECONDS
            self._works.stop()
            if self._queue is not None:
                self._queue.stop()
            self.body.show("Stopping…")

    def _look(self) -> None:
        if not self._quits_at:
            self._ask()
        elif not self._runs() or time.monotonic() >= self._quits_at:
            self.app.exit(0)

    def _ask(self) -> None:
        self.body.show(*(self._texts() if self._runs() else ["Nothing is running any more. Quit?"]))

    def _runs(self) -> bool:
        return bool(self._works.running() or self._jobs())

    def _texts(self) -> list[str]:
        jobs = self._jobs()
        titles = [*(work.title for work in self._works.running()), *(f"“{job.title}”" for job in jobs)]
        be, them = ("is", "it") if len(titles) == 1 else ("are", "them")
        said = " and ".join(titles)
        lines = [f"{said[:1].upper()}{said[1:]} {be} running. Stop {them} and quit?"]
        if jobs and self._queue is not None and self._queue.journal_error is None:
            lines.append("At the next start it is offered to go on with copies and moves where they were.")
        return lines

    def _jobs(self) -> list[QueuedJob]:
        return [] if self._queue is None else self._queue.active()
