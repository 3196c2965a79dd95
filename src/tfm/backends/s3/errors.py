"""The one place where botocore's errors become tfm's.

Each says what happened and what to do, on one line. Of what a server answers only code and message are used, and they
are redacted: the rest of AWS's error documents names key ids and signatures.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from types import TracebackType
from typing import Any, Final

from tfm.backends.s3.asked import Asked, shown_text
from tfm.backends.s3.error_codes import CHANGED, CODES, GONE, NO_KEY, OCCUPIED, Meaning, meaning_of_status
from tfm.backends.s3.error_rules import broken_answer, error_of_exception
from tfm.core.errors import CredentialsError, MissingDependencyError, StorageError

__all__ = [
    "Asked",
    "broken_answer",
    "code_of",
    "error_document",
    "missing_botocore",
    "status_of",
    "translate",
    "translating",
]

# botocore has no types; Any stands for its values throughout this module.

_S3_OPERATIONS: Final = frozenset(
    {
        "ListObjectsV2", "ListBuckets", "HeadBucket", "HeadObject", "GetObject", "PutObject", "CreateMultipartUpload",
        "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload", "DeleteObject", "DeleteObjects", "CopyObject",
        "UploadPartCopy", "ListMultipartUploads", "ListParts", "GetObjectTagging",
        "GetBucketVersioning", "GetObjectLockConfiguration", "ListObjectVersions",
    }
)  # fmt: skip
"""What is asked of S3 itself. A refusal of anything else comes from where the credentials come from."""


def missing_botocore() -> MissingDependencyError:
    return MissingDependencyError(
        "s3:// needs botocore, which is not installed.", next_step="Run: pip install 'tfm[s3]'", operation="open"
    )


class translating(AbstractContextManager[None]):  # noqa: N801 - used as a function; a generator would cost more
    """Raises tfm's errors for what botocore, urllib3 and the network raise inside; ``asked`` is called only then."""

    __slots__ = ("_asked",)

    def __init__(self, asked: Callable[[], Asked]) -> None:
        self._asked = asked

    def __enter__(self) -> None:
        if sys.modules.get("botocore.exceptions") is None:
            try:
                import botocore.exceptions  # noqa: F401 - nothing is asked without it
            except ImportError as error:
                raise missing_botocore() from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not isinstance(error, StorageError) and _is_known(error):
            raise translate(error, self._asked()) from error


def _is_known(error: BaseException) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    if isinstance(error, RuntimeError):
        # botocore's own word for temporary credentials that came anew and had expired already.
        return "credentials" in str(error)
    return isinstance(
        error, (BotoCoreError, ClientError, ResponseParserError, HTTPError, OSError, ValueError, KeyError)
    )


def translate(error: BaseException, asked: Asked) -> StorageError:
    """tfm's error for one of botocore's."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping) and "Error" in response:
        return _server_answer(response, getattr(error, "operation_name", ""), asked)
    return error_of_exception(error, asked)


def error_document(code: str, message: str, asked: Asked, *, status: int = 500) -> StorageError:
    """tfm's error for one that came with status 200, as it may once an answer has begun, or for one key of many.

    ``status`` stands for the one that an unknown code would have had.
    """
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return _server_answer(response, "", asked)


def code_of(error: Any) -> str:
    """The server's code in one of botocore's ClientErrors."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: Any) -> int:
    """The HTTP status in one of botocore's ClientErrors; 0 where there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)


def _server_answer(response: Mapping[str, Any], operation_name: str, asked: Asked) -> StorageError:
    """What S3, or the service that gives credentials, answered instead of what was asked for."""
    error = response["Error"]
    code = shown_text(str(error.get("Code", "")))
    metadata = response.get("ResponseMetadata", {})
    headers = metadata.get("HTTPHeaders", {})
    message = shown_text(str(error.get("Message", "")))
    if operation_name and operation_name not in _S3_OPERATIONS:
        return asked.error(
            CredentialsError,
            f"No credentials for {asked.who}: {operation_name} was refused ({code}: {message}).",
            "Check role_arn and source_profile, or run `aws sso login`.",
        )
    silent = code.isdecimal() or not code
    meaning = CODES.get(code) or meaning_of_status(
        int(metadata.get("HTTPStatusCode") or 0), asked.object_key, silent=silent
    )
    meaning = _more_precise(meaning, code, asked)
    region = shown_text(str(error.get("Region") or headers.get("x-amz-bucket-region") or ""))
    cause = meaning.cause.format(
        bucket=repr(asked.bucket),
        server=asked.server,
        who=asked.who,
        code=code,
        region=f" ({region})" if region else "",
    )
    if meaning.quotes_server and message and not silent:
        cause += f" The server says: {message}"
    return asked.error(meaning.kind, cause, meaning.next_step, retry_after_seconds=_seconds(headers.get("retry-after")))


def _more_precise(meaning: Meaning, code: str, asked: Asked) -> Meaning:
    """What the question itself tells about a refusal that S3 words in one way only."""
    if asked.only_if is not None:
        meaning = _more_precise_conflict(meaning, asked)
    if code not in {"AccessDenied", "403", "AllAccessDisabled"}:
        return meaning
    if asked.anonymous:
        return replace(
            meaning, next_step="It is not public, or not for this: set S3_ANONYMOUS to False to sign requests."
        )
    if asked.requester_pays:
        return meaning
    return replace(meaning, next_step=f"{meaning.next_step} Where the requester pays, set S3_REQUESTER_PAYS.")


def _more_precise_conflict(meaning: Meaning, asked: Asked) -> Meaning:
    creates = asked.only_if is not None and asked.only_if.etag is None
    if meaning is CHANGED and creates:
        return replace(OCCUPIED, next_step="Choose another name.") if asked.operation == "mkdir" else OCCUPIED
    # So S3 answers a write in place of what is not there. A delete of it is told as what it is: nothing was there.
    return GONE if meaning is NO_KEY and not creates and asked.operation in {"write", "copy"} else meaning


def _seconds(text: object) -> float | None:
    """A Retry-After header in seconds; None where it is a date or nonsense."""
    return float(text) if isinstance(text, str) and text.isascii() and text.isdecimal() else None
