"""The retry policy of one storage of a session: it says whom is asked, what was tried again, and what failed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

from tfm.core.errors import (
    CredentialsError,
    DamagedError,
    InvalidRequestError,
    PermissionDeniedError,
    StorageError,
    TemporaryError,
)
from tfm.core.location import StorageAddress
from tfm.storage.metering import RequestMeter
from tfm.storage.retry_policy import RetryPolicy

__all__ = ["Trouble", "TroubleLog", "WatchedPolicy"]

Answer = TypeVar("Answer")

_MOST: Final = 500
_TROUBLES: Final = (TemporaryError, CredentialsError, PermissionDeniedError, InvalidRequestError, DamagedError)
"""Other errors are answers: that nothing is there, or that something is."""


class Trouble(NamedTuple):
    """A request that did not succeed at once. ``at`` is a POSIX time; ``tries`` how often it had been sent by then;
    ``given_up`` False where it is sent again. An error's text holds no secret."""

    at: float
    storage: StorageAddress
    error: StorageError
    tries: int
    given_up: bool

    @property
    def text(self) -> str:
        """One line, with cause and next step."""
        if not self.given_up:
            return f"↻ sent again after try {self.tries}: {self.error}"
        return f"✗ {self.error}" + (f" (after {self.tries} tries)" if self.tries > 1 else "")


class TroubleLog:
    """The latest of a session. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._troubles: deque[Trouble] = deque(maxlen=_MOST)
        self._listeners: list[Callable[[Trouble], None]] = []

    def add(self, trouble: Trouble) -> None:
        with self._lock:
            self._troubles.append(trouble)
            listeners = list(self._listeners)
        for listener in listeners:
            listener(trouble)

    def all(self) -> Sequence[Trouble]:
        """The oldest first."""
        with self._lock:
            return list(self._troubles)

    def subscribe(self, listener: Callable[[Trouble], None]) -> None:
        """Call ``listener``, which is short and raises nothing, in whichever thread it happens."""
        with self._lock:
            self._listeners.append(listener)


class WatchedPolicy(RetryPolicy):
    """As ``usual``, for the storage at ``address``."""

    __slots__ = ("_address", "_meter", "_troubles")

    def __init__(self, usual: RetryPolicy, address: StorageAddress, meter: RequestMeter, troubles: TroubleLog) -> None:
        super().__init__(usual.max_attempts, usual.interactive_seconds, usual.clock, usual.sleep, usual.chance)
        self._address = address
        self._meter = meter
        self._troubles = troubles

    def ask(self, ask: Callable[[], Answer]) -> Answer:
        return self._meter.asked_of(self._address, ask)

    def failed(self, error: StorageError, tries: int, *, given_up: bool) -> None:
        if isinstance(error, _TROUBLES):
            self._troubles.add(Trouble(time.time(), self._address, error, tries, given_up))

    def moved(self, *, received: int = 0, sent: int = 0) -> None:
        self._meter.record_bytes(self._address, received=received, sent=sent)
