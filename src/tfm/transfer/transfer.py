"""One object from one storage to another: by the storage itself, whole, or in parts; verified before it is seen."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry
from tfm.core.errors import ConflictError, DamagedError, InvalidRequestError, StorageError, UnsupportedOperation
from tfm.core.progress import Cancel
from tfm.core.step import Step, StepAction
from tfm.core.writing import Checksum, Description, ObjectFacts, Part, Upload
from tfm.storage.contract import Reader
from tfm.storage.retry import Postponed
from tfm.storage.storage import Storage
from tfm.transfer.checksum import combine_crc32, fits
from tfm.transfer.directories import Directories
from tfm.transfer.engine import Begun, BytesBudget, Task
from tfm.transfer.meter import Meter

__all__ = ["Outcome", "Transfer", "TransferContext", "UploadRecord", "part_bytes_of"]

_LEAST_PART_BYTES: Final = 8 << 20
_COPIED_PART_BYTES: Final = 256 << 20
_CHUNK_BYTES: Final = 1 << 20
_PIECE_BYTES: Final = 256 << 10
"""With a MiB the kernel took twice the time for them: it looks for memory that is that long in one piece."""

_MOST_LIGHT_BYTES: Final = 128 << 10
"""Beyond that moving the bytes takes longer than all around them; what the sockets' own memory holds, and so no answer
keeps a server waiting until somebody comes to it."""


class _Own(threading.local):
    piece: bytearray | None = None


_OWN: Final = _Own()


def _own_piece() -> bytearray:
    """Of this thread."""
    if _OWN.piece is None:
        _OWN.piece = bytearray(_PIECE_BYTES)
    return _OWN.piece


class UploadRecord(Protocol):
    """Where an upload's course is written down, so that it can be gone on with. Thread-safe."""

    def resumed(self) -> tuple[str, list[tuple[Part, int]], int] | None:
        """What an earlier run had: the upload's id, its parts with the CRC-32 of each, and the size of a part."""

    def intended(self, key: str) -> None: ...

    def created(self, upload: Upload, part_bytes: int) -> None: ...

    def part(self, part: Part, crc32: int) -> None: ...

    def ended(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one step. ``verified`` is False where nothing could be compared, True where nothing had to be."""

    entry: Entry | None
    size_bytes: int
    verified: bool


@dataclass(frozen=True, slots=True)
class TransferContext:
    """What the transfers of one job share."""

    source: Storage
    target: Storage
    directories: Directories
    meter: Meter
    cancel: Cancel
    budget: BytesBudget

    @property
    def server_side(self) -> bool:
        return self.target.can_copy_from(self.source.address)

    @property
    def begins_requests(self) -> bool:
        """Whether one thread can have several objects under way."""
        return self.target.begins_requests or (self.source.begins_requests and not self.server_side)


class Cancelled(Exception):  # noqa: N818 - not an error
    """The job is to end: what is under way stays for whoever resumes it."""


class Transfer:
    """A step on its way. :meth:`run` is its first task; ``ended`` hears of its outcome, or its error, once."""

    def __init__(
        self,
        context: TransferContext,
        step: Step,
        *,
        record: Callable[[], UploadRecord],
        ended: Callable[[Step, Outcome | None, StorageError | None], None],
        large_ended: Callable[[], None],
    ) -> None:
        self._context = context
        self._step = step
        self._record = record
        self._ended = ended
        self._large_ended = large_ended
        size_bytes = step.size_bytes or 0
        limit = context.target.copy_whole_bytes if context.server_side else context.target.upload_limits.whole_bytes
        copies = step.action is StepAction.COPY and not step.is_symlink
        self.is_large: Final = copies and size_bytes > limit
        self.is_light: Final = copies and context.begins_requests and step.size_bytes is not None and (
            size_bytes <= (limit if context.server_side else _MOST_LIGHT_BYTES)
        )  # fmt: skip

    def run(self) -> Sequence[Task] | Begun | None:
        """Do it, or begin it and give its parts, or what finishes it. What ``ended`` raises ends the job: nobody can be
        told then."""
        return self._guarded(self._started)

    def _guarded(self, work: Callable[[], Outcome | Sequence[Task] | Begun]) -> Sequence[Task] | Begun | None:
        outcome: Outcome | None = None
        failure: StorageError | None = None
        try:
            given = work()
            if not isinstance(given, Outcome):
                return given
            outcome = given
        except Cancelled:
            pass
        except StorageError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - the thread's boundary: told as this object's failure
            failure = _defect(error)
        # What breaks while a job ends (its journal may be closed by now) is for whoever goes on with it.
        self._finished(outcome, None if self._context.cancel.wanted else failure)
        return None

    def _finished(self, outcome: Outcome | None, error: StorageError | None) -> None:
        if self.is_large:
            self._large_ended()
        if outcome is not None or error is not None:
            self._ended(self._step, outcome, error)

    def _started(self) -> Outcome | Sequence[Task] | Begun:
        step, context = self._step, self._context
        if self.is_large:
            return PartedTransfer(context, step, self._record(), self._finished).begin()
        if step.action is StepAction.DIRECTORY:
            context.directories.make(step.target_key, mode=step.mode, modified_timestamp=step.modified_timestamp)
            return Outcome(None, 0, verified=True)
        context.directories.make_above(step.target_key)
        return self._or_again(lambda: self._begun(step) if self.is_light else self._copied(step))

    def _or_again(self, work: Callable[[], Outcome | Begun]) -> Outcome | Begun:
        """That, or where the source has changed since it was listed, the version that it has by now."""
        try:
            return work()
        except ConflictError:
            again = self._again(self._step)
            if again is None:
                raise
            return self._copied(again)

    def _again(self, step: Step) -> Step | None:
        """The same step for the version that the source has by now; None where it has not changed since."""
        source = self._context.source
        if Capability.FLAT_KEYS not in source.capabilities or step.etag is None:
            return None
        answer = source.lookup(step.source_key, fresh=True, asked=Asked.FILE)
        entry = answer.directory if step.source_key.endswith("/") else answer.file
        if entry is None or entry.etag == step.etag:
            return None
        return replace(step, etag=entry.etag, size_bytes=entry.size_bytes, modified_timestamp=entry.modified_timestamp)

    # With a thread of its own

    def _copied(self, step: Step) -> Outcome:
        return self._by_storage(step) if self._context.server_side else self._through_here(step)

    def _by_storage(self, step: Step) -> Outcome:
        context = self._context
        told = 0

        def copied(size_bytes: int) -> None:
            nonlocal told
            context.meter.add(size_bytes - told)
            told = size_bytes
            if context.cancel.wanted:
                raise Cancelled

        try:
            entry = context.target.copy_from(
                context.source.address, step.entry, step.target_key, only_if=step.only_if, looked=True, copied=copied
            )
        except BaseException:
            context.meter.add(-told)
            raise
        size_bytes = step.size_bytes or 0
        context.meter.add(size_bytes - told)
        return Outcome(entry, size_bytes, verified=True)

    def _through_here(self, step: Step) -> Outcome:
        context = self._context
        room = step.size_bytes if step.size_bytes is not None else context.target.upload_limits.whole_bytes
        with context.budget.held(room):
            whole = self._read(step, room, lambda: context.source.read(step.source_key, if_match=self._etag(step)))
            written = context.target.put(
                step.target_key, whole.content, facts=whole.facts, only_if=step.only_if, looked=True
            )
        return self._moved(whole, written)

    def _read(self, step: Step, room: int, opened: Callable[[], Reader]) -> _Whole:
        """All of the source, known to be one version of it, in its ``room``."""
        context = self._context
        with opened() as reader:
            entry = reader.entry
            if (entry.size_bytes or 0) > max(room, context.target.upload_limits.whole_bytes):
                raise _changed(context.source, step)  # it grew, and not all of it should be in memory
            content = reader.read()
            facts, checksum, verified = reader.facts, reader.checksum, reader.verified
        if entry.size_bytes is not None and len(content) != entry.size_bytes:
            raise _changed(context.source, step)
        _require_unchanged(context.source, step, entry)
        verified = verified or _verified(context.source, step, checksum, content)
        return _Whole(content, _facts_for_target(context, step, entry, facts), verified=verified)

    def _moved(self, whole: _Whole, written: Entry) -> Outcome:
        self._context.meter.add(len(whole.content))
        return Outcome(written, len(whole.content), verified=whole.verified)

    def _etag(self, step: Step) -> str | None:
        return _etag_for(self._context.source, step)

    # With others in one thread

    def _begun(self, step: Step) -> Outcome | Begun:
        """Its request is on its way; all of it is done where none can be begun."""
        if self._context.server_side:
            finish = self._begun_copy(step)
        elif self._context.source.begins_requests:
            finish = self._begun_read(step)
        else:
            finish = self._begun_put(step)
        if finish is None:
            return self._copied(step)
        done = finish
        return Begun(lambda: self._tell_of(done))

    def _tell_of(self, finish: Callable[[], Outcome]) -> Sequence[Task] | None:
        """Tell what came of it; where it is to be tried again, what does that, in a thread that may wait."""
        try:
            self._guarded(lambda: self._or_again(finish))
        except Postponed as postponed:
            wait = postponed.wait

            def go_on() -> None:
                wait()
                self._guarded(lambda: self._or_again(finish))

            return [go_on]
        return None

    def _begun_copy(self, step: Step) -> Callable[[], Outcome] | None:
        context = self._context
        answer = context.target.begin_copy(context.source.address, step.entry, step.target_key, only_if=step.only_if)
        if answer is None:
            return None

        def finish() -> Outcome:
            size_bytes = step.size_bytes or 0
            entry = answer()
            context.meter.add(size_bytes)
            return Outcome(entry, size_bytes, verified=True)

        return finish

    def _begun_read(self, step: Step) -> Callable[[], Outcome] | None:
        context = self._context
        answer = context.source.begin_read(step.source_key, if_match=self._etag(step))
        if answer is None:
            return None

        def finish() -> Outcome:
            room = step.size_bytes or 0
            with context.budget.held(room):
                whole = self._read(step, room, answer)
                written = context.target.put(
                    step.target_key, whole.content, facts=whole.facts, only_if=step.only_if, looked=True
                )
            return self._moved(whole, written)

        return finish

    def _begun_put(self, step: Step) -> Callable[[], Outcome] | None:
        context = self._context
        # Not of the budget, for which a thread would wait that holds some of it: so many so small ones are a few MB.
        room = step.size_bytes or 0
        whole = self._read(step, room, lambda: context.source.read(step.source_key, if_match=self._etag(step)))
        answer = context.target.begin_put(step.target_key, whole.content, facts=whole.facts, only_if=step.only_if)
        if answer is None:
            return None
        waits = answer
        return lambda: self._moved(whole, waits())


@dataclass(frozen=True, slots=True)
class _Whole:
    """All of a small object, and what its copy is to say of itself."""

    content: bytes
    facts: ObjectFacts
    verified: bool


class PartedTransfer:
    """A large object: its parts come and go in any order, in several threads; the last one finishes it."""

    def __init__(
        self,
        context: TransferContext,
        step: Step,
        record: UploadRecord,
        ended: Callable[[Outcome | None, StorageError | None], None],
    ) -> None:
        self._context = context
        self._step = step
        self._record = record
        self._ended = ended
        self._size_bytes = step.size_bytes or 0
        self._lock = threading.Lock()
        # The system lets one thread write to a file at a time, and the others spin until they may.
        self._writing = threading.Lock()
        self._parts: dict[int, tuple[Part, int | None]] = {}
        self._left = 0
        self._running = 0
        self._failed = False
        self._error: StorageError | None = None
        self._upload: Upload | None = None
        self._part_bytes = 0
        self._description: Description | None = None

    def begin(self) -> Sequence[Task]:
        """Begin or go on with the upload; its parts. Raises StorageError, and then nothing was begun."""
        context, step = self._context, self._step
        context.directories.make_above(step.target_key)
        self._description = context.source.describe(step.source_key, if_match=_etag_for(context.source, step))
        if self._description.entry.size_bytes != self._size_bytes:
            raise _changed(context.source, step)
        resumed = self._record.resumed()
        if resumed is None:
            self._begin_upload()
        else:
            upload_id, parts, self._part_bytes = resumed
            facts = _facts_for_target(context, step, self._description.entry, self._description.facts)
            self._upload = Upload(step.target_key, upload_id, facts, step.only_if)
            for part, crc32 in parts:
                self._parts[part.number] = (part, crc32)
                context.meter.add(part.size_bytes)
        count = max(1, -(-self._size_bytes // self._part_bytes))
        numbers = [number for number in range(1, count + 1) if number not in self._parts]
        self._left = len(numbers)
        if not numbers:
            return [self._task(self._finish)]
        return [self._task(partial(self._send_one, number)) for number in numbers]

    def _begin_upload(self) -> None:
        context, step = self._context, self._step
        self._part_bytes = part_bytes_of(context.target, self._size_bytes, server_side=context.server_side)
        described = self._description
        if described is None:
            raise RuntimeError("nothing is known of the source")
        facts = _facts_for_target(context, step, described.entry, described.facts)
        self._record.intended(step.target_key)
        self._upload = context.target.begin_upload(step.target_key, facts=facts, only_if=step.only_if)
        self._record.created(self._upload, self._part_bytes)

    def _task(self, work: Callable[[], Outcome | None]) -> Task:
        """A task that does ``work``, which gives the object's outcome if it was the last."""

        def run() -> None:
            with self._lock:
                if self._failed:
                    return
                self._running += 1
            outcome: Outcome | None = None
            try:
                if self._context.cancel.wanted:
                    raise Cancelled
                outcome = work()
            except Cancelled:
                self._fail(None)
            except StorageError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001 - the thread's boundary: told as this object's failure
                self._fail(_defect(error))
            self._leave(outcome)

        return run

    def _fail(self, error: StorageError | None) -> None:
        """Begin no further part. Without an error it was cancelled, and stays to be gone on with."""
        with self._lock:
            if not self._failed:
                self._failed = True
                # What breaks while a job ends, whose journal may be closed by now, is no reason to abort what was sent.
                self._error = None if self._context.cancel.wanted else error

    def _leave(self, outcome: Outcome | None) -> None:
        with self._lock:
            self._running -= 1
            given_up = self._failed and not self._running
        if outcome is not None:
            self._ended(outcome, None)
        elif given_up:
            # Not before: a part that arrives behind the end of its upload may stay, at its owner's cost:
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
            if self._error is not None:
                self._abort()
            self._ended(None, self._error)

    def _send_one(self, number: int) -> Outcome | None:
        part, crc32 = self._send(number)
        self._record.part(part, crc32 or 0)
        with self._lock:
            self._parts[number] = (part, crc32)
            self._left -= 1
            last = self._left == 0
        return self._finish() if last else None

    def _send(self, number: int) -> tuple[Part, int | None]:
        context, step, upload = self._context, self._step, self._begun()
        offset = (number - 1) * self._part_bytes
        length = min(self._part_bytes, self._size_bytes - offset)
        if context.server_side:
            part = context.target.copy_part(
                upload, number, context.source.address, step.entry, offset=offset, length=length
            )
            context.meter.add(length)
            return part, None
        if Capability.LOCAL_PATHS in context.target.capabilities:
            return self._stream(number, offset, length)
        with context.budget.memory(length) as content, self._opened(offset, length) as reader:
            view, done = memoryview(content), 0
            while done < length:
                size = reader.readinto(view[done:])
                if not size:
                    raise _changed(context.source, step)
                done += size
            part = context.target.put_part(upload, number, content, offset=offset)
            crc32 = zlib.crc32(content)
        context.meter.add(length)
        return part, crc32

    def _opened(self, offset: int, length: int) -> Reader:
        source, step = self._context.source, self._step
        return source.read(step.source_key, start=offset, length=length, if_match=_etag_for(source, step))

    def _stream(self, number: int, offset: int, length: int) -> tuple[Part, int]:
        """A disk takes a part piece by piece: the memory of one, always the same, into which the kernel puts what came
        and out of which it takes what is written. New memory for each costs a second for a GiB."""
        context, step, upload = self._context, self._step, self._begun()
        crc32 = done = 0
        try:
            with self._opened(offset, length) as reader:
                piece = memoryview(_own_piece())
                while done < length:
                    size = reader.readinto(piece[: length - done])
                    if not size:
                        raise _changed(context.source, step)
                    with self._writing:
                        context.target.put_part(upload, number, piece[:size], offset=offset + done)
                    crc32 = zlib.crc32(piece[:size], crc32)
                    done += size
                    context.meter.add(size)
        except BaseException:
            context.meter.add(-done)
            raise
        return Part(number, length), crc32

    def _finish(self) -> Outcome:
        context, step, upload = self._context, self._step, self._begun()
        parts = [self._parts[number] for number in sorted(self._parts)]
        crc32 = self._whole_crc32(parts)
        described = self._description
        if described is None:
            raise RuntimeError("nothing is known of the source")
        _require_unchanged(context.source, step, described.entry)
        verified = context.server_side or self._compare(described.checksum, crc32)
        # Looks again at the destination where the storage does not: the parts may have taken hours.
        entry = context.target.finish_upload(upload, [part for part, _ in parts], checksum=crc32)
        self._record.ended()
        return Outcome(entry, self._size_bytes, verified=verified)

    def _whole_crc32(self, parts: list[tuple[Part, int | None]]) -> int | None:
        whole = 0
        for part, crc32 in parts:
            if crc32 is None:
                return None
            whole = combine_crc32(whole, crc32, part.size_bytes)
        return whole

    def _compare(self, checksum: Checksum | None, crc32: int | None) -> bool:
        """Whether the bytes are known to be right; DamagedError where they are known to be wrong."""
        if Capability.LOCAL_PATHS in self._context.source.capabilities:
            return True  # nothing came over a wire; the target verifies what was sent
        if checksum is None:
            return False
        again = self._read_again if self._can_read_again() else None
        same = fits(checksum, self._size_bytes, crc32, again, partial(_part_sizes, self._context.source, self._step))
        if same is False:
            raise _damaged(self._context.source, self._step)
        return same is True

    def _can_read_again(self) -> bool:
        try:
            self._context.target.read_upload(self._begun(), start=0, length=1)
        except UnsupportedOperation:
            return False
        return True

    def _read_again(self, start: int, length: int) -> Iterator[bytes]:
        for offset in range(start, start + length, _CHUNK_BYTES):
            size = min(_CHUNK_BYTES, start + length - offset)
            yield self._context.target.read_upload(self._begun(), start=offset, length=size)

    def _abort(self) -> None:
        try:
            self._context.target.abort_upload(self._begun())
            self._record.ended()
        except StorageError:
            pass  # the journal has it, and the next sweep will try again

    def _begun(self) -> Upload:
        if self._upload is None:
            raise RuntimeError("no upload was begun")
        return self._upload


def part_bytes_of(target: Storage, size_bytes: int, *, server_side: bool) -> int:
    """The size of the parts in which an object of that size is written to ``target``."""
    limits = target.upload_limits
    least = -(-size_bytes // limits.most_parts)
    part_bytes = max(_LEAST_PART_BYTES, limits.part_bytes, -(-least // _CHUNK_BYTES) * _CHUNK_BYTES)
    return max(part_bytes, _COPIED_PART_BYTES) if server_side else part_bytes


def _etag_for(source: Storage, step: Step) -> str | None:
    return step.etag if Capability.CONDITIONAL_READ in source.capabilities else None


def _facts_for_target(context: TransferContext, step: Step, entry: Entry, facts: ObjectFacts | None) -> ObjectFacts:
    """What the copy is to say of itself: what the source said, as far as the bytes brought it."""
    told = facts or ObjectFacts()
    modified = told.modified_timestamp
    if modified is None:
        modified = entry.modified_timestamp if entry.modified_timestamp is not None else step.modified_timestamp
    same_kind = context.source.address.scheme == context.target.address.scheme
    return replace(
        told,
        modified_timestamp=modified,
        storage_class=step.storage_class if same_kind else None,
        mode=step.mode if step.mode is None else step.mode & 0o7777,
    )


def _require_unchanged(source: Storage, step: Step, entry: Entry) -> None:
    """A disk has no versions to ask for: its file must be, afterwards, the one that was opened."""
    if Capability.CONDITIONAL_READ in source.capabilities:
        return
    now = source.lookup(step.source_key, fresh=True, asked=Asked.FILE).file
    if now is None or (now.size_bytes, now.modified_timestamp) != (entry.size_bytes, entry.modified_timestamp):
        raise _changed(source, step)


def _verified(source: Storage, step: Step, checksum: Checksum | None, content: bytes) -> bool:
    if Capability.LOCAL_PATHS in source.capabilities:
        return True
    if checksum is None:
        return False

    def read(start: int, length: int) -> Iterator[bytes]:
        yield content[start : start + length]

    same = fits(checksum, len(content), None, read, partial(_part_sizes, source, step))
    if same is False:
        raise _damaged(source, step)
    return same is True


def _part_sizes(source: Storage, step: Step, parts: int) -> list[int] | None:
    return source.part_sizes(step.source_key, parts, if_match=_etag_for(source, step))


def _changed(source: Storage, step: Step) -> ConflictError:
    return ConflictError(
        "It changed while it was being copied.",
        next_step="Copy it again.",
        uri=source.uri_of(step.source_key),
        operation="copy",
    )


def _damaged(source: Storage, step: Step) -> DamagedError:
    return DamagedError(
        "The bytes that arrived do not match the object's checksum; nothing was kept.",
        next_step="Copy it again.",
        uri=source.uri_of(step.source_key),
        operation="copy",
    )


def _defect(error: Exception) -> StorageError:
    return InvalidRequestError(
        f"tfm itself failed: {type(error).__name__}: {error}", next_step="Please report it.", operation="copy"
    )
