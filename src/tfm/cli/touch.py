"""``tfm touch``: an empty object or file where there is none."""

from __future__ import annotations

import argparse

from tfm.cli.arguments import is_local
from tfm.cli.making import add_making_arguments, run_making
from tfm.core.errors import ConflictError, IsDirectoryError
from tfm.path.path import Path

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
What is there keeps its content. A local file gets a new modification time; an
object keeps the time that its storage gave it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_making_arguments(parser)


def run(options: argparse.Namespace) -> int:
    def make(path: Path, text: str) -> bool:
        if text.endswith("/") and not path.is_dir():
            raise IsDirectoryError(
                "This is written as a directory.", next_step="tfm mkdir makes one.", uri=text, operation="touch"
            )
        if options.dry_run:
            return not (path.exists() if is_local(path) else path.is_file())
        try:
            path.touch(exist_ok=False)
        except (ConflictError, FileExistsError):
            if is_local(path):
                path.touch()
            return False
        return True

    return run_making(options, make)
