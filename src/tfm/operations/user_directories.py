"""Where a user's configuration and state are.

Asked before the first rows are drawn: where nothing is unusual, it is said without platformdirs, whose import takes as
long as Python itself.
"""

from __future__ import annotations

import os
import sys

__all__ = ["user_config_directory", "user_state_directory"]


def user_config_directory() -> str:
    """tfm's own in ``XDG_CONFIG_HOME``, ``~/.config`` or what the platform has for it; it need not be there."""
    return _usual("XDG_CONFIG_HOME", ".config") or _platforms("user_config_dir")


def user_state_directory() -> str:
    """tfm's own in ``XDG_STATE_HOME``, ``~/.local/state`` or what the platform has for it; it need not be there."""
    return _usual("XDG_STATE_HOME", ".local/state") or _platforms("user_state_dir")


def _usual(variable: str, below_home: str) -> str:
    """What https://specifications.freedesktop.org/basedir-spec/latest/ says, where that is as simple as it looks."""
    named, home = os.environ.get(variable, ""), os.environ.get("HOME", "")
    if sys.platform != "linux" or (named and (named.strip() != named or not named.startswith("/"))):
        return ""
    if not named and not home.startswith("/"):
        return ""
    return os.path.join(named or f"{home.rstrip('/')}/{below_home}", "tfm")


def _platforms(name: str) -> str:
    import platformdirs

    directory: str = getattr(platformdirs, name)("tfm", appauthor=False)
    return directory
