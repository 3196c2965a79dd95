"""A key held down over a large directory: how late the rows follow, what is written and computed for each."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from benchmarks.listing_server import ListingServer
from benchmarks.measuring import client_environment
from benchmarks.scale import Scale
from benchmarks.section import Section, target
from benchmarks.terminal import ProgramOnTerminal, answer_xefm

__all__ = ["measure"]

_ROWS, _COLUMNS = 40, 140
_KEYS_A_SECOND: Final = 30
"""As fast as terminals repeat a key that is held."""

_START_SECONDS: Final = 120.0
"""Until a program has the directory; some sort it for long."""

_LATE_SECONDS: Final = 1.0
_MOST_MISSED: Final = 10
"""Then it is a program that cannot keep up."""

_DOWN: Final = b"\x1bOB"
"""In the mode in which programs that use the whole screen put the keypad; the others get the usual one."""

_USUAL_DOWN: Final = b"\x1b[B"

_OTHERS: Final = {
    "mc": (_DOWN, 1),
    "yazi": (_USUAL_DOWN, 2),
    "ranger": (_DOWN, 2),
    "xefm": (_DOWN, 2),
}
"""The key, and on which file two of them lead: where there is a row for the directory above, on an earlier one."""

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
        "repeat it. A key is answered when something is drawn in the line of the row that it goes to; missed if that "
        "is not so within a second. CPU is that of the whole program, the arriving listing's included.",
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
        idle = _hold([tfm, directory, home], environment, scale, _USUAL_DOWN, first=1)
        arriving = _hold([tfm, directory, f"s3://{bucket}/data/"], environment, scale, _USUAL_DOWN, first=1)
        _add(section, "tfm, nothing else going on", idle)
        _add(section, f"tfm, {scale.many_entries:,} keys arriving beside it", arriving)
        for name, command in _others(section, directory, home).items():
            key, first = _OTHERS[name]
            try:
                if name == "xefm":
                    answer_xefm(command, environment, _COLUMNS, _ROWS)
                _add(section, name, _hold(command, environment, scale, key, first=first))
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
    return f"row-{number:06}"  # without a suffix, which some show in a column of its own


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


def _hold(command: Sequence[str], environment: Mapping[str, str], scale: Scale, key: bytes, *, first: int) -> _Held:
    """``first`` is the number of the file on which two of these keys lead."""
    with ProgramOnTerminal(command, environment, _COLUMNS, _ROWS) as program:
        program.until_shown(_name(0), seconds=_START_SECONDS)
        program.until_quiet()
        for _ in range(2):  # so that every program has drawn a move before
            program.press(key)
            program.until_quiet()
        if not program.has_drawn(_name(first)):
            raise RuntimeError(f"two keys did not lead to {_name(first)}")
        delays, missed = [], 0
        written, cpu = program.written_bytes, program.cpu_seconds()
        began = time.monotonic()
        for number in range(scale.held_keys):
            program.read_until(began + number / _KEYS_A_SECOND)
            program.press(key)
            delay = program.seconds_until_drawn(_name(first + number + 1), at_most=_LATE_SECONDS)
            missed += delay is None
            if missed > _MOST_MISSED:
                raise RuntimeError(f"more than {_MOST_MISSED} rows were not drawn within {_LATE_SECONDS:g} s")
            delays.append(_LATE_SECONDS if delay is None else delay)
        return _Held(
            delays, missed,
            (program.written_bytes - written) / scale.held_keys,
            (program.cpu_seconds() - cpu) / scale.held_keys,
        )  # fmt: skip
