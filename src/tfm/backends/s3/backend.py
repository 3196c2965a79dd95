"""S3 behind the storage contract. What is asked about objects has modules of its own."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.buckets import BucketsBackend
from tfm.backends.s3.clients import Clients
from tfm.backends.s3.copying import WHOLE_BYTES, Copying
from tfm.backends.s3.deleting import Deleting
from tfm.backends.s3.errors import error_document, missing_botocore
from tfm.backends.s3.hook import BODY
from tfm.backends.s3.listing_rows import DamagedBodyError, ErrorBodyError, read_rows
from tfm.backends.s3.pages import make_s3_page
from tfm.backends.s3.price_lists import price_list_of
from tfm.backends.s3.reading import Reading
from tfm.backends.s3.uploads import Uploads
from tfm.backends.s3.writing import Writing
from tfm.core.awaited import Awaited
from tfm.core.capability import Capability
from tfm.core.entry import Entry, Lookup
from tfm.core.errors import (
    CredentialsError,
    InvalidPathError,
    InvalidRequestError,
    TemporaryError,
    UnsupportedOperation,
)
from tfm.core.finding import Finding
from tfm.core.location import StorageAddress
from tfm.core.page import Page
from tfm.core.writing import (
    Condition,
    Content,
    DeleteFailure,
    Description,
    ObjectFacts,
    Part,
    PartContent,
    Precondition,
    Upload,
)
from tfm.storage.contract import PAGE_ENTRIES, Backend, BackendContext, Reader, Root, WholeObject

__all__ = ["S3Backend", "S3BackendFactory"]

# botocore has no types; Any stands for its values throughout this module.

_LONGEST_LINK_SECONDS: Final = 604_800
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html: seven days."""

_LONGEST_KEY_BYTES: Final = 1024
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

# S3's own rule for new buckets, which botocore's pattern includes: such a name needs no botocore to be accepted.
_ORDINARY_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class S3BackendFactory:
    """Opens buckets, and the list of them (an address without authority), on clients that all of them share."""

    connection_settings = (
        ("s3_region", "Region"),
        ("s3_endpoint_url", "Endpoint"),
        ("s3_anonymous", "Anonymous"),
        ("s3_requester_pays", "Requester pays"),
    )

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

    def roots(self) -> Sequence[Root]:
        """Of each profile the list of its buckets: first that which holds where none is named, then those of AWS's
        files."""
        if importlib.util.find_spec("botocore") is None:
            raise missing_botocore()
        from botocore.exceptions import BotoCoreError

        clients = self._clients.of_profile(None)
        try:
            now, profiles = clients.profile_name(), clients.profiles()
        except BotoCoreError as error:
            raise CredentialsError(
                f"AWS's configuration cannot be read: {error}.",
                next_step="Look at ~/.aws/config and ~/.aws/credentials.",
                operation="list profiles",
            ) from error
        first = Root("s3://", StorageAddress("s3"), f"profile {now}" if now in profiles else "buckets")
        others = [name for name in profiles if name != now]
        return [first, *(Root("s3://", StorageAddress("s3", "", name), f"profile {name}") for name in others)]


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
            Capability.SERVER_COPY,
            Capability.SET_FACTS,
        }
    )

    copy_whole_bytes = WHOLE_BYTES
    begins_requests = True

    def __init__(self, address: StorageAddress, clients: Clients, *, requester_pays: bool) -> None:
        self.address = address
        self._bucket = Bucket(address, clients, requester_pays=requester_pays)
        self._reading = Reading(self._bucket)
        self._writing = Writing(self._bucket)
        self._copying = Copying(self._bucket)
        self._uploads = Uploads(self._bucket)
        self._deleting = Deleting(self._bucket)

    def price_list(self) -> str | None:
        return price_list_of(self._bucket.clients().known_endpoint_url())

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
            body = clients.short_way.ask(client, "ListObjectsV2", parameters)[BODY]
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
        return self._reading.stat(key)

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        return self._reading.read(key, start, length, if_match)

    def describe(self, key: str, *, if_match: str | None = None) -> Description:
        return self._reading.describe(key, if_match)

    def tags(self, key: str) -> Mapping[str, str]:
        return self._reading.tags(key)

    def part_sizes(self, key: str, parts: int, *, if_match: str | None = None) -> list[int] | None:
        return self._reading.part_sizes(key, parts, if_match)

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
        from tfm.backends.s3.doctor import examine_bucket  # with all its examinations, which few ask for

        return examine_bucket(self, self._bucket, key, may_write=may_write)

    def conditions(self) -> frozenset[Condition]:
        return self._bucket.conditions()

    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        return self._writing.put(key, content, facts, only_if)

    def begin_read(self, key: str, *, most_bytes: int, if_match: str | None = None) -> Awaited[WholeObject] | None:
        return self._reading.begin_read(key, most_bytes, if_match)

    def begin_put(
        self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None
    ) -> Awaited[Entry] | None:
        return self._writing.begin_put(key, content, facts, only_if)

    def begin_copy(
        self, source: StorageAddress, entry: Entry, key: str, *, only_if: Precondition | None = None
    ) -> Awaited[Entry] | None:
        return self._copying.begin_copy(source, entry, key, only_if)

    def begin_upload(self, key: str, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Upload:
        return self._writing.begin(key, facts, only_if)

    # Numbers alone say which part goes where.
    def put_part(self, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:  # noqa: ARG002
        return self._writing.put_part(upload, number, content)

    def finish_upload(self, upload: Upload, parts: Sequence[Part], *, checksum: int | None = None) -> Entry:
        return self._writing.finish(upload, parts, checksum)

    def abort_upload(self, upload: Upload) -> None:
        self._writing.abort(upload)

    def delete(self, key: str, *, only_if: Precondition | None = None) -> None:
        self._deleting.delete(key, only_if)

    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        return self._deleting.delete_many(keys, etags or {})

    def begin_delete_many(self, keys: Sequence[str]) -> Callable[[], list[DeleteFailure]] | None:
        return self._deleting.begin_delete_many(keys)

    # Objects have no permission bits.
    def make_directory(self, key: str, *, mode: int = 0o777) -> Entry:  # noqa: ARG002
        return self._writing.make_directory(key)

    def remove_directory(self, key: str) -> None:
        self._deleting.delete(key, operation="rmdir")

    def can_copy_from(self, source: StorageAddress) -> bool:
        mine = (self.address.scheme, self.address.profile)
        return (source.scheme, source.profile) == mine and source.authority != ""

    # No request of S3 tells how far it is.
    def copy_from(
        self,
        source: StorageAddress,
        entry: Entry,
        key: str,
        *,
        only_if: Precondition | None = None,
        copied: Callable[[int], None] | None = None,  # noqa: ARG002
    ) -> Entry:
        return self._copying.copy(source, entry, key, only_if)

    def set_facts(self, entry: Entry, facts: ObjectFacts) -> Entry:
        return self._copying.set_facts(self.address, entry, self._writing.fact_parameters(entry.key, facts))

    def copy_part(
        self, upload: Upload, number: int, source: StorageAddress, entry: Entry, *, offset: int, length: int
    ) -> Part:
        return self._copying.copy_part(upload, number, source, entry, offset, length)

    def objection(self, key: str, *, below: str) -> str | None:  # noqa: ARG002 - all of the key counts
        try:
            size_bytes = len(key.encode())
        except UnicodeEncodeError:
            return "Its name is no text that a key can have."
        if size_bytes > _LONGEST_KEY_BYTES:
            return f"Its key would have {size_bytes:,} bytes, and S3 takes {_LONGEST_KEY_BYTES:,} at most."
        return None

    def list_uploads(self, prefix: str = "") -> list[Upload]:
        return self._uploads.begun(prefix)

    def list_parts(self, upload: Upload) -> list[Part]:
        return self._uploads.parts(upload)
