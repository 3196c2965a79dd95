"""Flat keys have ``x`` beside ``x/y``; on a disk one name is a file or a directory. Which of a plan's keys clash."""

from __future__ import annotations

from tfm.storage.lease import prefixes_above

__all__ = ["CLASH", "AnyNames", "OrderedNames"]

CLASH = "A file and a directory have the same name there, and a disk holds one of them only: the first was taken."


class AnyNames:
    """Of keys in any order, all of which are kept. A directory's key ends in its slash."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._directories: set[str] = set()

    def clash(self, key: str) -> bool:
        """Whether a file or a directory that was added keeps ``key`` from being there."""
        if key.endswith("/") and key.removesuffix("/") in self._files:
            return True
        if not key.endswith("/") and key in self._directories:
            return True
        return any(prefix.removesuffix("/") in self._files for prefix in prefixes_above(key))

    def add(self, key: str) -> None:
        self._directories.update(prefix.removesuffix("/") for prefix in prefixes_above(key))
        (self._directories if key.endswith("/") else self._files).add(key.removesuffix("/"))


class OrderedNames:
    """Of keys in the order of a listing, which has ``x`` before ``x-1`` before ``x/y``: a handful is kept."""

    def __init__(self) -> None:
        self._files: list[str] = []

    def clash(self, key: str) -> bool:
        """As :meth:`AnyNames.clash`."""
        while self._files and not key.startswith(self._files[-1]):
            self._files.pop()  # nothing that comes is below it any more
        return any(key.startswith(f"{file}/") for file in self._files)

    def add(self, key: str) -> None:
        if not key.endswith("/"):
            self._files.append(key)
