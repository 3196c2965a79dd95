"""Uploads in parts that were begun and neither finished nor aborted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.entries import unquoted_etag
from tfm.backends.s3.errors import code_of, status_of
from tfm.core.errors import TemporaryError
from tfm.core.writing import ObjectFacts, Part, Upload

__all__ = ["Uploads"]

# botocore has no types; Any stands for its values throughout this module.


class Uploads:
    """Asks for what is under way in one bucket. Thread-safe."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def begun(self, prefix: str) -> list[Upload]:
        with self._bucket.asking("list uploads", prefix):
            return [
                Upload(each["Key"], str(each["UploadId"]), ObjectFacts(), None)
                for page in self._pages(prefix)
                for each in page.get("Uploads") or ()
            ]

    def _pages(self, prefix: str) -> Iterator[Mapping[str, Any]]:
        client = self._bucket.clients().patient()
        markers: dict[str, Any] = {}
        while True:
            page = _readable_page(client, {**self._bucket.parameters, "Prefix": prefix, **markers})
            yield page
            if not page.get("IsTruncated"):
                return
            following = {"KeyMarker": page.get("NextKeyMarker"), "UploadIdMarker": page.get("NextUploadIdMarker")}
            following = {name: value for name, value in following.items() if value}
            self._check_progress("list uploads", prefix, following, markers)
            markers = following

    def parts(self, upload: Upload) -> list[Part]:
        parameters: dict[str, Any] = {**self._bucket.parameters, "Key": upload.key, "UploadId": upload.id}
        self._bucket.check_key("list parts", upload.key)
        parts: list[Part] = []
        with self._bucket.asking("list parts", upload.key):
            client = self._bucket.clients().patient()
            marker: dict[str, Any] = {}
            while True:
                page = client.list_parts(**parameters, **marker)
                parts += map(_part, page.get("Parts") or ())
                if not page.get("IsTruncated"):
                    return sorted(parts, key=lambda part: part.number)
                following = {"PartNumberMarker": page.get("NextPartNumberMarker")}
                self._check_progress("list parts", upload.key, following, marker)
                marker = following

    def _check_progress(self, operation: str, key: str, following: object, marker: object) -> None:
        """A server that begins again would keep us asking for ever."""
        if not following or following == marker:
            asked = self._bucket.asked(operation, key)
            raise asked.error(TemporaryError, f"{asked.server} does not say where its list goes on.", "Try again.")


def _readable_page(client: Any, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """A page with its keys as they are.

    Asked for plain first: SeaweedFS 4.48 says that it encoded the keys when asked to, and does not, so that of some
    nobody can tell what they are. Only where XML cannot carry a key is it asked for encoded.
    """
    ask = client.list_multipart_uploads
    try:
        page: Mapping[str, Any] = ask(**parameters)
        return page
    except client.exceptions.ClientError as error:
        # So botocore tells of XML that cannot be read.
        if (status_of(error), code_of(error)) != (500, "500"):
            raise
    page = ask(**parameters, EncodingType="url")
    if page.get("EncodingType") != "url":
        return page
    uploads = [{**each, "Key": unquote(each["Key"])} for each in page.get("Uploads") or ()]
    return {**page, "Uploads": uploads, "NextKeyMarker": unquote(page.get("NextKeyMarker") or "")}


def _part(told: Mapping[str, Any]) -> Part:
    return Part(int(told["PartNumber"]), int(told["Size"]), unquoted_etag(told.get("ETag")), told.get("ChecksumCRC32"))
