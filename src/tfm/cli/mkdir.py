"""``tfm mkdir``: a directory is made; on an object store, the marker that makes an empty one seen."""

from __future__ import annotations

import argparse

from tfm.cli.making import add_making_arguments, run_making
from tfm.core.errors import ConflictError
from tfm.path.path import Path

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
On S3 a directory needs none above it, and none has to be made before something
is written into it; an empty one is an object whose key ends in a slash.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-p", "--parents", action="store_true", help="those above it too; one that is there is right")
    add_making_arguments(parser)


def run(options: argparse.Namespace) -> int:
    def make(path: Path, _text: str) -> bool:
        try:
            if options.dry_run:
                _refuse_one_that_is_there(path)
            else:
                path.mkdir(parents=options.parents)
        except ConflictError:
            if options.parents and path.is_dir():
                return False
            raise
        return True

    return run_making(options, make)


def _refuse_one_that_is_there(path: Path) -> None:
    if path.is_dir():
        raise ConflictError("This directory is there already.", uri=str(path), operation="mkdir")
