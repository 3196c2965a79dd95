"""Work of several threads in every order in which its steps can come, without a clock: only who has the baton runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Stage", "every_order"]

_DEADLINE_SECONDS: Final = 20.0


@dataclass
class _Actor:
    work: Callable[[], object]
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    done: bool = False
    has_paused: bool = False
    error: BaseException | None = None


class Stage:
    """Runs actors in turns. One that calls :meth:`pause` waits until it is chosen again; choices that ``script`` does
    not make go to the first who can run. ``choices`` tells which were made, and between how many."""

    def __init__(self, script: Sequence[int]) -> None:
        self._script = script
        self._back = threading.Semaphore(0)
        self._here = threading.local()
        self.choices: list[tuple[int, int]] = []

    def pause(self, *, again: bool = True) -> None:
        """Let others run; nothing in a thread that is no actor's. Without ``again`` only if it never has."""
        actor: _Actor | None = getattr(self._here, "actor", None)
        if actor is not None and (again or not actor.has_paused):
            actor.has_paused = True
            self._back.release()
            _acquire(actor.go)

    def play(self, *works: Callable[[], object]) -> None:
        """Run them all to their ends; raises what one of them raised."""
        actors = [_Actor(work) for work in works]
        threads = [threading.Thread(target=self._act, args=(actor,), daemon=True) for actor in actors]
        for thread in threads:
            thread.start()
        while waiting := [actor for actor in actors if not actor.done]:
            number = len(self.choices)
            chosen = self._script[number] if number < len(self._script) else 0
            self.choices.append((chosen, len(waiting)))
            waiting[chosen].go.release()
            _acquire(self._back)
        for thread in threads:
            thread.join(_DEADLINE_SECONDS)
        for actor in actors:
            if actor.error is not None:
                raise actor.error

    def _act(self, actor: _Actor) -> None:
        self._here.actor = actor
        _acquire(actor.go)
        try:
            actor.work()
        except BaseException as error:
            actor.error = error
        finally:
            actor.done = True
            self._back.release()


def every_order(play: Callable[[Stage], None]) -> Iterator[tuple[int, ...]]:
    """Call ``play`` with a new stage for each order there is; after each, its choices."""
    script: list[int] | None = []
    while script is not None:
        stage = Stage(script)
        play(stage)
        yield tuple(chosen for chosen, _ in stage.choices)
        script = _next(stage.choices)


def _next(choices: Sequence[tuple[int, int]]) -> list[int] | None:
    for number in reversed(range(len(choices))):
        chosen, available = choices[number]
        if chosen + 1 < available:
            return [each for each, _ in choices[:number]] + [chosen + 1]
    return None


def _acquire(semaphore: threading.Semaphore) -> None:
    if not semaphore.acquire(timeout=_DEADLINE_SECONDS):
        raise AssertionError("somebody who has the baton waits for somebody who has not")
