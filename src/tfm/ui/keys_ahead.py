"""Keys typed ahead: just after going somewhere they are meant for the rows there, and wait for those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["KeysAhead"]

_SECONDS: Final = 1.0
"""After going somewhere; nobody types blindly for longer."""


class KeysAhead:
    """``rows_are_due`` says whether what one went to is not shown yet; ``clock`` in seconds. One thread's."""

    def __init__(self, clock: Callable[[], float], rows_are_due: Callable[[], bool]) -> None:
        self._clock = clock
        self._rows_are_due = rows_are_due
        self._actions: list[Callable[[], None]] = []
        self._went_at = 0.0

    def went(self) -> None:
        """Somebody goes somewhere: what was typed for where they were is nothing now."""
        self._actions.clear()
        self._went_at = self._clock()

    @property
    def awaits_rows(self) -> bool:
        """Whether what is typed now waits."""
        return not self._is_late and self._rows_are_due()

    @property
    def _is_late(self) -> bool:
        return self._clock() - self._went_at >= _SECONDS

    def when_shown(self, action: Callable[[], None]) -> None:
        """Do it now or, where rows are awaited, when they are there."""
        if self.awaits_rows:
            self._actions.append(action)
        else:
            action()

    def rows_came(self) -> None:
        """Do what was typed for them; where they came too late, none of it."""
        if not self._actions or self.awaits_rows:
            return
        late = self._is_late
        actions, self._actions = self._actions, []
        for action in () if late else actions:
            self.when_shown(action)  # one of them may go somewhere, and the others wait for the rows there
