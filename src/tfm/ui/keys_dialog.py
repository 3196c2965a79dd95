"""The keys of what is shown, over it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.containers import VerticalScroll
from textual.widget import Widget

from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.screen_keys import KeyBinding, help_lines

__all__ = ["KeysDialog"]


class KeysDialog(Dialog[None]):
    """``table`` is what the keys are bound by."""

    BUTTONS = (("close", "Close"),)
    DEFAULT_CSS = """
    KeysDialog > #box { width: 78; }
    KeysDialog #text { display: none; }
    KeysDialog VerticalScroll { height: auto; max-height: 17; margin-bottom: 1; }
    """

    def __init__(self, title: str, table: Sequence[KeyBinding]) -> None:
        super().__init__(title)
        self.keys = DialogText()
        self._lines = help_lines("", table)[1:-1]

    def compose_middle(self) -> Iterable[Widget]:
        yield VerticalScroll(self.keys)

    def on_mount(self) -> None:
        self.keys.show(*self._lines)
        self.show_buttons("close", focus="close")

    def pressed(self, name: str) -> None:  # noqa: ARG002 - there is one button
        self.leave()
