"""``tfm du``: how much is in a directory, and in which of those below it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tfm.cli.arguments import Meant, expanded, is_local
from tfm.cli.output import Report, print_json, print_line
from tfm.cli.progress import Counter
from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import InvalidPathError, NotFoundError, StorageError
from tfm.path.path import Path
from tfm.path.sessions import current_session
from tfm.path.walk import level_reader, walk_levels

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
The largest first, what PATH holds in all at the end. On S3 one listing of all
keys tells, a request for each thousand; markers of directories are objects too.
A unit is 1,024 of the one before.
"""

_DEFAULT_DEPTH: Final = 1


@dataclass(slots=True)
class _Sum:
    objects: int = 0
    size_bytes: int = 0

    def add(self, size_bytes: int) -> None:
        self.objects += 1
        self.size_bytes += size_bytes


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
    prefix = path.location_as(Kind.DIRECTORY).key
    whole, below = _Sum(), dict[str, _Sum]()
    counter = Counter()
    try:
        for number, each in enumerate(_flat(path) if flat else _walked(path, report), 1):
            counter.update(number)
            if each.is_directory and not flat:
                continue
            _count(each, prefix, depth, whole, below)
    finally:
        counter.done()
    rows = sorted(below.items(), key=lambda row: (-row[1].size_bytes, row[0]))
    return [(storage.uri_of(key), total) for key, total in rows] + [(storage.uri_of(prefix), whole)]


def _count(entry: Entry, prefix: str, depth: int, whole: _Sum, below: dict[str, _Sum]) -> None:
    size_bytes = entry.size_bytes or 0
    whole.add(size_bytes)
    end = len(prefix)
    for _ in range(depth):
        end = entry.key.find("/", end) + 1
        if not end:
            return
        below.setdefault(entry.key[:end], _Sum()).add(size_bytes)


def _flat(path: Path) -> Iterator[Entry]:
    for page in path.scan(recursive=True):
        if page.own_entry is not None:
            yield page.own_entry
        yield from page


def _walked(path: Path, report: Report) -> Iterator[Entry]:
    storage, prefix = current_session().storage(path.location.storage), path.location_as(Kind.DIRECTORY).key
    levels = walk_levels(
        level_reader(storage, prefix), prefix, top_down=True, follow_symlinks=False, on_error=report.failed
    )
    for _, _, files in levels:
        yield from files
