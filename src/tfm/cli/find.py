"""``tfm find``: what is below a directory and fits, one path a line."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from tfm.cli.arguments import Meant, expanded, is_local
from tfm.cli.output import Report, entry_record, print_json, print_line
from tfm.cli.progress import Counter
from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import InvalidPathError, NotFoundError, StorageError
from tfm.path.glob import glob_matches
from tfm.path.path import Path
from tfm.path.pattern import segment_matcher
from tfm.path.sessions import current_session
from tfm.path.walk import level_reader, walk_levels

__all__ = ["EPILOG", "add_arguments", "prepared", "run"]

EPILOG = """\
All conditions must hold. On S3 one listing of all keys below tells everything:
a request for each thousand. Sizes are bytes, or with K, M, G, T behind them; an
age is like 30s, 15m, 12h, 7d, 2w, a time like 2026-05-01 or 2026-05-01T12:30.
"""

_SIZE: Final = re.compile(r"([+-]?)([0-9]+)([KMGT]?)", re.IGNORECASE)
_AGE: Final = re.compile(r"([0-9]+)([smhdw])")
_UNIT_BYTES: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_KINDS: Final = {"f": Kind.FILE, "d": Kind.DIRECTORY}

Test = Callable[[Entry], bool]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help=argparse.SUPPRESS)
    tests = parser.add_argument_group("conditions")
    tests.add_argument("--name", metavar="PATTERN", type=_name_test, help="the name fits *, ?, [...]; quote it")
    tests.add_argument("--type", metavar="KIND", choices=sorted(_KINDS), help="f: files, d: directories")
    tests.add_argument("--size", metavar="+N|-N", type=_size_test, help="files of more, or less, than N; N: exactly")
    tests.add_argument("--newer", metavar="AGE|TIME", type=_moment, help="changed since then")
    tests.add_argument("--older", metavar="AGE|TIME", type=_moment, help="not changed since then")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line, every fact in it")
    form.add_argument("-0", "--null", action="store_true", help="end paths with NUL, not newline")


def prepared(given: Sequence[str]) -> list[str]:
    """``--size -10K`` as ``--size=-10K``: argparse would take the size for an option."""
    words: list[str] = []
    for word in given:
        if words and words[-1] == "--size":
            words[-1] = f"--size={word}"
        else:
            words.append(word)
    return words


def run(options: argparse.Namespace) -> int:
    report = Report()
    fits = _all_of(options)
    counter = Counter()
    number = 0
    for text in options.paths:
        local = False
        try:
            for meant in expanded(text, options.profile):
                local = is_local(meant.path)
                for entry, shown in _below(meant, text, report):
                    number += 1
                    counter.update(number)
                    if fits(entry):
                        _print(entry, shown, options)
        except StorageError as error:
            counter.done()
            report.failed(error, local=local)
    counter.done()
    return report.exit_code


def _print(entry: Entry, shown: str, options: argparse.Namespace) -> None:
    if options.json:
        print_json(entry_record(entry, shown))
    else:
        print_line(shown, end="\0" if options.null else "\n")


# What there is


def _below(meant: Meant, text: str, report: Report) -> Iterator[tuple[Entry, str]]:
    """Every entry with its path as it is shown: what was named itself, and all that is below it."""
    path = meant.path
    if Capability.LIST_ROOTS in path.capabilities:
        raise InvalidPathError("This is the list of buckets.", next_step="Name a bucket.", uri=text, operation="find")
    storage = current_session().storage(path.location.storage)
    if meant.entry is not None and not meant.entry.is_directory:
        yield meant.entry, str(path)
        return
    if not text.endswith("/") or Capability.FLAT_KEYS not in storage.capabilities:
        answer = storage.lookup(path.key)
        if answer.file is not None:
            yield answer.file, str(path)
        if answer.directory is None:
            if answer.file is None:
                raise answer.directory_error or NotFoundError("There is nothing here.", uri=text, operation="find")
            return
    found = False
    entries = _flat(path) if Capability.FLAT_KEYS in storage.capabilities else _walked(path, report)
    for entry in entries:
        found = True
        yield entry, storage.uri_of(entry.key)
    if not found:
        raise NotFoundError("There is no such directory.", uri=text, operation="find")


def _flat(path: Path) -> Iterator[Entry]:
    storage, prefix = current_session().storage(path.location.storage), path.location_as(Kind.DIRECTORY).key
    for entry, _ in glob_matches(storage, prefix, "**"):
        yield entry


def _walked(path: Path, report: Report) -> Iterator[Entry]:
    """A disk, directory by directory; one that cannot be read is said, and hides no other."""
    storage, prefix = current_session().storage(path.location.storage), path.location_as(Kind.DIRECTORY).key
    here = storage.lookup(prefix).directory
    if here is not None:
        yield here
    levels = walk_levels(
        level_reader(storage, prefix), prefix, top_down=True, follow_symlinks=False, on_error=report.failed
    )
    for _, directories, files in levels:
        yield from files
        yield from directories


# Conditions


def _all_of(options: argparse.Namespace) -> Test:
    tests: list[Test] = [test for test in (options.name, options.size) if test is not None]
    if options.type is not None:
        kind = _KINDS[options.type]
        tests.append(lambda entry: entry.kind is kind)
    newer, older = options.newer, options.older
    if newer is not None:
        tests.append(lambda entry: entry.modified_timestamp is not None and entry.modified_timestamp > newer)
    if older is not None:
        tests.append(lambda entry: entry.modified_timestamp is not None and entry.modified_timestamp <= older)
    return lambda entry: all(test(entry) for test in tests)


def _name_test(pattern: str) -> Test:
    matches = segment_matcher(pattern).match
    return lambda entry: matches(entry.key.removesuffix("/").rpartition("/")[2]) is not None


def _size_test(text: str) -> Test:
    """Of files: a directory has no size, or one of the disk's own that says nothing."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write 500, +10K or -2G")
    sign, number, unit = match.groups()
    bound = int(number) * _UNIT_BYTES[unit.upper()]

    def fits(entry: Entry) -> bool:
        size = entry.size_bytes
        if size is None or entry.is_directory:
            return False
        return size > bound if sign == "+" else size < bound if sign == "-" else size == bound

    return fits


def _moment(text: str) -> float:
    """Seconds since the epoch, of an age or of a time in the reader's zone."""
    match = _AGE.fullmatch(text)
    if match is not None:
        return time.time() - int(match[1]) * _UNIT_SECONDS[match[2]]
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no age and no time: write 7d, 12h or 2026-05-01") from None
