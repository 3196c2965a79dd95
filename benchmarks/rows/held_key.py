"""A key held down over a large directory: how late the rows follow, what is written and computed for each."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import sysconfig
import tempfile
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Self

from benchmarks.listing_server import ListingServer
from benchmarks.measuring import client_environment
from benchmarks.scale import Scale
from benchmarks.section import Section, target

__all__ = ["measure"]

_ROWS, _COLUMNS = 40, 140
_KEYS_A_SECOND: Final = 30
"""As fast as terminals repeat a key that is held."""

_LATE_SECONDS: Final = 1.0
_MOST_MISSED: Final = 10
"""Then it is a program that cannot keep up, or that draws in a way which is not understood here."""

_DOWN: Final = b"\x1bOB"
"""In the mode in which programs that use the whole screen put the keypad; the others get the usual one."""

_USUAL_DOWN: Final = b"\x1b[B"
_P99_TARGET_SECONDS: Final = 0.050
_BYTES_TARGET: Final = 600


@dataclass(frozen=True, slots=True)
class _Held:
    """Of each key how many seconds it took until its row was drawn; of all of them bytes and CPU seconds a key."""

    delays: Sequence[float]
    missed: int
    bytes_a_key: float
    cpu_a_key: float

    def percentile(self, share: float) -> float:
        ordered = sorted(self.delays)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(scale: Scale) -> list[Section]:
    """One table: tfm alone, tfm while another listing arrives, and other file managers over the same directory."""
    section = Section(
        f"Down held over {scale.held_rows:,} rows",
        f"A terminal of {_COLUMNS} × {_ROWS}; {scale.held_keys} times the key, {_KEYS_A_SECOND} a second, as terminals "
        "repeat it. A key is answered when the name of the row that it goes to is written after it; missed if that is "
        "not so within a second. CPU is that of the whole program, the arriving listing's included.",
        ("program", "median ms", "p99 ms", "missed", "bytes a key", "CPU ms a key"),
    )
    with ExitStack() as stack:
        server = stack.enter_context(ListingServer())
        bucket = f"flat-{scale.many_entries}"
        server.prepare(bucket)
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        home = stack.enter_context(tempfile.TemporaryDirectory())
        for number in range(scale.held_rows):
            os.close(os.open(os.path.join(directory, _name(number)), os.O_CREAT))
        environment = client_environment(server.url, HOME=home, TERM="xterm-256color", LANG="C.UTF-8", TFM_SORT="name")
        environment = {name: text for name, text in environment.items() if not name.startswith("XDG_")}
        tfm = os.path.join(sysconfig.get_path("scripts"), "tfm")
        idle = _hold([tfm, directory, home], environment, scale, _USUAL_DOWN)
        arriving = _hold([tfm, directory, f"s3://{bucket}/data/"], environment, scale, _USUAL_DOWN)
        _add(section, "tfm, nothing else going on", idle)
        _add(section, f"tfm, {scale.many_entries:,} keys arriving beside it", arriving)
        for name, command in _others(section, directory, home).items():
            try:
                _add(section, name, _hold(command, environment, scale, _DOWN))
            except RuntimeError as error:
                section.left_out.append(f"{name} ({error})")
    more = arriving.percentile(0.99) - idle.percentile(0.99)
    section.targets += [
        target(
            "no key missed, p99 at most 50 ms above the idle program",
            f"{arriving.missed} missed, {more * 1000:.0f} ms above",
            met=arriving.missed == 0 and more <= _P99_TARGET_SECONDS,
        ),
        target(
            f"at most {_BYTES_TARGET} bytes for a cursor move",
            f"{idle.bytes_a_key:.0f}",
            met=idle.bytes_a_key <= _BYTES_TARGET,
        ),
    ]
    return [section]


def _name(number: int) -> str:
    return f"row-{number:06}.dat"


def _others(section: Section, directory: str, home: str) -> dict[str, list[str]]:
    commands = {
        "mc": ["mc", "--nosubshell", directory, home],
        "yazi": ["yazi", directory],
        "ranger": ["ranger", directory],
        "xefm": ["xefm", "--left", directory, "--right", home],
    }
    found = {}
    for name, command in commands.items():
        program = shutil.which(name) or shutil.which(name, path=os.path.dirname(sys.executable))
        if program is None:
            section.left_out.append(f"{name} (not installed)")
        else:
            found[name] = [program, *command[1:]]
    return found


def _add(section: Section, name: str, held: _Held) -> None:
    section.rows.append(
        (
            name, f"{held.percentile(0.5) * 1000:.1f}", f"{held.percentile(0.99) * 1000:.1f}", str(held.missed),
            f"{held.bytes_a_key:,.0f}", f"{held.cpu_a_key * 1000:.1f}",
        )
    )  # fmt: skip


def _hold(command: Sequence[str], environment: Mapping[str, str], scale: Scale, key: bytes) -> _Held:
    with _Program(command, environment) as program:
        program.until(_name(0), seconds=60)
        program.until_quiet()
        for _ in range(2):  # from "..", where there is one, and so that every program has drawn a move before
            program.press(key)
            program.until_quiet()
        first = program.last_row_drawn()
        delays, missed = [], 0
        written, cpu = program.written_bytes, program.cpu_seconds()
        began = time.monotonic()
        for number in range(scale.held_keys):
            program.read_until_time(began + number / _KEYS_A_SECOND)
            program.press(key)
            delay = program.drawn_after(_name(first + number + 1))
            missed += delay is None
            if missed > _MOST_MISSED:
                raise RuntimeError(f"more than {_MOST_MISSED} rows were not drawn within {_LATE_SECONDS:g} s")
            delays.append(_LATE_SECONDS if delay is None else delay)
        return _Held(
            delays, missed,
            (program.written_bytes - written) / scale.held_keys,
            (program.cpu_seconds() - cpu) / scale.held_keys,
        )  # fmt: skip


class _Program:
    """A program on a terminal of its own."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=dict(environment), start_new_session=True
        )
        os.close(theirs)
        self._since_key = bytearray()
        self.written_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._ours)

    def press(self, key: bytes) -> None:
        self._since_key.clear()
        os.write(self._ours, key)

    def cpu_seconds(self) -> float:
        with open(f"/proc/{self._process.pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def until(self, text: str, *, seconds: float) -> None:
        """RuntimeError where it does not come."""
        deadline = time.monotonic() + seconds
        while text.encode() not in self._since_key:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{text} was not drawn within {seconds} s")
            self._read(0.1)

    def until_quiet(self) -> None:
        """Until nothing was written for half a second."""
        before = -1
        while before != self.written_bytes:
            before = self.written_bytes
            self.read_until_time(time.monotonic() + 0.5)

    def last_row_drawn(self) -> int:
        """The number of the row that the last key went to: that with the greatest number drawn since."""
        text = self._since_key.decode("utf-8", "replace")
        numbers = [int(piece[:6]) for piece in text.split("row-")[1:] if piece[:6].isdigit()]
        if not numbers:
            raise RuntimeError("the key moved nothing")
        return max(numbers)

    def drawn_after(self, text: str) -> float | None:
        """Seconds until ``text`` was written after the key; None if it was not."""
        began = time.monotonic()
        while text.encode() not in self._since_key:
            if time.monotonic() - began > _LATE_SECONDS:
                return None
            self._read(0.01)
        return time.monotonic() - began

    def read_until_time(self, moment: float) -> None:
        while (left := moment - time.monotonic()) > 0:
            self._read(left)

    def _read(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._ours, selectors.EVENT_READ)
            if not selector.select(seconds):
                return
            try:
                data = os.read(self._ours, 65536)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                data = b""
            if not data:
                raise RuntimeError("it has ended")
            self.written_bytes += len(data)
            self._since_key += data
