"""Ctrl-P: every action by its name."""

from __future__ import annotations

from tfm.ui.actions.table import ACTIONS
from tfm.ui.chooser import Chooser
from tfm.ui.keymaps import Keymap, keys_text
from tfm.ui.row_list import Row

__all__ = ["Palette"]


class Palette(Chooser[str]):
    """The result is the name of the action. The user's own keys with an argument are rows of their own."""

    def __init__(self, keymap: Keymap) -> None:
        rows = [Row(f"{action.help}  ({action.name})", keys_text(keymap, action), action.name) for action in ACTIONS]
        own = [command for command in keymap.commands.values() if command.argument]
        rows += [Row(command.help, "", f"{command.action.name} {command.argument}") for command in own]
        super().__init__("Actions", rows, button="Do it")
