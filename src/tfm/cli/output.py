"""What the verbs print: exact bytes into a pipe, harmless text on a terminal, errors on standard error."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from tfm.core.entry import Entry
from tfm.core.errors import InvalidPathError, NotFoundError, SettingsError

__all__ = [
    "EXIT_FAILURE",
    "EXIT_OK",
    "EXIT_USAGE",
    "OutputError",
    "Report",
    "can_ask",
    "entry_record",
    "flush_output",
    "for_terminal",
    "modified_text",
    "print_bytes",
    "print_json",
    "print_line",
]

EXIT_OK: Final = 0
EXIT_FAILURE: Final = 1
EXIT_USAGE: Final = 2


class OutputError(Exception):
    """Standard output cannot be written (a full disk): nothing that would still come could be."""


@contextmanager
def _writing() -> Iterator[None]:
    """Tells a failure to write from a failure to read. That a reader has gone stays a BrokenPipeError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output: {error.strerror}") from error


def can_ask() -> bool:
    """Whether a person sees a question and can answer it."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def for_terminal(text: str) -> str:
    """``text`` so that nothing in it acts on a terminal."""
    if text.isascii() and text.isprintable():
        return text
    from tfm.ui.sanitise import screen_text

    return screen_text(text)


def print_line(text: str, *, end: str = "\n") -> None:
    """A line on standard output: exact where a program reads it, harmless where a person does."""
    with _writing():
        if sys.stdout.isatty():
            print(for_terminal(text), end=end)
        else:
            sys.stdout.buffer.write(os.fsencode(text) + end.encode())


def print_json(record: dict[str, Any]) -> None:
    """One JSON object on one line, in ASCII: exact for a program and harmless for a terminal alike."""
    with _writing():
        print(json.dumps(record))


def print_bytes(data: bytes) -> None:
    with _writing():
        sys.stdout.buffer.write(data)


def flush_output() -> None:
    with _writing():
        sys.stdout.flush()


def entry_record(entry: Entry, path: str) -> dict[str, Any]:
    """An entry as the ``--json`` of every verb shows it."""
    modified = _modified_at(entry)
    return {
        "path": path,
        "kind": entry.kind.name.lower(),
        "size_bytes": entry.size_bytes,
        "modified_at": None if modified is None else modified.isoformat(),
        "etag": entry.etag,
        "storage_class": entry.storage_class,
    }


def modified_text(entry: Entry) -> str:
    """In the reader's time zone, to the second; empty where the storage says nothing."""
    moment = _modified_at(entry)
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def _modified_at(entry: Entry) -> datetime | None:
    try:
        moment = entry.modified_at
        return None if moment is None else moment.astimezone().astimezone(moment.tzinfo)
    except (ValueError, OverflowError):
        return None  # a disk can hold years that no calendar has: `touch -d @99999999999999`


class Report:
    """Collects failures of one run: each is said at once, and none stops the others."""

    def __init__(self) -> None:
        self.exit_code = EXIT_OK

    def failed(self, error: Exception, *, local: bool = False) -> None:
        """Say it in one line. What was asked wrongly (no such local path, a bad name) makes exit code 2."""
        self.say(_said(error))
        wrong_input = (
            isinstance(error, (InvalidPathError, SettingsError))
            or (local and isinstance(error, (NotFoundError, FileNotFoundError)))
            or getattr(error, "errno", None) == errno.ENAMETOOLONG
        )
        self.exit_code = max(self.exit_code, EXIT_USAGE if wrong_input else EXIT_FAILURE)

    def say(self, text: str, *, exit_code: int = EXIT_OK) -> None:
        """A line on standard error, after what was printed before; with the exit code that the run has at least."""
        flush_output()
        print(f"tfm: {for_terminal(text)}", file=sys.stderr)
        self.exit_code = max(self.exit_code, exit_code)


def _said(error: Exception) -> str:
    """tfm's own errors speak for themselves; one of the operating system says its number first."""
    own_words = str(error)
    if own_words.startswith("[Errno ") and isinstance(error, OSError):
        return f"{os.fsdecode(error.filename)}: {error.strerror}." if error.filename else f"{error.strerror}."
    return own_words
