"""A question over the panes: a title, some text, what a kind of dialog has of its own, and buttons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from tfm.ui.error_block import ErrorBlock
from tfm.ui.lay_out import lay_out_again
from tfm.ui.sanitise import cell_width, screen_text
from tfm.ui.screen_keys import BUTTON_KEYS, DIALOG_KEYS, bindings

__all__ = ["Dialog", "DialogButton", "DialogText"]

Result = TypeVar("Result")

_PLAIN: Final = Style()
_DIM: Final = Style(dim=True)
_FOCUSED: Final = Style(reverse=True, bold=True)
_TOO_SMALL: Final = "Too small · Esc"
_USABLE_COLUMNS: Final = 40
_USABLE_LINES: Final = 12


class DialogText(Widget):
    """Lines of text, folded where they are too long. No room is taken while there are none."""

    DEFAULT_CSS = "DialogText { width: 1fr; height: auto; } DialogText.-empty { display: none; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.text = ""
        self.add_class("-empty")

    def show(self, *lines: str) -> None:
        """Show these lines, which may be foreign text."""
        text = "\n".join(map(screen_text, lines))
        if text != self.text:
            # The same number of lines is only painted anew: laying out the screen costs ten times as much.
            lays_out = len(text) != len(self.text) or text.count("\n") != self.text.count("\n")
            self.text = text
            self.set_class(not text, "-empty")
            lay_out_again(self) if lays_out else self.refresh()

    def render(self) -> Content:
        return Content(self.text)  # as it is: Content reads no markup


class DialogButton(Widget, can_focus=True):
    """``[ Word ]``; its ``id`` is what the dialog hears. One that is not enabled is dim and does nothing."""

    BINDINGS = bindings(BUTTON_KEYS)
    DEFAULT_CSS = "DialogButton { height: 1; width: auto; margin: 0 2; }"

    class Pressed(Message):
        """The button was clicked, or chosen by a key of its own."""

        def __init__(self, button: DialogButton) -> None:
            super().__init__()
            self.button = button

    def __init__(self, word: str, *, id: str) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._label = f"[ {word} ]"
        self.enabled = True

    def enable(self, *, enabled: bool) -> None:
        if enabled != self.enabled:
            self.enabled = enabled
            self.refresh()

    def get_content_width(self, *_: object) -> int:
        return cell_width(self._label)

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one row
        style = _FOCUSED if self.has_focus else _PLAIN
        return Strip([Segment(self._label, style if self.enabled else style + _DIM)], cell_width(self._label))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_press()

    def action_press(self) -> None:
        self.post_message(self.Pressed(self))

    def action_move_focus(self, step: int) -> None:
        self.screen.focus_next(DialogButton) if step > 0 else self.screen.focus_previous(DialogButton)


class Dialog(ModalScreen[Result]):
    """What all dialogs share. A kind of dialog says its :attr:`BUTTONS` (id and word; or each has ``buttons`` of
    its own), what stands between text and buttons, and what a button means. ``title`` is not foreign text."""

    BINDINGS = bindings(DIALOG_KEYS)
    AUTO_FOCUS = ""  # each says itself what Enter means, or that it means nothing
    DEFAULT_CSS = """
    Dialog { align: center middle; background: transparent; }
    Dialog > #box {
        width: 68; max-width: 100%; height: auto; max-height: 100%;
        border: round ansi_default; border-title-style: bold; padding: 0 1; background: ansi_default;
    }
    Dialog #text { margin-bottom: 1; }
    Dialog #buttons { dock: bottom; height: 1; width: 1fr; align-horizontal: center; }
    Dialog ErrorBlock { padding: 0; margin-bottom: 1; max-height: 12; }
    Dialog VerticalScroll {
        scrollbar-size-vertical: 1; scrollbar-background: ansi_default; scrollbar-background-hover: ansi_default;
        scrollbar-background-active: ansi_default; scrollbar-color: ansi_bright_black;
        scrollbar-color-hover: ansi_bright_black; scrollbar-color-active: ansi_blue;
    }
    Dialog.-low #box > * { margin-bottom: 0; }
    Dialog.-low ErrorBlock { max-height: 3; }
    """

    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]  # noqa: RUF012 - Textual declares it for instances

    BUTTONS: ClassVar[tuple[tuple[str, str], ...]] = ()

    def __init__(self, title: str, *, buttons: tuple[tuple[str, str], ...] | None = None) -> None:
        super().__init__()
        self._box_title = title
        self.body = DialogText(id="text")
        self.error_block = ErrorBlock()
        self.buttons: Final = {name: DialogButton(word, id=name) for name, word in buttons or self.BUTTONS}

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = self._box_title
            yield self.body
            yield from self.compose_middle()
            yield self.error_block
            with Horizontal(id="buttons"):
                yield from self.buttons.values()

    def compose_middle(self) -> Iterable[Widget]:
        """What stands between the text and the buttons."""
        return ()

    def show_buttons(self, *names: str, focus: str | None = None) -> None:
        """Let these be the buttons, the focus on the one of that name; with None on none, and Enter does nothing."""
        for name, button in self.buttons.items():
            button.display = name in names
        # Not by Widget.focus(): that comes behind the keys which are typed already.
        self.set_focus(None if focus is None else self.buttons[focus])

    # A terminal that is too small

    def on_resize(self) -> None:
        self.call_after_refresh(self._say_if_too_small)

    def _say_if_too_small(self) -> None:
        button = self.focused if isinstance(self.focused, DialogButton) else self._first_button()
        if self.is_mounted:
            hidden = button is not None and not self._is_in_sight(button)
            self.query_one("#box").border_subtitle = _TOO_SMALL if hidden else ""

    def _is_in_sight(self, button: DialogButton) -> bool:
        """Whether the box has room for it and for what is above it; what was typed before the first drawing is about
        what will be drawn. Where a text is too long for a usual terminal, its beginning is read at least."""
        if self.size.width >= _USABLE_COLUMNS and self.size.height >= _USABLE_LINES:
            return True
        box = self.query_one("#box")
        above = (each.region for each in box.children if each.display and each.id != "buttons")
        fits = all(region.bottom <= button.region.y for region in above)
        return not button.region or (fits and box.region.contains_region(button.region))

    def _press_if_in_sight(self, button: DialogButton) -> None:
        """Nobody agrees to what does not fit the screen."""
        if self._is_in_sight(button):
            self._press(button)
        else:
            self._say_if_too_small()

    # Keys, by the names in the keymap

    def action_press(self) -> None:
        focused = self.focused
        if isinstance(focused, DialogButton):
            self._press_if_in_sight(focused)
        elif focused is not None:
            # Behind the keys that are on their way to it: what was typed before Enter belongs to what Enter means.
            focused.call_later(self._press_first)

    def _press_first(self) -> None:
        button = self._first_button()
        if button is not None:
            self._press_if_in_sight(button)

    def _first_button(self) -> DialogButton | None:
        return next((button for button in self.buttons.values() if button.display), None)

    def action_leave(self) -> None:
        if self.app.screen is self:  # typed twice in one go, it comes once more when this screen has left
            self.leave()

    def action_move_focus(self, step: int) -> None:
        self.focus_next() if step > 0 else self.focus_previous()

    def on_dialog_button_pressed(self, message: DialogButton.Pressed) -> None:
        message.stop()
        self._press_if_in_sight(message.button)

    def _press(self, button: DialogButton) -> None:
        if button.enabled and button.display and self.app.screen is self:
            self.pressed(button.id or "")

    # What a kind of dialog says

    def pressed(self, name: str) -> None:
        """The button of that name was pressed, and is enabled."""
        raise NotImplementedError

    def leave(self) -> None:
        """Esc: what changes the least."""
        self.dismiss()
