"""A directory with all that is in it, removed by descriptors, so that a link put in the way leads nowhere."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tfm.backends.local.entries import kind_unasked
from tfm.backends.local.places import Places
from tfm.backends.local.system import translated, translating
from tfm.core.entry import Entry, Kind
from tfm.core.errors import InvalidRequestError, StorageError

__all__ = ["remove_tree"]

_OPEN_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PARENT_FLAGS: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC

_MOST_OPEN: Final = 64
"""Directories kept open on the way down. One above them is opened again by the ``..`` of the one below it, so that a
tree may be deeper than a process may have files open (1,024 by default)."""


def remove_tree(
    places: Places, key: str, removed: Callable[[Entry], None], failed: Callable[[Entry, StorageError], None]
) -> None:
    """Bottom up, the directory ``key`` last. Raises as the contract says; every other error is told to ``failed``."""
    with places.at(key, "rmtree") as place:
        parent_path, name = os.path.split(place.name)
        if name in {"", os.curdir, os.pardir}:
            raise InvalidRequestError(
                "A tree is removed by its name, and this is none.", uri=key or ".", operation="rmtree"
            )
        with translating(key, "rmtree"):
            parent = os.open(parent_path or os.curdir, _PARENT_FLAGS, dir_fd=place.directory)
        try:
            _TreeRemoval(key.rstrip("/") + "/", removed, failed).run(parent, name)
        finally:
            os.close(parent)


@dataclass(slots=True)
class _Level:
    """A directory on the way down. ``path`` is relative to the tree and ends in a slash; the tree's own is empty.

    ``directories`` are those in it that are still to be removed; ``stays`` says that something in it could not be.
    """

    name: str
    path: str
    descriptor: int
    directories: list[str] = field(default_factory=list)
    stays: bool = False
    identity: tuple[int, int] | None = None
    """Device and inode, while it is closed because of the depth."""

    def close(self) -> None:
        if self.identity is None:
            os.close(self.descriptor)


class _TreeRemoval:
    def __init__(
        self, key: str, removed: Callable[[Entry], None], failed: Callable[[Entry, StorageError], None]
    ) -> None:
        self._key = key
        self._removed = removed
        self._failed = failed
        self._levels: list[_Level] = []

    def run(self, parent: int, name: str) -> None:
        try:
            self._enter_tree(parent, name)
            while self._levels:
                level = self._levels[-1]
                if level.directories:
                    directory = level.directories.pop()
                    self._enter(level.descriptor, directory, f"{level.path}{directory}/")
                else:
                    self._leave(parent)
        finally:
            self._close_all()

    def _enter_tree(self, parent: int, name: str) -> None:
        with translating(self._key, "rmtree"):
            facts = os.stat(name, dir_fd=parent, follow_symlinks=False)
            if not stat.S_ISDIR(facts.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        self._enter(parent, name, "")

    def _enter(self, parent: int, name: str, path: str) -> None:
        """Open a directory and remove all files in it."""
        try:
            descriptor = os.open(name, _OPEN_FLAGS, dir_fd=parent)
        except OSError as error:
            self._remove_unread(parent, name, path, error)
            return
        level = _Level(name, path, descriptor)
        self._levels.append(level)
        if len(self._levels) > _MOST_OPEN:
            _close_for_now(self._levels[-1 - _MOST_OPEN])
        self._remove_files(level)

    def _remove_unread(self, parent: int, name: str, path: str, reading: OSError) -> None:
        """A directory that cannot be opened can be removed all the same, if it is empty."""
        try:
            os.rmdir(name, dir_fd=parent)
        except FileNotFoundError:
            self._tell_removed(path, Kind.DIRECTORY)
        except OSError:
            self._tell_failed(path, Kind.DIRECTORY, reading)
        else:
            self._tell_removed(path, Kind.DIRECTORY)

    def _remove_files(self, level: _Level) -> None:
        try:
            with os.scandir(level.descriptor) as rows:
                all_rows = list(rows)  # first: what a directory lists while it changes is not defined
        except OSError as error:
            self._tell_failed(level.path, Kind.DIRECTORY, error)
            return
        for row in all_rows:
            kind = kind_unasked(row)
            if kind is Kind.DIRECTORY:
                level.directories.append(row.name)
            else:
                self._remove_file(level, row.name, kind, is_symlink=row.is_symlink())

    def _remove_file(self, level: _Level, name: str, kind: Kind, *, is_symlink: bool) -> None:
        path = level.path + name
        try:
            os.unlink(name, dir_fd=level.descriptor)
        except FileNotFoundError:  # somebody else was quicker: it is gone, which was asked for
            self._tell_removed(path, kind, is_symlink=is_symlink)
        except OSError as error:
            self._tell_failed(path, kind, error, is_symlink=is_symlink)
        else:
            self._tell_removed(path, kind, is_symlink=is_symlink)

    def _leave(self, parent: int) -> None:
        """Remove the lowest directory, in which nothing is left to do."""
        level = self._levels[-1]
        if len(self._levels) > 1:
            above = self._levels[-2]
            try:
                _open_again(above, level)
            except OSError as error:
                self._tell_failed(above.path, Kind.DIRECTORY, error)
                self._close_all()  # the way back is lost
                return
            parent = above.descriptor
        self._levels.pop()
        level.close()
        if level.stays:
            self._note_that_it_stays()
        else:
            self._remove_empty(level, parent)

    def _remove_empty(self, level: _Level, parent: int) -> None:
        try:
            os.rmdir(level.name, dir_fd=parent)
        except FileNotFoundError:
            self._tell_removed(level.path, Kind.DIRECTORY)
        except OSError as error:
            self._tell_failed(level.path, Kind.DIRECTORY, error)
        else:
            self._tell_removed(level.path, Kind.DIRECTORY)

    def _tell_removed(self, path: str, kind: Kind, *, is_symlink: bool = False) -> None:
        self._removed(self._entry(path, kind, is_symlink))

    def _tell_failed(self, path: str, kind: Kind, error: OSError, *, is_symlink: bool = False) -> None:
        self._note_that_it_stays()
        self._failed(self._entry(path, kind, is_symlink), translated(error, self._key + path, "rmtree"))

    def _note_that_it_stays(self) -> None:
        if self._levels:
            self._levels[-1].stays = True

    def _entry(self, path: str, kind: Kind, is_symlink: bool) -> Entry:
        return Entry(path.removesuffix("/"), self._key + path, kind, is_symlink=is_symlink)

    def _close_all(self) -> None:
        while self._levels:
            self._levels.pop().close()


def _close_for_now(level: _Level) -> None:
    if level.identity is None:
        facts = os.fstat(level.descriptor)
        level.close()
        level.identity = facts.st_dev, facts.st_ino


def _open_again(level: _Level, below: _Level) -> None:
    if level.identity is None:
        return
    descriptor = os.open(os.pardir, _OPEN_FLAGS, dir_fd=below.descriptor)
    facts = os.fstat(descriptor)
    if (facts.st_dev, facts.st_ino) != level.identity:  # the directory below was moved: elsewhere nothing is removed
        os.close(descriptor)
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
    level.descriptor, level.identity = descriptor, None
