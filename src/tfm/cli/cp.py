"""``tfm cp``: files and trees are copied, between any two storages."""

from __future__ import annotations

import argparse

from tfm.cli.copying import add_copy_arguments, run_copying

__all__ = ["EPILOG", "OPERANDS", "add_arguments", "run"]

OPERANDS = "SOURCE ... DESTINATION"

EPILOG = """\
DESTINATION is a directory if it ends in a slash, is one, or there are several
sources (or a pattern: quote it); else it is the copy itself. - is a standard
stream, for one file. After Ctrl-C tfm resume goes on.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-r", "--recursive", action="store_true", help="directories too, with all that is in them")
    add_copy_arguments(parser)


def run(options: argparse.Namespace) -> int:
    return run_copying(options, move=False, recursive=options.recursive)
