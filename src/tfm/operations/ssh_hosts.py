"""The hosts that a user has named for ssh: https://man.openbsd.org/ssh_config"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from glob import glob
from typing import Final

__all__ = ["ssh_hosts"]

_MOST_INCLUDED: Final = 16
"""How deep files include others; ssh's own limit."""

_PATTERN_MARKS: Final = frozenset("*?!")


def ssh_hosts(path: str) -> list[str]:
    """The names behind ``Host`` in the file at ``path``, and in those that it includes, in their order and each once;
    no patterns. None where there is no such file. Raises OSError for one that cannot be read."""
    try:
        return list(dict.fromkeys(_hosts(path, os.path.dirname(path), 0)))
    except FileNotFoundError:
        return []


def _hosts(path: str, directory: str, depth: int) -> Iterator[str]:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        lines = file.readlines()
    for line in lines:
        word, values = _read(line)
        if word == "host":
            yield from (value for value in values if not _PATTERN_MARKS.intersection(value))
        elif word == "include" and depth < _MOST_INCLUDED:
            for pattern in values:
                for included in sorted(glob(os.path.join(directory, os.path.expanduser(pattern)))):
                    yield from _hosts(included, directory, depth + 1)


def _read(line: str) -> tuple[str, list[str]]:
    """The word in small letters, and what stands behind it."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # a quotation mark that nothing ends: ssh refuses the line, too
        return "", []
    if not words:
        return "", []
    first, equals, rest = words[0].partition("=")
    values = [rest, *words[1:]] if equals and rest else words[1:]
    return first.lower(), values[1:] if values[:1] == ["="] else values
