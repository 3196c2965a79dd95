"""What can be done in the panes: each action by its name, with the function that does it."""

from __future__ import annotations

from tfm.ui.actions.action import Action, Area, Command
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.actions.table import ACTIONS, command_of

__all__ = ["ACTIONS", "Action", "Area", "Command", "PanesScreen", "command_of"]
