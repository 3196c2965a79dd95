"""The one place that tries again, and the only one that sleeps."""

from __future__ import annotations

import hashlib
import random
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Lookup
from tfm.core.errors import (
    ConflictError,
    DamagedError,
    NotFoundError,
    StorageError,
    TemporaryError,
    ThrottledError,
)
from tfm.core.finding import Finding
from tfm.core.location import StorageAddress
from tfm.core.page import Page
from tfm.core.settings import Settings
from tfm.core.writing import (
    Checksum,
    Condition,
    Content,
    DeleteFailure,
    Description,
    ObjectFacts,
    Part,
    Precondition,
    Upload,
    UploadLimits,
)
from tfm.storage.content_check import ContentCheck, usual_part_sizes
from tfm.storage.contract import PAGE_ENTRIES, Backend, Reader

__all__ = ["Postponed", "RetryBackend", "RetryPolicy", "etag_of_parts", "run_without_waiting", "wait_patiently"]

Answer = TypeVar("Answer")

_FIRST_DELAY_SECONDS: Final = 0.1
_LONGEST_DELAY_SECONDS: Final = 5.0
_INTERACTIVE_BYTES: Final = 1 << 20
"""A person waits for what is no larger; more than that may take its time on a slow line."""

_MD5: Final = re.compile("[0-9a-f]{32}")


_is_patient: ContextVar[bool] = ContextVar("tfm_is_patient", default=False)


def wait_patiently() -> None:
    """Let nothing be given up early in this thread from now on: nobody waits for each answer, but for a long job to end
    well. Called once by a thread of the transfer engine's own."""
    _is_patient.set(True)


_waits_elsewhere: ContextVar[bool] = ContextVar("tfm_waits_elsewhere", default=False)


class Postponed(BaseException):
    """In place of a wait, where others' answers would have to wait too: call ``wait`` in another thread, and then do
    there what raised this."""

    def __init__(self, wait: Callable[[], None]) -> None:
        super().__init__()
        self.wait: Final = wait


def run_without_waiting(work: Callable[[], Answer]) -> Answer:
    """What ``work`` gives; Postponed where the retry layer would wait before it tries again."""
    token = _waits_elsewhere.set(True)
    try:
        return work()
    finally:
        _waits_elsewhere.reset(token)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, how long, and with whose clock, sleep and chance."""

    max_attempts: int
    interactive_seconds: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    @classmethod
    def from_settings(cls, settings: Settings) -> RetryPolicy:
        return cls(settings.max_attempts, settings.interactive_timeout_seconds)

    def run(self, ask: Callable[[], Answer], *, interactive: bool) -> Answer:
        """The answer of ``ask``, which is asked again after each temporary failure.

        Waits between tries grow twofold from 0.1 s to 5 s, each spread over its upper half; a server's Retry-After is
        kept. Interactive: gives up when one more try, as long as the one before, would end beyond the limit.
        """
        interactive = interactive and not _is_patient.get()
        began = self.clock()
        attempt = 1
        while True:
            started = self.clock()
            try:
                return ask()
            except StorageError as error:
                now = self.clock()
                delay = self._delay(attempt, error)
                late = interactive and now + delay + (now - started) > began + self.interactive_seconds
                if not error.temporary or attempt >= self.max_attempts or late:
                    raise
            if _waits_elsewhere.get():
                raise Postponed(partial(self.sleep, delay))
            self.sleep(delay)
            attempt += 1

    def ask(self, ask: Callable[[], Answer]) -> Answer:
        """The answer of ``ask``, at the first try; for what is begun here and answered later."""
        return ask()

    def moved(self, *, received: int = 0, sent: int = 0) -> None:
        """So many bytes of objects came, or went. Nobody wants to know that here."""

    def _delay(self, attempt: int, error: StorageError) -> float:
        if error.retry_after_seconds is not None:
            return error.retry_after_seconds
        longest = min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2.0 ** (attempt - 1))
        spread: float = 0.5 + self.chance() / 2
        return longest * spread


class RetryBackend(Backend):
    """A backend whose temporary failures are tried again, and whose readers outlive a broken connection."""

    def __init__(self, inner: Backend, policy: RetryPolicy) -> None:
        self._inner = inner
        self._policy = policy
        self.address = inner.address
        self.capabilities = inner.capabilities

    def identity(self) -> str:
        return self._policy.run(self._inner.identity, interactive=True)

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        return self._policy.run(
            lambda: self._inner.list_page(
                prefix, recursive=recursive, token=token, start_after=start_after, limit=limit
            ),
            # Somebody waits for the first page; the later ones come while the first is looked at.
            interactive=token is None and start_after is None,
        )

    def stat(self, key: str) -> Lookup:
        return self._policy.run(lambda: self._inner.stat(key), interactive=True)

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        def opened() -> Reader:
            return self._inner.read(key, start=start, length=length, if_match=if_match)

        reader = self._policy.run(opened, interactive=True)
        if Capability.LOCAL_PATHS in self.capabilities:
            return reader  # nothing of a disk is temporary, and it tells of no checksum
        return _ResumingReader(self._inner, self._policy, reader, key, start, length)

    # What was begun is the first try; every further one is the ordinary request.

    @property
    def begins_requests(self) -> bool:  # type: ignore[override] # the inner backend's
        return self._inner.begins_requests

    def begin_read(self, key: str, *, if_match: str | None = None) -> Callable[[], Reader] | None:
        def again() -> Reader:
            return self._inner.read(key, if_match=if_match)

        begun = self._first_try(lambda: self._inner.begin_read(key, if_match=if_match), again)
        if begun is None:
            return None

        def answer() -> Reader:
            reader = self._policy.run(begun, interactive=True)
            return _ResumingReader(self._inner, self._policy, reader, key, 0, None)

        return answer

    def begin_put(
        self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None
    ) -> Callable[[], Entry] | None:
        def again() -> Entry:
            return self._inner.put(key, content, facts=facts, only_if=only_if)

        begun = self._first_try(lambda: self._inner.begin_put(key, content, facts=facts, only_if=only_if), again)
        if begun is None:
            return None
        answer = self._answer_once(begun, interactive=len(content) <= _INTERACTIVE_BYTES)

        def stored() -> Entry:
            entry = answer()
            self._policy.moved(sent=len(content))
            return entry

        return stored

    def begin_copy(
        self, source: StorageAddress, entry: Entry, key: str, *, only_if: Precondition | None = None
    ) -> Callable[[], Entry] | None:
        def again() -> Entry:
            return self._inner.copy_from(source, entry, key, only_if=only_if)

        begun = self._first_try(lambda: self._inner.begin_copy(source, entry, key, only_if=only_if), again)
        return None if begun is None else self._answer_once(begun, interactive=False)

    def _answer_once(self, begun: Callable[[], Answer], *, interactive: bool) -> Callable[[], Answer]:
        told = _remembering(lambda *, lost: begun())  # noqa: ARG005
        return lambda: self._policy.run(told, interactive=interactive)

    def _first_try(
        self, begin: Callable[[], Callable[[], Answer] | None], again: Callable[[], Answer]
    ) -> Callable[[], Answer] | None:
        """What is to be tried until it succeeds: first the answer to what ``begin`` sent, or its failure to, then
        ``again``."""
        waits: Callable[[], Answer] | None
        failure: StorageError | None = None
        try:
            waits = self._policy.ask(begin)
        except StorageError as error:
            waits, failure = None, error
        if waits is None and failure is None:
            return None

        def ask() -> Answer:
            nonlocal waits, failure
            if failure is not None:
                error, failure = failure, None
                raise error
            if waits is not None:
                first, waits = waits, None
                return first()
            return again()

        return ask

    def presign(self, key: str, *, expires_seconds: int) -> str:
        return self._inner.presign(key, expires_seconds=expires_seconds)

    # Writing. All of it can be said twice, save where a condition holds only the first time.

    @property
    def upload_limits(self) -> UploadLimits:  # type: ignore[override] # the inner backend's, whatever it is by now
        return self._inner.upload_limits

    def conditions(self) -> frozenset[Condition]:
        return self._inner.conditions()

    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        def ask(*, lost: bool) -> Entry:  # noqa: ARG001 - to put the same bytes twice is to put them
            return self._inner.put(key, content, facts=facts, only_if=only_if)

        entry = self._run_once(ask, interactive=len(content) <= _INTERACTIVE_BYTES)
        self._policy.moved(sent=len(content))
        return entry

    def begin_upload(self, key: str, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Upload:
        return self._policy.run(lambda: self._inner.begin_upload(key, facts=facts, only_if=only_if), interactive=False)

    def put_part(self, upload: Upload, number: int, content: Content, *, offset: int) -> Part:
        part = self._policy.run(lambda: self._inner.put_part(upload, number, content, offset=offset), interactive=False)
        self._policy.moved(sent=len(content))
        return part

    def finish_upload(self, upload: Upload, parts: Sequence[Part], *, checksum: int | None = None) -> Entry:
        def ask(*, lost: bool) -> Entry:
            try:
                return self._inner.finish_upload(upload, parts, checksum=checksum)
            except NotFoundError:
                finished = self._finished(upload, parts) if lost else None
                if finished is None:
                    raise
                return finished

        return self._run_once(ask, interactive=False)

    def _finished(self, upload: Upload, parts: Sequence[Part]) -> Entry | None:
        """What an upload became whose answer was lost: it is gone, and its object is there."""
        answer = self._inner.stat(upload.key)
        entry = answer.directory if upload.key.endswith("/") else answer.file
        size_bytes = sum(part.size_bytes for part in parts)
        etag = etag_of_parts(parts)
        here = entry is not None and etag is not None and (entry.size_bytes, entry.etag) == (size_bytes, etag)
        return entry if here else None

    def abort_upload(self, upload: Upload) -> None:
        self._policy.run(lambda: self._inner.abort_upload(upload), interactive=True)

    def delete(self, key: str, *, only_if: Precondition | None = None) -> None:
        def ask(*, lost: bool) -> None:
            try:
                self._inner.delete(key, only_if=only_if)
            except NotFoundError:
                if not lost:
                    raise  # else an earlier try did it, and its answer was lost

        self._run_once(ask, interactive=True)

    def delete_many(self, keys: Sequence[str]) -> list[DeleteFailure]:
        return self._policy.run(lambda: self._inner.delete_many(keys), interactive=False)

    def make_directory(self, key: str, *, mode: int = 0o777) -> Entry:
        return self._run_once(lambda *, lost: self._inner.make_directory(key, mode=mode), interactive=True)  # noqa: ARG005

    def remove_directory(self, key: str) -> None:
        self._policy.run(lambda: self._inner.remove_directory(key), interactive=True)

    def remove_tree(
        self, key: str, *, removed: Callable[[Entry], None], failed: Callable[[Entry, StorageError], None]
    ) -> None:
        self._inner.remove_tree(key, removed=removed, failed=failed)

    # Copying, and what was interrupted

    @property
    def copy_whole_bytes(self) -> int:  # type: ignore[override] # as upload_limits
        return self._inner.copy_whole_bytes

    def describe(self, key: str, *, if_match: str | None = None) -> Description:
        return self._policy.run(lambda: self._inner.describe(key, if_match=if_match), interactive=True)

    def part_sizes(self, key: str, parts: int, *, if_match: str | None = None) -> list[int] | None:
        return self._policy.run(lambda: self._inner.part_sizes(key, parts, if_match=if_match), interactive=False)

    def can_copy_from(self, source: StorageAddress) -> bool:
        return self._inner.can_copy_from(source)

    def price_list(self) -> str | None:
        return self._inner.price_list()

    def copy_from(
        self,
        source: StorageAddress,
        entry: Entry,
        key: str,
        *,
        only_if: Precondition | None = None,
        copied: Callable[[int], None] | None = None,
    ) -> Entry:
        def ask(*, lost: bool) -> Entry:  # noqa: ARG001 - as put
            return self._inner.copy_from(source, entry, key, only_if=only_if, copied=copied)

        return self._run_once(ask, interactive=False)

    def copy_part(
        self, upload: Upload, number: int, source: StorageAddress, entry: Entry, *, offset: int, length: int
    ) -> Part:
        def ask() -> Part:
            return self._inner.copy_part(upload, number, source, entry, offset=offset, length=length)

        return self._policy.run(ask, interactive=False)

    def rename(self, key: str, new_key: str, *, only_if: Precondition | None = None) -> None:
        self._inner.rename(key, new_key, only_if=only_if)

    def objection(self, key: str, *, below: str) -> str | None:
        return self._inner.objection(key, below=below)

    def confined(self, prefix: str) -> Backend:
        inner = self._inner.confined(prefix)
        return self if inner is self._inner else RetryBackend(inner, self._policy)

    def free_bytes(self, prefix: str) -> int | None:
        return self._inner.free_bytes(prefix)

    def set_directory_facts(self, key: str, facts: ObjectFacts) -> None:
        self._inner.set_directory_facts(key, facts)

    def set_mode(self, key: str, mode: int) -> Entry:
        return self._inner.set_mode(key, mode)

    def trash(self, key: str) -> str:
        return self._inner.trash(key)

    def restore(self, key: str, trashed: str) -> None:
        self._inner.restore(key, trashed)

    def set_facts(self, entry: Entry, facts: ObjectFacts) -> Entry:
        def ask(*, lost: bool) -> Entry:  # noqa: ARG001 - as put
            return self._inner.set_facts(entry, facts)

        return self._run_once(ask, interactive=False)

    def sync(self, prefix: str) -> None:
        self._inner.sync(prefix)

    def read_upload(self, upload: Upload, *, start: int, length: int) -> bytes:
        return self._inner.read_upload(upload, start=start, length=length)

    def sweep(self, prefix: str, *, keep: Collection[str] = ()) -> int:
        return self._inner.sweep(prefix, keep=keep)

    def list_uploads(self, prefix: str = "") -> list[Upload]:
        return self._policy.run(lambda: self._inner.list_uploads(prefix), interactive=False)

    def list_parts(self, upload: Upload) -> list[Part]:
        return self._policy.run(lambda: self._inner.list_parts(upload), interactive=False)

    def diagnose(self, key: str | None, *, may_write: bool) -> Iterator[Finding]:
        return self._inner.diagnose(key, may_write=may_write)

    def _run_once(self, ask: Callable[..., Answer], *, interactive: bool) -> Answer:
        """As the policy runs it, for what may have happened though its answer was ``lost``, as ``ask`` is told then.

        A condition that fails after that may have failed on what the lost request itself had written: that is said.
        """
        return self._policy.run(_remembering(ask), interactive=interactive)


def _remembering(ask: Callable[..., Answer]) -> Callable[[], Answer]:
    """``ask``, told whether the answer to an earlier call of it was lost."""
    lost = False

    def told() -> Answer:
        nonlocal lost
        try:
            return ask(lost=lost)
        except ConflictError as error:
            if not lost:
                raise
            raise ConflictError(
                "The answer to the first try was lost, and at the second something is there.",
                next_step="Look whether it is what was to be written: then all is done.",
                uri=error.uri,
                operation=error.operation,
            ) from error
        except TemporaryError as error:
            lost = lost or not isinstance(error, ThrottledError)
            raise

    return told


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


class _ResumingReader(Reader):
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
        self._lock = threading.Lock()
        self.entry = reader.entry
        self.facts = reader.facts
        self.checksum = reader.checksum
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
