"""The session that options and settings make."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from tfm.config import load_settings
from tfm.core.settings import Settings
from tfm.storage.session import Session

if TYPE_CHECKING:
    import argparse  # panes that start on places alone do without
    import pathlib

__all__ = ["StorageOptions", "session_from", "settings_from", "split_verb"]

_OPTIONS_WITH_VALUE: Final = frozenset({"--profile", "--region", "--endpoint-url", "--config"})


class StorageOptions(NamedTuple):
    """What :func:`tfm.cli.parser.add_storage_options` gives where none of its options is used."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    no_sign_request: bool = False
    request_payer: bool = False
    config: pathlib.Path | None = None


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


def settings_from(
    options: argparse.Namespace | StorageOptions, *, complain: Callable[[str], None] | None = None
) -> Settings:
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


def session_from(
    options: argparse.Namespace | StorageOptions, *, complain: Callable[[str], None] | None = None
) -> Session:
    return Session(settings_from(options, complain=complain))
