"""Regular expressions tried in processes of their own: none can hold the interpreter, and each has a limit of time."""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
import weakref
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tfm.core.errors import StorageError
from tfm.operations.expression_child import NAMES, PLACES, REPLACED, packed_texts, texts_of

__all__ = ["ExpressionProcesses"]

_CHILD: Final = str(Path(__file__).with_name("expression_child.py"))
LIMIT_SECONDS: Final = 3.0
"""For 64 KiB, of which an expression without repeats within repeats takes some milliseconds."""

_PIECE_NAMES: Final = 2000
"""Asked about at once: with each some tens of characters, about 64 KiB."""

_Process = subprocess.Popen[bytes]


class ExpressionProcesses:
    """For one expression; started as threads ask, about 20 ms each, and kept while they are used. Any thread's."""

    def __init__(self, expression: str, flags: int) -> None:
        text = expression.encode("utf-8", "surrogatepass")
        self._question: Final = struct.pack("=III", flags, int(LIMIT_SECONDS * 1000), len(text)) + text
        self._idle: Final[list[_Process]] = []
        self._lock: Final = threading.Lock()
        self._too_long = False
        weakref.finalize(self, _end_all, self._idle)

    def places(self, data: bytes) -> list[tuple[int, int]]:
        """Where the expression fits. Raises StorageError where that takes too long, from then on at once."""
        offsets = _numbers(self._answer(PLACES, data))
        return list(zip(offsets[::2], offsets[1::2], strict=True))

    def fitting(self, names: Sequence[str]) -> list[bool]:
        """Of each name, whether the expression fits somewhere in it. Raises as :meth:`places`."""
        fits = [False] * len(names)
        for start in range(0, len(names), _PIECE_NAMES):
            for number in _numbers(self._answer(NAMES, packed_texts(names[start : start + _PIECE_NAMES]))):
                fits[start + number] = True
        return fits

    def replaced(self, names: Sequence[str], templates: Sequence[str]) -> list[str]:
        """Each name with all that the expression fits replaced by its template, as :func:`re.sub` does it. Raises as
        :meth:`places`; the templates have been found to be some."""
        found: list[str] = []
        for start in range(0, len(names), _PIECE_NAMES):
            piece = slice(start, start + _PIECE_NAMES)
            found += texts_of(self._answer(REPLACED, packed_texts([*names[piece], *templates[piece]])))
        return found

    def _answer(self, question: int, data: bytes) -> bytes:
        while True:
            if self._too_long:
                raise _too_long()
            with self._lock:
                process = self._idle.pop() if self._idle else None
            fresh = process is None
            process = process or self._start()
            found = _ask(process, question, data)
            if found is not None:
                with self._lock:
                    self._idle.append(process)
                return found
            _end(process)
            # One that was left alone for long has ended by itself; a new one that does so was at it for too long.
            self._too_long = fresh

    def _start(self) -> _Process:
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", _CHILD],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            raise StorageError(
                f"No process could be started for the expression: {error}", operation="search"
            ) from error
        _send(process, self._question)
        return process


def _too_long() -> StorageError:
    return StorageError(
        "This expression takes too long.",
        next_step="Look for something without a repeat within a repeat.",
        operation="search",
    )


def _send(process: _Process, data: bytes) -> bool:
    if process.stdin is None:
        return False
    try:
        process.stdin.write(data)
        process.stdin.flush()
    except OSError:
        return False
    return True


def _ask(process: _Process, question: int, data: bytes) -> bytes | None:
    """None where the process has ended."""
    output = process.stdout
    if output is None or not _send(process, struct.pack("=II", question, len(data)) + data):
        return None
    head = output.read(4)
    if len(head) < 4:
        return None
    size = struct.unpack("=I", head)[0]
    body = output.read(size)
    return body if len(body) == size else None


def _numbers(data: bytes) -> array[int]:
    numbers = array("I")
    numbers.frombytes(data)
    return numbers


def _end(process: _Process) -> None:
    process.kill()
    # Leaves no zombie, and no pipe open; killed, it is gone at once.
    try:
        process.communicate()
    except OSError:
        pass


def _end_all(processes: list[_Process]) -> None:
    while processes:
        _end(processes.pop())
