"""The filter: as one types, only the rows are shown whose names fit."""

from __future__ import annotations

from typing import Final

from tfm.operations.row_view import Filter, FilterKind
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.actions.typed_line import TypedLine

__all__ = ["FilterLine"]

_KINDS: Final = tuple(FilterKind)


class FilterLine(TypedLine):
    """Begins with the filter there is."""

    def __init__(self, screen: PanesScreen) -> None:
        now = screen.pane.view.filter
        super().__init__(screen, "" if now is None else now.text)
        self._kind = FilterKind.TEXT if now is None else now.kind

    def shown(self) -> str:
        return f"filter ({self._kind}): {self.text}▏  Tab: {self._next_kind()}, Enter keeps it, Esc shows all"

    def _next_kind(self) -> FilterKind:
        return _KINDS[(_KINDS.index(self._kind) + 1) % len(_KINDS)]

    def took_key(self, key: str) -> bool:
        if key != "tab":
            return False
        self._kind = self._next_kind()
        self.changed()
        return True

    def changed(self) -> None:
        self._use(Filter(self.text, self._kind) if self.text else None)

    def given_up(self) -> None:
        self._use(None)

    def _use(self, wanted: Filter | None) -> None:
        if wanted != self.pane.view.filter:
            self.pane.use_view(self.pane.view._replace(filter=wanted))
