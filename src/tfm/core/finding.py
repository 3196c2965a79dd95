"""What an examination of a storage found."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

__all__ = ["Finding", "Verdict"]


class Verdict(StrEnum):
    """How good it is."""

    GOOD = "good"
    NOTE = "note"
    """Neither good nor bad, or not looked at."""

    BAD = "bad"


class Finding(NamedTuple):
    """One line of ``tfm doctor``: the ``subject`` (``credentials``), what was found, and what to do about it, if
    anything. No secret is in any of it."""

    subject: str
    verdict: Verdict
    text: str
    next_step: str = ""
