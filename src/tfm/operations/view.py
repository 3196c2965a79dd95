"""Look at an object's bytes wherever one likes, without reading the rest of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.storage.contract import Reader
from tfm.storage.session import Session

__all__ = ["BLOCK_BYTES", "BytesNotLoadedError", "View"]

BLOCK_BYTES: Final = 64 * 1024
_CHUNK_BYTES: Final = 256 * 1024
_MOST_BLOCKS: Final = 64
_MOST_WAITING: Final = 8


class BytesNotLoadedError(Exception):
    """Bytes that are wanted are not here yet; they are asked for, and ``changed`` is called when they are."""


class View:
    """An object in blocks of 64 KiB, the 64 last used of which are kept. One request a block.

    A thread of its own reads them; ``changed`` is called there after each. Every block is read under the etag of the
    first one where the storage can do that, so two versions are never mixed. ``size_bytes`` is None until the first
    block is there, and again from :meth:`retry` on; ``error`` is what the last read ended with, ``entry`` what the
    storage said of the object with the last answer.
    """

    def __init__(self, session: Session, location: Location, changed: Callable[[], None]) -> None:
        self.location: Final = location
        self.size_bytes: int | None = None
        self.error: StorageError | None = None
        self.entry: Entry | None = None
        self._session = session
        self._changed = changed
        self._etag: str | None = None
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._waiting: list[int] = []
        self._looks_for_change = False
        self._closed = False
        self._condition = threading.Condition()

    def open(self) -> None:
        """Begin to read; returns at once."""
        self._want([0])
        # A daemon: a receive that never ends must not hold up quitting.
        threading.Thread(target=self._run, name="tfm-view", daemon=True).start()

    def close(self) -> None:
        """Read no more; ``changed`` is not called any more, save by a call that is under way."""
        with self._condition:
            self._closed = True
            self._condition.notify()

    def retry(self) -> None:
        """Forget everything, the version looked at too, and read again."""
        with self._condition:
            self.error = None
            self.size_bytes = None  # it may be shorter now: nothing is asked for beyond its end
            self._etag = None
            self._blocks.clear()
        self._want([0])

    @property
    def is_whole(self) -> bool:
        """Whether the end of what is looked at is the object's."""
        return True

    @property
    def asking_costs(self) -> bool:
        """Whether each look at the storage is a request that somebody may have to pay for."""
        return Capability.CACHED in self._session.storage(self.location.storage).capabilities

    def look_for_change(self) -> None:
        """Ask whether the object is another one now, in the view's thread, one request; ``changed`` is called if so.

        All that is held is forgotten then, as by :meth:`retry`, but the new size is known already.
        """
        with self._condition:
            self._looks_for_change = True
            self._condition.notify()

    def bytes_at(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` to ``end``, fewer at the object's end. Raises BytesNotLoadedError, at once."""
        with self._condition:
            if self.size_bytes is None:
                raise BytesNotLoadedError
            start, end = max(0, start), min(end, self.size_bytes)
            if start >= end:
                return b""
            numbers = range(start // BLOCK_BYTES, (end - 1) // BLOCK_BYTES + 1)
            missing = [number for number in numbers if number not in self._blocks]
            if not missing:
                for number in numbers:
                    self._blocks.move_to_end(number)
                joined = b"".join([self._blocks[number] for number in numbers])
                first = start - numbers[0] * BLOCK_BYTES
                return joined[first : first + end - start]
        self._want(missing)
        raise BytesNotLoadedError

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """That range in pieces of up to 256 KiB, of the version looked at; one request, in the caller's thread.

        None of it is kept: a search through gigabytes does not push out what is on the screen. Raises StorageError.
        """
        with self._open(start, end - start) as reader:
            yield from iter(lambda: reader.read(_CHUNK_BYTES), b"")

    def _want(self, numbers: list[int]) -> None:
        with self._condition:
            if self.error is not None:
                return  # said already; retry() asks again
            # What was wanted last is wanted most; what was scrolled past long ago, not at all.
            self._waiting = ([n for n in self._waiting if n not in numbers] + numbers[::-1])[-_MOST_WAITING:]
            self._condition.notify()

    # What follows runs in the view's thread.

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._waiting or self._looks_for_change or self._closed)
                if self._closed:
                    return
                number = self._waiting.pop() if self._waiting else None
                self._looks_for_change = self._looks_for_change and number is not None
            try:
                if number is not None:
                    self._read(number)
                elif not self._has_changed():
                    continue
            except StorageError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001 - the thread's boundary: shown in the pager
                self._fail(StorageError(f"tfm itself failed: {type(error).__name__}: {error}", operation="view"))
            if not self._is_closed():
                self._changed()

    def _is_closed(self) -> bool:
        return self._closed

    def _open(self, start: int, length: int) -> Reader:
        storage = self._session.storage(self.location.storage)
        conditional = Capability.CONDITIONAL_READ in storage.capabilities
        etag = self._etag if conditional else None
        return storage.read(self.location.key, start=start, length=length, if_match=etag)

    def _read(self, number: int) -> None:
        with self._open(number * BLOCK_BYTES, BLOCK_BYTES) as reader:
            data = b"".join(iter(lambda: reader.read(BLOCK_BYTES), b""))
            entry = reader.entry
        with self._condition:
            self._etag = self._etag or entry.etag
            self.entry = entry
            self.size_bytes = max(entry.size_bytes or 0, number * BLOCK_BYTES + len(data) if data else 0)
            self._blocks[number] = data
            self._blocks.move_to_end(number)
            while len(self._blocks) > _MOST_BLOCKS:
                self._blocks.popitem(last=False)

    def _has_changed(self) -> bool:
        entry = self._session.storage(self.location.storage).describe(self.location.key).entry
        with self._condition:
            same = (entry.etag, entry.size_bytes) == (self._etag, self.size_bytes)
            if same and self.error is None:
                return False
            self.error = None
            self.entry = entry
            if not same:
                # Longer or shorter, it is another version: no block of the old one may stand beside a new one.
                self._etag, self.size_bytes = entry.etag, entry.size_bytes
                self._blocks.clear()
            return True

    def _fail(self, error: StorageError) -> None:
        with self._condition:
            self.error = error
            self._waiting.clear()
