"""The terminal, whatever bytes come from it."""

from __future__ import annotations

from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.keys import _character_to_key

if TYPE_CHECKING:
    from tfm.ui.first_screen import FirstScreen

__all__ = ["TerminalDriver"]

_ALTERNATE_SCREEN: Final = "\x1b[?1049h"


def _forgiving_decoder(encoding: str) -> Callable[[], IncrementalDecoder]:
    return partial(getincrementaldecoder(encoding), "replace")


_BEGIN_MORE = frozenset("[]ONPX^_")
"""What follows Esc where more follows: the terminal's answers, and keys of several bytes."""


class _Parser(XTermParser):
    """Esc and a character in one go is that character pressed with Alt: Textual's own forgets the Alt of some.

    Digits are left to it: by the names that it gives them they are function keys, in the panes and in dialogs.
    """

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        key = sequence[1:]
        with_alt = sequence[:1] == "\x1b" and len(key) == 1 and (key == "\r" or "!" <= key <= "~")
        if with_alt and key not in _BEGIN_MORE and not key.isdigit():
            return [events.Key("alt+enter" if key == "\r" else f"alt+{_character_to_key(key)}", None)]
        return super()._sequence_to_key_events(sequence, alt)


class TerminalDriver(linux_driver.LinuxDriver):
    """Textual's own, but Alt works with every character, and bytes that are not UTF-8 (a paste, a terminal in Latin-1)
    are keys that do nothing: Textual's input thread dies of them, and the program with it. And a first screen that is
    there already stays, until what Textual draws is the same.
    """

    _keeps_screen = False

    def start_application_mode(self) -> None:
        first_screen: FirstScreen | None = getattr(self._app, "first_screen", None)
        self._keeps_screen = first_screen is not None and first_screen.is_shown
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual says nothing of its types
        if first_screen is not None and self._keeps_screen:
            self._keeps_screen = False
            self.attrs_before = first_screen.take_over()

    def write(self, data: str) -> None:
        if not (self._keeps_screen and data == _ALTERNATE_SCREEN):  # to go there again would clear it
            super().write(data)

    def run_input_thread(self) -> None:
        # The one name by which it makes its decoder. To start it anew after an error would lose its place: what is
        # left of a paste would be typed.
        setattr(linux_driver, "getincrementaldecoder", _forgiving_decoder)  # noqa: B010 - not exported
        setattr(linux_driver, "XTermParser", _Parser)  # noqa: B010 - not exported
        super().run_input_thread()
