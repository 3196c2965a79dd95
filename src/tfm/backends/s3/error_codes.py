"""What S3's error codes mean: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tfm.core.errors import (
    ConflictError,
    CredentialsError,
    DamagedError,
    InvalidPathError,
    InvalidRequestError,
    NoSpaceError,
    NotFoundError,
    ObjectArchivedError,
    PermissionDeniedError,
    RequestTimeoutError,
    StorageError,
    TemporaryError,
    ThrottledError,
    UnsupportedOperation,
)

__all__ = ["CHANGED", "CODES", "GONE", "NO_KEY", "OCCUPIED", "Meaning", "meaning_of_status"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """An error and its words; ``cause`` may name ``{bucket}``, ``{server}``, ``{who}``, ``{code}``, ``{region}``."""

    kind: type[StorageError]
    cause: str
    next_step: str = ""
    quotes_server: bool = False


_NO_BUCKET: Final = Meaning(
    NotFoundError, "There is no bucket {bucket} at {server}.", "Check the name, the profile and the endpoint."
)
NO_KEY: Final = Meaning(NotFoundError, "There is no such object.")
_DENIED: Final = Meaning(
    PermissionDeniedError,
    "Access denied for {who}.",
    "Ask for the right, or choose another profile.",
    quotes_server=True,
)
_BAD_KEY_ID: Final = Meaning(
    CredentialsError,
    "{server} does not know the access key of {who}.",
    "Check the access key, or choose another profile.",
)
_BAD_SECRET: Final = Meaning(
    CredentialsError, "The secret key of {who} does not belong to its access key.", "Check aws_secret_access_key."
)
_BAD_TOKEN: Final = Meaning(
    CredentialsError,
    "{server} does not accept the session token of {who}.",
    "Sign in again, for example by `aws sso login`.",
)
_EXPIRED: Final = Meaning(
    CredentialsError, "The credentials of {who} have expired.", "Sign in again, for example by `aws sso login`."
)
_SKEWED: Final = Meaning(
    PermissionDeniedError,
    "This machine's clock differs too much from the server's.",
    "Set the clock right: S3 allows 15 minutes.",
)
_WRONG_REGION: Final = Meaning(
    PermissionDeniedError,
    "The bucket {bucket} is in another region{region} than the requests are signed for.",
    "Set that region in the profile, by AWS_REGION or S3_REGION, and check the endpoint URL.",
)
_ARCHIVED: Final = Meaning(
    ObjectArchivedError,
    "The object is in an archive and must be restored before it can be read.",
    "Run `aws s3api restore-object` on it; a restore takes minutes to two days.",
)
CHANGED: Final = Meaning(ConflictError, "The object changed since it was looked at.", "Refresh, then try again.")
OCCUPIED: Final = Meaning(ConflictError, "Something is there already.", "Choose another name, or overwrite it.")
GONE: Final = Meaning(ConflictError, "The object is gone since it was looked at.", "Refresh, then try again.")
_NO_UPLOAD: Final = Meaning(
    NotFoundError, "The upload is not there any more: it was finished, aborted or swept away.", "Begin it again."
)
_LONG_KEY: Final = Meaning(InvalidPathError, "The key is too long for {server}.", "Choose a shorter name.")
_DAMAGED: Final = Meaning(
    DamagedError, "The bytes that arrived at {server} are not those that were sent ({code}).", "Send them again."
)
_TOO_LARGE: Final = Meaning(
    InvalidRequestError, "The object is larger than {server} takes ({code}).", quotes_server=True
)
_FULL: Final = Meaning(
    NoSpaceError, "There is no more space at {server} ({code}).", "Delete something there, or ask for more."
)
_AT_ONCE: Final = Meaning(TemporaryError, "Something else is being written there at the same moment.", "Try again.")
_INCOMPLETE: Final = Meaning(TemporaryError, "Not all that was sent arrived at {server} ({code}).", "Try again.")
_THROTTLED: Final = Meaning(ThrottledError, "{server} asks to be asked less often ({code}).", "Try again in a while.")
_SERVER_FAILED: Final = Meaning(TemporaryError, "{server} failed to answer ({code}).", "Try again in a while.")
_SLOW: Final = Meaning(RequestTimeoutError, "{server} gave up waiting for the request.", "Try again.")
_UNSUPPORTED: Final = Meaning(UnsupportedOperation, "{server} cannot do this ({code}).", quotes_server=True)
_REFUSED: Final = Meaning(InvalidRequestError, "{server} refuses the request ({code}).", quotes_server=True)
_REFUSED_SILENTLY: Final = Meaning(
    InvalidRequestError,
    "{server} refuses the request and does not say why ({code}).",
    "Often: credentials that have expired, another region, or an object encrypted with a key of its own.",
)
_BAD_BUCKET: Final = Meaning(InvalidPathError, "{bucket} cannot be a bucket's name.", quotes_server=True)

CODES: Final[Mapping[str, Meaning]] = {
    "NoSuchBucket": _NO_BUCKET,
    "NoSuchKey": NO_KEY,
    "NoSuchVersion": NO_KEY,
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "InvalidAccessKeyId": _BAD_KEY_ID,
    "InvalidClientTokenId": _BAD_KEY_ID,
    "SignatureDoesNotMatch": _BAD_SECRET,
    "InvalidToken": _BAD_TOKEN,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "RequestExpired": _EXPIRED,
    "RequestTimeTooSkewed": _SKEWED,
    "AuthorizationHeaderMalformed": _WRONG_REGION,
    "PermanentRedirect": _WRONG_REGION,
    "TemporaryRedirect": _WRONG_REGION,
    "Redirect": _WRONG_REGION,
    "IllegalLocationConstraintException": _WRONG_REGION,
    "InvalidObjectState": _ARCHIVED,
    "ObjectNotInActiveTierError": _ARCHIVED,  # of a copy's source
    "PreconditionFailed": CHANGED,
    "ConditionalRequestConflict": _AT_ONCE,
    "NoSuchUpload": _NO_UPLOAD,
    "KeyTooLongError": _LONG_KEY,
    "BadDigest": _DAMAGED,
    "InvalidDigest": _DAMAGED,
    "XAmzContentChecksumMismatch": _DAMAGED,
    "XAmzContentSHA256Mismatch": _DAMAGED,
    "IncompleteBody": _INCOMPLETE,
    "EntityTooLarge": _TOO_LARGE,
    "QuotaExceeded": _FULL,
    "InsufficientStorage": _FULL,
    "XMinioStorageFull": _FULL,
    "SlowDown": _THROTTLED,
    "Throttling": _THROTTLED,
    "ThrottlingException": _THROTTLED,
    "TooManyRequests": _THROTTLED,
    "RequestLimitExceeded": _THROTTLED,
    "BandwidthLimitExceeded": _THROTTLED,
    "ServiceUnavailable": _SERVER_FAILED,
    "InternalError": _SERVER_FAILED,
    "OperationAborted": _SERVER_FAILED,
    "RequestTimeout": _SLOW,
    "NotImplemented": _UNSUPPORTED,
    "InvalidBucketName": _BAD_BUCKET,
}
"""Meanings by code. A code that is not here is told by its status."""

_STATUSES: Final[Mapping[int, Meaning]] = {
    304: CHANGED,  # MinIO's answer to If-None-Match until 2024: https://github.com/minio/minio/issues/19442
    301: _WRONG_REGION,
    302: _WRONG_REGION,
    307: _WRONG_REGION,
    401: _BAD_KEY_ID,
    403: _DENIED,
    408: _SLOW,
    409: Meaning(ConflictError, "Something else is in the way ({code}).", quotes_server=True),
    412: CHANGED,
    429: _THROTTLED,
    501: _UNSUPPORTED,
    503: _THROTTLED,
    507: _FULL,
}


def meaning_of_status(status: int, key: str, *, silent: bool) -> Meaning:
    """What an HTTP status means where its code says nothing more; ``silent`` if there was none, as HEAD has no body."""
    if status == 404:
        return NO_KEY if key else _NO_BUCKET
    if status == 400 and silent:
        return _REFUSED_SILENTLY
    meaning = _STATUSES.get(status)
    if meaning is not None:
        return meaning
    return _SERVER_FAILED if status >= 500 else _REFUSED
