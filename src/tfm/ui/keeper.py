"""What is kept between starts, as the panes see it: they read it at once, and it is written without their waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from tfm.core.location import Location
from tfm.operations.kept_state import (
    Bookmarks,
    KeptPane,
    KeptState,
    Recent,
    StateFile,
    Typed,
    with_recent,
    with_typed,
)

__all__ = ["Keeper"]

_PAUSE_SECONDS: Final = 1.0
"""Before a write, so that walking through ten directories is one."""

_END_SECONDS: Final = 2.0
"""How long quitting waits for the last write: a home directory on a dead server holds up nobody for longer."""


class Keeper:
    """One thread's: the screen's. ``file`` None: nothing is kept; what is set is there until the program ends."""

    def __init__(
        self,
        file: StateFile | None = None,
        state: KeptState | None = None,
        *,
        is_first: bool = False,
        clock: Callable[[], float] = time.time,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        """``state`` is what was read from ``file``; ``is_first``: there was none. ``clock`` gives POSIX time."""
        self.is_first: Final = is_first
        self._file = file
        self._state = KeptState() if state is None else state
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._unwritten = False
        self._has_ended = threading.Event()
        self._has_failed = False
        self._complain: Callable[[str], None] | None = None
        self._for_now: Typed = {}

    @property
    def state(self) -> KeptState:
        """As it would be written now."""
        return self._state

    @property
    def recent(self) -> Sequence[Recent]:
        """Where somebody was, in this run or an earlier one, the newest first."""
        return self._state.recent

    @property
    def bookmarks(self) -> Bookmarks:
        return self._state.bookmarks

    def set_bookmark(self, name: str, location: Location | None) -> None:
        """Let ``name`` mean that directory; with None, nothing any more."""
        bookmarks = {each: place for each, place in self._state.bookmarks.items() if each != name}
        self._set(replace(self._state, bookmarks=bookmarks if location is None else bookmarks | {name: location}))

    def went(self, location: Location) -> None:
        """Somebody is in that directory, and it is there."""
        self._set(replace(self._state, recent=with_recent(self._state.recent, location, self._clock())))

    def keep_panes(self, panes: tuple[KeptPane, ...], active_pane: int, left_percent: int) -> None:
        """That is how both panes are now."""
        self._set(replace(self._state, panes=panes, active_pane=active_pane, left_percent=left_percent))

    def keep_keymap(self, name: str) -> None:
        """That keymap was chosen."""
        self._set(replace(self._state, keymap=name))

    def typed(self, purpose: str) -> Sequence[str]:
        """The lines that were typed for that, in this run or an earlier one, the newest first."""
        return self._for_now.get(purpose) or self._state.typed.get(purpose, ())

    def keep_typed(self, purpose: str, line: str, *, for_now: bool = False) -> None:
        """Somebody typed ``line`` for that. ``for_now``: not for the next start."""
        if for_now:
            self._for_now = with_typed(self._for_now, purpose, line)
        else:
            self._set(replace(self._state, typed=with_typed(self._state.typed, purpose, line)))

    def tell_failures(self, complain: Callable[[str], None]) -> None:
        """``complain`` hears the first failure to write, in a line, in the thread that writes."""
        self._complain = complain

    def finish(self) -> None:
        """Write what is not written; waits for that a little while. The program ends, nothing is set any more."""
        self._has_ended.set()
        writer = self._writer
        if writer is not None:
            writer.join(_END_SECONDS)

    def _set(self, state: KeptState) -> None:
        if state == self._state:
            return
        with self._lock:
            self._state = state
            if self._file is None:
                return
            self._unwritten = True
            if self._writer is None:
                # A daemon: see finish.
                self._writer = threading.Thread(target=self._write, args=(self._file,), name="tfm-keep", daemon=True)
                self._writer.start()

    # What follows runs in the writer's thread.

    def _write(self, file: StateFile) -> None:
        while True:
            self._has_ended.wait(self._pause_seconds)
            with self._lock:
                if not self._unwritten:
                    self._writer = None
                    return
                self._unwritten = False
                state = self._state
            try:
                file.write(state)
            except OSError as error:
                self._tell_once(
                    f"{file.path} cannot be written ({error.strerror}): nothing is kept for the next start."
                )

    def _tell_once(self, text: str) -> None:
        if not self._has_failed and self._complain is not None:
            self._complain(text)
        self._has_failed = True
