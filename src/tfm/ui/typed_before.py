"""Going back through the lines that were typed before, as in a shell."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["TypedBefore"]


class TypedBefore:
    """``lines``: the newest first. What stands there when somebody begins to go back comes again behind the newest."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._at = -1
        self._own = ""

    def step(self, lines: int, now: str) -> str:
        """So many lines back, or forward where that is negative, from ``now``, which stands there; the same where there
        are no more."""
        if self._at == -1:
            self._own = now
        at = max(-1, min(len(self._lines) - 1, self._at + lines))
        if at == self._at:
            return now
        self._at = at
        return self._own if at == -1 else self._lines[at]
