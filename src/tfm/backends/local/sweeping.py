"""Temporaries that nobody holds any more."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Final

from tfm.backends.local.places import Places
from tfm.backends.local.system import translating
from tfm.core.errors import NotDirectoryError, NotFoundError
from tfm.storage.atomic_file import is_temporary, try_lock

__all__ = ["sweep"]

_LIST_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE_FLAGS: Final = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""For writing, too: NFS locks only what is open for that, and what is not ours to write is not ours to sweep."""


def sweep(places: Places, prefix: str, keep: Collection[str]) -> int:
    """How many were removed. One whose lock another process has stays, as one whose lock cannot be asked for does."""
    kept_names = {os.path.basename(upload_id) for upload_id in keep}
    try:
        with places.at(prefix, "sweep") as place, translating(prefix, "sweep"):
            flags = _LIST_FLAGS | (os.O_NOFOLLOW if place.is_confined else 0)
            directory = os.open(place.name, flags, dir_fd=place.directory)
    except (NotFoundError, NotDirectoryError):
        return 0
    try:
        with translating(prefix, "sweep"):
            names = [name for name in os.listdir(directory) if is_temporary(name)]
            return sum(_remove(name, directory) for name in names if name not in kept_names)
    finally:
        os.close(directory)


def _remove(name: str, directory: int) -> bool:
    if _is_link(name, directory):  # a copied link on its way to its name: whoever makes it makes another
        return _unlink(name, directory)
    try:
        descriptor = os.open(name, _FILE_FLAGS, dir_fd=directory)
    except OSError:  # gone, or another user's
        return False
    try:
        if try_lock(descriptor) is not True:
            return False
        # While it is locked: whoever made it a moment ago sees that it is gone, and makes another.
        return _is_at(name, directory, descriptor) and _unlink(name, directory)
    finally:
        os.close(descriptor)


def _is_link(name: str, directory: int) -> bool:
    try:
        os.readlink(name, dir_fd=directory)
    except OSError:
        return False
    return True


def _is_at(name: str, directory: int, descriptor: int) -> bool:
    try:
        facts = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError:
        return False
    return os.path.samestat(facts, os.fstat(descriptor))


def _unlink(name: str, directory: int) -> bool:
    try:
        os.unlink(name, dir_fd=directory)
    except OSError:
        return False
    return True
