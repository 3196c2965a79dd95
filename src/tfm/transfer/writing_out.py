"""The disk begins with a large file while the rest of it comes."""

from __future__ import annotations

import queue
import threading
from typing import Final

from tfm.core.errors import StorageError
from tfm.core.progress import Cancel
from tfm.core.writing import Upload
from tfm.storage.storage import Storage

__all__ = ["WritingOut"]

_SLICE_BYTES: Final = 4 << 20
"""What is begun with at once: where the disk has enough to do already, that waits, and cannot be interrupted."""


class WritingOut:
    """For jobs that wait for the disk at their end. In a thread of its own, so that no part that has come waits for the
    disk, neither to be on record nor to make room for the next. What the disk refuses is not told here: it is, to who
    waits for it. To be closed."""

    def __init__(self, target: Storage | None, cancel: Cancel) -> None:
        """``target`` is None where nobody waits for a disk, and nothing is done."""
        self._target = target
        self._cancel = cancel
        # Not a SimpleQueue, whose get() a signal may let wait for ever in Python 3.11.
        self._parts: queue.Queue[tuple[Upload, int, int] | None] = queue.Queue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def add(self, upload: Upload, offset: int, length: int) -> None:
        """These bytes of it have come. Returns at once; from any thread."""
        if self._target is None:
            return
        self._parts.put((upload, offset, length))
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="tfm-write-out", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Begin with nothing more. Returns at once."""
        with self._lock:
            self._closed = True
        self._parts.put(None)

    def _run(self) -> None:
        while (part := self._parts.get()) is not None:
            upload, offset, length = part
            try:
                self._write_out(upload, offset, offset + length)
            except (StorageError, OSError):
                pass  # it has its name by now, or was given up; its last user here closes it

    def _write_out(self, upload: Upload, start: int, end: int) -> None:
        for begin in range(start, end, _SLICE_BYTES):
            if self._target is None or self._closed or self._cancel.wanted:
                return
            self._target.write_out(upload, offset=begin, length=min(_SLICE_BYTES, end - begin))
