"""The settings: their types, their defaults, and how a value is checked. Reading them from somewhere is ``config``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import isfinite
from typing import Any, Final

from tfm.core.errors import SettingsError

__all__ = ["Settings", "setting_names", "settings_from_environment", "with_settings"]

_PREFIX: Final = "TFM_"
_DEFAULT_TTL_SECONDS: Final = 60.0


def _setting(default: object, help_text: str, *, least: float | None = None) -> Any:  # a field() of any type
    return field(default=default, metadata={"help": help_text, "least": least})


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
        "Conditions that the S3 server enforces: create, replace, delete, copy, with commas between, or none; empty "
        "means what is known of the provider, or what `tfm doctor` found out.",
    )
    connect_timeout_seconds: float = _setting(3, "How long a connection may take.", least=0.1)
    interactive_timeout_seconds: float = _setting(
        10, "How long, with every retry, an answer that a person waits for may take.", least=0.5
    )
    read_timeout_seconds: float = _setting(20, "How long a server may be silent in the middle of long work.", least=0.5)
    transfer_workers: int = _setting(32, "How many objects, or parts of them, are copied at once.", least=1)
    max_attempts: int = _setting(5, "How often a request is sent before a temporary failure is reported.", least=1)

    def cache_ttl(self, scheme: str) -> float:
        """Seconds for which answers of that scheme's storages are fresh: ``<SCHEME>_CACHE_TTL``, or 60."""
        ttl: float = getattr(self, f"{scheme}_cache_ttl", _DEFAULT_TTL_SECONDS)
        return ttl


_FIELDS: Final = {item.name: item for item in fields(Settings)}


def setting_names() -> dict[str, str]:
    """Each setting's name as users write it, with its one-line explanation."""
    return {name.upper(): str(item.metadata["help"]) for name, item in _FIELDS.items()}


def with_settings(settings: Settings, values: Mapping[str, object], *, source: str) -> Settings:
    """``settings`` with ``values`` by their upper-case names; ``source`` is named in errors.

    Raises SettingsError for a name that does not exist or a value of the wrong type or range.
    """
    changes: dict[str, Any] = {}  # checked one by one against the dataclass's own types
    for name, value in values.items():
        item = _FIELDS.get(name.lower())
        if item is None or name != name.upper():
            known = ", ".join(sorted(setting_names()))
            raise SettingsError(f"{source}: there is no setting {name}; the settings are {known}.")
        changes[item.name] = _checked(name, value, str(item.type), item.metadata["least"], source)
    return replace(settings, **changes)


def _checked(name: str, value: object, kind: str, least: float | None, source: str) -> object:
    if kind == "bool":
        if not isinstance(value, bool):
            raise SettingsError(f"{source}: {name} must be True or False, not {value!r}.")
        return value
    if kind == "str":
        if not isinstance(value, str):
            raise SettingsError(f"{source}: {name} must be text in quotes, not {value!r}.")
        return value
    wanted = int if kind == "int" else (int, float)
    words = "a whole number" if kind == "int" else "a number"
    bound = "" if least is None else f" of {least:g} or more"
    if (
        isinstance(value, bool)
        or not isinstance(value, wanted)
        or (isinstance(value, float) and not isfinite(value))
        or (least is not None and value < least)
    ):
        raise SettingsError(f"{source}: {name} must be {words}{bound}, not {value!r}.")
    return value


def settings_from_environment(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """``settings`` with what ``TFM_<SETTING>`` variables say. Raises SettingsError for one that cannot be read.

    Other ``TFM_`` variables are left alone: tfm itself hands some to the programs it starts.
    """
    values: dict[str, object] = {}
    for name, item in _FIELDS.items():
        variable = _PREFIX + name.upper()
        if variable in environment:
            values[name.upper()] = _parsed(variable, environment[variable], str(item.type))
    return with_settings(settings, values, source="the environment (prefix TFM_)")


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
    try:
        return int(lowered) if kind == "int" else float(lowered)
    except ValueError:
        words = "a whole number" if kind == "int" else "a number"
        raise SettingsError(f"{variable} must be {words}, not {text!r}.") from None
