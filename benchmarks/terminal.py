"""A program on a terminal of its own, and what it has drawn there."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import selectors
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

__all__ = ["ProgramOnTerminal", "answer_xefm"]

_QUIET_SECONDS: Final = 1.0


class ProgramOnTerminal:
    """Runs until the block ends. What it draws is told by pyte, a terminal: many programs write only what changed."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], columns: int, lines: int) -> None:
        import pyte

        class Screen(pyte.Screen):  # type: ignore[misc] # pyte has no types
            def report_device_status(self, *_: int, **__: bool) -> None:
                """Answers nothing, also to questions of which pyte does not know."""

        self._screen: Any = Screen(columns, lines)
        self._stream: Any = pyte.ByteStream(self._screen)
        self._columns = columns
        self._terminal, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=dict(environment), start_new_session=True
        )
        os.close(theirs)
        self._pressed_at = time.monotonic()
        self.written_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._terminal)

    def press(self, key: bytes) -> None:
        self._screen.dirty.clear()
        self._pressed_at = time.monotonic()  # before: the program may run as soon as it is written, in place of this
        os.write(self._terminal, key)

    def cpu_seconds(self) -> float:
        with open(f"/proc/{self._process.pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def until_shown(self, text: str, *, seconds: float) -> None:
        """RuntimeError where it does not come."""
        if self.seconds_until_drawn(text, at_most=seconds) is None:
            raise RuntimeError(f"{text} was not drawn within {seconds:g} s")

    def until_quiet(self) -> None:
        """Until nothing was written for a second."""
        before = -1
        while before != self.written_bytes:
            before = self.written_bytes
            self.read_until(time.monotonic() + _QUIET_SECONDS)

    def has_drawn(self, text: str) -> bool:
        """Whether it stands in a line in which anything was drawn since the last key."""
        return any(text in self._line(number) for number in self._screen.dirty)

    def seconds_until_drawn(self, text: str, *, at_most: float) -> float | None:
        """See :meth:`has_drawn`; since the last key, or the start. None where it is not within that time. What the
        terminal takes is not in it."""
        began = now = self._pressed_at
        while not self.has_drawn(text):
            left = began + at_most - time.monotonic()
            if left <= 0:
                return None
            now = self._read(left) or now
        return now - began

    def read_until(self, moment: float) -> None:
        while (left := moment - time.monotonic()) > 0:
            self._read(left)

    def _line(self, number: int) -> str:
        line = self._screen.buffer[number]
        return "".join(line[column].data for column in range(self._columns))

    def _read(self, seconds: float) -> float | None:
        """When something came, if it did."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._terminal, selectors.EVENT_READ)
            if not selector.select(seconds):
                return None
        came = time.monotonic()
        try:
            data = os.read(self._terminal, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            raise RuntimeError("it has ended")
        self.written_bytes += len(data)
        self._stream.feed(data)
        return came


def answer_xefm(command: Sequence[str], environment: Mapping[str, str], columns: int, lines: int) -> None:
    """At its first start it asks which keys somebody wants, and at the second one it shows a tip, over its panes; the
    home directory keeps that it has."""
    for words, key in (("Keymap", b"\r"), ("Tip of the Day", b"\x1b")):
        with ProgramOnTerminal(command, environment, columns, lines) as program:
            program.until_shown(words, seconds=30)
            program.until_quiet()
            program.press(key)
            program.until_quiet()
