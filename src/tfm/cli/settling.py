"""Work that Ctrl-C lets come to a good end, where that is soon."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Final, Generic, TypeVar

from tfm.core.progress import Cancel

__all__ = ["Settling"]

Result = TypeVar("Result")

_SETTLE_SECONDS: Final = 0.8
"""Within the second that Ctrl-C may take."""


class Settling(Generic[Result]):
    """Does ``work`` in a thread of its own, while this one hears Ctrl-C. ``work`` stops where ``cancel`` is wanted."""

    def __init__(self, work: Callable[[], Result], cancel: Cancel) -> None:
        self.settled = False
        """Whether the work came to its end, and so tells all that it did."""
        self._work = work
        self._cancel = cancel
        self._results: list[Result] = []
        self._error: BaseException | None = None
        # Not joined: a thread whose join is interrupted is told to have ended, whether it has or not.
        self._ended = threading.Event()

    def run(self) -> Result:
        """What the work gives. Raises what it raises; a KeyboardInterrupt not before it has ended, or had 0.8 s for
        that."""
        # A daemon: a request that never ends must not keep the program. What it asks is counted with what this asks.
        thread = threading.Thread(target=copy_context().run, args=(self._do,), name="tfm-settling", daemon=True)
        try:
            thread.start()
            self._ended.wait()
        except KeyboardInterrupt:
            self._cancel.set()
            self._ended.wait(_SETTLE_SECONDS)
            raise
        finally:
            self.settled = self._ended.is_set()
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _do(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001 - the thread's boundary: raised again where it is waited for
            self._error = error
        finally:
            self._ended.set()
