"""How the doctor asks: raw requests, each with what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.errors import code_of, status_of
from tfm.core.errors import StorageError
from tfm.core.finding import Finding, Verdict

__all__ = ["Answer", "ask", "bad", "good", "note"]

# botocore has no types; Any stands for its values throughout this module.


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: the response, or the error with its code and status (0 where no answer came)."""

    response: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    error: StorageError | None = None
    code: str = ""
    status: int = 0
    came_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def ask(bucket: Bucket, operation: str, key: str, send: Callable[[], Mapping[str, Any]]) -> Answer:
    """Send a request once; what botocore raises is told as tfm's error."""
    from botocore.exceptions import ClientError

    refused: list[ClientError] = []
    try:
        with bucket.asking(operation, key):
            try:
                response = send()
            except ClientError as error:
                refused.append(error)
                raise
    except StorageError as error:
        if not refused:
            return Answer(error=error)
        return Answer({}, _headers(refused[0].response), error, code_of(refused[0]), status_of(refused[0]))
    return Answer(response, _headers(response), status=int(response["ResponseMetadata"]["HTTPStatusCode"]))


def _headers(response: Mapping[str, Any]) -> Mapping[str, str]:
    headers: Mapping[str, str] = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers


def good(subject: str, text: str) -> Finding:
    return Finding(subject, Verdict.GOOD, text)


def note(subject: str, text: str, next_step: str = "") -> Finding:
    return Finding(subject, Verdict.NOTE, text, next_step)


def bad(subject: str, error: StorageError) -> Finding:
    """What an error says."""
    return Finding(subject, Verdict.BAD, error.cause, error.next_step)
