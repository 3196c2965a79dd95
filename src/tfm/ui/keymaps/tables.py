"""The keymap for reading: the help, the function-key bar, the documentation."""

from __future__ import annotations

from typing import Final

from tfm.ui.actions.action import Action, Area
from tfm.ui.actions.table import ACTIONS
from tfm.ui.keymaps.key_names import shown_keys
from tfm.ui.keymaps.keymap import Keymap

__all__ = ["function_key_bar", "function_keys", "key_help", "keys_text"]

_KEY_CELLS: Final = 22


def keys_text(keymap: Keymap, action: Action, *, between: str = ", ") -> str:
    """``F2, Ctrl-R``; empty where nothing is bound to it."""
    return between.join(map(shown_keys, keymap.keys_of(action.name)))


def function_keys(keymap: Keymap) -> list[tuple[int, Action]]:
    """The function keys from 1 to 10 whose actions have a word for the bar."""
    found = []
    for number in range(1, 11):
        command = keymap.commands.get((f"f{number}",))
        if command is not None and command.action.label:
            found.append((number, command.action))
    return found


def function_key_bar(keymap: Keymap) -> str:
    """``1 Help 2 Refresh …``"""
    return " ".join(f"{number} {action.label}" for number, action in function_keys(keymap))


def key_help(keymap: Keymap) -> list[str]:
    """Every action by its area, with its keys; those without a key are in the palette."""
    lines = []
    for area in Area:
        actions = [action for action in ACTIONS if action.area is area]
        if actions:
            lines += [
                str(area),
                *(f"  {keys_text(keymap, action):<{_KEY_CELLS}} {action.help}" for action in actions),
                "",
            ]
    return lines
