"""``tfm stat``: what is known about a path."""

from __future__ import annotations

import argparse

from tfm.cli.arguments import expanded, is_local
from tfm.cli.output import Report, entry_record, for_terminal, local_time, print_json
from tfm.core.entry import Entry
from tfm.core.errors import NotFoundError, StorageError
from tfm.path.path import Path
from tfm.path.sessions import current_session

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, a directory, a bucket, or a pattern")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(options: argparse.Namespace) -> int:
    report = Report()
    for text in options.paths:
        local = False
        try:
            for path in expanded(text, options.profile):
                local = is_local(path)
                for entry in _entries(path):
                    shown = f"{path}/" if entry.is_directory and not str(path).endswith("/") else str(path)
                    _print(entry, shown, as_json=options.json)
        except StorageError as error:
            report.failed(error, local=local)
    return report.exit_code


def _entries(path: Path) -> list[Entry]:
    """The object and the directory of that name: on S3 both may be there. With a slash only the directory is meant."""
    answer = current_session().storage(path.location.storage).lookup(path.key)
    written_as_directory = str(path).endswith("/")
    found = [
        entry
        for entry in (None if written_as_directory and answer.directory else answer.file, answer.directory)
        if entry is not None
    ]
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
        "modified": local_time(entry.modified_at).strip(),
        "etag": entry.etag,
        "class": entry.storage_class,
        "mode": None if entry.mode is None else f"{entry.mode & 0o7777:04o}",
    }
    print(for_terminal(shown))
    for name, value in facts.items():
        if value:
            print(f"  {name:<9}{for_terminal(value)}")
