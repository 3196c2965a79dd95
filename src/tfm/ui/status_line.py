"""The line below the panes: what was said, how far a copy is, or the keys that are typed of something longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.strip import Strip

from tfm.ui.keymaps.key_names import KeySequence, shown_keys
from tfm.ui.line import Line
from tfm.ui.line_text import said_text
from tfm.ui.sanitise import cell_width, fit, screen_text

if TYPE_CHECKING:
    from tfm.ui.key_hints import KeyHints

__all__ = ["StatusLine"]


class StatusLine(Line):
    """``more`` stands behind what is cut, and says where all of it is."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.more = ""
        self._rights: Sequence[str] = ()
        self._keys = ""
        self._hints: KeyHints | None = None

    @property
    def text(self) -> str:
        return self._keys.strip() or super().text

    def show(self, left: str, right: str = "") -> None:
        self._rights = ()
        super().show(left, right)

    def say(self, said: str, *rights: str) -> None:
        """Show all of ``said`` with the first of ``rights`` for which there is room; where there is none for all of it,
        it ends in an ellipsis and :attr:`more`."""
        if (said, rights) != (self._left, self._rights):
            self._left, self._right, self._rights = said, rights[0], rights
            self.refresh()

    def show_keys(self, pending: KeySequence, hints: Sequence[tuple[str, str]]) -> None:
        """Those keys are the beginning of something: say what may come next, above the line if there is much of it.
        Without any, show again what was shown before."""
        text = f" {shown_keys(pending)} …  " + "  ".join(f"{key}: {what}" for key, what in hints) if pending else ""
        above: Sequence[tuple[str, str]] = ()
        if cell_width(screen_text(text)) > self.size.width:
            text, above = f" {shown_keys(pending)} …  Esc ends it.", hints
        if text == self._keys:
            return
        self._keys = text
        self.refresh()
        if self._hints is None and above:
            from tfm.ui.key_hints import KeyHints

            self._hints = KeyHints()
            self.screen.mount(self._hints)
        if self._hints is not None:
            self._hints.show(above)

    def render_line(self, y: int) -> Strip:
        if self._keys:
            return self._strip(fit(self._keys, self.size.width))
        if self._rights:
            return self._strip(said_text(self._left, self._rights, self.size.width, more=self.more))
        return super().render_line(y)
