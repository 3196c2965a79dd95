"""What went wrong, and what to do about it: stays until something else is shown."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from tfm.core.errors import StorageError
from tfm.ui.lay_out import lay_out_again
from tfm.ui.sanitise import screen_text

__all__ = ["ErrorBlock"]


class ErrorBlock(Widget):
    """Takes no room while there is no error."""

    DEFAULT_CSS = """
    ErrorBlock {
        display: none; height: auto; max-height: 50%; width: 1fr; padding: 0 1;
        color: ansi_red; text-style: bold;
    }
    ErrorBlock.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def show(self, error: StorageError | None, *, otherwise: str = "", hint: str = "") -> None:
        """Show the error's cause and next step (``otherwise`` where it has none), or nothing. ``hint``: what else can
        be done about it here."""
        text = "" if error is None else f"✗ {_cause(error)}\n→ {screen_text(error.next_step or otherwise)}"
        text += f"\n→ {hint}" if text and hint else ""
        if text != self.text:
            self.text = text
            self.set_class(bool(text), "-shown")
            lay_out_again(self)

    def render(self) -> Content:
        return Content(self.text)  # as it is: Content reads no markup


def _cause(error: StorageError) -> str:
    where = f"{error.uri}: " if error.uri and error.uri not in error.cause else ""
    return screen_text(f"{where}{error.cause}")
