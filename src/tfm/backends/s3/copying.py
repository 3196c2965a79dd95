"""Copies that the server makes by itself, whole or in parts: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.entries import headers_of, made_entry, quoted_etag, seconds_of, unquoted_etag
from tfm.backends.s3.errors import code_of, status_of, translate
from tfm.core.awaited import Awaited
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, NotFoundError, TemporaryError, UnsupportedOperation
from tfm.core.location import StorageAddress
from tfm.core.writing import Condition, Part, Precondition, Upload

__all__ = ["WHOLE_BYTES", "Copying"]

# botocore has no types; Any stands for its values throughout this module.

WHOLE_BYTES: Final = 5 << 30
"""One CopyObject copies no more: https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html."""

_SLOW_BYTES: Final = 64 << 20
"""Beyond this a server that says nothing until the copy is made may take longer than any other answer does."""

_NOT_KEPT: Final = frozenset({"STANDARD", "EXPRESS_ONEZONE", "OUTPOSTS", "SNOW", "FSX_OPENZFS", "FSX_ONTAP"})
"""Classes that no request needs to name, or that it cannot: they belong to a kind of bucket."""

_MISSING: Final = frozenset({"NoSuchKey", "NoSuchVersion"})
_ARCHIVED: Final = frozenset({"InvalidObjectState", "ObjectNotInActiveTierError"})


class Copying:
    """Copies into one bucket, from it or another of the same profile. Thread-safe."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def copy(self, source: StorageAddress, entry: Entry, key: str, only_if: Precondition | None) -> Entry:
        """Type, metadata and tags come along by S3's own default; the storage class only by name."""
        parameters = self._parameters(source, entry, key)
        with self._bucket.asking("copy", key, only_if):
            client = self._client(entry.size_bytes)
            copy = self._bucket.sender(client, "CopyObject")

            def send() -> Mapping[str, Any]:
                return self._bucket.send_on_condition(client, copy, parameters, only_if, copies=True)

            return self._copied(client, source, entry, parameters, only_if, send)

    def begin_copy(
        self, source: StorageAddress, entry: Entry, key: str, only_if: Precondition | None
    ) -> Awaited[Entry] | None:
        """Send what :meth:`copy` sends; what is given waits for the answer. None where only that can send it."""
        parameters = self._parameters(source, entry, key)
        with self._bucket.asking("copy", key, only_if):
            client = self._client(entry.size_bytes)
            begun = self._bucket.begin_on_condition(client, "CopyObject", parameters, only_if, copies=True)
        if begun is None:
            return None

        def answer() -> Entry:
            with self._bucket.asking("copy", key, only_if):
                return self._copied(client, source, entry, parameters, only_if, begun)

        return begun.then(answer)

    def _parameters(self, source: StorageAddress, entry: Entry, key: str) -> dict[str, Any]:
        self._check_keys(entry, key)
        parameters = {**self._bucket.parameters, "Key": key, **_source(source, entry)}
        if entry.storage_class and entry.storage_class not in _NOT_KEPT:
            parameters["StorageClass"] = entry.storage_class
        return parameters

    def _copied(
        self,
        client: Any,
        source: StorageAddress,
        entry: Entry,
        parameters: Mapping[str, Any],
        only_if: Precondition | None,
        answer: Callable[[], Mapping[str, Any]],
    ) -> Entry:
        key = parameters["Key"]
        try:
            response = answer()
        except client.exceptions.ClientError as error:
            self._tell_of_source(client, error, source, entry, only_if)
            raise
        etag, modified = self._made(key, response.get("CopyObjectResult"))
        if etag != entry.etag:
            self._look_at_source(client, source, entry, f"{self._bucket.asked('copy', key).uri} has its new content")
        if modified is None:
            modified = seconds_of(headers_of(response).get("date"))
        kept = parameters.get("StorageClass") or entry.storage_class
        return made_entry(key, entry.size_bytes, modified, etag, kept)

    def set_facts(self, address: StorageAddress, entry: Entry, parameters: dict[str, Any]) -> Entry:
        """A copy of the object onto itself that says other things. S3 keeps neither its access list nor a lock."""
        asked = self._bucket.asked("set facts", entry.key)
        if (entry.size_bytes or 0) > WHOLE_BYTES:
            raise asked.error(
                UnsupportedOperation,
                f"It has {entry.size_bytes:,} bytes, and S3 copies {WHOLE_BYTES:,} in one step.",
                "Copy it under another name instead.",
            )
        parameters = dict(parameters)
        if parameters.get("StorageClass") in _NOT_KEPT:
            del parameters["StorageClass"]  # what it has in any case
        with self._bucket.asking("set facts", entry.key):
            client = self._client(entry.size_bytes)
            try:
                response = client.copy_object(
                    **parameters | _source(address, entry), MetadataDirective="REPLACE", TaggingDirective="REPLACE"
                )
            except client.exceptions.ClientError as error:
                self._tell_of_source(client, error, address, entry, None)
                raise
            etag, modified = self._made(entry.key, response.get("CopyObjectResult"))
        if modified is None:
            modified = seconds_of(headers_of(response).get("date"))
        stays = entry.storage_class if entry.storage_class in _NOT_KEPT else None
        return made_entry(entry.key, entry.size_bytes, modified, etag, parameters.get("StorageClass") or stays)

    def copy_part(
        self, upload: Upload, number: int, source: StorageAddress, entry: Entry, offset: int, length: int
    ) -> Part:
        self._check_keys(entry, upload.key)
        parameters: dict[str, Any] = {
            **self._bucket.parameters,
            "Key": upload.key,
            "UploadId": upload.id,
            "PartNumber": number,
            "CopySourceRange": f"bytes={offset}-{offset + length - 1}",
            **_source(source, entry),
        }
        with self._bucket.asking("copy", upload.key):
            client = self._client(length)
            try:
                response = client.upload_part_copy(**parameters)
            except client.exceptions.ClientError as error:
                self._tell_of_source(client, error, source, entry, None)
                raise
            result = response.get("CopyPartResult")
            etag, _ = self._made(upload.key, result)
            # Nothing else tells which version a part is of.
            self._look_at_source(client, source, entry, f"part {number} of the copy has its new content")
        return Part(number, length, etag, result.get("ChecksumCRC32"))

    def _check_keys(self, entry: Entry, key: str) -> None:
        self._bucket.check_key("copy", entry.key)
        self._bucket.check_key("copy", key)

    def _client(self, size_bytes: int | None) -> Any:
        clients = self._bucket.clients()
        return clients.patient() if (size_bytes or 0) <= _SLOW_BYTES else clients.slow()

    def _made(self, key: str, result: Any) -> tuple[str, float | None]:
        """The new etag, and the time, which S3 keeps in whole seconds though some servers tell more here."""
        etag = unquoted_etag((result or {}).get("ETag"))
        if etag is None:
            asked = self._bucket.asked("copy", key)
            raise asked.error(TemporaryError, f"{asked.server} copied without giving an etag.", "Try again.")
        modified = result.get("LastModified")
        return etag, None if modified is None else float(int(modified.timestamp()))

    def _tell_of_source(
        self, client: Any, error: Any, source: StorageAddress, entry: Entry, only_if: Precondition | None
    ) -> None:
        """Raises the error of a refusal that is about the source; returns where it is not.

        Servers name the destination's key in any case, and only S3 the condition. So where both sides had one, the
        source is looked at, by one request more.
        """
        code = code_of(error)
        conflict = code == "PreconditionFailed" or status_of(error) == 412
        named = str(error.response["Error"].get("Condition", "")).lower()
        if code in _ARCHIVED or (only_if is None and (conflict or code in _MISSING)) or "source" in named:
            raise translate(error, self._bucket.asked("copy", entry.key, bucket=source.authority)) from error
        if code in _MISSING or (conflict and not named and entry.etag is not None):
            now = self._etag_now(client, source, entry)
            if now is None or now != (entry.etag or now):
                meaning = NotFoundError if now is None else ConflictError
                words = "is gone" if now is None else "changed"
                asked = self._bucket.asked("copy", entry.key, bucket=source.authority)
                raise asked.error(meaning, f"It {words} since it was looked at.", "Refresh, then try again.") from error

    def _look_at_source(self, client: Any, source: StorageAddress, entry: Entry, outcome: str) -> None:
        """Ask whether the source still is the version that was to be copied, where the server may not have heeded
        the condition that said so. One request; none where it is known to."""
        if entry.etag is None or Condition.COPY in self._bucket.conditions():
            return
        if self._etag_now(client, source, entry) != entry.etag:
            asked = self._bucket.asked("copy", entry.key, bucket=source.authority)
            raise asked.error(
                ConflictError,
                f"It changed, and {asked.server} copied it without regard to the version asked for: {outcome}.",
                "Refresh, then look at the copy.",
            )

    def _etag_now(self, client: Any, source: StorageAddress, entry: Entry) -> str | None:
        """The source's etag; None where it is not there. One request."""
        try:
            head = self._bucket.sender(client, "HeadObject")
            response = head(**self._bucket.parameters | {"Bucket": source.authority, "Key": entry.key})
        except client.exceptions.ClientError as error:
            if status_of(error) != 404:
                raise
            return None
        return unquoted_etag(headers_of(response).get("etag"))


def _source(source: StorageAddress, entry: Entry) -> dict[str, Any]:
    parameters: dict[str, Any] = {"CopySource": {"Bucket": source.authority, "Key": entry.key}}
    if entry.etag is not None:
        parameters["CopySourceIfMatch"] = quoted_etag(entry.etag)
    return parameters
