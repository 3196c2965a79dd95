"""``tfm ls``: what is in a directory, one entry a line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from tfm.cli.arguments import expanded, is_local
from tfm.cli.output import Counter, Report, entry_record, local_time, print_json, print_line
from tfm.core.entry import Entry, Kind
from tfm.core.errors import StorageError
from tfm.path.path import Path
from tfm.path.sessions import current_session

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="a directory, a file, or a pattern")
    parser.add_argument("-l", "--long", action="store_true", help="with size in bytes and modification time")
    parser.add_argument("-R", "--recursive", action="store_true", help="everything below, by its path from there")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("-0", "--null", action="store_true", help="end names with NUL: exact, whatever is in them")


def run(options: argparse.Namespace) -> int:
    report = Report()
    several = len(options.paths) > 1
    for text in options.paths:
        local = False
        try:
            for path in expanded(text, options.profile):
                local = is_local(path)
                _list(path, options, heading=several or str(path) != str(Path(text, profile=options.profile)))
        except StorageError as error:
            report.failed(error, local=local)
    return report.exit_code


def _list(path: Path, options: argparse.Namespace, *, heading: bool) -> None:
    """A directory's entries, or a file itself. Without a slash the object is meant where both are there: that takes one
    question more than the listing."""
    if not str(path).endswith("/"):
        storage = current_session().storage(path.location.storage)
        answer = storage.lookup(path.key)
        if answer.file is not None:
            _print(answer.file, str(path), str(path) if heading else path.name, options)
            return
    directory = str(Path.from_location(path.location_as(Kind.DIRECTORY)))
    directory = directory if directory.endswith("/") else f"{directory}/"
    counter = Counter(str(path))
    try:
        for number, (entry, name) in enumerate(_rows(path, recursive=options.recursive), 1):
            counter.update(number)
            shown = f"{directory}{name}" if heading else name
            _print(entry, f"{directory}{name}", shown, options)
    finally:
        counter.done()


def _rows(path: Path, *, recursive: bool) -> Iterator[tuple[Entry, str]]:
    for page in path.scan(recursive=recursive):
        for entry in page:
            yield entry, f"{entry.name}/" if entry.is_directory else entry.name


def _print(entry: Entry, path: str, shown: str, options: argparse.Namespace) -> None:
    if options.json:
        print_json(entry_record(entry, path))
        return
    if options.long:
        size = "" if entry.size_bytes is None or entry.is_directory else str(entry.size_bytes)
        shown = f"{size:>15}  {local_time(entry.modified_at)}  {shown}"
    print_line(shown, end="\0" if options.null else "\n")
