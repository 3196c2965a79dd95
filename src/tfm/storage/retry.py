"""The one place that tries again, and the only one that sleeps."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from tfm.core.capability import Capability
from tfm.core.entry import Lookup
from tfm.core.errors import ConflictError, StorageError
from tfm.core.page import Page
from tfm.core.settings import Settings
from tfm.storage.contract import PAGE_ENTRIES, Backend, Reader

__all__ = ["RetryBackend", "RetryPolicy"]

Answer = TypeVar("Answer")

_FIRST_DELAY_SECONDS: Final = 0.1
_LONGEST_DELAY_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, how long, and with whose clock, sleep and chance."""

    max_attempts: int
    interactive_seconds: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    @classmethod
    def from_settings(cls, settings: Settings) -> RetryPolicy:
        return cls(settings.max_attempts, settings.interactive_timeout_seconds)

    def run(self, ask: Callable[[], Answer], *, interactive: bool) -> Answer:
        """The answer of ``ask``, which is asked again after each temporary failure.

        Waits between tries grow twofold from 0.1 s to 5 s, each spread over its upper half; a server's Retry-After is
        kept. Interactive: gives up when one more try, as long as the one before, would end beyond the limit.
        """
        began = self.clock()
        attempt = 1
        while True:
            started = self.clock()
            try:
                return ask()
            except StorageError as error:
                now = self.clock()
                delay = self._delay(attempt, error)
                late = interactive and now + delay + (now - started) > began + self.interactive_seconds
                if not error.temporary or attempt >= self.max_attempts or late:
                    raise
            self.sleep(delay)
            attempt += 1

    def _delay(self, attempt: int, error: StorageError) -> float:
        if error.retry_after_seconds is not None:
            return error.retry_after_seconds
        longest = min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2.0 ** (attempt - 1))
        spread: float = 0.5 + self.chance() / 2
        return longest * spread


class RetryBackend(Backend):
    """A backend whose temporary failures are tried again, and whose readers outlive a broken connection."""

    def __init__(self, inner: Backend, policy: RetryPolicy) -> None:
        self._inner = inner
        self._policy = policy
        self.address = inner.address
        self.capabilities = inner.capabilities

    def identity(self) -> str:
        return self._policy.run(self._inner.identity, interactive=True)

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        return self._policy.run(
            lambda: self._inner.list_page(
                prefix, recursive=recursive, token=token, start_after=start_after, limit=limit
            ),
            # Somebody waits for the first page; the later ones come while the first is looked at.
            interactive=token is None and start_after is None,
        )

    def stat(self, key: str) -> Lookup:
        return self._policy.run(lambda: self._inner.stat(key), interactive=True)

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        def opened() -> Reader:
            return self._inner.read(key, start=start, length=length, if_match=if_match)

        reader = self._policy.run(opened, interactive=True)
        return _ResumingReader(self._inner, self._policy, reader, key, start, length)

    def presign(self, key: str, *, expires_seconds: int) -> str:
        return self._inner.presign(key, expires_seconds=expires_seconds)


class _ResumingReader(Reader):
    """Goes on by range after a break, with If-Match, so that what it gives is one version of the object."""

    def __init__(
        self, backend: Backend, policy: RetryPolicy, reader: Reader, key: str, start: int, length: int | None
    ) -> None:
        self._backend = backend
        self._policy = policy
        self._reader = reader
        self._key = key
        self._next = start
        self._end = None if length is None else start + length
        self._lock = threading.Lock()
        self.entry = reader.entry

    def read(self, size: int = -1) -> bytes:
        with self._lock:
            if size >= 0:
                return self._read_once(size)
            parts = []
            while part := self._read_once(1 << 20):
                parts.append(part)
            return b"".join(parts)

    def _read_once(self, size: int) -> bytes:
        broken = False

        def ask() -> bytes:
            nonlocal broken
            if broken:
                self._reopen()
            broken = True
            data = self._reader.read(size)
            broken = False
            return data

        data = self._policy.run(ask, interactive=False)
        self._next += len(data)
        return data

    def _reopen(self) -> None:
        self._reader.close()
        left = None if self._end is None else self._end - self._next
        conditional = Capability.CONDITIONAL_READ in self._backend.capabilities
        etag = self.entry.etag if conditional else None
        self._reader = self._backend.read(self._key, start=self._next, length=left, if_match=etag)
        now = self._reader.entry
        if (now.etag, now.size_bytes) != (self.entry.etag, self.entry.size_bytes):
            self._reader.close()
            raise ConflictError(
                "The object changed while it was being read.", next_step="Read it again.", operation="read"
            )

    def close(self) -> None:
        self._reader.close()
