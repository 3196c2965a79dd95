"""Ctrl-C, and being told to end, that is heard at once, wherever it arrives."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

__all__ = ["Ended", "cleanup_limited", "hears_interrupts"]

_TICK_SECONDS: Final = 0.2
_CLEANUP_SECONDS: Final = 0.8
"""With a tick, within the second that Ctrl-C may take."""


class Ended(KeyboardInterrupt):
    """Somebody told this process to end, or closed its terminal; ``number`` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise Ended(number)


@contextmanager
def hears_interrupts() -> Iterator[None]:
    """While the block runs, Ctrl-C raises a KeyboardInterrupt soon, SIGTERM and SIGHUP an :class:`Ended`. For the main
    thread; elsewhere it does nothing.

    Without this it can take as long as a server is silent: a signal that arrives after Python has looked for one and
    before it waits for the network does not wake it, and an exception out of a finaliser (``__del__``) is printed and
    forgotten. So a timer wakes the main thread now and then, and what was forgotten is raised again.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    forgotten = False
    hook_before = sys.unraisablehook

    def hear_forgotten(unraisable: UnraisableHookArgs) -> None:
        nonlocal forgotten
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            forgotten = True
        else:
            hook_before(unraisable)

    def tick(_number: int, _frame: FrameType | None) -> None:
        # That it runs is what matters: Python has then handled every signal that came before.
        nonlocal forgotten
        if forgotten:
            forgotten = False
            raise KeyboardInterrupt

    before = {signal.SIGALRM: signal.signal(signal.SIGALRM, tick)}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # not where it is ignored, as nohup has it
            before[number] = signal.signal(number, _end)
    sys.unraisablehook = hear_forgotten
    signal.setitimer(signal.ITIMER_REAL, _TICK_SECONDS, _TICK_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook_before
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def cleanup_limited() -> Iterator[None]:
    """Once a KeyboardInterrupt leaves the block, what is swept away after it has 0.8 s; then another one ends that too.

    Only within :func:`hears_interrupts`, whose timer it takes.
    """
    try:
        yield
    except KeyboardInterrupt:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, signal.default_int_handler)
            signal.setitimer(signal.ITIMER_REAL, _CLEANUP_SECONDS)
        raise
