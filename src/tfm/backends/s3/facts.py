"""What the headers of GET and HEAD say of an object beside its listing: its facts, and what its bytes should sum to."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from math import isfinite
from typing import Final

from tfm.backends.s3.entries import unquoted_etag
from tfm.core.writing import Checksum, ObjectFacts
from tfm.storage.content_check import can_digest

__all__ = ["HEADER_PARAMETERS", "TIME_NAME", "checksum_of", "checksums_of", "facts_of"]

TIME_NAME: Final = "mtime"
"""rclone's name for the modification time in an object's metadata: https://rclone.org/s3/#modification-times-and-hashes."""

HEADER_PARAMETERS: Final = {
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
}
"""The headers that an object is given out with, and botocore's names for them."""

_METADATA: Final = "x-amz-meta-"
_DIGEST_BYTES: Final = {"CRC32": 4, "SHA256": 32, "SHA1": 20, "CRC64NVME": 8, "CRC32C": 4}
_CHECKSUM_NAMES: Final = {f"x-amz-checksum-{algorithm.lower()}": algorithm for algorithm in _DIGEST_BYTES}
_EASY: Final = ("CRC32", "SHA256", "SHA1")
"""Python computes these without a library, as it does an etag's MD5; the others need awscrt."""

_HARD: Final = ("CRC64NVME", "CRC32C")
_MD5: Final = re.compile(r"([0-9a-f]{32})(?:-([0-9]{1,5}))?")
_OPAQUE_ETAGS: Final = "--x-s3"
"""The end of a directory bucket's name, where etags are no digests:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html."""


def facts_of(headers: Mapping[str, str]) -> ObjectFacts:
    """The facts of an object; of its tags only the number, since no header tells more."""
    metadata = {name[len(_METADATA) :]: value for name, value in headers.items() if name.startswith(_METADATA)}
    modified = _seconds(metadata[TIME_NAME]) if TIME_NAME in metadata else None
    if modified is not None:
        del metadata[TIME_NAME]
    kept = {name: value for name in HEADER_PARAMETERS.keys() & headers.keys() if (value := _kept(name, headers[name]))}
    tags = headers.get("x-amz-tagging-count", "")
    return ObjectFacts(
        headers.get("content-type"), metadata, modified, headers.get("x-amz-storage-class"), headers=kept,
        untold_tags=int(tags) if tags.isascii() and tags.isdecimal() else 0,
    )  # fmt: skip


def _kept(name: str, value: str) -> str:
    if name != "content-encoding":
        return value
    # How bytes were framed on their way to the server, which some servers keep as if it were the object's.
    codings = [coding for each in value.split(",") if (coding := each.strip()) != "aws-chunked"]
    return ", ".join(codings)


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if isfinite(seconds) else None


def checksum_of(headers: Mapping[str, str], bucket: str, *, whole: bool = True) -> Checksum | None:
    """The first of :func:`checksums_of`: what the object's bytes are to be compared with."""
    return next(iter(checksums_of(headers, bucket, whole=whole)), None)


def checksums_of(headers: Mapping[str, str], bucket: str, *, whole: bool = True) -> list[Checksum]:
    """What the server says of the object's bytes, what is easiest to compute first.

    What nothing here computes comes last: most objects of AWS that came in parts have a CRC64NVME, and only with awscrt
    that is more than their etag. Of the others, and of these, a checksum of the whole stands before one of the parts'
    checksums, for which the parts' sizes must be known.
    ``whole`` is False for the answer to a range, whose checksums may be those of the range.
    """
    told: dict[str, Checksum] = {}
    if whole:
        for name in _CHECKSUM_NAMES.keys() & headers.keys():
            algorithm = _CHECKSUM_NAMES[name]
            checksum = _told(algorithm, headers[name])
            if checksum is not None:
                told[algorithm] = checksum
    etag = _etag_checksum(headers, bucket)
    if not told:
        return [] if etag is None else [etag]
    candidates = [*map(told.get, _EASY), etag, *map(told.get, _HARD)]
    found = [each for each in candidates if each is not None]
    if len(found) > 1:
        found.sort(key=_difficulty)  # which leaves the order where two are alike
    return found


def _difficulty(checksum: Checksum) -> tuple[bool, bool]:
    return not can_digest(checksum.algorithm), checksum.parts is not None


def _told(algorithm: str, text: str) -> Checksum | None:
    digest, _, parts = text.partition("-")
    try:
        value = base64.b64decode(digest, validate=True)
    except binascii.Error:
        return None
    if len(value) != _DIGEST_BYTES[algorithm] or (parts and not parts.isdecimal()):
        return None
    return Checksum(algorithm, value, int(parts) if parts else None)


def _etag_checksum(headers: Mapping[str, str], bucket: str) -> Checksum | None:
    """The MD5 that an etag is, unless the object is encrypted with keys of one's own:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html (ETag)."""
    encryption = headers.get("x-amz-server-side-encryption", "")
    own_key = "x-amz-server-side-encryption-customer-algorithm" in headers
    match = _MD5.fullmatch(unquoted_etag(headers.get("etag")) or "")
    if match is None or own_key or encryption.startswith("aws:kms") or bucket.endswith(_OPAQUE_ETAGS):
        return None
    return Checksum("MD5", bytes.fromhex(match[1]), int(match[2]) if match[2] else None)
