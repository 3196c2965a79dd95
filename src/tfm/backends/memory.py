"""An object store inside the process, for tests and for whoever wants to try something without a server.

It lists as S3 does: keys in the order of their code points (which is that of their UTF-8 bytes), directories only as
prefixes of keys.
"""

from __future__ import annotations

import hashlib
import threading
import time
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.errors import (
    ConflictError,
    InvalidPathError,
    InvalidRequestError,
    IsDirectoryError,
    NotFoundError,
)
from tfm.core.location import StorageAddress
from tfm.core.page import Page, page_from_entries
from tfm.storage.contract import PAGE_ENTRIES, Backend, BackendContext, Reader

__all__ = ["MemoryBackendFactory", "MemoryStore"]

_LONGEST_KEY_BYTES: Final = 1024
"""As S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

_INSERT_ONE_BY_ONE_BELOW: Final = 64
"""New keys up to which inserting each (a memmove) is quicker than sorting 100,000 sorted keys again (2 ms)."""


@dataclass(frozen=True, slots=True)
class _Object:
    content: bytes
    modified_timestamp: float
    etag: str


class _Bucket:
    """Objects by key, and their keys in order. Its store's lock guards it."""

    __slots__ = ("keys", "objects")

    def __init__(self) -> None:
        self.objects: dict[str, _Object] = {}
        self.keys: list[str] = []

    def put(self, objects: Mapping[str, _Object]) -> None:
        new = objects.keys() - self.objects.keys()
        self.objects.update(objects)
        if len(new) < _INSERT_ONE_BY_ONE_BELOW:
            for key in new:
                insort(self.keys, key)
        else:
            self.keys = sorted(self.objects)

    def remove(self, key: str) -> None:
        if self.objects.pop(key, None) is not None:
            del self.keys[bisect_left(self.keys, key)]


class MemoryStore:
    """What ``memory://`` holds: buckets by name, each with objects by exact key. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def put(self, authority: str, files: Mapping[str, bytes]) -> None:
        """Store ``files``, content by exact key, in that bucket, which comes to exist if it did not.

        Raises InvalidPathError for a key that S3 could not hold either, and then stores none.
        """
        now = self._clock()
        objects = {}
        for key, content in files.items():
            _require_storable(key)
            etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
            objects[key] = _Object(bytes(content), now, etag)
        with self._lock:
            self._buckets.setdefault(authority, _Bucket()).put(objects)

    def remove(self, authority: str, key: str) -> None:
        """Drop one object, if it is there."""
        with self._lock:
            self._bucket(authority).remove(key)

    def remove_bucket(self, authority: str) -> None:
        """Drop a bucket with all it holds, if it is there."""
        with self._lock:
            self._buckets.pop(authority, None)

    def roots(self) -> list[str]:
        """The names of the buckets, sorted."""
        with self._lock:
            return sorted(self._buckets)

    def require(self, authority: str) -> None:
        """Raises NotFoundError where there is no such bucket."""
        with self._lock:
            self._bucket(authority)

    def find(self, authority: str, key: str) -> _Object | None:
        with self._lock:
            return self._bucket(authority).objects.get(key)

    def select(
        self, authority: str, prefix: str, after: str, *, recursive: bool, limit: int
    ) -> tuple[list[tuple[str, _Object | None]], str | None]:
        """Rows beyond ``after`` that begin with ``prefix``, and the text to go on after (None at the end).

        A row is a key and its object, or the text of a directory up to its slash and None.
        """
        with self._lock:
            bucket = self._bucket(authority)
            return _select(bucket, prefix, after, recursive=recursive, limit=limit)

    def _bucket(self, authority: str) -> _Bucket:
        bucket = self._buckets.get(authority)
        if bucket is None:
            raise NotFoundError(
                "There is no such bucket in memory.", next_step="Put something into it.", uri=f"memory://{authority}/"
            )
        return bucket


def _select(
    bucket: _Bucket, prefix: str, after: str, *, recursive: bool, limit: int
) -> tuple[list[tuple[str, _Object | None]], str | None]:
    keys = bucket.keys
    index = max(bisect_left(keys, prefix), bisect_right(keys, after))
    rows: list[tuple[str, _Object | None]] = []
    while index < len(keys) and keys[index].startswith(prefix):
        if len(rows) == limit:
            row, found = rows[-1]
            return rows, row if found is not None else _last_text_within(row)
        key = keys[index]
        slash = -1 if recursive else key.find("/", len(prefix))
        if slash < 0:
            rows.append((key, bucket.objects[key]))
            index += 1
        else:
            directory = key[: slash + 1]
            rows.append((directory, None))
            index = bisect_right(keys, _last_text_within(directory), lo=index)
    return rows, None


def _last_text_within(directory: str) -> str:
    """Text after every key that begins with ``directory`` and before every other one that is greater.

    The greatest code point cannot follow itself 1,024 times in a key of 1,024 bytes; four bytes each, 256 do.
    """
    return directory + "\U0010ffff" * (_LONGEST_KEY_BYTES // 4 + 1)


class MemoryBackendFactory:
    """Opens ``memory://``. ``store`` is what its backends read; fill it with :meth:`MemoryStore.put`."""

    def __init__(self, context: BackendContext) -> None:
        self.store = MemoryStore()
        self._record_request = context.record_request

    def open(self, address: StorageAddress) -> Backend:
        return _MemoryBackend(address, self.store, self._record_request)


class _MemoryBackend(Backend):
    capabilities = frozenset(
        {Capability.FLAT_KEYS, Capability.CACHED, Capability.CONDITIONAL_READ, Capability.LIST_ROOTS}
    )

    def __init__(self, address: StorageAddress, store: MemoryStore, record_request: Callable[[str], None]) -> None:
        self.address = address
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
        if not self.address.authority:
            if key.removesuffix("/") in self._store.roots():
                raise IsDirectoryError(
                    "This is a bucket.", next_step="Open an object in it.", uri=self._uri(key), operation="read"
                )
            raise NotFoundError("There is no such bucket in memory.", uri=self._uri(key), operation="read")
        found = self._store.find(self.address.authority, key)
        if found is None:
            raise NotFoundError("There is no such object.", uri=self._uri(key), operation="read")
        if if_match is not None and if_match != found.etag:
            raise ConflictError(
                "The object is no longer the one that was asked for.",
                next_step="List it again.",
                uri=self._uri(key),
                operation="read",
            )
        if start < 0 or (length is not None and length < 0):
            raise InvalidRequestError(
                f"No range begins at {start} with {length} bytes.", uri=self._uri(key), operation="read"
            )
        end = len(found.content) if length is None else start + length
        return _MemoryReader(_entry(key, found), memoryview(found.content)[start:end])

    def _uri(self, key: str) -> str:
        return f"memory://{self.address.authority}/{key}" if self.address.authority else f"memory://{key}"


class _MemoryReader(Reader):
    def __init__(self, entry: Entry, content: memoryview) -> None:
        self.entry = entry
        self._left = content

    def read(self, size: int = -1) -> bytes:
        end = len(self._left) if size < 0 else size
        data, self._left = bytes(self._left[:end]), self._left[end:]
        return data

    def close(self) -> None:
        self._left = memoryview(b"")


def _root_entry(name: str) -> Entry:
    return Entry(name, f"{name}/" if name else "", Kind.DIRECTORY)


def _entry(key: str, found: _Object | None, base_length: int | None = None) -> Entry:
    """The entry of a key, or of a directory's text with its slash; the name is what comes after the base."""
    exact_name = key.removesuffix("/")
    name = exact_name.rpartition("/")[2] if base_length is None else exact_name[base_length:]
    kind = Kind.DIRECTORY if key.endswith("/") else Kind.FILE
    if found is None:
        return Entry(name, key, kind)
    return Entry(name, key, kind, len(found.content), found.modified_timestamp, found.etag)


def _require_storable(key: str) -> None:
    try:
        length_bytes = len(key.encode())
    except UnicodeEncodeError as error:
        raise InvalidPathError(f"A key is UTF-8 text, which {key!r} is not.", operation="put") from error
    if not 1 <= length_bytes <= _LONGEST_KEY_BYTES:
        raise InvalidPathError(f"A key has 1 to {_LONGEST_KEY_BYTES} bytes, not {length_bytes}.", operation="put")
