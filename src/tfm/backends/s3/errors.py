"""The one place where botocore's errors become tfm's.

Each says what happened and what to do, on one line. Of what a server answers only code and message are used, and they
are redacted: the rest of AWS's error documents names key ids and signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from tfm.backends.s3.asked import Asked, shown_text
from tfm.backends.s3.error_codes import CODES, Meaning, meaning_of_status
from tfm.backends.s3.error_rules import broken_answer, error_of_exception
from tfm.core.errors import CredentialsError, MissingDependencyError, StorageError

__all__ = ["Asked", "broken_answer", "error_document", "missing_botocore", "translate", "translating"]

# botocore has no types; Any stands for its values throughout this module.

_S3_OPERATIONS: Final = frozenset({"ListObjectsV2", "ListBuckets", "HeadBucket", "HeadObject", "GetObject"})


def missing_botocore() -> MissingDependencyError:
    return MissingDependencyError(
        "s3:// needs botocore, which is not installed.", next_step="Run: pip install 'tfm[s3]'", operation="open"
    )


@contextmanager
def translating(asked: Callable[[], Asked]) -> Iterator[None]:
    """Raises tfm's errors for what botocore, urllib3 and the network raise inside; ``asked`` is called only then."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError
        from urllib3.exceptions import HTTPError
    except ImportError as error:
        raise missing_botocore() from error

    try:
        yield
    except StorageError:
        raise
    except (BotoCoreError, ClientError, ResponseParserError, HTTPError, OSError, ValueError, KeyError) as error:
        raise translate(error, asked()) from error


def translate(error: BaseException, asked: Asked) -> StorageError:
    """tfm's error for one of botocore's."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping) and "Error" in response:
        return _server_answer(response, getattr(error, "operation_name", ""), asked)
    return error_of_exception(error, asked)


def error_document(code: str, message: str, asked: Asked) -> StorageError:
    """tfm's error for an error document that came with status 200, as it may once an answer has begun."""
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 500}}
    return _server_answer(response, "", asked)


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
    if code not in {"AccessDenied", "403", "AllAccessDisabled"}:
        return meaning
    if asked.anonymous:
        return replace(
            meaning, next_step="It is not public, or not for this: set S3_ANONYMOUS to False to sign requests."
        )
    if asked.requester_pays:
        return meaning
    return replace(meaning, next_step=f"{meaning.next_step} Where the requester pays, set S3_REQUESTER_PAYS.")


def _seconds(text: object) -> float | None:
    """A Retry-After header in seconds; None where it is a date or nonsense."""
    return float(text) if isinstance(text, str) and text.isascii() and text.isdecimal() else None
