"""When to try again, how long to wait, and where to wait: the only place that sleeps."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Final, TypeVar

from tfm.core.errors import StorageError
from tfm.core.settings import Settings

__all__ = ["Postponed", "RetryPolicy", "run_without_waiting", "wait_patiently"]

Answer = TypeVar("Answer")

_FIRST_DELAY_SECONDS: Final = 0.1
_LONGEST_DELAY_SECONDS: Final = 5.0


_is_patient: ContextVar[bool] = ContextVar("tfm_is_patient", default=False)


def wait_patiently() -> None:
    """Let nothing be given up early in this thread from now on: nobody waits for each answer, but for a long job to end
    well. Called once by a thread of the transfer engine's own."""
    _is_patient.set(True)


_waits_elsewhere: ContextVar[bool] = ContextVar("tfm_waits_elsewhere", default=False)


class Postponed(BaseException):
    """In place of a wait, where others' answers would have to wait too: call ``wait`` in another thread, and then do
    there what raised this."""

    def __init__(self, wait: Callable[[], None]) -> None:
        super().__init__()
        self.wait: Final = wait


def run_without_waiting(work: Callable[[], Answer]) -> Answer:
    """What ``work`` gives; Postponed where the retry layer would wait before it tries again."""
    token = _waits_elsewhere.set(True)
    try:
        return work()
    finally:
        _waits_elsewhere.reset(token)


class RetryPolicy:
    """How often, how long, and with whose clock, sleep and chance."""

    __slots__ = ("chance", "clock", "interactive_seconds", "max_attempts", "sleep")

    def __init__(
        self,
        max_attempts: int,
        interactive_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.max_attempts: Final = max_attempts
        self.interactive_seconds: Final = interactive_seconds
        self.clock: Final = clock
        self.sleep: Final = sleep
        self.chance: Final = chance

    @classmethod
    def from_settings(cls, settings: Settings) -> RetryPolicy:
        return cls(settings.max_attempts, settings.interactive_timeout_seconds)

    def run(self, ask: Callable[[], Answer], *, interactive: bool) -> Answer:
        """The answer of ``ask``, which is asked again after each temporary failure.

        Waits between tries grow twofold from 0.1 s to 5 s, each spread over its upper half; a server's Retry-After is
        kept. Interactive: gives up when one more try, as long as the one before, would end beyond the limit.
        """
        began = self.clock()
        try:
            return self.ask(ask)
        except StorageError as error:
            failure = error
        try:
            return self._again(ask, failure, began, interactive=interactive and not _is_patient.get())
        finally:
            del failure  # its traceback has this frame

    def _again(self, ask: Callable[[], Answer], error: StorageError, began: float, *, interactive: bool) -> Answer:
        """After a first try that ``began`` then and ended with ``error``."""
        attempt, started = 1, began
        try:
            while True:
                now = self.clock()
                delay = self._delay(attempt, error)
                late = interactive and now + delay + (now - started) > began + self.interactive_seconds
                if not error.temporary or attempt >= self.max_attempts or late:
                    self.failed(error, attempt, given_up=True)
                    raise error
                if _waits_elsewhere.get():
                    raise Postponed(partial(self.sleep, delay))
                self.sleep(delay)
                self.failed(error, attempt, given_up=False)
                attempt += 1
                started = self.clock()
                try:
                    return self.ask(ask)
                except StorageError as another:
                    error = another
        finally:
            del error

    def ask(self, ask: Callable[[], Answer]) -> Answer:
        """The answer of ``ask``, at one try; what is begun here and answered later has its first by this alone."""
        return ask()

    def failed(self, error: StorageError, tries: int, *, given_up: bool) -> None:
        """So many tries had failed, the last one with ``error``, when no more were made, or one more is about to be.
        Nobody wants to know that here."""

    def moved(self, *, received: int = 0, sent: int = 0) -> None:
        """So many bytes of objects came, or went. Nobody wants to know that here."""

    def _delay(self, attempt: int, error: StorageError) -> float:
        if error.retry_after_seconds is not None:
            return error.retry_after_seconds
        longest = min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2.0 ** (attempt - 1))
        spread: float = 0.5 + self.chance() / 2
        return longest * spread
