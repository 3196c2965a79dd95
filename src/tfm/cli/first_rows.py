"""The first rows of a local directory, read in no more than an instant."""

from __future__ import annotations

import os
import stat
import time

from tfm.operations.natural_key import extension_key, natural_key
from tfm.ui.first_frame import FirstList, FirstRow, FirstView

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

__all__ = ["first_rows"]

_MOST_ENTRIES: Final = 5000
"""Read and sorted in about 10 ms."""

_MOST_SECONDS: Final = 0.03
_ENTRIES_A_LOOK: Final = 200
"""Between two looks at the clock."""


def first_rows(
    directory: str, height: int, view: FirstView, *, cursor: tuple[str, bool] | None = None, has_parent: bool
) -> FirstList | None:
    """What a list of ``height`` rows shows of it, as the panes order them, with the cursor on the entry of that name
    and kind (whether a directory), or where it would be; without one on the first row.

    None where that would take longer than anybody should wait for it, or the directory cannot be read. Raises
    LookupError for an order that is not known here.
    """
    deadline = time.monotonic() + _MOST_SECONDS
    read = _read(directory, deadline)
    if read is None:
        return None
    hidden = 0
    if not view.hidden:
        all_count = sum(map(len, read))
        read = [[entry for entry in group if not entry.name.startswith(".")] for group in read]
        hidden = all_count - sum(map(len, read))
    for group, key in zip(read, _KEYS[view.sort], strict=True):
        if key in _ASKING_KEYS and not _asked(group, deadline):
            return None
        group.sort(key=key, reverse=view.reverse)
    directories, files = read
    entries = [*directories, *files]
    position = 0 if cursor is None else has_parent + _position(directories, files, view, *cursor)
    position = max(0, min(position, has_parent + len(entries) - 1))
    top = _top(position, height, has_parent + len(entries))
    first = max(0, top - has_parent)
    rows = [_row(entry) for entry in entries[first : first + height]]
    return FirstList(rows, len(entries), top, position, hidden)


def _position(
    directories: list[os.DirEntry[str]], files: list[os.DirEntry[str]], view: FirstView, name: str, is_directory: bool
) -> int:
    """Where that entry is; where it would be, if only the name decides, and else above all."""
    group, before = (directories, 0) if is_directory else (files, len(directories))
    for index, entry in enumerate(group):
        if entry.name == name:
            return before + index
    key = _NAME_KEYS.get((view.sort, is_directory))
    if key is None:
        return -1
    sought = key(name)
    return before + sum((key(entry.name) > sought) if view.reverse else (key(entry.name) < sought) for entry in group)


def _top(position: int, height: int, count: int) -> int:
    """One row beyond the last that is seen, half of them come at once."""
    if position < height:
        return 0
    return min(position - height + 1 + (height // 2 if position == height else 0), max(0, count - height))


def _read(directory: str, deadline: float) -> list[list[os.DirEntry[str]]] | None:
    """Its directories, and what else is in it."""
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
    return [directories, files]


def _asked(group: list[os.DirEntry[str]], deadline: float) -> bool:
    """Whether there was time to ask the facts of each; each entry keeps what it was told."""
    for number, entry in enumerate(group):
        if number % _ENTRIES_A_LOOK == 0 and time.monotonic() > deadline:
            return False
        _facts(entry)
    return True


def _natural_key(entry: os.DirEntry[str]) -> bytes:
    return natural_key(entry.name)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _facts(entry: os.DirEntry[str]) -> os.stat_result | None:
    """What the disk's backend would say of it."""
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    if entry.is_symlink():
        try:
            return entry.stat()
        except OSError:  # broken: the link's own facts remain
            pass
    return facts


def _row(entry: os.DirEntry[str]) -> FirstRow:
    facts = _facts(entry)
    if facts is None:
        return FirstRow(entry.name, None, None, is_directory=_is_directory(entry))
    mode = facts.st_mode
    return FirstRow(
        entry.name,
        facts.st_size,
        facts.st_mtime,
        is_directory=stat.S_ISDIR(mode),
        leads_nowhere=stat.S_ISLNK(mode),
    )


# As tfm.operations.row_keys has them, of directories and of files.


def _extension_key(entry: os.DirEntry[str]) -> bytes:
    return extension_key(entry.name)


def _size_key(entry: os.DirEntry[str]) -> tuple[bool, int, bytes]:
    facts = _facts(entry)
    return facts is None, 0 if facts is None else -facts.st_size, natural_key(entry.name)


def _time_key(entry: os.DirEntry[str]) -> tuple[bool, int, bytes]:
    facts = _facts(entry)
    return facts is None, 0 if facts is None else -int(facts.st_mtime * 1e6), natural_key(entry.name)


_KEYS: Final[dict[str, tuple[Callable[[os.DirEntry[str]], Any], Callable[[os.DirEntry[str]], Any]]]] = {
    "name": (_natural_key, _natural_key),
    "extension": (_natural_key, _extension_key),
    "size": (_natural_key, _size_key),
    "time": (_time_key, _time_key),
}
_ASKING_KEYS: Final = (_size_key, _time_key)

_NAME_KEYS: Final[dict[tuple[str, bool], Callable[[str], bytes]]] = {
    ("name", True): natural_key,
    ("name", False): natural_key,
    ("extension", True): natural_key,
    ("extension", False): extension_key,
    ("size", True): natural_key,
}
"""By order and whether a directory: where the name alone decides."""
