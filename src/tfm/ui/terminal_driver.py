"""The terminal, whatever bytes come from it."""

from __future__ import annotations

import os
import signal
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Final

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.keys import _character_to_key
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App

    from tfm.ui.first_screen import FirstScreen

__all__ = ["TerminalDriver"]

_ALTERNATE_SCREEN: Final = "\x1b[?1049h"

_DONE_SECONDS: Final = 0.5
"""So long a key waits at most for what the one before it does. Who waits longer for that may stop it by a key."""

_LOOK_SECONDS: Final = 0.02


_GONE_SECONDS: Final = 0.1
"""Textual reads on at the end of its input, and would do nothing else."""


class _Decoder:
    """Forgives what is not in its encoding, and calls ``gone`` at the end of the input."""

    def __init__(self, encoding: str, gone: Callable[[], None]) -> None:
        self._decoder = getincrementaldecoder(encoding)("replace")
        self._gone = gone

    def decode(self, data: bytes, final: bool = False) -> str:
        if not data and not final:
            self._gone()
            time.sleep(_GONE_SECONDS)
        return self._decoder.decode(data, final)


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


class _UntilGone:
    """What is written to a terminal; nothing any more once that is gone. Textual's writing thread would end of the
    error, and the program wait for ever to hand it its last words."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()


class TerminalDriver(linux_driver.LinuxDriver):
    """Textual's own, but Alt works with every character, and bytes that are not UTF-8 (a paste, a terminal in Latin-1)
    are keys that do nothing: Textual's input thread dies of them, and the program with it. And a first screen that is
    there already stays, until what Textual draws is the same.

    One key is told at a time: what comes behind one that starts a program is that program's, see
    :meth:`handing_over`.
    """

    _keeps_screen = False
    _hands_over = False
    _is_gone = False

    def __init__(
        self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._file: Any = _UntilGone(self._file)
        self._key_is_done = threading.Event()
        self._late: list[events.Key] = []

    def process_message(self, message: Message) -> None:
        """In the input's thread."""
        if not isinstance(message, events.Key):
            super().process_message(message)
            return
        if self._hands_over:
            self._late.append(message)
            return
        self._key_is_done.clear()
        super().process_message(message)
        deadline = time.monotonic() + _DONE_SECONDS
        while not self._key_is_done.wait(_LOOK_SECONDS) and self._waits_until(deadline):
            pass

    def _waits_until(self, deadline: float) -> bool:
        return not self._hands_over and time.monotonic() < deadline

    def key_is_done(self) -> None:
        """All that the key does which was told last is done."""
        self._key_is_done.set()

    @contextmanager
    def handing_over(self) -> Iterator[None]:
        """When the terminal is given up within the block, what was typed and is not yet told is left there for who gets
        it; where the system does not allow that, it is told when the terminal is back."""
        self._hands_over = True
        try:
            yield
        finally:
            self._hands_over = False
            for key in self._late:
                super().process_message(key)
            self._late.clear()

    def disable_input(self) -> None:
        if not self._hands_over or self._key_thread is None or self._key_thread is threading.current_thread():
            super().disable_input()
            return
        from tfm.ui.typed_ahead import bytes_of, give_back, waiting_bytes

        self._disable_mouse_support()
        self.exit_event.set()
        self._key_thread.join()
        self.exit_event.clear()
        parser = _Parser()
        data = waiting_bytes(self.fileno).decode("utf-8", "replace")
        behind = [event for event in [*parser.feed(data), *parser.tick()] if isinstance(event, events.Key)]
        super().disable_input()  # throws away what the mouse may still have said
        if give_back(self.fileno, b"".join(map(bytes_of, [*self._late, *behind]))):
            self._late.clear()

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

    def _hang_up(self) -> None:
        """The terminal is gone. Whom it does not control the system does not tell that."""
        if not self._is_gone:
            self._is_gone = True
            os.kill(os.getpid(), signal.SIGHUP)

    def run_input_thread(self) -> None:
        # The one name by which it makes its decoder. To start it anew after an error would lose its place: what is
        # left of a paste would be typed.
        setattr(  # noqa: B010 - not exported
            linux_driver, "getincrementaldecoder", lambda encoding: partial(_Decoder, encoding, self._hang_up)
        )
        setattr(linux_driver, "XTermParser", _Parser)  # noqa: B010 - not exported
        super().run_input_thread()
