"""The settings: their types, their defaults, and how a value is checked. Reading them from somewhere is ``config``."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from math import isfinite
from typing import Any, Final, TypeAlias

from tfm.core.errors import SettingsError

__all__ = ["Commands", "Settings", "Table", "setting_names", "settings_from_environment", "with_settings"]

_PREFIX: Final = "TFM_"
_DEFAULT_TTL_SECONDS: Final = 60.0

Table: TypeAlias = tuple[tuple[str, str], ...]
"""A setting that users write as a dict of texts, in their order."""

Commands: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""A setting that users write as a dict; each value is a list of arguments, or one text as a shell would split it."""


def _setting(
    default: object, help_text: str, *, least: float | None = None, choices: Sequence[str] = ()
) -> Any:  # a field() of any type
    return field(default=default, metadata={"help": help_text, "least": least, "choices": tuple(choices)})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a user can set. ``S3_CACHE_TTL`` in ``config.py`` and ``TFM_S3_CACHE_TTL`` in the environment are
    :attr:`s3_cache_ttl` here."""

    s3_cache_ttl: float = _setting(
        60, "Seconds for which an S3 listing answers without asking again; 0 means none.", least=0
    )
    cache_max_bytes: int = _setting(
        192 * 2**20, "Memory of the listing cache in bytes; the default holds a million keys.", least=0
    )
    cache_max_entries: int = _setting(10_000, "Listings and answers that the cache holds at most.", least=0)
    s3_endpoint_url: str = _setting("", "An S3 server other than AWS; empty means as AWS's own configuration says.")
    s3_region: str = _setting("", "The region to sign for; empty means as AWS's own configuration says.")
    s3_anonymous: bool = _setting(default=False, help_text="Send S3 requests unsigned, for public buckets.")
    s3_requester_pays: bool = _setting(default=False, help_text="Agree to pay for requests to requester-pays buckets.")
    s3_conditions: str = _setting(
        "",
        "Conditions that the S3 server enforces: create, replace, delete, delete-many, copy, with commas between, or "
        "none; empty means what is known of the provider, or what `tfm doctor` found out.",
    )
    connect_timeout_seconds: float = _setting(3, "How long a connection may take.", least=0.1)
    interactive_timeout_seconds: float = _setting(
        10, "How long, with every retry, an answer that a person waits for may take.", least=0.5
    )
    read_timeout_seconds: float = _setting(20, "How long a server may be silent in the middle of long work.", least=0.5)
    transfer_workers: int = _setting(
        64, "How many objects, or parts of them, are copied at once; 32 where each needs a thread.", least=1
    )
    max_attempts: int = _setting(5, "How often a request is sent before a temporary failure is reported.", least=1)

    keymap: str = _setting("orthodox", "The keys of the panes: orthodox or vim.", choices=("orthodox", "vim"))
    keys: Table = _setting(  # noqa: RUF009 - a field(), as all the others
        (),
        'Keys of your own: {"ctrl+b": "jobs", "g v": "keymap vim"}, over those of the keymap; an empty action '
        "unbinds. The actions are in docs/keys.md and in the palette (Ctrl-P).",
    )
    theme: str = _setting(
        "terminal", "The colours: terminal (the terminal's own), or a theme's name; the palette (Ctrl-P) lists them."
    )
    editor: str = _setting("", "The editor of F4, as a command; empty means $VISUAL, else $EDITOR, else vi.")
    openers: Commands = _setting(  # noqa: RUF009 - a field(), as all the others
        (),
        'What opens files: {"*.pdf": "zathura {file} &", "*.log": "less +G {file}"}, the first pattern that fits; '
        "else the desktop's opener: docs/external-programs.md.",
    )
    menu: Commands = _setting(  # noqa: RUF009 - a field(), as all the others
        (),
        'Commands of the menu on Shift-F2: {"Count lines": "wc -l {files}"}: docs/external-programs.md.',
    )
    prices: Table = _setting(  # noqa: RUF009 - a field(), as all the others
        (),
        'Prices of your own in US dollars: {"aws write": "0.0054", "minio.example.org:9000 read": "0.001"}, for a '
        "thousand requests (write, read, delete) or a gigabyte (traffic, retrieval): docs/requests-and-cost.md.",
    )
    preview_lists: bool = _setting(
        default=True,
        help_text="Whether the preview beside the list asks for the first rows of a directory that is not cached, one "
        "request, where requests may cost; False: only what is cached.",
    )
    trash: bool = _setting(
        default=True,
        help_text="Whether a delete in the panes goes to the system's trash where there is one; False: all of them are "
        "permanent.",
    )
    images: str = _setting(
        "auto",
        "How the viewer shows pictures: kitty, sixel, cells (two pixels in each), or auto: by what the terminal says "
        "of itself.",
        choices=("auto", "kitty", "sixel", "cells"),
    )
    file_colours: bool = _setting(
        default=False, help_text="Colours for directories, links, programs, archives and media in the panes."
    )
    sort: str = _setting(
        "name",
        "By what the panes sort: name, extension, size, time, or unsorted, as the storage lists.",
        choices=("name", "extension", "size", "time", "unsorted"),
    )
    show_hidden: bool = _setting(default=True, help_text="Whether the panes show names that begin with a dot.")
    origins: Table = field(default=(), compare=False, repr=False)
    """Where settings were said, by name (a row of a table by ``NAME row``): for errors found later. Not a setting."""

    def origin(self, name: str, row: str | None = None) -> str:
        """Where that setting, or that row of it, was said: a file and line, or the environment."""
        origins = dict(self.origins)
        return origins.get(f"{name} {row}", origins.get(name, "the settings"))

    def is_said(self, name: str) -> bool:
        """Whether that setting was said anywhere, rather than left as it is."""
        return name in dict(self.origins)

    def cache_ttl(self, scheme: str) -> float:
        """Seconds for which answers of that scheme's storages are fresh: ``<SCHEME>_CACHE_TTL``, or 60."""
        ttl: float = getattr(self, f"{scheme}_cache_ttl", _DEFAULT_TTL_SECONDS)
        return ttl


_FIELDS: Final = {item.name: item for item in fields(Settings) if "help" in item.metadata}


def setting_names() -> dict[str, str]:
    """Each setting's name as users write it, with its one-line explanation."""
    return {name.upper(): str(item.metadata["help"]) for name, item in _FIELDS.items()}


def with_settings(
    settings: Settings,
    values: Mapping[str, object],
    *,
    source: str,
    lines: Mapping[str, int] | None = None,
    complain: Callable[[str], None] | None = None,
) -> Settings:
    """``settings`` with ``values`` by their upper-case names; ``source`` is named in errors, and the line where
    ``lines`` has one (``NAME`` or ``NAME row``).

    Raises SettingsError for a name that does not exist or a value of the wrong type or range; with ``complain`` that
    hears of it instead, and the setting stays as it was.
    """
    changes: dict[str, Any] = {}  # checked one by one against the dataclass's own types
    origins: dict[str, str] = {}
    for name, value in values.items():
        item = _FIELDS.get(name.lower())
        where = _place(source, lines, name)
        try:
            if item is None or name != name.upper():
                known = ", ".join(sorted(setting_names()))
                raise SettingsError(f"{where}: there is no setting {name}; the settings are {known}.")
            changes[item.name] = _checked(name, value, item.metadata, str(item.type), where)
        except SettingsError as error:
            if complain is None:
                raise
            complain(str(error))
            continue
        rows = changes[item.name] if str(item.type) in _TABLES else ()
        origins |= {name: where, **{f"{name} {row}": _place(source, lines, name, row) for row, _ in rows}}
    return replace(settings, **changes, origins=tuple((dict(settings.origins) | origins).items()))


def _place(source: str, lines: Mapping[str, int] | None, name: str, row: str | None = None) -> str:
    line = (lines or {}).get(name if row is None else f"{name} {row}")
    return source if line is None else f"{source}, line {line}"


_TABLES: Final = ("Table", "Commands")


def _checked(name: str, value: object, facts: Mapping[str, Any], kind: str, where: str) -> object:
    if kind in _TABLES:
        return _checked_table(name, value, kind, where)
    if kind == "bool":
        if not isinstance(value, bool):
            raise SettingsError(f"{where}: {name} must be True or False, not {value!r}.")
        return value
    if kind == "str":
        if not isinstance(value, str):
            raise SettingsError(f"{where}: {name} must be text in quotes, not {value!r}.")
        if facts["choices"] and value not in facts["choices"]:
            raise SettingsError(f"{where}: {name} must be one of {', '.join(facts['choices'])}, not {value!r}.")
        return value
    return _checked_number(name, value, facts["least"], kind, where)


def _checked_number(name: str, value: object, least: float | None, kind: str, where: str) -> object:
    wanted = int if kind == "int" else (int, float)
    words = "a whole number" if kind == "int" else "a number"
    bound = "" if least is None else f" of {least:g} or more"
    if (
        isinstance(value, bool)
        or not isinstance(value, wanted)
        or (isinstance(value, float) and not isfinite(value))
        or (least is not None and value < least)
    ):
        raise SettingsError(f"{where}: {name} must be {words}{bound}, not {value!r}.")
    return value


def _checked_table(name: str, value: object, kind: str, where: str) -> Table | Commands:
    if not isinstance(value, Mapping) or not all(isinstance(row, str) for row in value):
        raise SettingsError(f"{where}: {name} must be a dict with texts as keys, not {value!r}.")
    if kind == "Table":
        wrong = next((row for row, text in value.items() if not isinstance(text, str)), None)
        if wrong is not None:
            raise SettingsError(f"{where}: {name}[{wrong!r}] must be text in quotes, not {value[wrong]!r}.")
        return tuple(value.items())
    return tuple((row, _arguments(name, row, given, where)) for row, given in value.items())


def _arguments(name: str, row: str, given: object, where: str) -> tuple[str, ...]:
    if isinstance(given, str):
        try:
            given = shlex.split(given)
        except ValueError as error:
            raise SettingsError(f"{where}: {name}[{row!r}] cannot be split into arguments: {error}.") from None
    if not isinstance(given, list | tuple) or not given or not all(isinstance(each, str) for each in given):
        raise SettingsError(f"{where}: {name}[{row!r}] must be a command, as text or a list of texts, not {given!r}.")
    return tuple(given)


def settings_from_environment(
    settings: Settings, environment: Mapping[str, str], *, complain: Callable[[str], None] | None = None
) -> Settings:
    """``settings`` with what ``TFM_<SETTING>`` variables say; a table is written as a JSON object. Raises SettingsError
    for one that cannot be read; with ``complain`` that hears of it instead, and the setting stays as it was.

    Other ``TFM_`` variables are left alone: tfm itself hands some to the programs it starts.
    """
    values: dict[str, object] = {}
    for name, item in _FIELDS.items():
        variable = _PREFIX + name.upper()
        if variable in environment:
            try:
                values[name.upper()] = _parsed(variable, environment[variable], str(item.type))
            except SettingsError as error:
                if complain is None:
                    raise
                complain(str(error))
    return with_settings(settings, values, source="the environment (prefix TFM_)", complain=complain)


def _parsed(variable: str, text: str, kind: str) -> object:
    lowered = text.strip().lower()
    if kind == "bool":
        if lowered in {"1", "true", "yes", "on"}:
            return True
        if lowered in {"0", "false", "no", "off", ""}:
            return False
        raise SettingsError(f"{variable} must be 1 or 0, not {text!r}.")
    if kind == "str":
        return text
    if kind in _TABLES:
        try:
            return json.loads(text)
        except ValueError:
            raise SettingsError(f"{variable} must be a JSON object, not {text!r}.") from None
    try:
        return int(lowered) if kind == "int" else float(lowered)
    except ValueError:
        words = "a whole number" if kind == "int" else "a number"
        raise SettingsError(f"{variable} must be {words}, not {text!r}.") from None
