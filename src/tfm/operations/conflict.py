"""What happens where something is in the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tfm.core.entry import Entry

__all__ = ["Conflict", "ConflictPolicy", "Conflicts", "Decision", "is_newer"]


class ConflictPolicy(StrEnum):
    """The user's choice, for one conflict or for all."""

    ASK = "ask"
    SKIP = "skip"
    OVERWRITE = "overwrite"
    NEWER = "newer"
    """Overwrite what is older than the source, skip the rest."""

    RENAME = "rename"
    """Give the copy another name that is free: ``name (1).txt``."""

    FAIL = "fail"
    """It is a failure of that object; the others go on."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """An object that is to be written, and what is there already. The URIs are as a user would write them."""

    source: Entry
    source_uri: str
    target: Entry
    target_uri: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one conflict; ``for_all``: with every further one too, without asking."""

    policy: ConflictPolicy
    for_all: bool = False


class Conflicts:
    """Decides by the policy, asking where that is ASK. ``ask`` may block, in whatever thread it is called; one question
    is asked at a time."""

    def __init__(self, policy: ConflictPolicy, ask: Callable[[Conflict], Decision] | None = None) -> None:
        self._policy = policy
        self._ask = ask
        self._lock = threading.Lock()

    @property
    def only_fails(self) -> bool:
        """Whether every conflict is a failure: then nobody needs to know of it before the write."""
        return self._policy is ConflictPolicy.FAIL

    def decide(self, conflict: Conflict) -> ConflictPolicy:
        """SKIP, OVERWRITE, RENAME or FAIL."""
        with self._lock:
            policy = self._policy
            if policy is ConflictPolicy.ASK:
                decision = Decision(ConflictPolicy.FAIL) if self._ask is None else self._ask(conflict)
                policy = decision.policy
                if decision.for_all:
                    self._policy = policy
        if policy is ConflictPolicy.NEWER:
            return ConflictPolicy.OVERWRITE if is_newer(conflict.source, conflict.target) else ConflictPolicy.SKIP
        return ConflictPolicy.FAIL if policy is ConflictPolicy.ASK else policy


def is_newer(source: Entry, target: Entry) -> bool:
    """Whether NEWER overwrites. Not where one of the times is unknown."""
    if source.modified_timestamp is None or target.modified_timestamp is None:
        return False
    return source.modified_timestamp > target.modified_timestamp
