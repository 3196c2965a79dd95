"""S3 behind the storage contract. Writing and deleting have modules of their own."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.buckets import BucketsBackend
from tfm.backends.s3.clients import Clients
from tfm.backends.s3.deleting import Deleting
from tfm.backends.s3.doctor import examine_bucket
from tfm.backends.s3.entries import as_directory, name_of, object_entry, quoted_etag
from tfm.backends.s3.errors import error_document, missing_botocore, status_of
from tfm.backends.s3.hook import BODY
from tfm.backends.s3.listing_rows import DamagedBodyError, ErrorBodyError, read_rows
from tfm.backends.s3.pages import make_s3_page
from tfm.backends.s3.reader import BodyReader, EmptyReader
from tfm.backends.s3.writing import Writing
from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.errors import (
    InvalidPathError,
    InvalidRequestError,
    IsDirectoryError,
    TemporaryError,
    UnsupportedOperation,
)
from tfm.core.finding import Finding
from tfm.core.location import StorageAddress
from tfm.core.page import Page
from tfm.core.writing import Condition, Content, DeleteFailure, ObjectFacts, Part, Precondition, Upload
from tfm.storage.contract import PAGE_ENTRIES, Backend, BackendContext, Reader

__all__ = ["S3Backend", "S3BackendFactory"]

# botocore has no types; Any stands for its values throughout this module.

_LONGEST_LINK_SECONDS: Final = 604_800
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html: seven days."""

# S3's own rule for new buckets, which botocore's pattern includes: such a name needs no botocore to be accepted.
_ORDINARY_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_MOST_BYTES: Final = 2**63 - 1
_CONTENT_RANGE: Final = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


class S3BackendFactory:
    """Opens buckets, and the list of them (an address without authority), on clients that all of them share."""

    def __init__(self, context: BackendContext) -> None:
        """Raises SettingsError for an S3_CONDITIONS that cannot be read."""
        self._clients = Clients(context.settings, context.record_request)
        self._requester_pays = context.settings.s3_requester_pays

    def open(self, address: StorageAddress) -> Backend:
        if importlib.util.find_spec("botocore") is None:
            raise missing_botocore()
        if not address.authority:
            return BucketsBackend(address, self._clients)
        _check_bucket(address.authority)
        return S3Backend(address, self._clients, requester_pays=self._requester_pays)


def _check_bucket(bucket: str) -> None:
    if _ORDINARY_BUCKET.fullmatch(bucket):
        return
    from botocore.handlers import VALID_BUCKET, VALID_S3_ARN

    # botocore searches, and "$" lets a newline pass.
    if "\n" in bucket or not (VALID_BUCKET.search(bucket) or VALID_S3_ARN.search(bucket)):
        raise InvalidPathError(
            f"{bucket!r} cannot be a bucket's name.",
            next_step="It is 1 to 255 letters, digits, dots, hyphens and underscores, or an access point's ARN.",
            operation="open",
        )


class S3Backend(Backend):
    """One bucket, as one profile sees it."""

    capabilities = frozenset(
        {
            Capability.FLAT_KEYS,
            Capability.CACHED,
            Capability.CONDITIONAL_READ,
            Capability.PRESIGN,
            Capability.WRITE,
            Capability.DELETE_MANY,
        }
    )

    def __init__(self, address: StorageAddress, clients: Clients, *, requester_pays: bool) -> None:
        self.address = address
        self._bucket = Bucket(address, clients, requester_pays=requester_pays)
        self._writing = Writing(self._bucket)
        self._deleting = Deleting(self._bucket)

    def identity(self) -> str:
        with self._bucket.asking("identity", ""):
            return self._bucket.clients().identity()

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        parameters: dict[str, Any] = {
            **self._bucket.parameters,
            "Prefix": prefix,
            "MaxKeys": min(limit, PAGE_ENTRIES),
            "EncodingType": "url",  # XML cannot carry control characters
        }
        if not recursive:
            parameters["Delimiter"] = "/"
        if token is not None:
            parameters["ContinuationToken"] = token
        elif start_after is not None:
            parameters["StartAfter"] = start_after
        first = token is None and start_after is None
        with self._bucket.asking("list", prefix):
            clients = self._bucket.clients()
            client = clients.interactive() if first else clients.patient()
            body = clients.later_pages.body(client, parameters)
            if body is None:
                body = client.list_objects_v2(**parameters)[BODY]
                clients.later_pages.asked(self._bucket.name)
        try:
            rows = read_rows(body)
        except DamagedBodyError as error:
            raise TemporaryError(
                f"The listing arrived cut off or damaged ({error}).",
                next_step="Try again.", uri=self._bucket.asked("list", prefix).uri, operation="list",
            ) from error  # fmt: skip
        except ErrorBodyError as error:
            raise error_document(error.code, error.message, self._bucket.asked("list", prefix)) from error
        return make_s3_page(rows, prefix, recursive=recursive, start_after=start_after)

    def stat(self, key: str) -> Lookup:
        with self._bucket.asking("stat", key):
            client = self._bucket.clients().interactive()
            if not key:
                return self._stat_bucket(client)
            unknown = UnsupportedOperation(
                "Only a listing tells whether there is a directory.",
                uri=self._bucket.asked("stat", key).uri,
                operation="stat",
            )
            try:
                response = client.head_object(**self._bucket.parameters, Key=key)
            except client.exceptions.ClientError as error:
                if status_of(error) == 404:
                    return Lookup(directory_error=unknown)
                raise
        entry = object_entry(key, response, response.get("ContentLength"))
        if key.endswith("/"):
            return Lookup(directory=as_directory(entry))
        return Lookup(file=entry, directory_error=unknown)

    def _stat_bucket(self, client: Any) -> Lookup:
        try:
            client.head_bucket(Bucket=self._bucket.name)
        except client.exceptions.ClientError as error:
            if status_of(error) == 404:
                return Lookup()
            raise
        return Lookup(directory=Entry("", "", Kind.DIRECTORY))

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        if not key:
            raise IsDirectoryError(
                f"{self._bucket.name} is a bucket.",
                next_step="List it.",
                uri=self._bucket.asked("read", key).uri,
                operation="read",
            )
        parameters: dict[str, Any] = {**self._bucket.parameters, "Key": key}
        if if_match is not None:
            parameters["IfMatch"] = quoted_etag(if_match)
        with self._bucket.asking("read", key):
            client = self._bucket.clients().interactive()
            if length == 0:
                # No Range header can ask for nothing.
                response = client.head_object(**parameters)
                return EmptyReader(object_entry(key, response, response.get("ContentLength")))
            if start or length is not None:
                # Servers call a last byte that 64 bits cannot hold unsatisfiable, which would pass for no bytes there.
                endless = length is None or start + length > _MOST_BYTES
                parameters["Range"] = f"bytes={start}-" if endless else f"bytes={start}-{start + (length or 0) - 1}"
            try:
                response = client.get_object(**parameters)
            except client.exceptions.ClientError as error:
                if status_of(error) == 416:
                    return EmptyReader(Entry(name_of(key), key, Kind.FILE, _size_beyond(error)))
                raise
        return self._opened(key, start, length, response)

    def _opened(self, key: str, start: int, length: int | None, response: dict[str, Any]) -> Reader:
        """A reader of what came; InvalidRequestError if those are other bytes than were asked for."""
        body = response["Body"]
        content_length = response.get("ContentLength")
        content_range = _CONTENT_RANGE.fullmatch(response.get("ContentRange") or "")
        size = content_length
        begins = 0
        if content_range is not None and content_range[1] is not None:
            begins = int(content_range[1])
            size = None if content_range[3] == "*" else int(content_range[3])
        if begins != start or content_length is None:
            body.close()
            raise InvalidRequestError(
                f"The server answered with bytes from {begins} where bytes from {start} were asked for.",
                next_step="It does not support reading by range.",
                uri=self._bucket.asked("read", key).uri,
                operation="read",
            )
        promised = content_length if length is None else min(content_length, length)
        return BodyReader(object_entry(key, response, size), body, promised, lambda: self._bucket.asked("read", key))

    def presign(self, key: str, *, expires_seconds: int) -> str:
        if not 1 <= expires_seconds <= _LONGEST_LINK_SECONDS:
            raise InvalidRequestError(
                f"A link is good for 1 to {_LONGEST_LINK_SECONDS} seconds, not {expires_seconds}.", operation="presign"
            )
        asked = self._bucket.asked("presign", key)
        if asked.anonymous:
            raise UnsupportedOperation(
                "Links are signed, and S3_ANONYMOUS says that nothing is.",
                next_step="Set it to False.", uri=asked.uri, operation="presign",
            )  # fmt: skip
        with self._bucket.asking("presign", key):
            client = self._bucket.clients().links()
            parameters = {**self._bucket.parameters, "Key": key}
            url: str = client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=expires_seconds)
            return url

    def diagnose(self, key: str | None, *, may_write: bool) -> Iterator[Finding]:
        return examine_bucket(self, self._bucket, key, may_write=may_write)

    def conditions(self) -> frozenset[Condition]:
        return self._bucket.conditions()

    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        return self._writing.put(key, content, facts, only_if)

    def begin_upload(self, key: str, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Upload:
        return self._writing.begin(key, facts, only_if)

    # Numbers alone say which part goes where.
    def put_part(self, upload: Upload, number: int, content: Content, *, offset: int) -> Part:  # noqa: ARG002
        return self._writing.put_part(upload, number, content)

    def finish_upload(self, upload: Upload, parts: Sequence[Part], *, checksum: int | None = None) -> Entry:
        return self._writing.finish(upload, parts, checksum)

    def abort_upload(self, upload: Upload) -> None:
        self._writing.abort(upload)

    def delete(self, key: str, *, only_if: Precondition | None = None) -> None:
        self._deleting.delete(key, only_if)

    def delete_many(self, keys: Sequence[str]) -> list[DeleteFailure]:
        return self._deleting.delete_many(keys)

    # Objects have no permission bits.
    def make_directory(self, key: str, *, mode: int = 0o777) -> Entry:  # noqa: ARG002
        return self._writing.make_directory(key)

    def remove_directory(self, key: str) -> None:
        self._deleting.delete(key, operation="rmdir")


def _size_beyond(error: Any) -> int | None:
    """The object's size from the answer to a range beyond its end, where the server says it."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    text = match[3] if match else str(error.response.get("Error", {}).get("ActualObjectSize", ""))
    return int(text) if text.isdecimal() else None
