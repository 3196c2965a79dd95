"""Patterns over segments: ``*``, ``?``, ``[seq]``, ``[!seq]`` within one, ``**`` for any number of them."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = [
    "ANY_DEPTH",
    "Pattern",
    "full_pattern",
    "has_wildcard",
    "pattern_of",
    "right_pattern",
    "segment_matcher",
    "split_pattern",
]

_WILD: Final = re.compile(r"[*?\[]")
ANY_DEPTH: Final = "**"


def has_wildcard(segment: str) -> bool:
    return _WILD.search(segment) is not None


@lru_cache(maxsize=256)
def segment_matcher(segment: str) -> re.Pattern[str]:
    """What fits one segment of a pattern, compared exactly."""
    return re.compile(fnmatch.translate(segment))


def split_pattern(pattern: str) -> tuple[tuple[str, ...], bool]:
    """The segments of a pattern, and whether it wants directories only (it ends in a slash)."""
    directories_only = pattern.endswith("/")
    return tuple(pattern.removesuffix("/").split("/")), directories_only


class Pattern(NamedTuple):
    """Segments to fit in sequence; ``None`` stands for any number of segments."""

    matchers: tuple[re.Pattern[str] | None, ...]

    def fits(self, segments: Sequence[str]) -> bool:
        """Whether all of ``segments`` fit. Linear in segments times matchers, whatever the stars."""
        states = self._closure({0})
        for segment in segments:
            after: set[int] = set()
            for state in states:
                if state == len(self.matchers):
                    continue
                matcher = self.matchers[state]
                if matcher is None:
                    after.add(state)
                elif matcher.match(segment):
                    after.add(state + 1)
            states = self._closure(after)
            if not states:
                return False
        return len(self.matchers) in states

    def _closure(self, states: set[int]) -> set[int]:
        """``states``, with those reached by letting a ``**`` stand for nothing."""
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state < len(self.matchers) and self.matchers[state] is None and state + 1 not in states:
                states.add(state + 1)
                waiting.append(state + 1)
        return states


@lru_cache(maxsize=256)
def full_pattern(pattern: str) -> Pattern:
    """A pattern that must fit from the first segment to the last."""
    segments, _ = split_pattern(pattern)
    return pattern_of(segments)


def pattern_of(segments: Sequence[str]) -> Pattern:
    """As :func:`full_pattern`, from the pattern's own segments."""
    return Pattern(tuple(None if segment == ANY_DEPTH else segment_matcher(segment) for segment in segments))


@lru_cache(maxsize=256)
def right_pattern(pattern: str) -> Pattern:
    """A pattern that must fit the last segments; ``**`` in it is a ``*``."""
    segments, _ = split_pattern(pattern)
    return Pattern((None, *(segment_matcher("*" if segment == ANY_DEPTH else segment) for segment in segments)))
