"""Keys as they come, one after the other, until they mean something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from tfm.ui.actions.action import Argument, Command
from tfm.ui.actions.table import command_of
from tfm.ui.keymaps.key_names import KeySequence, shown_key
from tfm.ui.keymaps.keymap import Keymap

__all__ = ["ESCAPE_SECONDS", "KeyReader", "Reading"]

ESCAPE_SECONDS: Final = 0.5
"""How long after Esc a digit still counts as a function key."""


class Reading(NamedTuple):
    """What came of a key. ``command`` is to be done; ``pending`` are the keys so far of something longer; neither:
    the key means nothing here. ``awaits_digit``: it was Esc, and the next key within :data:`ESCAPE_SECONDS` decides."""

    command: Command | None = None
    pending: KeySequence = ()
    awaits_digit: bool = False
    hints: tuple[tuple[str, str], ...] = ()
    """What may come next: the key, and what it does."""


_NOTHING: Final = Reading()


class KeyReader:
    """One thread's. ``clock`` in seconds; it tells an Esc that begins a function key from one that is alone."""

    def __init__(self, keymap: Keymap, clock: Callable[[], float]) -> None:
        self.keymap = keymap
        self._clock = clock
        self._pending: KeySequence = ()
        self._argument_of: Command | None = None
        self._escape_at: float | None = None

    def use(self, keymap: Keymap) -> None:
        """From now on this one."""
        self.keymap = keymap
        self.forget()

    def forget(self) -> None:
        """What was typed so far is nothing."""
        self._pending = ()
        self._argument_of = None
        self._escape_at = None

    def read(self, key: str) -> Reading:
        """``key`` as keymaps write it."""
        since_escape = None if self._escape_at is None else self._clock() - self._escape_at
        self._escape_at = None
        if key == "escape":
            return self._read_escape()
        if since_escape is not None and since_escape < ESCAPE_SECONDS and len(key) == 1 and key in "1234567890":
            key = f"f{key}" if key != "0" else "f10"
        if self._argument_of is not None:
            command, self._argument_of = self._argument_of, None
            return Reading(Command(command.action, key))
        return self._read_next(key)

    def _read_escape(self) -> Reading:
        if self._pending or self._argument_of is not None:
            self.forget()  # it only ends what was begun
            return _NOTHING
        self._escape_at = self._clock()
        return Reading(self.keymap.commands.get(("escape",)), awaits_digit=True)

    def _read_next(self, key: str) -> Reading:
        keys = (*self._pending, key)
        self._pending = ()
        command = self.keymap.commands.get(keys)
        if command is not None:
            if command.action.argument is Argument.KEY and not command.argument:
                self._argument_of = command
                return Reading(pending=keys, hints=(("any", command.action.help),))
            return Reading(command)
        longer = self.keymap.beginning_with(keys)
        if longer:
            self._pending = keys
            return Reading(pending=keys, hints=_hints(longer, len(keys)))
        if len(keys) == 1 and len(key) == 1 and self.keymap.typing:
            return Reading(Command(command_of(self.keymap.typing).action, key))
        return _NOTHING


def _hints(longer: dict[KeySequence, Command], count: int) -> tuple[tuple[str, str], ...]:
    return tuple(
        (" ".join(map(shown_key, keys[count:])), command.argument or command.help) for keys, command in longer.items()
    )
