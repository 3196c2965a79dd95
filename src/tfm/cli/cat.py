"""``tfm cat``: the bytes of objects, one after the other, exactly."""

from __future__ import annotations

import argparse
from typing import Final

from tfm.cli.arguments import expanded, is_local
from tfm.cli.output import Report, print_bytes
from tfm.core.errors import NotFoundError, StorageError
from tfm.path.path import Path

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
On remote paths *, ?, [...] and ** are a pattern; quote it. Of what fits, the
objects are written. A failure is said on standard error and does not keep the
others back.
"""

_CHUNK_BYTES: Final = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    report = Report()
    for text in options.paths:
        local = False
        found_file = False
        try:
            for meant in expanded(text, options.profile):
                local = is_local(meant.path)
                if meant.entry is not None and meant.entry.is_directory:
                    continue
                found_file = True
                try:
                    _write(meant.path)
                except BrokenPipeError:
                    raise  # whoever read has gone
                except (StorageError, OSError) as error:
                    report.failed(error, local=local)
            if not found_file:
                raise NotFoundError("Only directories fit this pattern.", uri=text, operation="cat")
        except StorageError as error:
            report.failed(error, local=local)
    return report.exit_code


def _write(path: Path) -> None:
    with path.open("rb") as source:
        while data := source.read(_CHUNK_BYTES):
            print_bytes(data)
