"""``s3://`` itself: the buckets, as directories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.clients import Clients
from tfm.backends.s3.errors import translating
from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.errors import CredentialsError, IsDirectoryError, NotFoundError, UnsupportedOperation
from tfm.core.finding import Finding
from tfm.core.location import StorageAddress
from tfm.core.page import Page, page_from_entries
from tfm.storage.contract import PAGE_ENTRIES, Backend, Reader

__all__ = ["BucketsBackend"]


class BucketsBackend(Backend):
    """The buckets that a profile may list. Only listing is of use: what is in a bucket has the bucket's own address."""

    capabilities = frozenset({Capability.CACHED, Capability.LIST_ROOTS})

    def __init__(self, address: StorageAddress, clients: Clients) -> None:
        self.address = address
        self._clients = clients

    def identity(self) -> str:
        return str(self._call("identity", "", self._clients.of_profile(self.address.profile).identity))

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        if recursive:
            raise UnsupportedOperation(
                "All objects of all buckets cannot be listed at once.", uri="s3://", operation="list"
            )
        if "/" in prefix:
            raise NotFoundError("A bucket has an address of its own.", uri=f"s3://{prefix}", operation="list")
        parameters: dict[str, Any] = {"MaxBuckets": limit}
        if token is not None:
            parameters["ContinuationToken"] = token
        response = self._call("list", "", lambda: self._client(first=token is None).list_buckets(**parameters))
        entries = [_directory(bucket["Name"], bucket.get("CreationDate")) for bucket in response.get("Buckets") or []]
        entries.sort(key=lambda entry: entry.key)
        # Neither is known to every server that lists buckets.
        entries = [entry for entry in entries if entry.name.startswith(prefix) and entry.key > (start_after or "")]
        return page_from_entries("", entries, token=response.get("ContinuationToken") or None)

    def stat(self, key: str) -> Lookup:
        bucket = key.removesuffix("/")
        if not bucket:
            return Lookup(directory=Entry("", "", Kind.DIRECTORY))
        found = self._call("stat", bucket, lambda: self._client(first=True).list_buckets(Prefix=bucket))
        for each in found.get("Buckets") or []:
            if each["Name"] == bucket:
                return Lookup(directory=_directory(bucket, each.get("CreationDate")))
        return Lookup()

    # A list of buckets has no bytes, whatever range of them is asked for.
    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:  # noqa: ARG002
        raise IsDirectoryError("The list of buckets is no object.", uri=f"s3://{key}", operation="read")

    # What lists buckets is not written to.
    def diagnose(self, key: str | None, *, may_write: bool) -> Iterator[Finding]:  # noqa: ARG002
        from tfm.backends.s3.doctor import examine_buckets  # with all its examinations, which few ask for

        return examine_buckets(Bucket(self.address, self._clients, requester_pays=False), key)

    def _client(self, *, first: bool) -> Any:  # botocore has no types
        clients = self._clients.of_profile(self.address.profile)
        return clients.interactive() if first else clients.patient()

    def _call(self, operation: str, bucket: str, ask: Callable[[], Any]) -> Any:  # whatever botocore answers
        try:
            with translating(lambda: self._clients.asked(operation, bucket, "", self.address.profile)):
                return ask()
        except CredentialsError:
            self._clients.forget(self.address.profile)
            raise


def _directory(bucket: str, created_at: datetime | None) -> Entry:
    created = None if created_at is None else created_at.timestamp()
    return Entry(bucket, f"{bucket}/", Kind.DIRECTORY, None, created)
