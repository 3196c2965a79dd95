"""``+`` and ``-``: a pattern is typed, and the files whose names fit it are selected, or deselected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.actions.typed_line import TypedLine
from tfm.ui.typed_before import TypedBefore

__all__ = ["SelectLine"]

_STEPS: Final = {"up": 1, "down": -1}


class SelectLine(TypedLine):
    """``use`` gets the pattern, ``*`` where nothing was typed."""

    def __init__(self, screen: PanesScreen, word: str, use: Callable[[str], None]) -> None:
        super().__init__(screen)
        self._word = word
        self._before = TypedBefore(screen.keeper.typed("select"))
        self._use = use

    def shown(self) -> str:
        return f"{self._word}: {self.text or '*'}▏  as in *.csv; a slash at the end: directories. Enter, Esc"

    def took_key(self, key: str) -> bool:
        if key not in _STEPS:
            return False
        self.text = self._before.step(_STEPS[key], self.text)
        return True

    def taken(self) -> bool:
        self.screen.keeper.keep_typed("select", self.text)
        self._use(self.text or "*")
        return True
