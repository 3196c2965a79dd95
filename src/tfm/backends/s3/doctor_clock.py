"""How far this machine's clock is from a server's."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from tfm.backends.s3.doctor_asking import good, note
from tfm.core.finding import Finding, Verdict

__all__ = ["clock_compared"]

_NOTED_SECONDS: Final = 60
_REFUSED_SECONDS: Final = 15 * 60
"""https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (RequestTimeTooSkewed)"""


def clock_compared(date: str | None, now: datetime) -> Finding:
    """``date`` is the server's Date header, to the second; ``now`` when it came."""
    if not date:
        return note("clock", "the server sends no Date to compare with")
    try:
        there = parsedate_to_datetime(date)
    except ValueError:
        return note("clock", "the server's Date header is no date")
    seconds = (now - (there if there.tzinfo else there.replace(tzinfo=UTC))).total_seconds()
    size = abs(seconds)
    if size < _NOTED_SECONDS:
        return good("clock", "as the server's")
    text = f"{_duration(size)} {'ahead of' if seconds > 0 else 'behind'} the server's"
    step = "Set the clock right, by NTP: S3 allows 15 minutes."
    verdict = Verdict.BAD if size >= _REFUSED_SECONDS else Verdict.NOTE
    return Finding("clock", verdict, text, step)


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
