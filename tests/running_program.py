"""Runs ``tfm``: within this process, in one of its own, and in one whose streams are a terminal."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import selectors
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self

import pytest

from tfm.cli import main

__all__ = ["Outcome", "RunHere", "Terminal", "command", "run_in_process"]

DEADLINE_SECONDS: Final = 30.0
_REST_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: exit code and what it wrote, as bytes and as text."""

    code: int
    output: bytes
    errors: str

    @property
    def lines(self) -> list[str]:
        return os.fsdecode(self.output).splitlines()

    @property
    def records(self) -> list[dict[str, Any]]:
        """What ``--json`` wrote."""
        return [json.loads(line) for line in self.output.splitlines()]


class RunHere:
    """``tfm`` within this process: a tenth of a subprocess's time. Its streams are no terminal."""

    def __init__(self, capture: pytest.CaptureFixture[bytes]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str) -> Outcome:
        self._capture.readouterr()
        code = main(arguments)
        output, errors = self._capture.readouterr()
        return Outcome(code, output, errors.decode())


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tfm", *arguments]


def run_in_process(
    *arguments: str, environment: Mapping[str, str] | None = None, timeout_seconds: float = DEADLINE_SECONDS
) -> Outcome:
    """``tfm`` in a process of its own, without a terminal."""
    done = subprocess.run(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=None if environment is None else {**os.environ, **environment},
        timeout=timeout_seconds,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr.decode())


class Terminal:
    """A program on a terminal of its own, as a context manager; everything it writes there is kept.

    ``streams`` of standard input (0), output (1) and error (2) are the terminal; the others are ``elsewhere``.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        streams: Sequence[int] = (0, 1, 2),
        elsewhere: int = subprocess.DEVNULL,
        columns: int = 80,
        lines: int = 24,
        terminal_name: str = "xterm-256color",
        environment: Mapping[str, str] | None = None,
        directory: str | os.PathLike[str] | None = None,
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        ends = [theirs if number in streams else elsewhere for number in range(3)]
        # The size is this terminal's own, not that of the one in which the tests run (pytest-xdist hands that on).
        inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            arguments,
            stdin=ends[0],
            stdout=ends[1],
            stderr=ends[2],
            env={**inherited, "TERM": terminal_name, **(environment or {})},
            cwd=directory,
            start_new_session=True,
        )
        os.close(theirs)
        self.written = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._close()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _close(self) -> None:
        ours, self._ours = self._ours, -1
        if ours >= 0:
            os.close(ours)

    def hang_up(self, *, says_so: bool) -> None:
        """Close the terminal's window, as a user does; who is controlled by it, and who is in front, hear SIGHUP."""
        self._close()
        for process in {self.process.pid, *self._children()} if says_so else ():
            with suppress(ProcessLookupError):  # ended by the one that heard of it first
                os.kill(process, signal.SIGHUP)

    def _children(self) -> list[int]:
        """Where the terminal controls nobody, since it was given to the program by its streams alone."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [int(line) for line in found.stdout.split()]

    def modes(self) -> list[object]:
        """What the terminal's line discipline is set to: echo, line editing, signal keys."""
        return list(termios.tcgetattr(self._ours))

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def until(self, wanted: bytes, *, start: int = 0, seconds: float = DEADLINE_SECONDS) -> bytes:
        """Everything written so far, once ``wanted`` is among what came from byte ``start`` on."""
        self.until_met(lambda: wanted in self.written[start:], repr(wanted), seconds=seconds)
        return self.written

    def until_met(self, met: Callable[[], bool], what: str, *, seconds: float = DEADLINE_SECONDS) -> None:
        """Read what it writes until ``met``, which is ``what`` in words."""
        self._read(seconds, met)
        assert met(), f"waited in vain for {what}; written was {self.written[-3000:]!r}"

    def ended(self, *, seconds: float = DEADLINE_SECONDS) -> int:
        """The exit code, once the program has ended and all that it wrote is read."""
        self._read(seconds, lambda: False)
        code = self.process.wait(seconds)
        self._read(_REST_SECONDS, lambda: False)  # what it wrote after the first deadline
        return code

    def _read(self, seconds: float, met: Callable[[], bool]) -> None:
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._ours, selectors.EVENT_READ)
            while not met() and (left := deadline - time.monotonic()) > 0:
                if not selector.select(left):
                    continue
                try:
                    data = os.read(self._ours, 65536)
                except OSError as error:
                    if error.errno != errno.EIO:  # Linux's word for "nobody has this terminal open any more"
                        raise
                    return
                if not data:
                    return
                self.written += data
