"""How far a verb is, on one line of the terminal that is written again and again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final

from tfm.operations.noun import Noun

__all__ = ["Counter", "ProgressLine", "count_text"]

_PROGRESS_SECONDS: Final = 0.2


class ProgressLine:
    """A line on standard error, written at most five times a second, if that is a terminal and ``wanted``."""

    def __init__(self, *, wanted: bool = True) -> None:
        self._shown = 0
        self._next = time.monotonic() + _PROGRESS_SECONDS
        self._wanted = wanted and sys.stderr.isatty()

    def show(self, text: Callable[[], str]) -> None:
        """``text`` is called only where it is shown: rows come faster than that."""
        if self._wanted and time.monotonic() >= self._next:
            self._next = time.monotonic() + _PROGRESS_SECONDS
            line = text().ljust(self._shown)  # over what stands there
            self._shown = len(line)
            print(f"\r{line}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Before anything else is written there, and at the end."""
        if self._shown:
            self._shown = 0
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class Counter:
    """Entries so far, where standard output is no terminal: between the rows it would be in the way."""

    def __init__(self) -> None:
        self._line = ProgressLine(wanted=not sys.stdout.isatty())

    def update(self, entries: int) -> None:
        self._line.show(lambda: f"{entries:,} entries…")

    def done(self) -> None:
        self._line.clear()


def count_text(noun: Noun, count: int, size_bytes: int) -> str:
    """``2,512 files, 3.4 GB``; only the number where they hold nothing, as far as is known."""
    from tfm.ui.format import format_size

    number = noun.counted(count)
    return f"{number}, {format_size(size_bytes)}" if size_bytes else number
