"""How long it takes until a file manager can be seen, and until it does what it is told."""

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
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from benchmarks.measuring import client_environment, run_measured, spread_of
from benchmarks.scale import Scale
from benchmarks.section import Section, milliseconds, target, times
from benchmarks.terminal import answer_xefm

__all__ = ["measure"]

_LINES, _COLUMNS = 24, 80
_FILES: Final = 12  # as many as each of them shows on 24 lines
_LAST_FILE: Final = f"row-{_FILES - 1:02}".encode()
_DEADLINE_SECONDS: Final = 30.0
_TAKEN_OVER: Final = b"\x1b[?1000h"
"""What Textual writes first: what comes behind it is drawn by the panes, and not before them."""

_FIRST_TARGET: Final = 2.5
_READY_TARGET: Final = 28.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a program had used, all its threads, when something was drawn."""

    cpu_seconds: float
    wall_seconds: float


def measure(scale: Scale) -> list[Section]:
    """One table: tfm's first paint and its panes, and other file managers, beside a Python that does nothing."""
    section = Section(
        "Start of the file manager",
        f"A terminal of {_COLUMNS} × {_LINES}, a local directory of {_FILES} files in each pane, in turns, after one "
        "start that is not counted: CPU (user and system, of all threads) and time until the last file's name is "
        "written to the terminal. tfm is ready when its panes, which answer keys, have drawn it, too.",
        ("program", "CPU ms", "range", "of python -c pass", "wall ms"),
    )
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as home:
        for number in range(_FILES):
            os.close(os.open(os.path.join(directory, f"row-{number:02}"), os.O_CREAT))
        environment = client_environment(None, HOME=home, TERM="xterm-256color", LANG="C.UTF-8")
        unwanted = ("XDG_", "COLUMNS", "LINES", "NO_COLOR", "TEXTUAL")
        environment = {name: text for name, text in environment.items() if not name.startswith(unwanted)}
        programs = _programs(section, directory)
        if "xefm" in programs:
            with suppress(RuntimeError):  # what kept it from that keeps it from drawing rows, too
                answer_xefm(programs["xefm"], environment, _COLUMNS, _LINES)
        seen: dict[str, list[_Seen]] = {}
        for repeat in range(scale.start_repeats + 1):
            found = {"python -c pass": _bare(environment)}
            for name, command in list(programs.items()):
                try:
                    found |= _start(name, command, environment)
                except RuntimeError as error:
                    section.left_out.append(f"{name} ({error})")
                    del programs[name]
            if repeat:
                for name, each in found.items():
                    seen.setdefault(name, []).append(each)
    _fill(section, seen)
    return [section]


def _programs(section: Section, directory: str) -> dict[str, list[str]]:
    tfm = os.path.join(sysconfig.get_path("scripts"), "tfm")
    programs = {"tfm": [tfm] if os.access(tfm, os.X_OK) else [sys.executable, "-m", "tfm"]}
    programs["tfm"] += [directory, directory]
    for name, arguments in (("mc", ["--nosubshell"]), ("ranger", []), ("yazi", []), ("xefm", ["--left"])):
        program = shutil.which(name) or shutil.which(name, path=os.path.dirname(sys.executable))
        if program is None:
            section.left_out.append(f"{name} (not installed)")
        else:
            programs[name] = [program, *arguments, directory]
    return programs


def _bare(environment: Mapping[str, str]) -> _Seen:
    cost, _ = run_measured([sys.executable, "-c", "pass"], environment)
    return _Seen(cost.cpu_seconds, cost.wall_seconds)


def _start(name: str, command: Sequence[str], environment: Mapping[str, str]) -> dict[str, _Seen]:
    """Start it, and end it when it has drawn everything."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, _COLUMNS, 0, 0))
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=dict(environment), start_new_session=True
    )
    os.close(theirs)
    try:
        written = bytearray()
        first = _until(process, ours, written, b"", began)
        if name != "tfm":
            return {name: first}
        return {"tfm, first paint": first, "tfm, ready": _until(process, ours, written, _TAKEN_OVER, began)}
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(ours)


def _until(process: subprocess.Popen[bytes], terminal: int, written: bytearray, behind: bytes, began: float) -> _Seen:
    """What was used when the last file's name was drawn ``behind`` that. RuntimeError where it never is."""
    with selectors.DefaultSelector() as selector:
        selector.register(terminal, selectors.EVENT_READ)
        while _LAST_FILE not in (written.partition(behind)[2] if behind else written):
            if time.monotonic() - began > _DEADLINE_SECONDS:
                raise RuntimeError(f"it drew no {_LAST_FILE.decode()} within {_DEADLINE_SECONDS:.0f} s")
            if selector.select(0.1):
                written += _read(terminal)
    return _Seen(_cpu_seconds(process.pid), time.monotonic() - began)


def _read(terminal: int) -> bytes:
    try:
        data = os.read(terminal, 65536)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        data = b""
    if not data:
        raise RuntimeError("it has ended")
    return data


def _cpu_seconds(process_id: int) -> float:
    """In nanoseconds the kernel knows it for each thread; /proc/PID/stat is in hundredths of a second."""
    total = 0
    for thread in os.listdir(f"/proc/{process_id}/task"):
        try:
            with open(f"/proc/{process_id}/task/{thread}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        except OSError:
            continue  # it has ended meanwhile
    return total / 1e9


def _fill(section: Section, seen: Mapping[str, Sequence[_Seen]]) -> None:
    cpu = {name: spread_of([each.cpu_seconds for each in values]) for name, values in seen.items()}
    bare = cpu["python -c pass"].median
    for name, values in seen.items():
        wall = spread_of([each.wall_seconds for each in values])
        cells = (
            name,
            *milliseconds(cpu[name], digits=1),
            times(cpu[name].median, bare),
            milliseconds(wall, digits=1)[0],
        )
        section.rows.append(cells)
    for name, words, most in (
        ("tfm, first paint", "first paint", _FIRST_TARGET),
        ("tfm, ready", "everything ready", _READY_TARGET),
    ):
        if name in cpu:
            share = cpu[name].median / bare
            wanted = f"{words}: at most {most:g} times the CPU of a bare Python"
            section.targets.append(target(wanted, f"{share:.1f}", met=share <= most))
