"""A line typed below the rows of a pane, over the keymap: to search, to filter, to select by a pattern."""

from __future__ import annotations

from textual import events

from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.pane import Pane

__all__ = ["TypedLine"]


class TypedLine:
    """Has the keys until Esc, Enter or any key that types nothing; that one then means what it always does.

    What it is for says a subclass: :meth:`changed` after each character, :meth:`taken` at Enter, :meth:`given_up` at
    Esc, and :meth:`shown` is what the pane says meanwhile.
    """

    def __init__(self, screen: PanesScreen, text: str = "") -> None:
        self.screen = screen
        self.pane: Pane = screen.pane
        self.text = text
        self.is_open = False

    def begin(self) -> None:
        """Take the keys from now on."""
        self.is_open = True
        self.screen.capture_keys(self._take)
        self.pane.show_typing(self.shown())

    def _take(self, event: events.Key) -> bool:
        if self.screen.pane is not self.pane:
            self.end()  # the mouse went to the other pane
            return False
        if event.key == "escape":
            self.end()
            self.given_up()
            return True
        if event.key == "enter":
            return self._enter()
        if self.took_key(event.key):
            pass
        elif event.key == "backspace" and self.text:
            self._change(self.text[:-1])
        elif event.character is not None and event.is_printable and self.takes(event.character):
            self._change(self.text + event.character)
        else:
            self.end()
            return False
        self.pane.show_typing(self.shown())
        return True

    def _enter(self) -> bool:
        self.end()
        return self.taken()

    def _change(self, text: str) -> None:
        self.text = text
        self.changed()

    def end(self) -> None:
        """Give the keys back."""
        self.is_open = False
        self.screen.capture_keys(None)
        self.pane.show_typing("")

    # For subclasses

    def shown(self) -> str:
        """The line as it is now."""
        raise NotImplementedError

    def changed(self) -> None:
        """The text is another."""

    def taken(self) -> bool:
        """Enter was pressed; False lets it mean what it always does as well."""
        return True

    def given_up(self) -> None:
        """Esc was pressed."""

    def took_key(self, key: str) -> bool:  # noqa: ARG002 - for who has keys of its own
        """Whether that key had a meaning of its own here."""
        return False

    def takes(self, character: str) -> bool:  # noqa: ARG002 - most take any
        """Whether that character is typed here."""
        return True
