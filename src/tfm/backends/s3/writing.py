"""Writing objects: whole by one request, or in parts."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any, Final
from urllib.parse import urlencode

from tfm.backends.s3.bucket import Bucket, Send
from tfm.backends.s3.entries import headers_of, quoted_etag, unquoted_etag, written_entry
from tfm.backends.s3.errors import code_of
from tfm.backends.s3.facts import HEADER_PARAMETERS, TIME_NAME
from tfm.backends.s3.part_body import PartBody
from tfm.core.awaited import Awaited
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, InvalidRequestError, TemporaryError
from tfm.core.writing import NOTHING_THERE, Content, ObjectFacts, Part, PartContent, Precondition, Upload

__all__ = ["Writing"]

# botocore has no types; Any stands for its values throughout this module.

_SMALL_BYTES: Final = 1 << 20
"""What is sent while somebody waits; more than that takes its time on an ordinary line."""

_NOT_UNDERSTOOD: Final = frozenset({"InvalidArgument", "InvalidRequest", "NotImplemented"})
_MARKER_TYPE: Final = "application/x-directory"


class Writing:
    """Writes into one bucket. Thread-safe."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def put(
        self, key: str, content: Content, facts: ObjectFacts, only_if: Precondition | None, *, operation: str = "write"
    ) -> Entry:
        parameters, client = self._whole(operation, key, content, facts)
        with self._bucket.asking(operation, key, only_if):
            put = self._bucket.sender(client(), "PutObject")
            response = self._bucket.send_on_condition(client(), put, parameters, only_if, copies=False)
        return written_entry(key, headers_of(response), len(parameters["Body"]), facts.storage_class)

    def begin_put(
        self, key: str, content: Content, facts: ObjectFacts, only_if: Precondition | None
    ) -> Awaited[Entry] | None:
        parameters, client = self._whole("write", key, content, facts)
        with self._bucket.asking("write", key, only_if):
            begun = self._bucket.begin_on_condition(client(), "PutObject", parameters, only_if, copies=False)
        if begun is None:
            return None

        def answer() -> Entry:
            with self._bucket.asking("write", key, only_if):
                response = begun()
            return written_entry(key, headers_of(response), len(parameters["Body"]), facts.storage_class)

        return begun.then(answer)

    def _whole(
        self, operation: str, key: str, content: Content, facts: ObjectFacts
    ) -> tuple[dict[str, Any], Callable[[], Any]]:
        """PutObject's parameters but for its condition, and what gives the client for it."""
        parameters = self._parameters(operation, key, facts)
        parameters["Body"] = body = content if isinstance(content, (bytes, bytearray)) else bytes(content)
        clients = self._bucket.clients()
        return parameters, clients.interactive if len(body) <= _SMALL_BYTES else clients.patient

    def make_directory(self, key: str) -> Entry:
        if not key:
            raise ConflictError(
                f"{self._bucket.name} is a bucket, and there.",
                uri=self._bucket.asked("mkdir", "").uri,
                operation="mkdir",
            )
        return self.put(key, b"", ObjectFacts(content_type=_MARKER_TYPE), NOTHING_THERE, operation="mkdir")

    def begin(self, key: str, facts: ObjectFacts, only_if: Precondition | None) -> Upload:
        parameters = self._parameters("write", key, facts)
        with self._bucket.asking("write", key, only_if):
            response = self._begun(self._bucket.clients().patient(), parameters)
        upload_id = response.get("UploadId")
        if not upload_id:
            raise self._meaningless(key, "began an upload without naming it")
        return Upload(key, str(upload_id), facts, only_if)

    def _begun(self, client: Any, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to CreateMultipartUpload, with the checksums that client and server have in common."""
        begin: Send = client.create_multipart_upload
        if not _sends_checksums(client):
            return begin(**parameters)
        if not self._takes_whole_checksums(client):
            return begin(**parameters, ChecksumAlgorithm="CRC32")
        try:
            return begin(**parameters, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
        except client.exceptions.ClientError as error:
            if code_of(error) not in _NOT_UNDERSTOOD:
                raise
        response = begin(**parameters, ChecksumAlgorithm="CRC32")
        self._bucket.servers.note_no_whole_checksums(client.meta.endpoint_url)
        return response

    def put_part(self, upload: Upload, number: int, content: PartContent) -> Part:
        body = _part_body(content)
        with self._bucket.asking("write", upload.key):
            client = self._bucket.clients().patient()
            send = self._bucket.sender(client, "UploadPart")
            try:
                headers = headers_of(send(**self._of(upload), PartNumber=number, Body=body))
            except Exception:
                if isinstance(body, PartBody) and body.failure is not None:
                    raise body.failure from None
                raise
        etag = unquoted_etag(headers.get("etag"))
        if etag is None:
            raise self._meaningless(upload.key, "took a part without giving its etag")
        return Part(number, len(body), etag, headers.get("x-amz-checksum-crc32"))

    def finish(self, upload: Upload, parts: Sequence[Part], checksum: int | None) -> Entry:
        parameters = {**self._of(upload), "MultipartUpload": {"Parts": [_told(part) for part in parts]}}
        with self._bucket.asking("write", upload.key, upload.only_if):
            client = self._bucket.clients().patient()
            try:
                response = self._finished(client, parameters, upload.only_if, checksum)
            except client.exceptions.ClientError as error:
                if code_of(error) != "ConditionalRequestConflict":
                    raise
                # Not to be tried again: S3 wants such an upload begun anew, all parts of it.
                raise self._bucket.asked("write", upload.key).error(
                    ConflictError, "Something else was written there at the same moment.", "Look, then write it again."
                ) from error
        if not response.get("ETag"):
            raise self._meaningless(upload.key, "finished an upload without giving its etag")
        size = sum(part.size_bytes for part in parts)
        # In its body, which no header repeats.
        headers = {**headers_of(response), "etag": response["ETag"]}
        return written_entry(upload.key, headers, size, upload.facts.storage_class)

    def _finished(
        self, client: Any, parameters: dict[str, Any], only_if: Precondition | None, checksum: int | None
    ) -> Mapping[str, Any]:
        """The answer to CompleteMultipartUpload, with the checksum of the whole where it is taken.

        An upload that another process began may have none of the whole, which only its refusal tells.
        """
        finish: Send = client.complete_multipart_upload
        if checksum is None or not _sends_checksums(client) or not self._takes_whole_checksums(client):
            return self._bucket.send_on_condition(client, finish, parameters, only_if, copies=False)
        text = base64.b64encode(checksum.to_bytes(4, "big")).decode("ascii")
        whole = {**parameters, "ChecksumCRC32": text, "ChecksumType": "FULL_OBJECT"}
        try:
            return self._bucket.send_on_condition(client, finish, whole, only_if, copies=False)
        except client.exceptions.ClientError as error:
            if code_of(error) not in _NOT_UNDERSTOOD:
                raise
        return self._bucket.send_on_condition(client, finish, parameters, only_if, copies=False)

    def abort(self, upload: Upload) -> None:
        with self._bucket.asking("write", upload.key):
            client = self._bucket.clients().patient()
            try:
                client.abort_multipart_upload(**self._of(upload))
            except client.exceptions.ClientError as error:
                if code_of(error) != "NoSuchUpload":
                    raise

    def _takes_whole_checksums(self, client: Any) -> bool:
        return self._bucket.servers.takes_whole_checksums(client.meta.endpoint_url)

    def fact_parameters(self, key: str, facts: ObjectFacts) -> dict[str, Any]:
        """What a request carries that makes an object say this of itself, the key among it."""
        return self._parameters("set facts", key, facts)

    def _parameters(self, operation: str, key: str, facts: ObjectFacts) -> dict[str, Any]:
        """What PutObject and CreateMultipartUpload have in common."""
        self._bucket.check_key(operation, key)
        metadata = dict(facts.metadata)
        time = facts.modified_timestamp
        if time is not None and isfinite(time) and not any(name.lower() == TIME_NAME for name in metadata):
            text = repr(time)
            # As exact as it is, and never 1e+10.
            metadata[TIME_NAME] = format(Decimal(text), "f") if "e" in text else text
        parameters: dict[str, Any] = {
            HEADER_PARAMETERS[name]: value
            for name, value in facts.headers.items()
            if value and name in HEADER_PARAMETERS
        }
        if facts.content_type:
            parameters["ContentType"] = facts.content_type
        if facts.storage_class:
            parameters["StorageClass"] = facts.storage_class
        self._check_headers(operation, key, [*parameters.values(), *metadata, *metadata.values()])
        if metadata:
            parameters["Metadata"] = metadata
        if facts.tags:
            parameters["Tagging"] = urlencode(facts.tags)
        return {**self._bucket.parameters, "Key": key, **parameters}

    def _check_headers(self, operation: str, key: str, texts: Sequence[str]) -> None:
        """What does not go into a header is told as that; botocore would speak of the key, or of nothing."""
        for text in texts:
            if not (text.isascii() and text.isprintable()):
                raise InvalidRequestError(
                    f"S3 keeps types and metadata in plain ASCII, which {text!r} is not.",
                    next_step="Leave it out.",
                    uri=self._bucket.asked(operation, key).uri,
                    operation=operation,
                )

    def _of(self, upload: Upload) -> dict[str, Any]:
        return {**self._bucket.parameters, "Key": upload.key, "UploadId": upload.id}

    def _meaningless(self, key: str, what: str) -> Exception:
        asked = self._bucket.asked("write", key)
        return asked.error(TemporaryError, f"{asked.server} {what}.", "Try again.")


def _part_body(content: PartContent) -> bytes | bytearray | PartBody:
    if isinstance(content, (bytes, bytearray)):
        return content
    return bytes(content) if isinstance(content, memoryview) else PartBody(content)


def _told(part: Part) -> dict[str, Any]:
    """A part as CompleteMultipartUpload names it."""
    told: dict[str, Any] = {"PartNumber": part.number, "ETag": quoted_etag(part.etag or "")}
    if part.checksum is not None:
        told["ChecksumCRC32"] = part.checksum
    return told


def _sends_checksums(client: Any) -> bool:
    """Whether botocore gives every part a checksum: AWS's configuration may turn that off, for servers without them."""
    return bool(client.meta.config.request_checksum_calculation != "when_required")
