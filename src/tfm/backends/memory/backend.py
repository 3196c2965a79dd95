"""The object store in memory, as a backend.

It lists as S3 does: keys in the order of their code points (which is that of their UTF-8 bytes), directories only as
prefixes of keys. It writes as S3 does, too: a delete of what is not there is silent, a directory is a marker, all
preconditions are enforced, and an object that came in parts has the etag of its parts' etags.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tfm.backends.memory.buckets import StoredObject
from tfm.backends.memory.store import MemoryStore, objection
from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.errors import ConflictError, InvalidRequestError, IsDirectoryError, NotFoundError, StorageError
from tfm.core.location import StorageAddress
from tfm.core.page import Page, page_from_entries
from tfm.core.writing import (
    NOTHING_THERE,
    Checksum,
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
from tfm.storage.contract import PAGE_ENTRIES, Backend, BackendContext, Reader

__all__ = ["MemoryBackendFactory"]

_MOST_DELETED_AT_ONCE: Final = 1000
"""As S3: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""


class MemoryBackendFactory:
    """Opens ``memory://``. ``store`` is what its backends read and change; fill it with :meth:`MemoryStore.put`."""

    def __init__(self, context: BackendContext) -> None:
        self.store = MemoryStore()
        self._record_request = context.record_request

    def open(self, address: StorageAddress) -> Backend:
        return _MemoryBackend(address, self.store, self._record_request)


class _MemoryBackend(Backend):
    capabilities = frozenset(
        {
            Capability.FLAT_KEYS,
            Capability.CACHED,
            Capability.CONDITIONAL_READ,
            Capability.LIST_ROOTS,
            Capability.WRITE,
            Capability.DELETE_MANY,
            Capability.SERVER_COPY,
            Capability.SET_FACTS,
        }
    )

    def __init__(self, address: StorageAddress, store: MemoryStore, record_request: Callable[[str], None]) -> None:
        self.address = address
        self.upload_limits = store.upload_limits
        self.copy_whole_bytes = store.copy_whole_bytes
        self._store = store
        self._record_request = record_request

    def identity(self) -> str:
        # Two stores in one process differ in what they answer.
        return f"memory:{id(self._store):x}"

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        self._record_request("list")
        if token is not None and not isinstance(token, str):
            raise InvalidRequestError("This token is of another storage.", uri=self._uri(prefix), operation="list")
        after = token if token is not None else start_after or ""
        if not self.address.authority:
            return self._root_page(prefix, after, limit)
        rows, next_token = self._store.select(
            self.address.authority, prefix, after, recursive=recursive, limit=min(limit, PAGE_ENTRIES)
        )
        base = prefix[: prefix.rfind("/") + 1]
        own_entry = None
        entries = []
        for key, found in rows:
            entry = _entry(key, found, len(base))
            if found is not None and key == base:
                own_entry = entry
            else:
                entries.append(entry)
        return page_from_entries(base, entries, token=next_token, own_entry=own_entry)

    def _root_page(self, prefix: str, after: str, limit: int) -> Page:
        names = [name for name in self._store.roots() if name.startswith(prefix) and name > after]
        token = names[limit - 1] if len(names) > limit else None
        return page_from_entries("", [_root_entry(name) for name in names[:limit]], token=token)

    def stat(self, key: str) -> Lookup:
        self._record_request("stat")
        if not self.address.authority:
            name = key.removesuffix("/")
            known = not key or name in self._store.roots()
            return Lookup(directory=_root_entry(name) if known else None)
        if not key:
            self._store.require(self.address.authority)
            return Lookup(directory=Entry("", "", Kind.DIRECTORY))
        found = self._store.find(self.address.authority, key)
        if found is None:
            return Lookup()
        entry = _entry(key, found)
        return Lookup(directory=entry) if entry.is_directory else Lookup(file=entry)

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        self._record_request("read")
        found = self._found(key, if_match, "read")
        if start < 0 or (length is not None and length < 0):
            raise InvalidRequestError(
                f"No range begins at {start} with {length} bytes.", uri=self._uri(key), operation="read"
            )
        end = len(found.content) if length is None else start + length
        return _MemoryReader(_entry(key, found), found, memoryview(found.content)[start:end])

    def describe(self, key: str, *, if_match: str | None = None) -> Description:
        self._record_request("describe")
        found = self._found(key, if_match, "describe")
        return Description(_entry(key, found), found.facts, _checksum(found))

    def _found(self, key: str, if_match: str | None, operation: str) -> StoredObject:
        uri = self._uri(key)
        if not self.address.authority:
            if key.removesuffix("/") in self._store.roots():
                raise IsDirectoryError(
                    "This is a bucket.", next_step="Open an object in it.", uri=uri, operation=operation
                )
            raise NotFoundError("There is no such bucket in memory.", uri=uri, operation=operation)
        found = self._store.find(self.address.authority, key)
        if found is None:
            raise NotFoundError("There is no such object.", uri=uri, operation=operation)
        if if_match is not None and if_match != found.etag:
            raise ConflictError(
                "The object is no longer the one that was asked for.",
                next_step="List it again.",
                uri=uri,
                operation=operation,
            )
        return found

    def conditions(self) -> frozenset[Condition]:
        return frozenset(Condition)

    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        """All facts are kept; :meth:`MemoryStore.find` tells them."""
        self._record_request("write")
        return _entry(key, self._store.write(self.address.authority, key, content, facts, only_if))

    def begin_upload(self, key: str, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Upload:
        self._record_request("begin upload")
        return Upload(key, self._store.begin_upload(self.address.authority, key), facts, only_if)

    def put_part(self, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:
        del offset  # an object store puts parts together by their numbers
        self._record_request("write part")
        return self._store.put_part(self.address.authority, upload, number, content)

    def finish_upload(self, upload: Upload, parts: Sequence[Part], *, checksum: int | None = None) -> Entry:
        self._record_request("finish upload")
        return _entry(upload.key, self._store.finish_upload(self.address.authority, upload, parts, checksum))

    def abort_upload(self, upload: Upload) -> None:
        self._record_request("abort upload")
        self._store.abort_upload(upload)

    def delete(self, key: str, *, only_if: Precondition | None = None) -> None:
        self._record_request("delete")
        self._store.delete(self.address.authority, key, only_if)

    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        self._record_request("delete many")
        if len(keys) > _MOST_DELETED_AT_ONCE:
            raise InvalidRequestError(
                f"One request deletes {_MOST_DELETED_AT_ONCE:,} objects at most, not {len(keys):,}.",
                uri=self._uri(keys[0]),
                operation="delete",
            )
        self._store.require(self.address.authority)
        failures = []
        for key in keys:
            only_if = None if etags is None or key not in etags else Precondition(etags[key])
            try:
                self._store.delete(self.address.authority, key, only_if, gone_is_done=True)
            except StorageError as error:
                failures.append(DeleteFailure(key, error))
        return failures

    def make_directory(self, key: str, *, mode: int = 0o777) -> Entry:
        """``mode`` is not kept: a marker has no permissions."""
        del mode
        return self.put(key, b"", facts=ObjectFacts(), only_if=NOTHING_THERE)

    def remove_directory(self, key: str) -> None:
        self.delete(key)

    def can_copy_from(self, source: StorageAddress) -> bool:
        """From any bucket of the same store, which is that of the factory."""
        return source.scheme == self.address.scheme and bool(source.authority)

    def copy_from(
        self,
        source: StorageAddress,
        entry: Entry,
        key: str,
        *,
        only_if: Precondition | None = None,
        copied: Callable[[int], None] | None = None,
    ) -> Entry:
        """The copy of an object that came in parts has come in one, and another etag. InvalidRequestError for a copy
        onto itself, as S3 refuses it."""
        del copied  # it is made at once
        self._record_request("copy")
        return _entry(key, self._store.copy(source.authority, entry, self.address.authority, key, only_if))

    def set_facts(self, entry: Entry, facts: ObjectFacts) -> Entry:
        self._record_request("copy")
        return _entry(entry.key, self._store.set_facts(self.address.authority, entry, facts))

    def copy_part(
        self, upload: Upload, number: int, source: StorageAddress, entry: Entry, *, offset: int, length: int
    ) -> Part:
        self._record_request("copy part")
        return self._store.copy_part(
            self.address.authority, upload, number, source.authority, entry, offset=offset, length=length
        )

    def objection(self, key: str, *, below: str) -> str | None:
        del below
        return objection(key)

    def list_uploads(self, prefix: str = "") -> list[Upload]:
        self._record_request("list uploads")
        return self._store.list_uploads(self.address.authority, prefix)

    def list_parts(self, upload: Upload) -> list[Part]:
        self._record_request("list parts")
        return self._store.list_parts(self.address.authority, upload)

    def _uri(self, key: str) -> str:
        return f"memory://{self.address.authority}/{key}" if self.address.authority else f"memory://{key}"


class _MemoryReader(Reader):
    def __init__(self, entry: Entry, found: StoredObject, content: memoryview) -> None:
        self.entry = entry
        self.facts = found.facts
        self.checksum = _checksum(found)
        self._left = content

    def read(self, size: int = -1) -> bytes:
        end = len(self._left) if size < 0 else size
        data, self._left = bytes(self._left[:end]), self._left[end:]
        return data

    def close(self) -> None:
        self._left = memoryview(b"")


def _root_entry(name: str) -> Entry:
    return Entry(name, f"{name}/" if name else "", Kind.DIRECTORY)


def _entry(key: str, found: StoredObject | None, base_length: int | None = None) -> Entry:
    """The entry of a key, or of a directory's text with its slash; the name is what comes after the base."""
    exact_name = key.removesuffix("/")
    name = exact_name.rpartition("/")[2] if base_length is None else exact_name[base_length:]
    kind = Kind.DIRECTORY if key.endswith("/") else Kind.FILE
    if found is None:
        return Entry(name, key, kind)
    return Entry(name, key, kind, len(found.content), found.modified_timestamp, found.etag, found.facts.storage_class)


def _checksum(found: StoredObject) -> Checksum:
    """What the etag says: an MD5, or that of the parts' MD5s with their number behind it."""
    digest, _, parts = found.etag.partition("-")
    return Checksum("MD5", bytes.fromhex(digest), int(parts) if parts else None)
