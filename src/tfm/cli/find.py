"""``tfm find``: what is below a directory and fits, one path a line."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from typing import Final

from tfm.cli.arguments import Meant, expanded, is_local
from tfm.cli.output import Report, entry_record, print_json, print_line
from tfm.cli.progress import Counter
from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import InvalidPathError, NotFoundError, StorageError
from tfm.operations.search_query import LetterCase, NameForm, NameTest, QueryError, SearchQuery, name_test
from tfm.operations.search_terms import moment, size_range
from tfm.path.glob import glob_matches
from tfm.path.path import Path
from tfm.path.sessions import current_session
from tfm.path.walk import level_reader, walk_levels

__all__ = ["EPILOG", "add_arguments", "prepared", "run"]

EPILOG = """\
All conditions must hold. On S3 one listing of all keys below tells everything:
a request for each thousand. Sizes are bytes, or with K, M, G, T behind them; an
age is like 30s, 15m, 12h, 7d, 2w, a time like 2026-05-01 or 2026-05-01T12:30.
"""

_KINDS: Final = {"f": Kind.FILE, "d": Kind.DIRECTORY}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help=argparse.SUPPRESS)
    tests = parser.add_argument_group("conditions")
    tests.add_argument("--name", metavar="PATTERN", type=_name_test, help="the name fits *, ?, [...]; quote it")
    tests.add_argument("--type", metavar="KIND", choices=sorted(_KINDS), help="f: files, d: directories")
    tests.add_argument("--size", metavar="+N|-N", type=_size_range, help="files of more, or less, than N; N: exactly")
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
    query = _query(options)
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
                    if query.fits(entry, entry.key.removesuffix("/").rpartition("/")[2]):
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


def _query(options: argparse.Namespace) -> SearchQuery:
    least_bytes, most_bytes = options.size or (None, None)
    return SearchQuery(
        options.name,
        None if options.type is None else _KINDS[options.type],
        least_bytes,
        most_bytes,
        options.newer,
        options.older,
    )


def _name_test(pattern: str) -> NameTest:
    return name_test(pattern, NameForm.GLOB, LetterCase.EXACT) or NameTest(lambda name: not name)


def _size_range(text: str) -> tuple[int | None, int | None]:
    try:
        return size_range(text)
    except QueryError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _moment(text: str) -> float:
    try:
        return moment(text, time.time())
    except QueryError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
