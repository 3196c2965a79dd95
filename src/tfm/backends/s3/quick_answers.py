"""From answers to what botocore's client would have returned, or raised."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from tfm.backends.s3.exchange import Answer
from tfm.backends.s3.hook import BODY, DELETE_RESULT, STRANGE
from tfm.storage.crc32 import crc32

__all__ = [
    "SUCCESSES",
    "CheckedBody",
    "body_answer",
    "client_error",
    "copy_answer",
    "deletion_answer",
    "listing_answer",
    "plain_answer",
]

# botocore has no types; Any stands for its values throughout this module.

SUCCESSES: Final = frozenset({200, 204, 206})

_COPIED: Final = re.compile(
    rb"<(?:\w+:)?CopyObjectResult[\s>](?P<inner>.*)</(?:\w+:)?CopyObjectResult\s*>\s*\Z", re.DOTALL
)
_WHOLE_DELETE_RESULT: Final = re.compile(rb"(?:</(?:\w+:)?DeleteResult\s*>|<(?:\w+:)?DeleteResult[^<>]*/>)\s*\Z")
_FAILURE: Final = re.compile(rb"<(?:Error|html)[\s>]", re.IGNORECASE)
_ELEMENT: Final = re.compile(rb"<(?:\w+:)?(ETag|LastModified)>([^<]*)</")


class _Digest(Protocol):
    def update(self, data: bytes, /) -> object: ...

    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


_DIGESTS: Final[Mapping[str, Callable[[], _Digest]]] = {
    "x-amz-checksum-crc32": _Crc32,
    "x-amz-checksum-sha256": hashlib.sha256,
    "x-amz-checksum-sha1": lambda: hashlib.sha1(usedforsecurity=False),
}


class CheckedBody:
    """The body of an object; its length and, where the answer tells one of the whole, its checksum are looked at when
    the last byte is read, before it is given."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._left = int(answer.headers.get("content-length") or 0)
        self._expected = b""
        self._digest: _Digest | None = None
        for name, make in _DIGESTS.items():
            told = answer.headers.get(name)
            # With a hyphen it is made of the parts' checksums. A range has none of its own.
            if told is not None and "-" not in told and answer.status == 200:
                self._expected = base64.b64decode(told)
                self._digest = make()
                break

    def read(self, size: int) -> bytes:
        data = self._answer.read(size)
        self._left -= len(data)
        if self._digest is not None:
            self._digest.update(data)
            if not self._left:
                self._check(self._digest)
        return data

    def readinto(self, view: memoryview) -> int:
        if self._digest is not None:
            data = self.read(len(view))
            view[: len(data)] = data
            return len(data)
        size = self._answer.readinto(view)
        self._left -= size
        return size

    def _check(self, digest: _Digest) -> None:
        self._digest = None
        if digest.digest() != self._expected:
            from botocore.exceptions import FlexibleChecksumError

            raise FlexibleChecksumError(error_msg="The body's checksum is not the one that was told.")

    def close(self) -> None:
        self._answer.close()


def plain_answer(client: Any, operation: str, answer: Answer) -> Mapping[str, Any]:
    """Of an answer whose headers say all. Raises what a body says that speaks of failure, or is no server's of S3."""
    body = answer.read_all()
    if body and _FAILURE.search(body):
        raise client_error(client, operation, 500, answer.headers, body)
    return _told(answer)


def body_answer(_client: Any, _operation: str, answer: Answer) -> Mapping[str, Any]:
    """Of an object, which streams in."""
    return {**_told(answer), "Body": CheckedBody(answer)}


def listing_answer(_client: Any, _operation: str, answer: Answer) -> Mapping[str, Any]:
    return {**_told(answer), BODY: answer.read_all()}


def copy_answer(client: Any, operation: str, answer: Answer) -> Mapping[str, Any]:
    """Of a copy. S3 may find that it fails when it has said 200 already; then that is raised, as is an answer that says
    nothing of a copy."""
    body = answer.read_all()
    copied = _COPIED.search(body)
    if copied is None or answer.status != 200:
        raise client_error(client, operation, 500, answer.headers, body)
    found = {name: html.unescape(text.decode("utf-8", "replace")) for name, text in _ELEMENT.findall(copied["inner"])}
    result = {"ETag": found.get(b"ETag"), "LastModified": _moment(found.get(b"LastModified", ""))}
    return {**_told(answer), "CopyObjectResult": result}


def deletion_answer(client: Any, operation: str, answer: Answer) -> Mapping[str, Any]:
    """Of a batch of deletes: ``Errors`` says what was not deleted; :data:`STRANGE` stands in what is no such answer."""
    body = answer.read_all()
    if not DELETE_RESULT.search(body[:1000]):
        if _FAILURE.search(body):
            raise client_error(client, operation, 500, answer.headers, body)
        return {**_told(answer), STRANGE: True}
    if not _WHOLE_DELETE_RESULT.search(body[-200:]):
        return {**_told(answer), STRANGE: True}
    if b"Error" not in body:
        return _told(answer)
    return {**_told(answer), "Errors": _parsed(client, operation, 200, answer.headers, body).get("Errors", [])}


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _told(answer: Answer) -> dict[str, Any]:
    return {"ResponseMetadata": {"HTTPStatusCode": answer.status, "HTTPHeaders": answer.headers}}


def client_error(client: Any, operation: str, status: int, headers: Mapping[str, str], body: bytes) -> Exception:
    """What the client would have raised for that answer."""
    parsed = _parsed(client, operation, status, headers, body)
    code = parsed.get("Error", {}).get("Code")
    error: Exception = client.exceptions.from_code(code)(parsed, operation)
    return error


def _parsed(client: Any, operation: str, status: int, headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    from botocore.parsers import create_parser

    shape = client.meta.service_model.operation_model(operation).output_shape
    parser = create_parser("rest-xml")
    parsed: Mapping[str, Any] = parser.parse({"status_code": status, "headers": headers, "body": body}, shape)
    return parsed
