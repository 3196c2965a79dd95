"""What ``tfm mkdir`` and ``tfm touch`` have in common: each path is made, or is there already."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tfm.cli.arguments import is_local, path_of
from tfm.cli.output import Report, print_json, print_line
from tfm.core.errors import StorageError
from tfm.path.path import Path

__all__ = ["add_making_arguments", "run_making"]


def add_making_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help=argparse.SUPPRESS)
    parser.add_argument("-n", "--dry-run", action="store_true", help="print what would be made; make nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object a line for each path")


def run_making(options: argparse.Namespace, make: Callable[[Path, str], bool]) -> int:
    """``make`` is given a path and its text as typed, and tells whether it was not there before."""
    report = Report()
    for text in options.paths:
        local = False
        try:
            path = path_of(text, options.profile)
            local = is_local(path)
            made = make(path, text)
        except (StorageError, OSError) as error:
            report.failed(error, local=local)
            continue
        if options.json:
            print_json({"path": str(path), "existed": not made, "dry_run": options.dry_run})
        elif options.dry_run and made:
            print_line(str(path))
    return report.exit_code
