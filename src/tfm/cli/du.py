"""``tfm du``: how much is in a directory, and in which of those below it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import Final

from tfm.cli.arguments import Meant, expanded, is_local
from tfm.cli.output import Report, print_json, print_line
from tfm.cli.progress import Counter
from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import InvalidPathError, NotFoundError, StorageError
from tfm.core.progress import Cancel
from tfm.operations.disk_usage import DiskUsage
from tfm.path.sessions import current_session

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
The largest first, what PATH holds in all at the end. On S3 one listing of all
keys tells, a request for each thousand; markers of directories are objects too.
A unit is 1,024 of the one before.
"""

_DEFAULT_DEPTH: Final = 1


@dataclass(frozen=True, slots=True)
class _Sum:
    objects: int
    size_bytes: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", default=["."], metavar="PATH", help=argparse.SUPPRESS)
    depth = parser.add_mutually_exclusive_group()
    depth.add_argument("-s", "--summarize", dest="depth", action="store_const", const=0, help="only PATH itself")
    depth.add_argument(
        "--max-depth", dest="depth", metavar="N", type=_depth, help=f"so many levels below (default: {_DEFAULT_DEPTH})"
    )
    parser.add_argument("--bytes", action="store_true", help="exact numbers of bytes")
    parser.add_argument("--json", action="store_true", help="a JSON object a line for each directory")


def _depth(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of levels")
    return int(text)


def run(options: argparse.Namespace) -> int:
    report = Report()
    depth = _DEFAULT_DEPTH if options.depth is None else options.depth
    for text in options.paths:
        local = False
        try:
            for meant in expanded(text, options.profile):
                local = is_local(meant.path)
                for shown, total in _sums(meant, text, depth, report):
                    _print(shown, total, options)
        except StorageError as error:
            report.failed(error, local=local)
    return report.exit_code


def _print(shown: str, total: _Sum, options: argparse.Namespace) -> None:
    if options.json:
        print_json({"path": shown, "size_bytes": total.size_bytes, "objects": total.objects})
        return
    from tfm.ui.format import format_size

    size = f"{total.size_bytes:>15}" if options.bytes else f"{format_size(total.size_bytes):>8}"
    print_line(f"{size}  {total.objects:>9,}  {shown}")


def _sums(meant: Meant, text: str, depth: int, report: Report) -> list[tuple[str, _Sum]]:
    """Each directory down to ``depth`` with its sum, the largest first, and the whole at the end."""
    path = meant.path
    if Capability.LIST_ROOTS in path.capabilities:
        raise InvalidPathError("This is the list of buckets.", next_step="Name a bucket.", uri=text, operation="du")
    storage = current_session().storage(path.location.storage)
    flat = Capability.FLAT_KEYS in storage.capabilities
    entry = meant.entry
    if entry is None and not (flat and text.endswith("/")):
        answer = storage.lookup(path.key)
        entry = answer.best()
        if entry is None:
            raise answer.directory_error or NotFoundError("There is nothing here.", uri=text, operation="du")
    if entry is not None and not (entry.is_directory and not (entry.is_symlink and not text.endswith("/"))):
        return [(str(path), _Sum(1, entry.size_bytes or 0))]
    start = path.location_as(Kind.DIRECTORY)
    usage = DiskUsage(current_session(), start, depth=depth, crosses_mounts=True, most_directories=sys.maxsize)
    counter = Counter()
    try:
        usage.run(lambda progress: counter.update(progress.objects_done), Cancel())
    finally:
        counter.done()
    for error in usage.failures:
        report.failed(error)
    rows = sorted(usage.walk(), key=lambda row: (-row.size_bytes, row.key))
    return [(storage.uri_of(row.key), _Sum(row.objects, row.size_bytes)) for row in rows if row.objects] + [
        (storage.uri_of(start.key), _Sum(usage.total().objects, usage.total().size_bytes))
    ]
