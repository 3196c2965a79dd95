"""The layer that tries again what failed for a while."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from tfm.core.awaited import Awaited
from tfm.core.capability import Capability
from tfm.core.entry import Entry, Lookup
from tfm.core.errors import ConflictError, NotFoundError, StorageError, TemporaryError, ThrottledError
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
    UploadLimits,
)
from tfm.storage.contract import PAGE_ENTRIES, Backend, Reader, WholeObject
from tfm.storage.reader import whole_object
from tfm.storage.retry_policy import RetryPolicy

if TYPE_CHECKING:
    from tfm.core.finding import Finding

__all__ = ["RetryBackend"]

Answer = TypeVar("Answer")

_INTERACTIVE_BYTES: Final = 1 << 20
"""A person waits for what is no larger; more than that may take its time on a slow line."""


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
        return self._resuming(reader, key, start, length)

    def _resuming(self, reader: Reader, key: str, start: int, length: int | None) -> Reader:
        from tfm.storage.resuming_reader import ResumingReader  # with all that computes checksums

        return ResumingReader(self._inner, self._policy, reader, key, start, length)

    # What was begun is the first try; every further one is the ordinary request.

    @property
    def begins_requests(self) -> bool:  # type: ignore[override] # the inner backend's
        return self._inner.begins_requests

    def begin_read(self, key: str, *, most_bytes: int, if_match: str | None = None) -> Awaited[WholeObject] | None:
        def begin() -> Awaited[WholeObject] | None:
            return self._inner.begin_read(key, most_bytes=most_bytes, if_match=if_match)

        def again() -> WholeObject:
            uri = f"{self.address.scheme}://{self.address.authority}/{key}"
            return whole_object(self._inner.read(key, if_match=if_match), most_bytes, uri)

        begun = self._first_try(begin, again)
        if begun is None:
            return None

        def answer() -> WholeObject:
            whole = self._policy.run(begun, interactive=True)
            self._policy.moved(received=len(whole.content))
            return whole

        return begun.then(answer)

    def begin_put(
        self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None
    ) -> Awaited[Entry] | None:
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

        return begun.then(stored)

    def begin_copy(
        self, source: StorageAddress, entry: Entry, key: str, *, only_if: Precondition | None = None
    ) -> Awaited[Entry] | None:
        def again() -> Entry:
            return self._inner.copy_from(source, entry, key, only_if=only_if)

        begun = self._first_try(lambda: self._inner.begin_copy(source, entry, key, only_if=only_if), again)
        return None if begun is None else begun.then(self._answer_once(begun, interactive=False))

    def begin_delete_many(self, keys: Sequence[str]) -> Callable[[], list[DeleteFailure]] | None:
        left = _Left(keys)
        begun = self._first_try(lambda: self._inner.begin_delete_many(keys), lambda: self._inner.delete_many(left.keys))
        return None if begun is None else lambda: self._deleted(left, begun)

    def _answer_once(self, begun: Callable[[], Answer], *, interactive: bool) -> Callable[[], Answer]:
        told = _remembering(lambda *, lost: begun())  # noqa: ARG005
        return lambda: self._policy.run(told, interactive=interactive)

    def _first_try(
        self, begin: Callable[[], Callable[[], Answer] | None], again: Callable[[], Answer]
    ) -> Awaited[Answer] | None:
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

        return Awaited(ask, waits.descriptor if isinstance(waits, Awaited) else None)

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

    def put_part(self, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:
        part = self._policy.run(lambda: self._inner.put_part(upload, number, content, offset=offset), interactive=False)
        self._policy.moved(sent=len(content))
        return part

    def finish_upload(self, upload: Upload, parts: Sequence[Part], *, checksum: int | None = None) -> Entry:
        def ask(*, lost: bool) -> Entry:
            try:
                return self._inner.finish_upload(upload, parts, checksum=checksum)
            except (NotFoundError, ConflictError):
                # Some look at the condition first, which does not hold any more, and then at the upload.
                finished = self._finished(upload, parts) if lost else None
                if finished is None:
                    raise
                return finished

        return self._run_once(ask, interactive=False)

    def _finished(self, upload: Upload, parts: Sequence[Part]) -> Entry | None:
        """What an upload became whose answer was lost: it is gone, and its object is there."""
        from tfm.storage.resuming_reader import etag_of_parts

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

    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        left = _Left(keys)
        return self._deleted(left, lambda: self._inner.delete_many(left.keys, etags=etags))

    def _deleted(self, left: _Left, ask: Callable[[], list[DeleteFailure]]) -> list[DeleteFailure]:
        """What was not deleted in the end; those that a server had no time for are asked for again."""
        try:
            self._policy.run(lambda: left.take(ask()), interactive=False)
        except StorageError as error:
            if left.error is None:
                raise
            left.give_up(error)
        return left.failures

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

    def tags(self, key: str) -> Mapping[str, str]:
        return self._policy.run(lambda: self._inner.tags(key), interactive=True)

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

    def copy_bytes(self, source: StorageAddress, entry: Entry, *, below: str) -> int:
        return self._inner.copy_bytes(source, entry, below=below)

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

    def write_out(self, upload: Upload, *, offset: int, length: int) -> None:
        self._inner.write_out(upload, offset=offset, length=length)

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


class _Left:
    """Which ``keys`` of a batch are still to be deleted, while it is tried again."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = keys
        self.error: StorageError | None = None
        self._failures: list[DeleteFailure] = []
        self._temporary: list[DeleteFailure] = []

    @property
    def failures(self) -> list[DeleteFailure]:
        return [*self._failures, *self._temporary]

    def give_up(self, error: StorageError) -> None:
        """The last try ended with ``error``, which may be one that :meth:`take` raised."""
        if error is not self.error:
            self._temporary = [DeleteFailure(key, error, known=not error.temporary) for key in self.keys]

    def take(self, failures: Sequence[DeleteFailure]) -> None:
        """Raises the first failure that another try may mend, once the others are put aside."""
        self._temporary = [failure for failure in failures if failure.error.temporary]
        self._failures += [failure for failure in failures if not failure.error.temporary]
        if self._temporary:
            self.keys = [failure.key for failure in self._temporary]
            self.error = self._temporary[0].error
            raise self.error


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
