"""The directories that a copy needs at a destination that has real ones: each made once, when it is first needed."""

from __future__ import annotations

import threading

from tfm.core.capability import Capability
from tfm.core.errors import ConflictError
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

    def make_above(self, key: str) -> None:
        """Those that ``key`` is in."""
        if not self._flat:
            self._make(key[: key.rfind("/", 0, -1) + 1], 0o777)

    def make(self, key: str, *, mode: int | None) -> None:
        """The directory ``key`` and those that it is in; one that is there is right. On flat keys its marker.

        Until the job is done it can be written to by its owner, whatever ``mode`` says.
        """
        if self._flat:
            try:
                self._target.make_directory(key)
            except ConflictError:
                pass
        else:
            self._make(key, 0o777 if mode is None else (mode & 0o7777) | 0o700)

    def _make(self, key: str, mode: int) -> None:
        if key in self._made or not key.startswith(self._prefix) or key == self._prefix:
            return
        with self._lock:
            end = len(self._prefix)
            while (end := key.find("/", end) + 1) > 0:
                directory = key[:end]
                if directory not in self._made:
                    try:
                        self._target.make_directory(directory, mode=mode if directory == key else 0o777)
                    except ConflictError:
                        pass  # it is there; if it is no directory, what is to be in it says so
                    self._made.add(directory)
