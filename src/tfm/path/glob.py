"""Which entries fit a pattern, with the fewest listings that tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import InvalidPathError, NotDirectoryError, NotFoundError
from tfm.path.pattern import ANY_DEPTH, has_wildcard, pattern_of, segment_matcher, split_pattern
from tfm.storage.scan import Scan
from tfm.storage.storage import Storage

__all__ = ["Match", "glob_matches"]

Match = tuple[Entry, Scan | None]


def glob_matches(storage: Storage, prefix: str, pattern: str) -> Iterator[Match]:
    """Entries below the directory ``prefix`` that fit, each once; ``prefix`` itself may be one.

    A literal beginning costs nothing: ``v/*`` is one listing of ``v/``. From a ``**`` on, one flat listing where the
    storage has FLAT_KEYS, elsewhere one listing a directory (``**`` does not follow links). Directories that are not
    there, or are files, have no matches; every other failure is raised. Raises ValueError for an empty pattern and
    NotImplementedError for an absolute one, as pathlib does.
    """
    if not pattern:
        raise ValueError("Unacceptable pattern: ''")
    if pattern.startswith("/"):
        raise NotImplementedError("Non-relative patterns are unsupported")
    segments, directories_only = split_pattern(pattern)
    flat = Capability.FLAT_KEYS in storage.capabilities
    seen: set[tuple[str, Kind]] = set()
    for entry, scan in _Globber(storage, prefix).below(prefix, segments):
        if directories_only and (not entry.is_directory or (entry.is_symlink and segments[-1] == ANY_DEPTH)):
            continue  # "**/" is every directory that "**" goes into, so no link to one
        if flat and not entry.is_directory:
            # No listing has a key twice and none is looked into twice: a million keys need not be remembered.
            yield entry, scan
            continue
        identity = (entry.key, entry.kind)
        if identity not in seen:
            seen.add(identity)
            yield entry, scan


class _Globber:
    def __init__(self, storage: Storage, root: str) -> None:
        self._storage = storage
        self._root = root
        self._flat: Final = Capability.FLAT_KEYS in storage.capabilities

    def below(self, prefix: str, segments: tuple[str, ...]) -> Iterator[Match]:
        head, rest = segments[0], segments[1:]
        if head == ANY_DEPTH:
            return self._deep_flat(prefix, segments) if self._flat else self._deep(prefix, rest)
        if has_wildcard(head):
            return self._one_level(prefix, head, rest)
        return self._literal(prefix, head, rest)

    def _literal(self, prefix: str, name: str, rest: tuple[str, ...]) -> Iterator[Match]:
        place = f"{prefix}{name}/"
        if rest:
            yield from self.below(place, rest)
            return
        # On a disk, the name with a slash asks for a directory only.
        answer = self._storage.lookup(place if self._flat else place[:-1])
        if answer.file is not None:
            yield replace(answer.file, key=f"{prefix}{name}"), None
        if answer.directory is not None:
            yield replace(answer.directory, key=place), None

    def _one_level(self, prefix: str, segment: str, rest: tuple[str, ...]) -> Iterator[Match]:
        matches = segment_matcher(segment).match
        for entry, scan in self._entries(prefix):
            if not matches(entry.name):
                continue
            if not rest:
                yield entry, scan
            elif entry.is_directory:
                yield from self.below(entry.key, rest)

    def _entries(self, prefix: str) -> Iterator[Match]:
        try:
            scan = self._storage.scan(prefix)
            for page in scan:
                for entry in page:
                    yield entry, scan
        except (NotFoundError, NotDirectoryError, InvalidPathError):
            return  # the last one: links that lead in a circle

    def _deep(self, prefix: str, rest: tuple[str, ...]) -> Iterator[Match]:
        """``**`` on a storage of directories: it stands for nothing, or for each directory below in turn."""
        if rest:
            yield from self.below(prefix, rest)
        elif prefix == self._root:
            here = self._storage.lookup(prefix).directory
            if here is not None:
                yield replace(here, key=prefix), None
        for entry, scan in self._entries(prefix):
            if not rest:
                yield entry, scan
            if entry.is_directory and not entry.is_symlink:
                yield from self._deep(entry.key, rest)

    def _deep_flat(self, prefix: str, segments: tuple[str, ...]) -> Iterator[Match]:
        """``**`` on flat keys: every key below once, and the directories that they imply."""
        wanted = pattern_of(segments)
        here: list[str] = []
        try:
            scan = self._storage.scan(prefix, recursive=True).start()
            if wanted.fits(()):
                yield Entry("", prefix, Kind.DIRECTORY), scan
            for page in scan:
                for entry in page:
                    *above, name = entry.key[len(prefix) :].removesuffix("/").split("/")
                    for depth in range(len(above)):
                        if here[: depth + 1] == above[: depth + 1]:
                            continue
                        if wanted.fits(above[: depth + 1]):
                            key = f"{prefix}{'/'.join(above[: depth + 1])}/"
                            yield Entry(above[depth], key, Kind.DIRECTORY), scan
                    here = [*above, name] if entry.is_directory else above
                    if wanted.fits([*above, name]):
                        yield entry, scan
        except (NotFoundError, NotDirectoryError):
            return
