"""What ``memory://`` holds, and what changes it."""

from __future__ import annotations

import hashlib
import itertools
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tfm.backends.memory.buckets import LONGEST_KEY_BYTES, Bucket, StoredObject, select
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, DamagedError, InvalidPathError, InvalidRequestError, NotFoundError
from tfm.core.writing import Content, ObjectFacts, Part, PartContent, Precondition, Upload, UploadLimits, pieces_of

__all__ = ["MemoryStore", "objection"]

_NO_FACTS: Final = ObjectFacts()


@dataclass(slots=True)
class _Pending:
    """An object that is arriving in parts."""

    authority: str
    key: str
    parts: dict[int, bytes] = field(default_factory=dict)


class MemoryStore:
    """What ``memory://`` holds: buckets by name, each with objects by exact key. Thread-safe.

    ``upload_limits`` may be set, before backends are opened, to try parts with little data; a part's least size is
    enforced when an upload is finished, as S3 does. So may ``copy_whole_bytes``, beyond which a copy is made in parts.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.upload_limits = UploadLimits(whole_bytes=16 << 20, part_bytes=16 << 20, most_parts=10_000)
        self.copy_whole_bytes = 5 << 30
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, Bucket] = {}
        self._pending: dict[str, _Pending] = {}
        self._upload_numbers = itertools.count(1)

    def put(self, authority: str, files: Mapping[str, bytes]) -> None:
        """Store ``files``, content by exact key, in that bucket, which comes to exist if it did not.

        Raises InvalidPathError for a key that S3 could not hold either, and then stores none.
        """
        for key in files:
            _require_storable(authority, key, "put")
        objects = {key: self._made(content, _NO_FACTS) for key, content in files.items()}
        with self._lock:
            self._buckets.setdefault(authority, Bucket()).put(objects)

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

    def uploads(self, authority: str) -> list[str]:
        """The keys of what is arriving in parts, sorted."""
        with self._lock:
            return sorted(pending.key for pending in self._pending.values() if pending.authority == authority)

    def require(self, authority: str) -> None:
        """Raises NotFoundError where there is no such bucket."""
        with self._lock:
            self._bucket(authority)

    def find(self, authority: str, key: str) -> StoredObject | None:
        with self._lock:
            return self._bucket(authority).objects.get(key)

    def select(
        self, authority: str, prefix: str, after: str, *, recursive: bool, limit: int
    ) -> tuple[list[tuple[str, StoredObject | None]], str | None]:
        """As :func:`tfm.backends.memory.buckets.select`, in that bucket."""
        with self._lock:
            return select(self._bucket(authority), prefix, after, recursive=recursive, limit=limit)

    def write(
        self, authority: str, key: str, content: Content, facts: ObjectFacts, only_if: Precondition | None
    ) -> StoredObject:
        """Store one object, in one step with the precondition."""
        _require_storable(authority, key, "write")
        made = self._made(content, facts)
        with self._lock:
            bucket = self._bucket(authority, key, "write")
            _require(only_if, bucket, authority, key, "write")
            bucket.put({key: made})
        return made

    def delete(self, authority: str, key: str, only_if: Precondition | None, *, gone_is_done: bool = False) -> None:
        """Drop one object, if it is there, in one step with the precondition; ``gone_is_done``: or it is gone."""
        _require_storable(authority, key, "delete")
        with self._lock:
            bucket = self._bucket(authority, key, "delete")
            if gone_is_done and key not in bucket.objects:
                return
            _require(only_if, bucket, authority, key, "delete")
            bucket.remove(key)

    def begin_upload(self, authority: str, key: str) -> str:
        """Begin an object in parts; the upload's id."""
        _require_storable(authority, key, "write")
        with self._lock:
            self._bucket(authority, key, "write")
            upload_id = f"upload-{next(self._upload_numbers)}"
            self._pending[upload_id] = _Pending(authority, key)
        return upload_id

    def put_part(self, authority: str, upload: Upload, number: int, content: PartContent) -> Part:
        uri = _uri(authority, upload.key)
        if not 1 <= number <= self.upload_limits.most_parts:
            raise InvalidRequestError(
                f"A part has a number from 1 to {self.upload_limits.most_parts:,}, not {number:,}.",
                uri=uri,
                operation="write",
            )
        kept = b"".join(map(bytes, pieces_of(content, sends=True)))
        with self._lock:
            self._find_pending(authority, upload).parts[number] = kept
        return _part(number, kept)

    def finish_upload(
        self, authority: str, upload: Upload, parts: Sequence[Part], checksum: int | None
    ) -> StoredObject:
        """Store what the parts are together, in one step with the upload's precondition."""
        with self._lock:
            bucket = self._bucket(authority, upload.key, "write")
            contents = self._contents(self._find_pending(authority, upload), parts)
            whole = b"".join(contents)
            if checksum is not None and checksum != zlib.crc32(whole):
                raise DamagedError(
                    "The parts are not together what was to be sent: their checksum differs.",
                    next_step="Send it again.",
                    uri=_uri(authority, upload.key),
                    operation="write",
                )
            _require(upload.only_if, bucket, authority, upload.key, "write")
            digests = b"".join(hashlib.md5(content, usedforsecurity=False).digest() for content in contents)
            made = StoredObject(whole, self._clock(), f"{_md5(digests)}-{len(contents)}", upload.facts)
            bucket.put({upload.key: made})
            del self._pending[upload.id]
        return made

    def copy(self, source: str, entry: Entry, authority: str, key: str, only_if: Precondition | None) -> StoredObject:
        """Store what ``entry`` of the bucket ``source`` is, facts and all, in one step with the precondition."""
        _require_storable(authority, key, "copy")
        with self._lock:
            found = self._source(source, entry)
            bucket = self._bucket(authority, key, "copy")
            cause = None
            if (source, entry.key) == (authority, key):
                cause = "An object cannot be copied onto itself."
            elif len(found.content) > self.copy_whole_bytes:
                cause = f"An object of more than {self.copy_whole_bytes:,} bytes is copied in parts."
            if cause is not None:
                raise InvalidRequestError(cause, uri=_uri(authority, key), operation="copy")
            _require(only_if, bucket, authority, key, "copy")
            made = self._made(found.content, found.facts)
            bucket.put({key: made})
        return made

    def copy_part(
        self, authority: str, upload: Upload, number: int, source: str, entry: Entry, *, offset: int, length: int
    ) -> Part:
        """As :meth:`put_part`, with that range of ``entry`` of the bucket ``source``."""
        with self._lock:
            content = self._source(source, entry).content
        if not 0 <= offset < offset + length <= len(content):
            raise InvalidRequestError(
                f"The source has no {length:,} bytes from {offset:,}.",
                uri=_uri(source, entry.key),
                operation="copy",
            )
        return self.put_part(authority, upload, number, memoryview(content)[offset : offset + length])

    def list_uploads(self, authority: str, prefix: str) -> list[Upload]:
        """Uploads that are neither finished nor aborted, by key, then in the order in which they began."""
        with self._lock:
            self._bucket(authority)
            begun = [
                Upload(pending.key, upload_id, _NO_FACTS, None)
                for upload_id, pending in self._pending.items()
                if pending.authority == authority and pending.key.startswith(prefix)
            ]
        return sorted(begun, key=lambda upload: upload.key)

    def list_parts(self, authority: str, upload: Upload) -> list[Part]:
        """The parts that have come, by number."""
        with self._lock:
            parts = sorted(self._find_pending(authority, upload).parts.items())
        return [_part(number, content) for number, content in parts]

    def abort_upload(self, upload: Upload) -> None:
        """Drop an upload, if it is there."""
        with self._lock:
            self._pending.pop(upload.id, None)

    def _contents(self, pending: _Pending, parts: Sequence[Part]) -> list[bytes]:
        """The content of each part. Raises InvalidRequestError where they are not what S3 would take."""
        numbers = [part.number for part in parts]
        contents = [pending.parts.get(number) for number in numbers]
        known = [content for content in contents if content is not None]
        cause = None
        if not parts or numbers != sorted(set(numbers)):
            cause = "The parts of an object are named in the order of their numbers, each once, at least one."
        elif len(known) < len(parts) or any(
            part.etag != _md5(content) for part, content in zip(parts, known, strict=True)
        ):
            cause = "A part that is named did not come, or another one came in its place."
        elif any(len(content) < self.upload_limits.part_bytes for content in known[:-1]):
            cause = f"A part that is not the last has {self.upload_limits.part_bytes:,} bytes at least."
        if cause is not None:
            raise InvalidRequestError(cause, uri=_uri(pending.authority, pending.key), operation="write")
        return known

    def set_facts(self, authority: str, entry: Entry, facts: ObjectFacts) -> StoredObject:
        """Replace all that the object of ``entry`` says of itself; raises as :meth:`copy`."""
        with self._lock:
            found = self._source(authority, entry)
            made = StoredObject(found.content, self._clock(), found.etag, facts)
            self._bucket(authority).put({entry.key: made})
        return made

    def _source(self, authority: str, entry: Entry) -> StoredObject:
        """Raises NotFoundError, and ConflictError where it is no longer the version of ``entry``."""
        found = self._bucket(authority, entry.key, "copy").objects.get(entry.key)
        uri = _uri(authority, entry.key)
        if found is None:
            raise NotFoundError("There is no such object.", next_step="List it again.", uri=uri, operation="copy")
        if entry.etag is not None and found.etag != entry.etag:
            raise ConflictError(
                "The object is no longer the one that was seen.",
                next_step="List it again.",
                uri=uri,
                operation="copy",
            )
        return found

    def _find_pending(self, authority: str, upload: Upload) -> _Pending:
        pending = self._pending.get(upload.id)
        if pending is None or (pending.authority, pending.key) != (authority, upload.key):
            raise NotFoundError(
                "This upload is not there: it was finished or dropped.",
                next_step="Begin again.",
                uri=_uri(authority, upload.key),
                operation="write",
            )
        return pending

    def _bucket(self, authority: str, key: str = "", operation: str | None = None) -> Bucket:
        bucket = self._buckets.get(authority)
        if bucket is None:
            raise NotFoundError(
                "There is no such bucket in memory.",
                next_step="Put something into it.",
                uri=_uri(authority, key),
                operation=operation,
            )
        return bucket

    def _made(self, content: Content, facts: ObjectFacts) -> StoredObject:
        kept = bytes(content)
        return StoredObject(kept, self._clock(), _md5(kept), facts)


def _part(number: int, content: bytes) -> Part:
    return Part(number, len(content), _md5(content), f"{zlib.crc32(content):08x}")


def _require(only_if: Precondition | None, bucket: Bucket, authority: str, key: str, operation: str) -> None:
    """Raises ConflictError where the precondition does not hold."""
    if only_if is None:
        return
    found = bucket.objects.get(key)
    if (None if found is None else found.etag) != only_if.etag:
        raise ConflictError(
            "Something is there already." if only_if.etag is None else "The object is no longer the one that was seen.",
            next_step="Look again, then decide.",
            uri=_uri(authority, key),
            operation=operation,
        )


def objection(key: str) -> str | None:
    """Why S3 could not hold an object of that key; None where it could."""
    try:
        length_bytes = len(key.encode())
    except UnicodeEncodeError:
        return f"A key is UTF-8 text, which {key!r} is not."
    if not 1 <= length_bytes <= LONGEST_KEY_BYTES:
        return f"A key has 1 to {LONGEST_KEY_BYTES} bytes, not {length_bytes}."
    return None


def _require_storable(authority: str, key: str, operation: str) -> None:
    cause = objection(key)
    if cause is not None:
        raise InvalidPathError(cause, uri=_uri(authority, key), operation=operation)


def _uri(authority: str, key: str) -> str:
    return f"memory://{authority}/{key}"


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
