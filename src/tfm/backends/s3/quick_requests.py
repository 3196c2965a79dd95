"""From botocore's parameters to what goes over the wire, for the few operations that are asked most."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import quote
from xml.sax.saxutils import escape

from tfm.backends.s3.exchange import Answer
from tfm.backends.s3.quick_answers import body_answer, copy_answer, deletion_answer, listing_answer, plain_answer
from tfm.backends.s3.signature import EMPTY_SHA256, UNSIGNED_PAYLOAD
from tfm.core.writing import PartContent, pieces_of
from tfm.storage.crc32 import crc32

__all__ = ["METHODS", "QuickRequest", "quick_request", "quoted_key"]

# botocore has no types; Any stands for its values throughout this module.

Parse = Callable[[Any, str, Answer], Mapping[str, Any]]


class _Method(NamedTuple):
    """``name`` is the client's."""

    name: str
    verb: str
    parse: Parse


METHODS: Final = {
    "ListObjectsV2": _Method("list_objects_v2", "GET", listing_answer),
    "GetObject": _Method("get_object", "GET", body_answer),
    "HeadObject": _Method("head_object", "HEAD", plain_answer),
    "PutObject": _Method("put_object", "PUT", plain_answer),
    "UploadPart": _Method("upload_part", "PUT", plain_answer),
    "CopyObject": _Method("copy_object", "PUT", copy_answer),
    "DeleteObject": _Method("delete_object", "DELETE", plain_answer),
    "DeleteObjects": _Method("delete_objects", "POST", deletion_answer),
}

_HEADERS: Final = {
    "CacheControl": "cache-control",
    "ChecksumMode": "x-amz-checksum-mode",
    "ContentDisposition": "content-disposition",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ContentType": "content-type",
    "CopySourceIfMatch": "x-amz-copy-source-if-match",
    "IfMatch": "if-match",
    "IfNoneMatch": "if-none-match",
    "Range": "range",
    "RequestPayer": "x-amz-request-payer",
    "StorageClass": "x-amz-storage-class",
    "Tagging": "x-amz-tagging",
}
_QUERY: Final = {
    "ContinuationToken": "continuation-token",
    "Delimiter": "delimiter",
    "EncodingType": "encoding-type",
    "MaxKeys": "max-keys",
    "PartNumber": "partNumber",
    "Prefix": "prefix",
    "StartAfter": "start-after",
    "UploadId": "uploadId",
}
_ALWAYS_ASKED: Final = {"ListObjectsV2": (("list-type", "2"),), "DeleteObjects": (("delete", ""),)}
_APART: Final = frozenset({"Body", "Bucket", "CopySource", "Delete", "Key", "Metadata", *_QUERY})
_ALWAYS: Final = "when_supported"
"""botocore's setting for checksums wherever there can be one."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""What HTTP takes for a header's name: https://www.rfc-editor.org/rfc/rfc9110#name-tokens."""

_MOST_BODY_BYTES: Final = 1 << 20
"""A larger body takes its time in any case, and should not be sent before the server says that it wants it: save a part
of an upload, which it has agreed to. botocore holds three of each in memory."""
_LARGE: Final = frozenset({"UploadPart", "DeleteObjects"})
_NAMED: Final = frozenset({"Key", "ETag"})
_PUTS: Final = frozenset({"PutObject", "UploadPart"})
_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"


class QuickRequest(NamedTuple):
    """A request but for its address and signature. ``path`` is what follows the bucket's; ``headers`` have lower-case
    names; ``payload`` is what the signature covers of the body."""

    operation: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: PartContent
    payload: str
    parse: Parse

    @property
    def sent_query(self) -> str:
        """The query as it is sent; what has no value goes without the sign that one follows, as botocore has it."""
        if not self.query:
            return ""
        return "?delete" if self.operation == "DeleteObjects" else f"?{self.query}"


def quoted_key(key: str) -> str:
    """A key in a URL, as botocore writes it; nothing is normalised."""
    return quote(key, safe="/~")


def quick_request(operation: str, parameters: Mapping[str, Any], config: Any, *, secure: bool) -> QuickRequest | None:
    """The request, as botocore would make it; None for what it is to make itself."""
    method = METHODS[operation]
    headers = _headers(parameters)
    body = _deletion(parameters["Delete"]) if "Delete" in parameters else parameters.get("Body", b"")
    if headers is None or body is None or (len(body) > _MOST_BODY_BYTES and operation not in _LARGE):
        return None
    payload = EMPTY_SHA256
    if operation == "DeleteObjects":  # whose checksum S3 insists on
        payload = _payload(body, headers, checks=True, signs=True)
    elif operation in _PUTS:
        payload = _signed_payload(body, headers, config, secure=secure)
    # Of a range there is no checksum to be had.
    elif operation == "GetObject" and "Range" not in parameters and config.response_checksum_validation == _ALWAYS:
        headers["x-amz-checksum-mode"] = "ENABLED"
    path = f"/{quoted_key(parameters['Key'])}" if "Key" in parameters else ""
    query = _query(parameters, _ALWAYS_ASKED.get(operation, ()))
    return QuickRequest(operation, method.verb, path, query, headers, body, payload, method.parse)


def _headers(parameters: Mapping[str, Any]) -> dict[str, str] | None:
    """The headers that the parameters stand for; None where there is one that is not known here."""
    headers: dict[str, str] = {}
    for name, value in parameters.items():
        if name in _HEADERS:
            headers[_HEADERS[name]] = value
        elif name not in _APART:
            return None
    metadata: Mapping[str, str] | None = parameters.get("Metadata")
    if metadata:
        headers |= {f"x-amz-meta-{name.lower()}": value for name, value in metadata.items()}
        if len({name.lower() for name in metadata}) < len(metadata) or not all(map(_TOKEN.fullmatch, metadata)):
            return None
    source = parameters.get("CopySource")
    if source is not None:
        if ":" in source["Bucket"]:  # an access point's ARN, which stands in a form of its own
            return None
        headers["x-amz-copy-source"] = quoted_key(f"{source['Bucket']}/{source['Key']}")
    return headers if _fits("".join(headers.values())) else None


def _query(parameters: Mapping[str, Any], always: tuple[tuple[str, str], ...]) -> str:
    """The query, by name as it is signed."""
    if not always and _QUERY.keys().isdisjoint(parameters):
        return ""
    values = [(name, parameters[parameter]) for parameter, name in _QUERY.items() if parameter in parameters]
    return "&".join(sorted(f"{name}={quote(str(value), safe='-._~')}" for name, value in (*values, *always)))


def _signed_payload(body: PartContent, headers: dict[str, str], config: Any, *, secure: bool) -> str:
    """What is signed of the body, which gets its checksum. As botocore does: over TLS the checksum is enough."""
    checks = config.request_checksum_calculation == _ALWAYS
    signs = not checks or not secure or bool((config.s3 or {}).get("payload_signing_enabled"))
    return _payload(body, headers, checks=checks, signs=signs)


def _payload(body: PartContent, headers: dict[str, str], *, checks: bool, signs: bool) -> str:
    """What is signed of the body, which is gone through once; where it ``checks``, its checksum is among the headers
    then."""
    checksum, digest = 0, sha256()
    for piece in pieces_of(body):
        if checks:
            checksum = crc32(piece, checksum)
        if signs:
            digest.update(piece)
    if checks:
        headers["x-amz-checksum-crc32"] = base64.b64encode(checksum.to_bytes(4, "big")).decode("ascii")
        headers["x-amz-sdk-checksum-algorithm"] = "CRC32"
    return digest.hexdigest() if signs else UNSIGNED_PAYLOAD


def _deletion(delete: Mapping[str, Any]) -> bytes | None:
    """The document that names what is to be deleted; None where more than keys and etags is to be said."""
    objects = delete["Objects"]
    if delete.keys() != {"Objects", "Quiet"} or not delete["Quiet"] or any(each.keys() - _NAMED for each in objects):
        return None
    named = "".join([f"<Object><Key>{escape(each['Key'])}</Key>{_version(each)}</Object>" for each in objects])
    return f'<Delete xmlns="{_NAMESPACE}">{named}<Quiet>true</Quiet></Delete>'.encode()


def _version(named: Mapping[str, str]) -> str:
    return f"<ETag>{escape(named['ETag'])}</ETag>" if "ETag" in named else ""


def _fits(text: str) -> bool:
    """Whether a header can carry it, and nothing of it ends the header."""
    return text.isascii() and text.isprintable()
