"""Objects of the doctor's own, to try writing on: all of them below one random name, all of them deleted afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.doctor_asking import Answer, ask
from tfm.backends.s3.entries import quoted_etag
from tfm.core.errors import StorageError
from tfm.core.writing import ObjectFacts, Part, Upload
from tfm.storage.contract import Backend

__all__ = ["OwnObjects"]

# botocore has no types; Any stands for its values throughout this module.

_GONE: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})
_NOT_WRITTEN: Final = frozenset({400, 401, 403, 405, 501})
"""Refusals after which there is nothing to delete, whatever else is written to that key at the same time."""


class OwnObjects:
    """Writes, copies and deletes below ``<directory>.tfm-doctor-<random>``, and knows what there is to clean up.

    Keys are noted before the request is sent: what came of one whose answer was lost is deleted, too. Threads may write
    at once.
    """

    def __init__(self, backend: Backend, bucket: Bucket, directory: str) -> None:
        self.prefix: Final = f"{directory}.tfm-doctor-{secrets.token_hex(8)}"
        self._backend = backend
        self._bucket = bucket
        self._client = bucket.clients().interactive()
        self._keys: dict[str, None] = {}
        self._uploads: list[Upload] = []
        self._keeps_versions = False

    def key(self, name: str) -> str:
        return f"{self.prefix}/{name}"

    def put(self, key: str, body: bytes, **conditions: str) -> Answer:
        is_new = key not in self._keys
        self._keys[key] = None
        parameters = {**self._bucket.parameters, "Key": key, "Body": body, **conditions}
        answer = self._noted(ask(self._bucket, "write", key, lambda: self._client.put_object(**parameters)))
        if is_new and answer.status in _NOT_WRITTEN:
            del self._keys[key]
        return answer

    def copy(self, source: str, key: str, **conditions: str) -> Answer:
        self._keys[key] = None
        place = {"Bucket": self._bucket.name, "Key": source}
        parameters = {**self._bucket.parameters, "Key": key, "CopySource": place, **conditions}
        return self._noted(ask(self._bucket, "copy", key, lambda: self._client.copy_object(**parameters)))

    def put_in_parts(self, key: str, body: bytes, **conditions: str) -> Answer:
        """An object of one part, whose completion has the conditions. Raises StorageError where it gets no so far."""
        self._keys[key] = None
        upload = self._backend.begin_upload(key, facts=ObjectFacts())
        self._uploads.append(upload)
        part = self._backend.put_part(upload, 1, body, offset=0)
        parameters = {
            **self._bucket.parameters,
            "Key": key,
            "UploadId": upload.id,
            "MultipartUpload": {"Parts": [_told(part)]},
            **conditions,
        }
        return self._noted(
            ask(self._bucket, "write", key, lambda: self._client.complete_multipart_upload(**parameters))
        )

    def delete(self, key: str, **conditions: str) -> Answer:
        parameters = {**self._bucket.parameters, "Key": key, **conditions}
        return self._noted(ask(self._bucket, "delete", key, lambda: self._client.delete_object(**parameters)))

    def delete_many(self, etags: Mapping[str, str]) -> Answer:
        """By one request, those of these keys that still have these etags."""
        delete = {"Objects": [{"Key": key, "ETag": etag} for key, etag in etags.items()], "Quiet": True}
        parameters = {**self._bucket.parameters, "Delete": delete}
        return self._noted(ask(self._bucket, "delete", "", lambda: self._client.delete_objects(**parameters)))

    def content(self, key: str) -> bytes | None:
        """The bytes of an object, None where it is not there. Raises StorageError."""
        answer = ask(self._bucket, "read", key, lambda: self._client.get_object(**self._bucket.parameters, Key=key))
        if answer.error is not None:
            if answer.status == 404:
                return None
            raise answer.error
        with self._bucket.asking("read", key):
            content: bytes = answer.response["Body"].read()
        return content

    def keys_there(self) -> list[str]:
        """What a listing shows of them, under whatever keys the server keeps them. Raises StorageError."""
        page = self._backend.list_page(self.prefix, recursive=True)
        return [each.key for each in page]

    def clean(self) -> list[str]:
        """Delete all of it; what could not be deleted, each with why."""
        failures: dict[str, str] = {}
        for upload in self._uploads:
            self._abort(upload, failures)
        # The longest first: some servers refuse to delete what they take for a directory that is not empty.
        for key in sorted({*self._keys, *self._listed()}, key=len, reverse=True):
            answer = self.delete(key)
            if answer.error is not None and answer.code not in _GONE:
                failures[key] = answer.error.cause
        if self._keeps_versions:
            self._delete_versions(failures)
        for key in self._listed():
            failures.setdefault(key, "It is still there.")
        return [f"{key!r} ({why.rstrip('.')})" for key, why in failures.items()]

    def _abort(self, upload: Upload, failures: dict[str, str]) -> None:
        try:
            self._backend.abort_upload(upload)
        except StorageError as error:
            failures[upload.key] = f"its upload {upload.id}: {error.cause}"

    def _listed(self) -> list[str]:
        try:
            return self.keys_there()
        except StorageError:
            return []  # who may not list knows the keys that were written

    def _delete_versions(self, failures: dict[str, str]) -> None:
        """The versions that deletes leave, and the delete markers: in a bucket that keeps versions nothing else ends
        them."""
        found = ask(
            self._bucket, "list", self.prefix,
            lambda: self._client.list_object_versions(Bucket=self._bucket.name, Prefix=self.prefix),
        )  # fmt: skip
        if found.error is not None:
            failures[self.prefix] = f"its old versions: {found.error.cause}"
            return
        for each in [*found.response.get("Versions", []), *found.response.get("DeleteMarkers", [])]:
            answer = self.delete(each["Key"], VersionId=each["VersionId"])
            if answer.error is not None and answer.code not in _GONE:
                failures[each["Key"]] = f"an old version: {answer.error.cause}"

    def _noted(self, answer: Answer) -> Answer:
        if answer.response.get("VersionId") not in {None, "null"}:
            self._keeps_versions = True
        return answer


def _told(part: Part) -> Mapping[str, Any]:
    told: dict[str, Any] = {"PartNumber": part.number, "ETag": quoted_etag(part.etag or "")}
    return told if part.checksum is None else {**told, "ChecksumCRC32": part.checksum}
