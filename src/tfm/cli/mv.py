"""``tfm mv``: files and trees are moved; what was copied and verified is deleted."""

from __future__ import annotations

import argparse

from tfm.cli.copying import add_copy_arguments, run_copying

__all__ = ["EPILOG", "OPERANDS", "add_arguments", "run"]

OPERANDS = "SOURCE ... DESTINATION"

EPILOG = """\
As tfm cp, directories too; each source is deleted whose copy is known to be
right. On one file system of a disk it is one step. After Ctrl-C every file is
whole in at least one place, and tfm resume goes on.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-r", "--recursive", action="store_true", help="as for cp; here directories need it not")
    add_copy_arguments(parser)


def run(options: argparse.Namespace) -> int:
    return run_copying(options, move=True, recursive=True)
