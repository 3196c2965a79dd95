"""How a scheme connects: region, endpoint and the like, looked at and changed while tfm runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tfm.core.settings import setting_names, with_settings
from tfm.storage.session import Session

__all__ = ["ConnectionSetting", "connection_of", "reconnect"]


@dataclass(frozen=True, slots=True)
class ConnectionSetting:
    """``name`` as users write it in config.py; ``word`` and ``help`` say what it is; ``value`` is text or a flag."""

    name: str
    word: str
    help: str
    value: str | bool


def connection_of(session: Session, scheme: str) -> list[ConnectionSetting]:
    """What can be changed of that scheme's connections; nothing where it has none. Raises MissingDependencyError."""
    helps = setting_names()
    return [
        ConnectionSetting(name.upper(), word, helps[name.upper()], getattr(session.settings, name))
        for name, word in session.registry.connection_settings(scheme)
    ]


def reconnect(session: Session, values: Mapping[str, str | bool]) -> None:
    """Use these, by the names that users write, from the next request on. Raises SettingsError, and changes nothing,
    for a name or a value that cannot be."""
    session.use_settings(with_settings(session.settings, values, source="the connection"))
