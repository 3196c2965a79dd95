"""``tfm stat``: what is known about a path."""

from __future__ import annotations

import argparse

from tfm.cli.arguments import Meant, expanded, is_local
from tfm.cli.output import Report, entry_record, modified_text, print_json, print_line
from tfm.core.entry import Entry
from tfm.core.errors import NotFoundError, StorageError
from tfm.path.sessions import current_session

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
On remote paths *, ?, [...] and ** are a pattern; quote it. An object and a
directory of one name are both shown; with a slash at its end a path means the
directory.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="one JSON object a line, every fact in it")


def run(options: argparse.Namespace) -> int:
    report = Report()
    for text in options.paths:
        local = False
        try:
            for meant in expanded(text, options.profile):
                local = is_local(meant.path)
                path = str(meant.path)
                for entry in _entries(meant):
                    shown = f"{path}/" if entry.is_directory and not path.endswith("/") else path
                    _print(entry, shown, as_json=options.json)
        except StorageError as error:
            report.failed(error, local=local)
    return report.exit_code


def _entries(meant: Meant) -> list[Entry]:
    """The object and the directory of that name: on S3 both may be there. With a slash only the directory is meant."""
    if meant.entry is not None:
        return [meant.entry]
    path = meant.path
    answer = current_session().storage(path.location.storage).lookup(path.key)
    file = None if str(path).endswith("/") and answer.directory is not None else answer.file
    found = [entry for entry in (file, answer.directory) if entry is not None]
    if not found:
        raise answer.directory_error or NotFoundError("There is nothing here.", uri=str(path), operation="stat")
    return found


def _print(entry: Entry, shown: str, *, as_json: bool) -> None:
    if as_json:
        print_json(entry_record(entry, shown))
        return
    facts = {
        "kind": entry.kind.name.lower(),
        "size": None if entry.size_bytes is None else f"{entry.size_bytes:,} bytes",
        "modified": modified_text(entry),
        "etag": entry.etag,
        "class": entry.storage_class,
        "mode": None if entry.mode is None else f"{entry.mode & 0o7777:04o}",
    }
    print_line(shown)
    for name, value in facts.items():
        if value:
            print_line(f"  {name:<9}{value}")
