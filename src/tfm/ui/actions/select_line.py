"""``+`` and ``-``: a pattern is typed, and the files whose names fit it are selected, or deselected."""

from __future__ import annotations

from collections.abc import Callable

from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.actions.typed_line import TypedLine

__all__ = ["SelectLine"]


class SelectLine(TypedLine):
    """``use`` gets the pattern, ``*`` where nothing was typed."""

    def __init__(self, screen: PanesScreen, word: str, use: Callable[[str], None]) -> None:
        super().__init__(screen)
        self._word = word
        self._use = use

    def shown(self) -> str:
        return f"{self._word}: {self.text or '*'}▏  as in *.csv; a slash at the end: directories. Enter, Esc"

    def taken(self) -> bool:
        self._use(self.text or "*")
        return True
