"""The first rows of a local directory, read in no more than an instant."""

from __future__ import annotations

import os
import stat
import time

from tfm.operations.natural_key import natural_key
from tfm.ui.first_frame import FirstList, FirstRow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["first_rows"]

_MOST_ENTRIES: Final = 5000
"""Read and sorted in about 10 ms."""

_MOST_SECONDS: Final = 0.03
_ENTRIES_A_LOOK: Final = 200
"""Between two looks at the clock."""


def first_rows(
    directory: str, height: int, *, cursor: tuple[str, bool] | None = None, has_parent: bool
) -> FirstList | None:
    """What a list of ``height`` rows shows of it, as the panes order them, with the cursor on the entry of that name
    and kind (whether a directory), or where it would be; without one on the first row.

    None where that would take longer than anybody should wait for it, or the directory cannot be read.
    """
    read = _read(directory)
    if read is None:
        return None
    directories, files = read
    for group in read:
        group.sort(key=_natural_key)
    position = 0
    if cursor is not None:
        name, is_directory = cursor
        sought, group = natural_key(name), directories if is_directory else files
        position = has_parent + (0 if is_directory else len(directories))
        position += sum(_natural_key(entry) < sought for entry in group)
        position = min(position, max(0, has_parent + len(directories) + len(files) - 1))
    top = max(0, position - height + 1)
    first = max(0, top - has_parent)
    entries = [*directories, *files]
    rows = [_row(entry) for entry in entries[first : first + height]]
    return FirstList(rows, len(entries), top, position)


def _read(directory: str) -> tuple[list[os.DirEntry[str]], list[os.DirEntry[str]]] | None:
    """Its directories and what else is in it."""
    deadline = time.monotonic() + _MOST_SECONDS
    directories: list[os.DirEntry[str]] = []
    files: list[os.DirEntry[str]] = []
    try:
        with os.scandir(directory) as entries:
            for number, entry in enumerate(entries):
                if number == _MOST_ENTRIES or (number % _ENTRIES_A_LOOK == 0 and time.monotonic() > deadline):
                    return None
                (directories if _is_directory(entry) else files).append(entry)
    except OSError:
        return None  # the panes say why
    return directories, files


def _natural_key(entry: os.DirEntry[str]) -> bytes:
    return natural_key(entry.name)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _row(entry: os.DirEntry[str]) -> FirstRow:
    """What the disk's backend would say of it."""
    try:
        is_symlink = entry.is_symlink()
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return FirstRow(entry.name, None, None, is_directory=_is_directory(entry))
    if is_symlink:
        try:
            facts = entry.stat()
        except OSError:  # broken: the link's own facts remain
            pass
    mode = facts.st_mode
    return FirstRow(
        entry.name,
        facts.st_size,
        facts.st_mtime,
        is_directory=stat.S_ISDIR(mode),
        leads_nowhere=stat.S_ISLNK(mode),
    )
