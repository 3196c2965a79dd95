"""Options that every verb has, and the session that they and the settings make."""

from __future__ import annotations

import argparse
import os
import pathlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NoReturn

from tfm.cli.output import for_terminal
from tfm.config import load_settings
from tfm.core.settings import Settings
from tfm.storage.session import Session

__all__ = ["Parser", "add_storage_options", "session_from", "settings_from", "split_verb"]

_OPTIONS_WITH_VALUE: Final = frozenset({"--profile", "--region", "--endpoint-url", "--config"})


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


def split_verb(given: Sequence[str], verbs: Sequence[str]) -> tuple[str | None, list[str]]:
    """The verb and all else; storage options may stand before it, as they may with AWS's command line."""
    skip = False
    for index, argument in enumerate(given):
        if skip:
            skip = False
        elif argument in verbs:
            return argument, [*given[:index], *given[index + 1 :]]
        elif argument == "--" or not argument.startswith("-"):
            break
        else:
            skip = argument in _OPTIONS_WITH_VALUE
    return None, list(given)


def add_storage_options(parser: argparse.ArgumentParser) -> None:
    """How storages are reached. AWS's own configuration and environment decide what is not given here."""
    group = parser.add_argument_group("storage options")
    group.add_argument("--profile", metavar="NAME", help="the AWS profile whose credentials are used")
    group.add_argument("--region", metavar="NAME", help="the region to sign S3 requests for")
    group.add_argument("--endpoint-url", metavar="URL", help="an S3 server other than AWS")
    group.add_argument("--no-sign-request", action="store_true", help="no credentials: for public buckets")
    group.add_argument("--request-payer", action="store_true", help="agree to pay, where a bucket asks that")
    group.add_argument("--config", metavar="FILE", type=pathlib.Path, help="settings from FILE, not from config.py")


def settings_from(options: argparse.Namespace, *, complain: Callable[[str], None] | None = None) -> Settings:
    """What ``config.py``, the environment and the options say, the last one first.

    Raises SettingsError; with ``complain`` that hears of what is wrong, which is as if it had not been set.
    """
    settings = load_settings(options.config, os.environ, complain=complain)
    return replace(
        settings,
        s3_region=options.region or settings.s3_region,
        s3_endpoint_url=options.endpoint_url or settings.s3_endpoint_url,
        s3_anonymous=options.no_sign_request or settings.s3_anonymous,
        s3_requester_pays=options.request_payer or settings.s3_requester_pays,
    )


def session_from(options: argparse.Namespace, *, complain: Callable[[str], None] | None = None) -> Session:
    return Session(settings_from(options, complain=complain))
