"""The last line: what the function keys do. Each is a button for the mouse, too."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tfm.ui.key_bar_text import key_bar_parts
from tfm.ui.keymaps import Keymap
from tfm.ui.keymaps.key_names import shown_keys
from tfm.ui.keymaps.tables import function_keys
from tfm.ui.sanitise import cell_width, fit

__all__ = ["FunctionKeys"]

_NUMBER = Style()
_WORD = Style(reverse=True)


class FunctionKeys(Widget):
    """Made from the keymap, so that it cannot be wrong."""

    DEFAULT_CSS = "FunctionKeys { height: 1; width: 1fr; }"

    class Pressed(Message):
        """A word was clicked; ``action`` is the action's name."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap

    def show(self, keymap: Keymap) -> None:
        """From now on that one's."""
        self._keymap = keymap
        self.refresh()

    @property
    def text(self) -> str:
        """What is shown, without the blanks between."""
        return " ".join(f"{number}{word}".strip() for number, word, _action in self._parts())

    def _parts(self) -> list[tuple[str, str, str]]:
        keys = function_keys(self._keymap)
        palette = self._keymap.keys_of("palette")
        words = [(str(number), action.label) for number, action in keys]
        parts = key_bar_parts(words, shown_keys(palette[0]) if palette else "", self.size.width)
        actions = [*(action.name for _, action in keys), *(["palette"] if palette else [])]
        return [(before, word, action) for (before, word), action in zip(parts, actions, strict=True)]

    def on_click(self, event: events.Click) -> None:
        event.stop()
        x = 1
        for number, word, action in self._parts():
            end = x + cell_width(number) + cell_width(word)
            if x <= event.x < end:
                self.post_message(self.Pressed(action))
            x = end + 1

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one row
        width = self.size.width
        segments = [Segment(" ")]
        for number, word, _action in self._parts():
            segments += [Segment(number, _NUMBER), Segment(word, _WORD), Segment(" ")]
        used = sum(cell_width(segment.text) for segment in segments)
        return Strip([*segments, Segment(fit("", max(0, width - used)))]).crop(0, width)
