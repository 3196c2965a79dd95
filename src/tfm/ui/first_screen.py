"""What is on the terminal while the rest of the program is loaded, and how it comes off again."""

from __future__ import annotations

# What signal is made of: signal itself loads enum, a third of the time until something is shown. Nobody has typed it.
import _signal  # type: ignore[import-not-found]
import os
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Final, Self

__all__ = ["FirstScreen"]

_INPUT: Final = 0
_SCREEN: Final = 2
"""Standard error, on which Textual draws, too."""

_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[H"
_LEAVE: Final = "\x1b[?1049l\x1b[?25h"


class FirstScreen:
    """A screen of text on the terminal's other buffer, with the terminal set so that what is typed waits, unseen and
    unchanged, for who takes over. Until then Ctrl-C, SIGTERM and SIGHUP end the program and leave the terminal as it
    was."""

    __slots__ = ("_before", "has_rows")

    def __init__(self, has_rows: tuple[bool, bool] = (True, True)) -> None:
        """``has_rows``: of each pane whether it is shown with its rows, and not as being listed."""
        self.has_rows = has_rows
        self._before: list[Any] | None = None  # as termios gives it

    def show(self, text: str) -> None:
        """Raises OSError and termios.error, with the terminal as it was."""
        self._before = termios.tcgetattr(_INPUT)
        try:
            self._heed_signals()  # first: who is ended while the terminal is being set leaves it as it was, too
            termios.tcsetattr(_INPUT, termios.TCSANOW, _waiting(termios.tcgetattr(_INPUT)))
            _write(_ENTER + text)
        except BaseException:
            self.restore()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()

    @property
    def is_shown(self) -> bool:
        """Whether it is there, and nobody has taken it over."""
        return self._before is not None

    def take_over(self) -> list[Any] | None:
        """The terminal's settings as they were before; from now on they, and the screen, are the caller's matter. None
        where that has happened already."""
        before, self._before = self._before, None
        return before

    def restore(self) -> None:
        """Leave the screen, if nobody has taken it over."""
        before = self.take_over()
        if before is not None:
            try:
                _write(_LEAVE)
                termios.tcsetattr(_INPUT, termios.TCSANOW, before)
            except (OSError, termios.error):
                pass  # the terminal is gone

    def _heed_signals(self) -> None:
        def end(number: int, _frame: FrameType | None) -> None:
            self.restore()
            _signal.signal(number, _signal.SIG_DFL)
            os.kill(os.getpid(), number)

        for number in (_signal.SIGTERM, _signal.SIGHUP):
            if _signal.getsignal(number) == _signal.SIG_DFL:  # not where it is ignored, as nohup has it
                _signal.signal(number, end)


def _waiting(settings: list[Any]) -> list[Any]:
    """As Textual sets the terminal, so that no key is echoed, held back or changed; but Ctrl-C still ends."""
    settings[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    settings[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    letters = settings[6]
    letters[termios.VMIN], letters[termios.VTIME] = 1, 0
    # Ctrl-Z and Ctrl-\ are keys; as signals they would throw away what was typed before them.
    letters[termios.VSUSP] = letters[termios.VQUIT] = bytes([os.fpathconf(_INPUT, "PC_VDISABLE") & 0xFF])
    return settings


def _write(text: str) -> None:
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(_SCREEN, data) :]
