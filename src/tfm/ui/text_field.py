"""One line to type in. What is typed or pasted is kept exactly and shown harmlessly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.actions import parse
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tfm.ui.sanitise import cell_width, fit, fit_right, screen_text
from tfm.ui.screen_keys import FIELD_KEYS
from tfm.ui.typed_before import TypedBefore

__all__ = ["TextField"]

_LINE: Final = Style(underline=True)
_CURSOR: Final = Style(reverse=True)

_ACTIONS: Final = {key: entry.action for entry in FIELD_KEYS for key in entry.keys}

_LEAST_CELLS_AFTER: Final = 8
"""So much of what is behind the cursor stays in sight when the text is longer than its line."""


class TextField(Widget, can_focus=True):
    """``value`` is what was typed, ``before`` what was typed there earlier, the newest first. Textual's own Input would
    draw a pasted escape sequence as it is."""

    DEFAULT_CSS = "TextField { height: 1; width: 1fr; }"

    class Edited(Message):
        """The value is another one."""

    def __init__(
        self,
        value: str = "",
        *,
        before: Sequence[str] = (),
        id: str | None = None,  # noqa: A002 - Textual's own word
    ) -> None:
        super().__init__(id=id)
        self._before = TypedBefore(before)
        self.value = value
        self._cursor = len(value)

    def clear_value(self) -> None:
        self._replace(0, len(self.value), "")

    # Editing

    def on_key(self, event: events.Key) -> None:
        # Not by Textual's bindings: those would overtake the characters that are typed already.
        if self.type_key(event):
            event.stop()
            event.prevent_default()

    def type_key(self, event: events.Key) -> bool:
        """Edit by that key; whether it means something in a line of text."""
        action = _ACTIONS.get(event.key)
        if action is not None:
            _namespace, name, arguments = parse(action)
            getattr(self, f"action_{name}")(*arguments)
        elif event.is_printable and event.character is not None:
            self._replace(self._cursor, self._cursor, event.character)
        else:
            return False
        return True

    def set_value(self, value: str) -> None:
        """Let this be the text, with the cursor at its end."""
        self._replace(0, len(self.value), value)

    def on_click(self, event: events.Click) -> None:
        """The cursor stands where it was clicked."""
        event.stop()
        before, here, after = self._shown()
        room = max(0, self.size.width - cell_width(here))
        hidden = cell_width(before) - min(cell_width(before), max(0, room - min(cell_width(after), _LEAST_CELLS_AFTER)))
        position, cells = 0, -hidden
        while position < len(self.value):
            cells += cell_width(screen_text(self.value[position]))
            if cells > event.x:
                break
            position += 1
        self._move_to(position)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._replace(self._cursor, self._cursor, event.text.partition("\n")[0].removesuffix("\r"))

    def action_recall(self, lines: int) -> None:
        recalled = self._before.step(lines, self.value)
        if recalled != self.value:
            self.set_value(recalled)

    def action_move(self, characters: int) -> None:
        self._move_to(self._cursor + characters)

    def action_move_first(self) -> None:
        self._move_to(0)

    def action_move_last(self) -> None:
        self._move_to(len(self.value))

    def action_delete_before(self) -> None:
        self._replace(max(0, self._cursor - 1), self._cursor, "")

    def action_delete_after(self) -> None:
        self._replace(self._cursor, self._cursor + 1, "")

    def action_clear(self) -> None:
        self.clear_value()

    def _move_to(self, cursor: int) -> None:
        self._cursor = max(0, min(len(self.value), cursor))
        self.refresh()

    def _replace(self, start: int, end: int, text: str) -> None:
        self.value = self.value[:start] + text + self.value[end:]
        self._move_to(start + len(text))
        self.post_message(self.Edited())

    # Drawing

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one row
        width = self.size.width
        before, here, after = self._shown()
        room = max(0, width - cell_width(here))
        cells_before = min(cell_width(before), max(0, room - min(cell_width(after), _LEAST_CELLS_AFTER)))
        segments = [
            Segment(fit_right(before, cells_before), _LINE),
            Segment(here, _LINE + _CURSOR if self.has_focus else _LINE),
            Segment(fit(after, room - cells_before), _LINE),
        ]
        return Strip(segments, width).crop(0, width)

    def _shown(self) -> tuple[str, str, str]:
        """The text before the cursor, the character it stands on, and the text behind that, as they may be drawn."""
        before, rest = self.value[: self._cursor], self.value[self._cursor :]
        return screen_text(before), screen_text(rest[:1]) or " ", screen_text(rest[1:])
