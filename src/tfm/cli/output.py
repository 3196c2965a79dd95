"""What the verbs print: exact bytes into a pipe, harmless text on a terminal, errors on standard error."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime
from typing import Any, Final

from tfm.core.entry import Entry
from tfm.core.errors import InvalidPathError, NotFoundError, SettingsError, StorageError

__all__ = ["EXIT_FAILURE", "EXIT_OK", "EXIT_USAGE", "Counter", "Report", "entry_record", "for_terminal", "print_json"]

EXIT_OK: Final = 0
EXIT_FAILURE: Final = 1
EXIT_USAGE: Final = 2

_PROGRESS_SECONDS: Final = 0.2


def for_terminal(text: str) -> str:
    """``text`` so that nothing in it acts on a terminal."""
    if text.isascii() and text.isprintable():
        return text
    from tfm.ui.sanitise import screen_text

    return screen_text(text)


def print_line(text: str, *, end: str = "\n") -> None:
    """A line on standard output: exact where a program reads it, harmless where a person does."""
    if sys.stdout.isatty():
        print(for_terminal(text), end=end)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(os.fsencode(text) + end.encode())


def print_json(record: dict[str, Any]) -> None:
    """One JSON object on one line, in ASCII: exact for a program and harmless for a terminal alike."""
    print(json.dumps(record))


def entry_record(entry: Entry, path: str) -> dict[str, Any]:
    """An entry as the ``--json`` of every verb shows it."""
    modified = entry.modified_at
    return {
        "path": path,
        "kind": entry.kind.name.lower(),
        "size_bytes": entry.size_bytes,
        "modified_at": None if modified is None else modified.isoformat(),
        "etag": entry.etag,
        "storage_class": entry.storage_class,
    }


def local_time(moment: datetime | None) -> str:
    """In the reader's time zone, to the second; blanks where the storage says nothing."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}" if moment is not None else " " * 19


class Report:
    """Collects failures of one run: each is said at once, and none stops the others."""

    def __init__(self) -> None:
        self.exit_code = EXIT_OK

    def failed(self, error: Exception, *, local: bool = False) -> None:
        """Say it in one line. What was asked wrongly (no such local file, a bad name) makes exit code 2."""
        sys.stdout.flush()
        print(f"tfm: {for_terminal(str(error))}", file=sys.stderr)
        wrong_input = isinstance(error, (InvalidPathError, SettingsError)) or (
            local and isinstance(error, NotFoundError)
        )
        self.exit_code = max(self.exit_code, EXIT_USAGE if wrong_input else EXIT_FAILURE)


def said_error(error: Exception) -> Exception:
    """An error of the operating system in the words of all others."""
    if isinstance(error, StorageError) or not isinstance(error, OSError):
        return error
    return OSError(f"{error.filename}: {error.strerror}" if error.filename else str(error))


class Counter:
    """Entries so far, on standard error where that is a terminal, at most five times a second."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = False
        self._next = time.monotonic() + _PROGRESS_SECONDS
        self._terminal = sys.stderr.isatty() and not sys.stdout.isatty()

    def update(self, entries: int) -> None:
        if self._terminal and time.monotonic() >= self._next:
            self._next = time.monotonic() + _PROGRESS_SECONDS
            self._shown = True
            print(f"\r{self._what}: {entries:,} entries…", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
