"""The keys of the panes: what each means, read where they arrive, one after the other."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from textual import events
from textual.screen import Screen
from textual.timer import Timer

from tfm.ui.actions import Command
from tfm.ui.actions.panes_screen import KeyCapture
from tfm.ui.keymaps import Keymap, KeyReader
from tfm.ui.keymaps.key_names import KeySequence, key_of_event
from tfm.ui.keymaps.reader import ESCAPE_SECONDS

__all__ = ["PaneKeys"]


class PaneKeys:
    """``do`` does what they mean; ``hint`` is told what is typed of a longer sequence, and what may follow."""

    def __init__(
        self,
        screen: Screen[Any],  # any result: only its timers are used
        keymap: Keymap,
        do: Callable[[Command], Awaitable[None]],
        hint: Callable[[KeySequence, Sequence[tuple[str, str]]], None],
    ) -> None:
        self._screen = screen
        self._reader = KeyReader(keymap, time.monotonic)
        self._do = do
        self._hint = hint
        self._capture: KeyCapture | None = None
        self._escape_timer: Timer | None = None

    @property
    def keymap(self) -> Keymap:
        return self._reader.keymap

    def use(self, keymap: Keymap) -> None:
        """From now on this one."""
        self._reader.use(keymap)

    def capture(self, capture: KeyCapture | None) -> None:
        """Let ``capture`` have the keys first, until None is given."""
        self._capture = capture

    async def take(self, event: events.Key) -> bool:
        """Do what the key means; False where it means nothing."""
        self._forget_escape()
        if self._capture is not None and self._capture(event):
            self._reader.forget()
            return True
        reading = self._reader.read(key_of_event(event))
        self._hint(reading.pending, reading.hints)
        if reading.awaits_digit:
            self._escape_timer = self._screen.set_timer(ESCAPE_SECONDS, partial(self._escape_alone, reading.command))
        elif reading.command is not None:
            await self._do(reading.command)
        return reading.command is not None or bool(reading.pending)

    async def _escape_alone(self, command: Command | None) -> None:
        self._forget_escape()
        if command is not None:
            await self._do(command)

    def _forget_escape(self) -> None:
        if self._escape_timer is not None:
            self._escape_timer.stop()
            self._escape_timer = None
