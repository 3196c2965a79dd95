"""Which colours there are, each shown while the cursor is on it."""

from __future__ import annotations

from typing import Any, Final

from textual.app import App

from tfm.ui.chooser import Chooser
from tfm.ui.row_list import Row
from tfm.ui.themes import theme_names, theme_now, use_theme

__all__ = ["ThemeDialog"]


class ThemeDialog(Chooser[str]):
    """The result is the name of the theme that was chosen, by which everything is drawn already; left, all is as it
    was."""

    # Beside the rows, not over them: those are what one looks at.
    DEFAULT_CSS = "ThemeDialog { align: right middle; } ThemeDialog > #box { width: 40; }"

    def __init__(self, app: App[Any]) -> None:
        themes, names = app.available_themes, theme_names(app)
        rows = [Row(name, "its own colours", name) for name in names[:1]]
        rows += [Row(name, "dark" if themes[name].dark else "light", name) for name in names[1:]]
        self._before: Final = theme_now(app)
        self._shown = self._before
        super().__init__("Colours", rows, position=names.index(self._before))

    def row_changed(self) -> None:
        row = self.list.row
        if row is not None and row.value is not None:
            self._draw_by(row.value)

    def leave(self) -> None:
        self._draw_by(self._before)
        super().leave()

    def pressed(self, name: str) -> None:
        row = self.list.row
        if name == "choose" and row is not None and row.value is not None:
            self._draw_by(row.value)  # clicked, without the cursor on it before
        super().pressed(name)

    def _draw_by(self, name: str) -> None:
        if name != self._shown:
            self._shown = name
            use_theme(self.app, name)
