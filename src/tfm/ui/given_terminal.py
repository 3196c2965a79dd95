"""The terminal, given to another program until that ends."""

from __future__ import annotations

import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from enum import Enum
from types import FrameType
from typing import Any, Final

from textual.app import App, SuspendNotSupported

from tfm.core.errors import StorageError, UnsupportedOperation
from tfm.operations.external import Invocation, Run, ended_text, run_program
from tfm.ui.sanitise import screen_text
from tfm.ui.terminal_driver import TerminalDriver

__all__ = ["Pause", "run_on_terminal"]

_INTERRUPTS: Final = (signal.SIGINT, signal.SIGQUIT)
_ENDS: Final = (signal.SIGTERM, signal.SIGHUP)


class Pause(Enum):
    """When what a program has written stays until a key is pressed."""

    NEVER = 0
    ON_FAILURE = 1
    ALWAYS = 2


def run_on_terminal(
    app: App[Any],  # what an app returns at its end matters to nothing here
    invocation: Invocation,
    *,
    pause: Pause = Pause.NEVER,
    heading: str = "",
    run: Run = run_program,
) -> int:
    """Give the terminal to the program and wait for its end; its exit code, negative for the number of a signal.

    ``heading`` is written before, and may be foreign text. Whatever the program does, and where it cannot be started,
    the terminal is afterwards as it was. Raises UnsupportedOperation where it is none, or ``run`` cannot start the
    program.
    """
    failed: StorageError | None = None
    code = 0
    try:
        with _handing_over(app), app.suspend():
            # What is raised in this block would leave the terminal to nobody: Textual takes it back behind the block.
            with _terminal_as_it_was(), _signals_are_the_programs():
                try:
                    _write(f"{screen_text(heading)}\n" if heading else "")
                    code = run(invocation)
                except StorageError as error:
                    failed = error
            if failed is None and (pause is Pause.ALWAYS or (pause is Pause.ON_FAILURE and code != 0)):
                _wait_for_key(code)
    except SuspendNotSupported as error:
        raise UnsupportedOperation("No other program can have this terminal.", operation="run a program") from error
    if failed is not None:
        raise failed
    return code


def _handing_over(app: App[Any]) -> AbstractContextManager[None]:
    """What was typed behind the key that started the program is for the program."""
    driver = app._driver
    return driver.handing_over() if isinstance(driver, TerminalDriver) else nullcontext()


def _write(text: str) -> None:
    with suppress(OSError):
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, text.encode("utf-8", "replace"))


@contextmanager
def _terminal_as_it_was() -> Iterator[None]:
    """A program that dies may leave it without echo, or to a group of processes that is gone."""
    try:
        modes = termios.tcgetattr(0)
    except termios.error:
        yield  # no terminal: nothing to keep
        return
    try:
        yield
    finally:
        # Who writes to a terminal from the background is stopped, unless it says that it knows.
        usual = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        with suppress(OSError, termios.error):
            os.tcsetpgrp(0, os.getpgrp())
            termios.tcsetattr(0, termios.TCSADRAIN, modes)
        signal.signal(signal.SIGTTOU, usual)


@contextmanager
def _signals_are_the_programs() -> Iterator[None]:
    """Ctrl-C reaches both; it is for the program, and tfm goes on. What is to end tfm ends it afterwards."""
    heard: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        if number in _ENDS:
            heard.append(number)

    # The event loop would read of them later, when they are its own again.
    loop_descriptor = signal.set_wakeup_fd(-1)
    # Functions and not SIG_IGN, which the program would inherit.
    usual: dict[signal.Signals, Callable[[int, FrameType | None], Any] | int | signal.Handlers | None]
    usual = {number: signal.signal(number, remember) for number in (*_INTERRUPTS, *_ENDS)}
    try:
        yield
    finally:
        for each, handler in usual.items():
            signal.signal(each, handler)
        signal.set_wakeup_fd(loop_descriptor)
        for number in dict.fromkeys(heard):
            os.kill(os.getpid(), number)


def _wait_for_key(code: int) -> None:
    _write(f"\n[{ended_text(code) if code else 'done'}] Any key goes back to tfm. ")
    try:
        modes = termios.tcgetattr(0)
    except termios.error:
        return
    try:
        tty.setraw(0, termios.TCSAFLUSH)  # what was typed while the program ran is no answer
        os.read(0, 64)  # a key may be several bytes
    except OSError:
        pass  # the terminal is gone
    finally:
        with suppress(termios.error):
            termios.tcsetattr(0, termios.TCSAFLUSH, modes)
    _write("\n")
