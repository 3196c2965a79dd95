"""A symbolic link, copied as one: the text of where it leads."""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

from tfm.backends.local.entries import entry_of
from tfm.backends.local.places import Place, Places
from tfm.backends.local.system import path_of, translating
from tfm.backends.local.writing import require_file_key
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError
from tfm.storage.atomic_file import temporary_name
from tfm.storage.exclusive_rename import rename_exclusively

__all__ = ["copy_link"]

_MOST_TRIES: Final = 8
"""A link cannot be locked, so a sweep may take the temporary one before it has its name: then there is another."""


def copy_link(places: Places, source_key: str, key: str, *, only_if_free: bool) -> Entry:
    """With its times, and as root its owner. ConflictError where the source is no link any more, or the link itself."""
    key = key.removesuffix("/")  # a link to a directory is told with the directory's slash
    require_file_key(key, "copy")
    path = path_of(source_key.rstrip("/"), "copy")
    with translating(source_key, "copy"):
        facts = os.lstat(path)
        if not stat.S_ISLNK(facts.st_mode):
            raise ConflictError("It is no longer a link.", next_step="List it again.", uri=source_key, operation="copy")
        target = os.readlink(path)
    with places.at(key, "copy") as place, translating(key, "copy"):
        _require_replaceable(place, facts, key)
        for tries_left in reversed(range(_MOST_TRIES)):
            try:
                _make_and_rename(place, target, facts, only_if_free=only_if_free)
                break
            except FileNotFoundError:
                if not tries_left:
                    raise
        made = os.stat(place.name, dir_fd=place.directory, follow_symlinks=False)
        followed = _target_facts(place)
    return entry_of(key, followed or made, is_symlink=True)


def _require_replaceable(place: Place, source: os.stat_result, key: str) -> None:
    try:
        facts = os.stat(place.name, dir_fd=place.directory, follow_symlinks=False)
    except FileNotFoundError:
        return
    if os.path.samestat(facts, source):
        raise ConflictError(
            "This is the link itself, under this or another name.",
            next_step="Choose another destination.",
            uri=key,
            operation="copy",
        )
    if stat.S_ISDIR(facts.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), key)


def _make_and_rename(place: Place, target: str, facts: os.stat_result, *, only_if_free: bool) -> None:
    parent, name = os.path.split(place.name)
    temporary = os.path.join(parent, temporary_name())
    directory = place.directory
    os.symlink(target, temporary, dir_fd=directory)
    try:
        if os.geteuid() == 0:
            os.chown(temporary, facts.st_uid, facts.st_gid, dir_fd=directory, follow_symlinks=False)
        os.utime(temporary, ns=(facts.st_atime_ns, facts.st_mtime_ns), dir_fd=directory, follow_symlinks=False)
        new_name = os.path.join(parent, name)
        if only_if_free:
            rename_exclusively(temporary, new_name, old_directory=directory, new_directory=directory)
        else:
            os.rename(temporary, new_name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        try:
            os.unlink(temporary, dir_fd=directory)
        except FileNotFoundError:
            pass
        raise


def _target_facts(place: Place) -> os.stat_result | None:
    try:
        return os.stat(place.name, dir_fd=place.directory)
    except OSError:
        return None
