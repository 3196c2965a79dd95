"""The directories that a copy needs at a destination that has real ones: each made once, when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tfm.core.capability import Capability
from tfm.core.errors import ConflictError, StorageError
from tfm.core.writing import ObjectFacts
from tfm.storage.storage import Storage

__all__ = ["Directories"]


class Directories:
    """Below the directory ``prefix`` of ``target``, which is there. On flat keys none are needed. Thread-safe."""

    def __init__(self, target: Storage, prefix: str) -> None:
        self._target = target
        self._prefix = prefix
        self._flat = Capability.FLAT_KEYS in target.capabilities
        self._lock = threading.Lock()
        self._made: set[str] = set()
        self._new: set[str] = set()
        self._facts: dict[str, ObjectFacts] = {}
        self._making: dict[str, Callable[[], None]] = {}

    def expect(self, key: str, making: Callable[[], None]) -> None:
        """The directory ``key`` is to be made, by itself or by what comes to be in it: ``making`` is called just before
        that, and not where it is there already. So it can be told from another's when nobody is left who made it."""
        if not self._flat:
            with self._lock:
                self._making[key] = making

    def make_above(self, key: str) -> None:
        """Those that ``key`` is in."""
        if not self._flat:
            self._make(key[: key.rfind("/", 0, -1) + 1], 0o777)

    def make(self, key: str, *, mode: int | None, modified_timestamp: float | None) -> None:
        """The directory ``key`` and those that it is in; one that is there is right. On flat keys its marker.

        It has the mode and the time only after :meth:`finish`: until then it is written to, whatever its mode says.
        """
        if self._flat:
            try:
                self._target.make_directory(key)
            except ConflictError:
                pass
        else:
            self._make(key, 0o777 if mode is None else (mode & 0o777) | 0o700, wanted=key)
            if mode is not None and key in self._new:
                self._facts[key] = ObjectFacts(mode=mode, modified_timestamp=modified_timestamp)

    def add_made(self, key: str) -> None:
        """An earlier run of the same job made this one."""
        self._new.add(key)

    def owes_facts(self, key: str) -> bool:
        """Whether :meth:`finish` will give the directory ``key`` its mode and time."""
        return key in self._facts

    def finish(self) -> None:
        """Give the directories that were made here the modes and times of their originals, the deepest first."""
        for key in sorted(self._facts, key=lambda each: each.count("/"), reverse=True):
            try:
                self._target.set_directory_facts(key, self._facts[key])
            except StorageError:
                pass  # gone, or another's by now: what is in it is there

    def _is_there(self, key: str) -> bool:
        there = self._target.lookup(key).directory
        return there is not None and not there.is_symlink

    def _make(self, key: str, mode: int, *, wanted: str = "") -> None:
        """``wanted`` itself must be a directory then."""
        if key in self._made or not key.startswith(self._prefix) or key == self._prefix:
            return
        with self._lock:
            end = len(self._prefix)
            while (end := key.find("/", end) + 1) > 0:
                directory = key[:end]
                making = self._making.pop(directory, None)
                if directory not in self._made:
                    if making is not None and not self._target.lookup(directory).found:
                        making()
                    try:
                        self._target.make_directory(directory, mode=mode if directory == key else 0o777)
                        self._new.add(directory)
                    except ConflictError:
                        # If it is no directory, what is to be in it says so by its own name.
                        if directory == wanted and not self._is_there(directory):
                            raise
                    self._made.add(directory)
