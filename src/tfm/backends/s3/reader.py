"""The body of an object as it streams in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tfm.backends.s3.errors import Asked, broken_answer, translating
from tfm.backends.s3.quick_answers import CheckedBody
from tfm.core.entry import Entry
from tfm.storage.contract import Reader

__all__ = ["BodyReader", "EmptyReader"]


class EmptyReader(Reader):
    """No bytes: a range beyond the end, or one of length zero."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def read(self, size: int = -1) -> bytes:  # noqa: ARG002 - there is nothing to give of any size
        return b""

    def close(self) -> None:
        pass


class BodyReader(Reader):
    """Gives ``promised_bytes`` of botocore's body, whose own checks (length, checksum) run at its end."""

    # The body is botocore's, which has no types.
    def __init__(self, entry: Entry, body: Any, promised_bytes: int, asked: Callable[[], Asked]) -> None:
        self.entry = entry
        self._body = body
        self._left = promised_bytes
        self._asked = asked
        self._lock = threading.Lock()
        self._closed = False
        self._checked = False

    def read(self, size: int = -1) -> bytes:
        with self._lock:
            if self._closed:
                raise ValueError("read of a closed reader")
            if size == 0 or self._checked:
                return b""
            with translating(self._asked):
                return self._read(self._left if size < 0 else min(size, self._left))

    def _read(self, size: int) -> bytes:
        data: bytes = self._body.read(size) if size else b""
        if size and not data:
            raise broken_answer(self._asked())
        if len(data) == self._left:
            # botocore looks at the length and the checksum when it finds the end: before the last bytes are given.
            self._body.read(1)
            self._checked = True
        self._left -= len(data)
        return data

    def readinto(self, view: memoryview) -> int:
        with self._lock:
            if self._closed:
                raise ValueError("read of a closed reader")
            view = view[: self._left]
            if not len(view) or self._checked:
                return 0
            with translating(self._asked):
                # botocore's own body is asked for bytes: its checks are in that way alone.
                if not isinstance(self._body, CheckedBody):
                    data = self._read(len(view))
                    view[: len(data)] = data
                    return len(data)
                size = self._body.readinto(view)
                if not size:
                    raise broken_answer(self._asked())
                self._checked = size == self._left
                self._left -= size
                return size

    def close(self) -> None:
        """Drops the connection and what is under way on it, unless all was read: then it is in the pool already."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._body.close()
