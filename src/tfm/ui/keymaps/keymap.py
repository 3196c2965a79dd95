"""A keymap: which keys, one after the other, are bound to which command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from tfm.core.errors import SettingsError
from tfm.core.settings import Settings
from tfm.ui.actions.action import Command
from tfm.ui.actions.table import command_of
from tfm.ui.keymaps.key_names import KeySequence, parse_keys, shown_keys
from tfm.ui.keymaps.orthodox import EVERYWHERE, ORTHODOX
from tfm.ui.keymaps.vim import VIM

__all__ = ["KEYMAP_NAMES", "Keymap", "keymap_of"]

KEYMAP_NAMES: Final = ("orthodox", "vim")

_TABLES: Final[Mapping[str, Mapping[str, str]]] = {"orthodox": ORTHODOX, "vim": VIM}

_TYPING: Final = {"orthodox": "find", "vim": ""}
"""The action that gets characters which nothing is bound to."""


class Keymap(NamedTuple):
    """``typing``: what a character does that nothing is bound to, with that character as its argument."""

    name: str
    commands: Mapping[KeySequence, Command]
    typing: str = ""

    def keys_of(self, action: str) -> list[KeySequence]:
        """What the action of that name is bound to, whatever its argument, in the order of the tables."""
        return [keys for keys, command in self.commands.items() if command.action.name == action]

    def beginning_with(self, keys: KeySequence) -> dict[KeySequence, Command]:
        """The longer bindings that these keys begin."""
        count = len(keys)
        return {bound: command for bound, command in self.commands.items() if bound[:count] == keys and bound != keys}


def keymap_of(name: str, settings: Settings, complain: Callable[[str], None]) -> Keymap:
    """The keymap of that name, with the user's own keys over it. ``complain`` hears, in a line that names the file and
    the line in it, of each of those that cannot be: it is left out."""
    texts = dict(EVERYWHERE) | dict(_TABLES[name])
    commands = {parse_keys(keys): command_of(text) for keys, text in texts.items()}
    for row, text in settings.keys:
        try:
            _bind(commands, parse_keys(row), text)
        except SettingsError as error:
            complain(f"{settings.origin('KEYS', row)}: KEYS[{row!r}]: {error}")
    return Keymap(name, commands, _TYPING[name])


def _bind(commands: dict[KeySequence, Command], keys: KeySequence, text: str) -> None:
    if keys == ("escape",):
        raise SettingsError("Esc stops what runs and begins the function keys' twins; it stays as it is.")
    if not text.strip():
        if commands.pop(keys, None) is None:
            raise SettingsError(f"nothing is bound to {shown_keys(keys)}.")
        return
    command = command_of(text)
    # The user's own wins over what it begins, or what begins it: those could not be pressed any more.
    for bound in [bound for bound in commands if bound[: len(keys)] == keys or keys[: len(bound)] == bound]:
        del commands[bound]
    commands[keys] = command
