"""The status line's account of requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["request_text"]

_SHORT_NAMES: Final = {
    "ListObjectsV2": "LIST",
    "ListBuckets": "LIST",
    "ListMultipartUploads": "LIST",
    "ListParts": "LIST",
    "GetObject": "GET",
    "GetObjectTagging": "GET",
    "HeadObject": "HEAD",
    "HeadBucket": "HEAD",
    "PutObject": "PUT",
    "CreateMultipartUpload": "PUT",
    "UploadPart": "PUT",
    "CompleteMultipartUpload": "PUT",
    "CopyObject": "COPY",
    "UploadPartCopy": "COPY",
    "DeleteObject": "DELETE",
    "DeleteObjects": "DELETE",
    "AbortMultipartUpload": "DELETE",
}


def request_text(counts: Mapping[str, int]) -> str:
    """``12 LIST 3 GET``: what the session has asked so far, by kind."""
    totals: dict[str, int] = {}
    for operation, count in counts.items():
        name = _SHORT_NAMES.get(operation, operation)
        totals[name] = totals.get(name, 0) + count
    return " ".join(f"{count:,} {name}" for name, count in sorted(totals.items(), key=lambda item: (-item[1], item[0])))
