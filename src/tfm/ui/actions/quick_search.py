"""Typing to search: the cursor goes to the first name that begins with what is typed, or else that holds it."""

from __future__ import annotations

from functools import partial

from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.actions.typed_line import TypedLine
from tfm.ui.pane import Pane

__all__ = ["QuickSearch", "find_again"]

_NEXT_KEY = "ctrl+s"


class QuickSearch(TypedLine):
    """``ends_at_enter``: Enter only ends it, as in vim and yazi; else it enters what was found, as elsewhere."""

    def __init__(self, screen: PanesScreen, *, ends_at_enter: bool) -> None:
        super().__init__(screen)
        self._ends_at_enter = ends_at_enter
        self._found = True

    def shown(self) -> str:
        hint = "Ctrl-S next, Esc ends" if self._found else "no name holds this"
        return f"find: {self.text}▏  {hint}"

    def takes(self, character: str) -> bool:
        # A blank that no name has here is the key that selects.
        return character != " " or self.pane.awaits_rows or self.pane.list.find(f"{self.text} ", begins=True)

    def type(self, character: str) -> None:
        """As if it were typed here, where it began."""
        self.text += character
        self.begin()
        self.changed()

    def changed(self) -> None:
        self.pane.sought = self.text
        self.pane.when_shown(partial(self._find, self.text))

    def _find(self, text: str) -> None:
        self._found = not text or self.pane.list.find(text, begins=True)
        if self.text and self.is_open:  # what was typed ahead may have ended it
            self.pane.show_typing(self.shown())

    def took_key(self, key: str) -> bool:
        if key != _NEXT_KEY:
            return False
        find_again(self.pane)
        return True

    def taken(self) -> bool:
        return self._ends_at_enter


def find_again(pane: Pane, *, backward: bool = False) -> bool:
    """The next name that holds what was sought last; False where none does."""
    return bool(pane.sought) and pane.list.find(pane.sought, step=-1 if backward else 1)
