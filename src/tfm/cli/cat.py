"""``tfm cat``: the bytes of objects, one after the other, exactly."""

from __future__ import annotations

import argparse
from typing import Final

from tfm.cli.arguments import expanded, is_local
from tfm.cli.output import Report, print_bytes
from tfm.core.errors import NotFoundError, StorageError
from tfm.path.files import ObjectFile
from tfm.path.path import Path

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
On remote paths *, ?, [...] and ** are a pattern; quote it. Of what fits, the
objects are written. A failure is said on standard error and does not keep the
others back; that nothing tells whether the bytes are right is said there too.
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
                    _write(meant.path, report)
                except BrokenPipeError:
                    raise  # whoever read has gone
                except (StorageError, OSError) as error:
                    report.failed(error, local=local)
            if not found_file:
                raise NotFoundError("Only directories fit this pattern.", uri=text, operation="cat")
        except StorageError as error:
            report.failed(error, local=local)
    return report.exit_code


def _write(path: Path, report: Report) -> None:
    with path.open("rb", buffering=0) as source:
        while data := source.read(_CHUNK_BYTES):
            print_bytes(data)
        # A file of this disk is none: its bytes came over no wire.
        if isinstance(source, ObjectFile) and source.tell() and not source.verified:
            report.say(f"{path}: Nothing tells whether these bytes are right.{_next_step(source)}")


def _next_step(source: ObjectFile) -> str:
    """A checksum of the whole would have told, had it been computed; those of parts are of parts that nobody knows."""
    whole = [checksum.algorithm for checksum in source.checksums if checksum.parts is None]
    return f" To compare their {whole[0]} run: pip install 'tfm[checksums]'" if whole else ""
