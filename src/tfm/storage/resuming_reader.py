"""A reader that goes on after a break, and compares what it has read with the object's checksum."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from tfm.core.capability import Capability
from tfm.core.errors import ConflictError, DamagedError
from tfm.core.writing import Checksum, Part
from tfm.storage.content_check import ContentCheck, usual_part_sizes
from tfm.storage.contract import Backend, Reader
from tfm.storage.retry_policy import RetryPolicy

__all__ = ["ResumingReader", "etag_of_parts"]

Answer = TypeVar("Answer")

_MD5: Final = re.compile("[0-9a-f]{32}")


def etag_of_parts(parts: Sequence[Part]) -> str | None:
    """The etag that S3 gives an object of these parts; None where one of them has none that is an MD5.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html: the MD5 of the parts'
    MD5s, and their number.
    """
    etags = [part.etag or "" for part in parts]
    if not all(_MD5.fullmatch(etag) for etag in etags):
        return None
    digest = hashlib.md5(b"".join(map(bytes.fromhex, etags)), usedforsecurity=False).hexdigest()
    return f"{digest}-{len(parts)}"


class ResumingReader(Reader):
    """Goes on by range after a break, with If-Match, so that what it gives is one version of the object.

    What is read from the first byte to the last is compared with the object's checksum before the last bytes are given.
    Where that is one of parts of unusual sizes, only what is read at once can be.
    """

    def __init__(
        self, backend: Backend, policy: RetryPolicy, reader: Reader, key: str, start: int, length: int | None
    ) -> None:
        self._backend = backend
        self._policy = policy
        self._reader = reader
        self._key = key
        self._next = start
        self._end = None if length is None else start + length
        self._all_bytes = reader.entry.size_bytes if self._end is None else self._end
        self._lock = threading.Lock()
        self.entry = reader.entry
        self.facts = reader.facts
        self.checksum, self.others = reader.checksum, reader.others
        self._check: ContentCheck | None = None
        if start == 0 and length is None and self.checksum is not None and self.entry.size_bytes is not None:
            check = ContentCheck(self.checksum, self.entry.size_bytes)
            self._check = check if check.is_of_use or self.checksum.parts is not None else None

    def read(self, size: int = -1) -> bytes:
        with self._lock:
            if size >= 0:
                data = self._read_once(size)
                self._verify(None)
                return data
            whole = self._next == 0
            parts = []
            while part := self._read_once(1 << 20):
                parts.append(part)
                if self._next == self._all_bytes:
                    break  # nothing is behind it; the reader below had looked at all before it gave the last byte
            data = b"".join(parts)
            self._verify(data if whole else None)
            return data

    def _verify(self, content: bytes | None) -> None:
        """At the end; ``content`` is all of it, where it is at hand. Raises DamagedError."""
        check = self._check
        if check is None or self.checksum is None or self._next != self.entry.size_bytes:
            return
        self._check = None
        verdict = check.verdict()
        if verdict is None and self.checksum.parts is not None:
            verdict = self._verdict_by_parts(self.checksum, self.checksum.parts, content)
        if verdict is False:
            address = self._backend.address
            raise DamagedError(
                "The bytes that arrived do not match the object's checksum.",
                next_step="Read it again.",
                uri=f"{address.scheme}://{address.authority}/{self._key}",
                operation="read",
            )
        self.verified = verdict is True

    def _verdict_by_parts(self, checksum: Checksum, parts: int, content: bytes | None) -> bool | None:
        """What the storage says of the parts tells whether those that were tried are the right ones."""

        def ask() -> list[int] | None:
            return self._backend.part_sizes(self._key, parts, if_match=self.entry.etag)

        sizes = self._policy.run(ask, interactive=False)
        if sizes is None or sum(sizes) != self._next:
            return None
        if sizes in usual_part_sizes(self._next, parts):
            return False
        if content is None:
            return None
        check = ContentCheck(checksum, self._next, part_sizes=sizes)
        check.add(content)
        return check.verdict()

    def readinto(self, view: memoryview) -> int:
        with self._lock:
            size = self._unbroken(lambda: self._reader.readinto(view))
            self._policy.moved(received=size)
            self._next += size
            if self._check is not None:
                self._check.add(view[:size])
            self._verify(None)
            return size

    def _read_once(self, size: int) -> bytes:
        data = self._unbroken(lambda: self._reader.read(size))
        self._policy.moved(received=len(data))
        self._next += len(data)
        if self._check is not None:
            self._check.add(data)
        return data

    def _unbroken(self, read: Callable[[], Answer]) -> Answer:
        broken = False

        def ask() -> Answer:
            nonlocal broken
            if broken:
                self._reopen()
            broken = True
            answer = read()
            broken = False
            return answer

        return self._policy.run(ask, interactive=False)

    def _reopen(self) -> None:
        self._reader.close()
        left = None if self._end is None else self._end - self._next
        conditional = Capability.CONDITIONAL_READ in self._backend.capabilities
        etag = self.entry.etag if conditional else None
        self._reader = self._backend.read(self._key, start=self._next, length=left, if_match=etag)
        now = self._reader.entry
        if (now.etag, now.size_bytes) != (self.entry.etag, self.entry.size_bytes):
            self._reader.close()
            raise ConflictError(
                "The object changed while it was being read.", next_step="Read it again.", operation="read"
            )

    def close(self) -> None:
        self._reader.close()
