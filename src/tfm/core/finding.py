"""What an examination of a storage found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Verdict"]


class Verdict(StrEnum):
    """How good it is."""

    GOOD = "good"
    NOTE = "note"
    """Neither good nor bad, or not looked at."""

    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``tfm doctor``: the ``subject`` (``credentials``), what was found, and what to do about it, if
    anything. No secret is in any of it."""

    subject: str
    verdict: Verdict
    text: str
    next_step: str = ""
