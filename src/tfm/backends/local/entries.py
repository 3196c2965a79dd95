"""What the operating system says of a file, as an entry."""

from __future__ import annotations

import os
import stat

from tfm.core.entry import Entry, Kind

__all__ = ["entry_of", "kind_of", "kind_unasked", "target_facts"]


def kind_of(mode: int) -> Kind:
    if stat.S_ISDIR(mode):
        return Kind.DIRECTORY
    return Kind.FILE if stat.S_ISREG(mode) else Kind.OTHER


def target_facts(path: str) -> os.stat_result | None:
    """The facts of what a symbolic link points to, None where that cannot be had."""
    try:
        return os.stat(path)
    except OSError:
        return None


def entry_of(key: str, facts: os.stat_result, *, is_symlink: bool) -> Entry:
    kind = kind_of(facts.st_mode)
    name = key.removesuffix("/").rpartition("/")[2]
    if kind is Kind.DIRECTORY and key and not key.endswith("/"):
        key += "/"
    return Entry(name, key, kind, facts.st_size, facts.st_mtime, is_symlink=is_symlink, mode=facts.st_mode)


def kind_unasked(row: os.DirEntry[str]) -> Kind:
    """The kind by what the directory itself says, which is known without asking for the row."""
    try:
        if row.is_dir(follow_symlinks=False):
            return Kind.DIRECTORY
        return Kind.FILE if row.is_file(follow_symlinks=False) else Kind.OTHER
    except OSError:
        return Kind.OTHER
