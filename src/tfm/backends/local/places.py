"""Where a key is: the directory that a name is looked up in, and whether links on the way there are followed."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Final, NamedTuple, Protocol

from tfm.backends.local.system import path_of, translating
from tfm.core.errors import InvalidPathError, InvalidRequestError, NotDirectoryError

__all__ = ["ConfinedPlaces", "PathPlaces", "Place", "Places"]

_DIRECTORY_FLAGS: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC

_NO_NAMES: Final = frozenset({"", os.curdir, os.pardir})

_MOST_KEPT: Final = 32
"""Directories kept open by one confined backend. Copies go through a tree in its order, so a few would do; several
threads are at several places of it. Far below the 1,024 files that a process may have open by default."""


class Place(NamedTuple):
    """``name`` is looked up in ``directory``, an open descriptor; where that is None it is a path.

    Functions of :mod:`os` take the two as they are: ``os.mkdir(place.name, dir_fd=place.directory)``.
    """

    name: str
    directory: int | None = None

    @property
    def is_confined(self) -> bool:
        return self.directory is not None


class Places(Protocol):
    def at(self, key: str, operation: str) -> AbstractContextManager[Place]:
        """The place of a key, without a directory's slash; good within the block. Raises as :func:`path_of`."""
        ...


class PathPlaces:
    """Every key is the path that it says; links are followed, as everywhere."""

    @contextmanager
    def at(self, key: str, operation: str) -> Iterator[Place]:
        yield Place(path_of(key if key.strip("/") == "" else key.rstrip("/"), operation))


class ConfinedPlaces:
    """Keys below the directory ``prefix``, each directory opened from the one above it, never through a link.

    The prefix itself may lead through links. Directories stay open for the next key; before one is used again it is
    looked at whether it still has its path, which costs one lstat. Thread-safe; what is open is closed with this.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _OpenDirectory] = OrderedDict()

    def at(self, key: str, operation: str) -> AbstractContextManager[Place]:
        return _Held(self, key, operation)

    def take(self, key: str, operation: str) -> tuple[Place, _OpenDirectory | None]:
        """The place of a key, and the directory that is to be given back to :meth:`give_back`."""
        path_of(key, operation)
        segments = self._segments(key, operation)
        if not segments:  # the prefix itself, whose own place nobody confines
            return Place(path_of(key.rstrip("/") or key, operation)), None
        with translating(key, operation):
            directory = self._take(segments[:-1], key, operation)
        return Place(segments[-1], directory.descriptor), directory

    def _segments(self, key: str, operation: str) -> list[str]:
        if not key.startswith(self._prefix):
            raise InvalidRequestError(f"This is not below {self._prefix!r}.", uri=key, operation=operation)
        rest = key[len(self._prefix) :].removesuffix("/")
        segments = rest.split("/") if rest else []
        if not _NO_NAMES.isdisjoint(segments):
            raise InvalidPathError("A part of this path is no name.", uri=key, operation=operation)
        return segments

    def _take(self, segments: list[str], key: str, operation: str) -> _OpenDirectory:
        path = self._prefix + "/".join(segments)
        identity = _identity(path or os.curdir, follow=not segments)
        with self._lock:
            kept = self._open.get(path)
            if kept is not None and kept.identity == identity:
                self._open.move_to_end(path)
                kept.users += 1
                return kept
        made = self._walk(segments, key, operation)
        with self._lock:
            self._forget(path)
            self._open[path] = made
            made.users = 2  # the caller, and this
            while len(self._open) > _MOST_KEPT:
                self._forget(next(iter(self._open)))
        return made

    def _walk(self, segments: list[str], key: str, operation: str) -> _OpenDirectory:
        descriptor = os.open(self._prefix or os.curdir, _DIRECTORY_FLAGS)
        for number, segment in enumerate(segments):
            try:
                below = os.open(segment, _DIRECTORY_FLAGS | os.O_NOFOLLOW, dir_fd=descriptor)
            except OSError as error:
                path = self._prefix + "/".join(segments[: number + 1])
                if error.errno in {errno.ENOTDIR, errno.ELOOP} and _is_link(segment, descriptor):
                    raise NotDirectoryError(
                        f"{path!r} is a link, and none is followed here.",
                        next_step="Copy to where it leads, or put a directory in its place.",
                        uri=key,
                        operation=operation,
                    ) from error
                raise
            finally:
                os.close(descriptor)
            descriptor = below
        return _OpenDirectory(descriptor)

    def give_back(self, directory: _OpenDirectory) -> None:
        with self._lock:
            directory.drop()

    def _forget(self, path: str) -> None:
        kept = self._open.pop(path, None)
        if kept is not None:
            kept.drop()

    def __del__(self) -> None:
        # Whoever is within a block keeps this alive, so nobody is.
        while self._open:
            self._open.popitem()[1].drop()


class _Held(AbstractContextManager[Place]):
    """Around all that is done to a file: a generator would cost as much as half of that."""

    __slots__ = ("_directory", "_key", "_operation", "_places")

    def __init__(self, places: ConfinedPlaces, key: str, operation: str) -> None:
        self._places = places
        self._key = key
        self._operation = operation

    def __enter__(self) -> Place:
        place, self._directory = self._places.take(self._key, self._operation)
        return place

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._directory is not None:
            self._places.give_back(self._directory)


class _OpenDirectory:
    """A descriptor that is closed when the last of its ``users`` drops it."""

    __slots__ = ("descriptor", "identity", "users")

    def __init__(self, descriptor: int) -> None:
        facts = os.fstat(descriptor)
        self.descriptor = descriptor
        self.identity = facts.st_dev, facts.st_ino
        self.users = 1

    def drop(self) -> None:
        self.users -= 1
        if not self.users:
            os.close(self.descriptor)


def _identity(path: str, *, follow: bool) -> tuple[int, int] | None:
    try:
        facts = os.stat(path, follow_symlinks=follow)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _is_link(name: str, directory: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)
    except OSError:
        return False
