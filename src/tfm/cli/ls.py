"""``tfm ls``: what is in a directory, one entry a line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from tfm.cli.arguments import Meant, expanded, is_local
from tfm.cli.output import Report, entry_record, modified_text, print_json, print_line
from tfm.cli.progress import Counter
from tfm.core.entry import Entry, Kind
from tfm.core.errors import NotFoundError, StorageError
from tfm.path.path import Path
from tfm.path.sessions import current_session

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
On remote paths *, ?, [...] and ** are a pattern; quote it. What fits is listed
itself, by its whole path, and with -R what is below it too. s3:// lists your
buckets. In a pipe or a file names are exact bytes; -0 tells a newline in a name
from its end.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", default=["."], metavar="PATH", help=argparse.SUPPRESS)
    parser.add_argument("-l", "--long", action="store_true", help="with size in bytes and modification time")
    parser.add_argument("-R", "--recursive", action="store_true", help="everything below, by its path from there")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line, every fact in it")
    form.add_argument("-0", "--null", action="store_true", help="end names with NUL, not newline")


def run(options: argparse.Namespace) -> int:
    report = Report()
    several = len(options.paths) > 1
    for text in options.paths:
        local = False
        try:
            for meant in expanded(text, options.profile):
                local = is_local(meant.path)
                _list(meant, options, whole_path=several)
        except StorageError as error:
            report.failed(error, local=local)
    return report.exit_code


def _list(meant: Meant, options: argparse.Namespace, *, whole_path: bool) -> None:
    """A directory's entries, or a file itself, or what a pattern found.

    Without a slash the object is meant where both are there: that takes one question more than the listing.
    """
    path, entry = meant.path, meant.entry
    if entry is not None:
        _print(entry, str(path), str(path), options)
        if options.recursive and entry.is_directory:
            _list_directory(path, options, whole_path=True)
        return
    if not str(path).endswith("/"):
        answer = current_session().storage(path.location.storage).lookup(path.key)
        if answer.file is not None:
            _print(answer.file, str(path), str(path) if whole_path else path.name, options)
            return
        if not answer.found and answer.directory_error is None:
            raise NotFoundError("There is nothing here.", uri=str(path), operation="list")
    _list_directory(path, options, whole_path=whole_path)


def _list_directory(path: Path, options: argparse.Namespace, *, whole_path: bool) -> None:
    directory = str(Path.from_location(path.location_as(Kind.DIRECTORY)))
    directory = directory if directory.endswith("/") else f"{directory}/"
    counter = Counter()
    try:
        for number, (entry, name) in enumerate(_rows(path, recursive=options.recursive), 1):
            counter.update(number)
            shown = f"{directory}{name}" if whole_path else name
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
        shown = f"{size:>15}  {modified_text(entry):19}  {shown}"
    print_line(shown, end="\0" if options.null else "\n")
