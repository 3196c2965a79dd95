"""A large object: in parts, which several workers send."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import DamagedError, StorageError, UnsupportedOperation
from tfm.core.step import Step
from tfm.core.writing import Checksum, Description, Upload
from tfm.storage.storage import Storage
from tfm.transfer.checksum import can_be_combined, combined_crc, digested_part_bytes, fits, is_digest_of
from tfm.transfer.context import Cancelled, Outcome, TransferContext, UploadRecord
from tfm.transfer.engine import Task
from tfm.transfer.one_version import (
    changed,
    damaged,
    defect,
    description,
    facts_for_target,
    part_sizes,
    require_as_seen,
    require_unchanged,
)
from tfm.transfer.part_sending import PartSending, SentPart, is_local

__all__ = ["PartedTransfer", "part_bytes_of"]

_LEAST_PART_BYTES: Final = 8 << 20
_COPIED_PART_BYTES: Final = 256 << 20
_CHUNK_BYTES: Final = 1 << 20
_MOST_FOLLOWED_BYTES: Final = 64 << 20
"""Parts by which an object came once, if they are not larger, are those by which it is read: their digests are compared
as they come. Of larger ones too few would be under way at once; then all is read again from the disk."""


_Given = Outcome | Sequence[Task] | None


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
        self._parts: dict[int, SentPart] = {}
        self._left = 0
        self._running = 0
        self._failed = False
        self._error: StorageError | None = None
        self._upload: Upload | None = None
        self._sending: PartSending | None = None
        self._part_bytes = 0
        self._description: Description | None = None
        self._followed: Checksum | None = None
        self._sent_again = False

    def begin(self) -> Sequence[Task]:
        """Begin or go on with the upload; its parts. Raises StorageError, and then nothing was begun."""
        context, step = self._context, self._step
        context.directories.make_above(step.target_key)
        self._description = description(context, step)
        if self._description.entry.size_bytes != self._size_bytes:
            raise changed(context.source, step)
        resumed = self._record.resumed()
        if resumed is not None and self._is_another_now(self._description.entry):
            # Parts of the version before are of no use; a disk cannot be asked for that one.
            self._upload = Upload(step.target_key, resumed[0], self._description.facts, step.only_if)
            self._abort()
            resumed = None
        if resumed is None:
            self._begin_upload()
        else:
            upload_id, parts, self._part_bytes = resumed
            facts = facts_for_target(context, step, self._description.entry, self._description.facts)
            self._upload = Upload(step.target_key, upload_id, facts, step.only_if)
            for part, crc32 in parts:
                self._parts[part.number] = SentPart(part, None if context.server_side else crc32)
                context.meter.add(part.size_bytes)
        self._followed = self._checksum_to_follow()
        followed = None if self._followed is None else self._followed.algorithm
        self._sending = PartSending(context, step, self._begun(), self._part_bytes, followed)
        count = max(1, -(-self._size_bytes // self._part_bytes))
        numbers = [number for number in range(1, count + 1) if number not in self._parts]
        self._left = len(numbers)
        if not numbers:
            return [self._task(self._finish)]
        return [self._task(partial(self._send_one, number)) for number in numbers]

    def _is_another_now(self, entry: Entry) -> bool:
        """Whether the file is no longer the one that was planned, and of which parts were sent."""
        if Capability.CONDITIONAL_READ in self._context.source.capabilities:
            return False
        return entry.modified_timestamp != self._step.modified_timestamp

    def _begin_upload(self) -> None:
        context, step = self._context, self._step
        usual = part_bytes_of(context.target, self._size_bytes, server_side=context.server_side)
        self._part_bytes = self._digested_part_bytes() or usual
        described = self._description
        if described is None:
            raise RuntimeError("nothing is known of the source")
        facts = facts_for_target(context, step, described.entry, described.facts)
        self._record.intended(step.target_key)
        self._upload = context.target.begin_upload(step.target_key, facts=facts, only_if=step.only_if)
        self._record.created(self._upload, self._part_bytes)

    def _checksum_to_follow(self) -> Checksum | None:
        """The source's, if it can be computed of parts as they come; not a CRC-32, which is computed of them anyway."""
        checksum = self._comparable()
        if checksum is None or (checksum.algorithm == "CRC32" and checksum.parts is None):
            return None
        follows = can_be_combined(checksum) or self._part_bytes == self._digested_part_bytes()
        return checksum if follows else None

    def _digested_part_bytes(self) -> int | None:
        """See :func:`digested_part_bytes`."""
        return digested_part_bytes(self._comparable(), self._size_bytes, _MOST_FOLLOWED_BYTES)

    def _comparable(self) -> Checksum | None:
        """What the source says of its bytes, where these come over a wire and go to a disk."""
        if (
            self._description is None
            or self._context.server_side
            or not is_local(self._context.target)
            or is_local(self._context.source)
        ):
            return None
        return self._description.checksum

    def _task(self, work: Callable[[], _Given]) -> Task:
        """A task that does ``work``, which gives the object's outcome if it was the last, or further tasks."""

        def run() -> Sequence[Task] | None:
            with self._lock:
                if self._failed:
                    return None
                self._running += 1
            given: _Given = None
            try:
                if self._context.cancel.wanted:
                    raise Cancelled
                given = work()
            except Cancelled:
                self._fail(None)
            except StorageError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001 - the thread's boundary: told as this object's failure
                self._fail(defect(error))
            if given is None or isinstance(given, Outcome):
                self._leave(given)
                return None
            self._leave(None)
            return given

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

    def _send_one(self, number: int) -> _Given:
        try:
            self._send_and_note(number)
        except DamagedError:
            self._send_and_note(number)  # a bit that flips once on the way hardly does so twice
        with self._lock:
            self._left -= 1
            last = self._left == 0
        return self._finish() if last else None

    def _send_and_note(self, number: int) -> None:
        if self._sending is None:
            raise RuntimeError("no upload was begun")
        sent = self._sending.send(number)
        self._record.part(sent.part, sent.crc32 or 0)
        self._context.writing_out.add(self._begun(), (number - 1) * self._part_bytes, sent.part.size_bytes)
        with self._lock:
            self._parts[number] = sent

    def _finish(self) -> Outcome | Sequence[Task]:
        context, step, upload = self._context, self._step, self._begun()
        described = self._description
        if described is None:
            raise RuntimeError("nothing is known of the source")
        require_unchanged(context.source, step, described.entry)
        try:
            verified = self._is_right(described.checksum)
        except DamagedError:
            if self._sent_again:
                raise
            return self._all_again()
        sent = self._in_order()
        require_as_seen(context.target, step)
        # Looks again at the destination where the storage does not: the parts may have taken hours.
        entry = context.target.finish_upload(upload, [each.part for each in sent], checksum=_whole_crc32(sent))
        self._record.ended()
        return Outcome(entry, self._size_bytes, verified=verified, copied=described.entry)

    def _is_right(self, checksum: Checksum | None) -> bool:
        return self._context.server_side or self._compare(checksum)

    def _in_order(self) -> list[SentPart]:
        return [self._parts[number] for number in sorted(self._parts)]

    def _all_again(self) -> Sequence[Task]:
        """Every part, once: which of them is damaged the checksum of the whole does not tell."""
        self._sent_again = True
        self._context.meter.add(-sum(each.part.size_bytes for each in self._parts.values()))
        self._left = len(self._parts)
        return [self._task(partial(self._send_one, number)) for number in sorted(self._parts)]

    def _compare(self, checksum: Checksum | None) -> bool:
        """Whether the bytes are known to be right; DamagedError where they are known to be wrong."""
        if is_local(self._context.source):
            return True  # nothing came over a wire; the target verifies what was sent
        if checksum is None:
            return False
        sent = self._in_order()
        digests = [(each.digest, each.part.size_bytes) for each in sent if each.digest is not None]
        if self._followed is not None and len(digests) == len(sent) and is_digest_of(self._followed, digests):
            return True
        crc32 = _whole_crc32(sent)
        again = self._read_again if self._can_read_again() else None
        same = fits(checksum, self._size_bytes, crc32, again, partial(part_sizes, self._context.source, self._step))
        if same is False:
            raise damaged(self._context.source, self._step)
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


def _whole_crc32(sent: list[SentPart]) -> int | None:
    whole = 0
    for each in sent:
        if each.crc32 is None:
            return None
        whole = combined_crc("CRC32", whole, each.crc32, each.part.size_bytes)
    return whole


def part_bytes_of(target: Storage, size_bytes: int, *, server_side: bool) -> int:
    """The size of the parts in which an object of that size is written to ``target``."""
    limits = target.upload_limits
    least = -(-size_bytes // limits.most_parts)
    part_bytes = max(_LEAST_PART_BYTES, limits.part_bytes, -(-least // _CHUNK_BYTES) * _CHUNK_BYTES)
    return max(part_bytes, _COPIED_PART_BYTES) if server_side else part_bytes
