"""Ctrl-C is heard wherever it arrives, and what it must leave in order has a little time for that."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from tfm.cli.interrupts import Ended, cleanup_limited, hears_interrupts
from tfm.cli.settling import Settling
from tfm.core.progress import Cancel

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Swallows:
    """As a finaliser of somebody's library in which Ctrl-C arrives."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __del__(self) -> None:
        raise self._error


def test_an_interrupt_in_a_finaliser_is_not_forgotten() -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), hears_interrupts():
        del [Swallows(KeyboardInterrupt())][0]
        threading.Event().wait(20)
    assert time.monotonic() - began < 10


def test_what_else_goes_wrong_there_is_told_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: told.append(unraisable.exc_type))
    hook = sys.unraisablehook
    with hears_interrupts():
        del [Swallows(ValueError())][0]
    assert told == [ValueError]
    assert sys.unraisablehook is hook


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_end_is_an_exception_that_leaves_in_order(number: signal.Signals) -> None:
    with pytest.raises(Ended) as caught, hears_interrupts():
        os.kill(os.getpid(), number)
        threading.Event().wait(20)
    assert caught.value.number == number
    assert signal.getsignal(number) is signal.SIG_DFL


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with hears_interrupts():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_cleaning_up_has_a_second() -> None:
    cleaned = False
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), hears_interrupts():
        try:
            with cleanup_limited():
                raise KeyboardInterrupt
        finally:
            cleaned = True
            threading.Event().wait(20)
    assert cleaned
    assert time.monotonic() - began < 5


def test_nothing_is_left_of_it() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT)]
    with hears_interrupts():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT)] == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_in_another_thread_it_does_nothing() -> None:
    handlers: list[object] = []

    def work() -> None:
        with hears_interrupts(), cleanup_limited():
            handlers.append(signal.getsignal(signal.SIGALRM))

    thread = threading.Thread(target=work)
    before = signal.getsignal(signal.SIGALRM)
    thread.start()
    thread.join(10)
    assert handlers == [before]


def interrupt_when(begun: threading.Event) -> None:
    def interrupt() -> None:
        begun.wait(10)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()


@pytest.mark.parametrize("obeys", [True, False])
def test_what_is_under_way_has_a_moment_to_end(obeys: bool) -> None:
    cancel, begun, never = Cancel(), threading.Event(), threading.Event()
    ended: list[bool] = []

    def work() -> None:
        begun.set()
        ended.append(cancel.wait(20) if obeys else never.wait(20))

    settling = Settling(work, cancel)
    interrupt_when(begun)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), hears_interrupts():
        settling.run()
    assert time.monotonic() - began < 5
    never.set()
    assert cancel.wanted
    assert settling.settled is obeys
    assert not obeys or ended == [True]


def test_what_nobody_interrupts_gives_its_result_and_its_error() -> None:
    assert Settling(lambda: threading.current_thread().name, Cancel()).run() == "tfm-settling"
    with pytest.raises(ZeroDivisionError):
        Settling(lambda: 1 // 0, Cancel()).run()
