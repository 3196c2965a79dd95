"""The question that ``tfm cp`` and ``tfm mv`` put where something is in the way, to a person on a terminal."""

from __future__ import annotations

import sys
from typing import Final

from tfm.cli.output import for_terminal, modified_text
from tfm.core.entry import Entry
from tfm.operations.conflict import Conflict, ConflictPolicy, Decision

__all__ = ["Asker"]

_LETTERS: Final = {
    "o": ConflictPolicy.OVERWRITE,
    "s": ConflictPolicy.SKIP,
    "n": ConflictPolicy.NEWER,
    "r": ConflictPolicy.RENAME,
}


class Asker:
    """Remembers what was said for all, across the jobs of one run."""

    def __init__(self) -> None:
        self._for_all: Decision | None = None

    def ask(self, conflict: Conflict) -> Decision:
        """KeyboardInterrupt for Ctrl-C; where the input ends, everything further fails too."""
        while self._for_all is None:
            decision = _decision(_answer(_question(conflict)))
            if decision is None:
                continue
            if decision.for_all:
                self._for_all = decision
            return decision
        return self._for_all


def _question(conflict: Conflict) -> str:
    return (
        f"{conflict.target_uri} is there already ({_facts(conflict.target)}), and to be written is "
        f"{_facts(conflict.source)}.\n(o)verwrite, (s)kip, overwrite if (n)ewer, (r)ename the copy; "
        "with a capital letter for all: "
    )


def _facts(entry: Entry) -> str:
    from tfm.ui.format import format_size

    size = "of no known size" if entry.size_bytes is None else format_size(entry.size_bytes)
    modified = modified_text(entry)
    return f"{size}, {modified}" if modified else size


def _answer(question: str) -> str | None:
    lines = [for_terminal(line) for line in question.split("\n")]
    print("\n".join(lines), end="", file=sys.stderr, flush=True)
    line = sys.stdin.buffer.readline()
    return line.decode(errors="replace").strip() if line else None


def _decision(answer: str | None) -> Decision | None:
    if answer is None:
        return Decision(ConflictPolicy.FAIL, for_all=True)
    policy = _LETTERS.get(answer.lower())
    return None if policy is None else Decision(policy, for_all=answer.isupper())
