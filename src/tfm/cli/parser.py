"""How a verb's command line is read, and the options that every verb has."""

from __future__ import annotations

import argparse
import pathlib
from typing import NoReturn

from tfm.cli.output import for_terminal

__all__ = ["Parser", "add_storage_options"]


class Parser(argparse.ArgumentParser):
    """Options in full, so that a new one never changes what an old script means; texts as they were written."""

    def __init__(self, program: str, operands: str, *, description: str, epilog: str) -> None:
        super().__init__(
            prog=program,
            usage=f"{program} [options] {operands}",
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        # It quotes what was given, and a shell's * gives names of files.
        super().error(for_terminal(message))


def add_storage_options(parser: argparse.ArgumentParser) -> None:
    """How storages are reached. AWS's own configuration and environment decide what is not given here."""
    group = parser.add_argument_group("storage options")
    group.add_argument("--profile", metavar="NAME", help="the AWS profile whose credentials are used")
    group.add_argument("--region", metavar="NAME", help="the region to sign S3 requests for")
    group.add_argument("--endpoint-url", metavar="URL", help="an S3 server other than AWS")
    group.add_argument("--no-sign-request", action="store_true", help="no credentials: for public buckets")
    group.add_argument("--request-payer", action="store_true", help="agree to pay, where a bucket asks that")
    group.add_argument("--config", metavar="FILE", type=pathlib.Path, help="settings from FILE, not from config.py")
