"""``tfm cat``: the bytes of objects, one after the other, exactly."""

from __future__ import annotations

import argparse
import shutil
import sys
from typing import Final

from tfm.cli.arguments import expanded, is_local
from tfm.cli.output import Report, said_error
from tfm.core.errors import StorageError

__all__ = ["add_arguments", "run"]

_CHUNK_BYTES: Final = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, or a pattern")


def run(options: argparse.Namespace) -> int:
    report = Report()
    for text in options.paths:
        local = False
        try:
            for path in expanded(text, options.profile):
                local = is_local(path)
                with path.open("rb") as source:
                    shutil.copyfileobj(source, sys.stdout.buffer, _CHUNK_BYTES)
        except BrokenPipeError:
            raise
        except (StorageError, OSError) as error:
            # What came before stays: each of the others is still given, and the exit code says that one is missing.
            report.failed(said_error(error), local=local)
    sys.stdout.buffer.flush()
    return report.exit_code
