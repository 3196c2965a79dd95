"""The terminal, whatever bytes come from it."""

from __future__ import annotations

from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Callable
from functools import partial

from textual.drivers import linux_driver

__all__ = ["TerminalDriver"]


def _forgiving_decoder(encoding: str) -> Callable[[], IncrementalDecoder]:
    return partial(getincrementaldecoder(encoding), "replace")


class TerminalDriver(linux_driver.LinuxDriver):
    """Textual's own, but bytes that are not UTF-8 (a paste, a terminal in Latin-1) are keys that do nothing.

    Textual's input thread dies of them, and the program with it.
    """

    def run_input_thread(self) -> None:
        # The one name by which it makes its decoder. To start it anew after an error would lose its place: what is
        # left of a paste would be typed.
        setattr(linux_driver, "getincrementaldecoder", _forgiving_decoder)  # noqa: B010 - not exported
        super().run_input_thread()
