"""One object from one storage to another: by the storage itself, whole, or in parts; verified before it is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from tfm.core.awaited import Awaited
from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry
from tfm.core.errors import ConflictError, DamagedError, NotFoundError, StorageError
from tfm.core.step import Step, StepAction
from tfm.core.writing import NOTHING_THERE, ObjectFacts
from tfm.storage.contract import Reader, WholeObject
from tfm.storage.retry_policy import Postponed, run_without_waiting
from tfm.transfer.context import Cancelled, Outcome, TransferContext, UploadRecord
from tfm.transfer.engine import Begun, Task
from tfm.transfer.one_version import (
    changed,
    defect,
    etag_for,
    facts_for_target,
    is_verified,
    require_as_seen,
    require_unchanged,
)
from tfm.transfer.parted import PartedTransfer

__all__ = ["Transfer"]

_MOST_LIGHT_BYTES: Final = 128 << 10
"""Beyond that moving the bytes takes longer than all around them; what the sockets' own memory holds, and so no answer
keeps a server waiting until somebody comes to it."""


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
            failure = defect(error)
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
        """That, or by way of here where a server does not find a marker that it is to copy, as SeaweedFS never does."""
        try:
            return self._or_as_it_is_now(work)
        except NotFoundError:
            if not (self._context.server_side and self._step.source_key.endswith("/")):
                raise
            return self._or_as_it_is_now(lambda: self._through_here(self._step))

    def _or_as_it_is_now(self, work: Callable[[], Outcome | Begun]) -> Outcome | Begun:
        """That, or where the source has changed since it was listed, the version that it has by now; and once more
        where the bytes that arrived, here or there, were not those that were sent."""
        try:
            return work()
        except DamagedError:
            return self._copied(self._step)
        except ConflictError:
            again = self._again(self._step)
            if again is not None:
                return replace(self._copied(again), copied=again.entry)
            if self._has_directory(self._step):
                return Outcome(None, 0, verified=True)
            raise

    def _has_directory(self, step: Step) -> bool:
        """Whether what an empty marker is to make is there by now: to SeaweedFS a directory is there with the first
        object in it, and no marker can be made of it on the condition that there is none."""
        if not step.source_key.endswith("/") or step.size_bytes or step.only_if != NOTHING_THERE:
            return False
        try:
            return not self._context.target.object_at(step.target_key).size_bytes
        except NotFoundError:
            return False

    def _again(self, step: Step) -> Step | None:
        """The same step for the version that the source has by now; None where it has not changed since."""
        source = self._context.source
        if Capability.FLAT_KEYS not in source.capabilities or step.etag is None:
            return None
        if step.source_key.endswith("/"):
            entry: Entry | None = source.object_at(step.source_key)
        else:
            entry = source.lookup(step.source_key, fresh=True, asked=Asked.FILE).file
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

        require_as_seen(context.target, step)
        try:
            entry = context.target.copy_from(
                context.source.address, step.entry, step.target_key, only_if=step.only_if, looked=True, copied=copied
            )
        except BaseException:
            context.meter.add(-told)
            raise
        size_bytes = step.size_bytes or 0
        context.meter.add(size_bytes - told)
        # A disk has no versions to ask for: it copies what is there, with its time.
        copied_now = entry if Capability.LOCAL_PATHS in context.source.capabilities else None
        return Outcome(entry, size_bytes, verified=True, copied=copied_now)

    def _through_here(self, step: Step) -> Outcome:
        context = self._context
        room = step.size_bytes if step.size_bytes is not None else context.target.upload_limits.whole_bytes
        with context.budget.held(room):
            whole = self._read(step, room, lambda: context.source.read(step.source_key, if_match=self._etag(step)))
            written = self._put(step, whole)
        return self._moved(whole, written)

    def _put(self, step: Step, whole: _Whole) -> Entry:
        target = self._context.target
        require_as_seen(target, step)
        return target.put(step.target_key, whole.content, facts=whole.facts, only_if=step.only_if, looked=True)

    def _read(self, step: Step, room: int, opened: Callable[[], Reader]) -> _Whole:
        """All of the source, known to be one version of it, in its ``room``."""
        with opened() as reader:
            if (reader.entry.size_bytes or 0) > self._most_bytes(room):
                raise changed(self._context.source, step)  # it grew, and not all of it should be in memory
            whole = WholeObject(reader.entry, reader.read(), reader.facts, reader.checksum)
            verified = reader.verified
        return self._arrived(step, whole, verified=verified)

    def _arrived(self, step: Step, whole: WholeObject, *, verified: bool = False) -> _Whole:
        context = self._context
        entry, content, facts, checksum = whole
        if entry.size_bytes is not None and len(content) != entry.size_bytes:
            raise changed(context.source, step)
        require_unchanged(context.source, step, entry)
        verified = verified or is_verified(context.source, step, checksum, content)
        return _Whole(entry, content, facts_for_target(context, step, entry, facts), verified=verified)

    def _most_bytes(self, room: int) -> int:
        return max(room, self._context.target.upload_limits.whole_bytes)

    def _moved(self, whole: _Whole, written: Entry) -> Outcome:
        self._context.meter.add(len(whole.content))
        return Outcome(written, len(whole.content), verified=whole.verified, copied=whole.entry)

    def _etag(self, step: Step) -> str | None:
        return etag_for(self._context.source, step)

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
        return Begun(lambda: self._tell_of(done), done.descriptor)

    def _tell_of(self, finish: Callable[[], Outcome]) -> Sequence[Task] | None:
        """Tell what came of it; where it is to be tried again, what does that, in a thread that may wait. Whoever is
        told may ask for more (a move deletes), and waits as long as that takes."""
        try:
            self._guarded(lambda: run_without_waiting(lambda: self._or_again(finish)))
        except Postponed as postponed:
            wait = postponed.wait

            def go_on() -> None:
                wait()
                self._guarded(lambda: self._or_again(finish))

            return [go_on]
        return None

    def _begun_copy(self, step: Step) -> Awaited[Outcome] | None:
        context = self._context
        answer = context.target.begin_copy(context.source.address, step.entry, step.target_key, only_if=step.only_if)
        if answer is None:
            return None

        def finish() -> Outcome:
            size_bytes = step.size_bytes or 0
            entry = answer()
            context.meter.add(size_bytes)
            return Outcome(entry, size_bytes, verified=True)

        return answer.then(finish)

    def _begun_read(self, step: Step) -> Awaited[Outcome] | None:
        context = self._context
        room = step.size_bytes or 0
        answer = context.source.begin_read(
            step.source_key, most_bytes=self._most_bytes(room), if_match=self._etag(step)
        )
        if answer is None:
            return None

        def finish() -> Outcome:
            context.budget.take(room)
            try:
                whole = self._arrived(step, answer())
                written = self._put(step, whole)
            finally:
                context.budget.give_back(room)
            return self._moved(whole, written)

        return answer.then(finish)

    def _begun_put(self, step: Step) -> Awaited[Outcome] | None:
        context = self._context
        # Not of the budget, for which a thread would wait that holds some of it: so many so small ones are a few MB.
        room = step.size_bytes or 0
        whole = self._read(step, room, lambda: context.source.read(step.source_key, if_match=self._etag(step)))
        answer = context.target.begin_put(step.target_key, whole.content, facts=whole.facts, only_if=step.only_if)
        if answer is None:
            return None
        waits = answer
        return answer.then(lambda: self._moved(whole, waits()))


class _Whole(NamedTuple):
    """All of a small object, and what its copy is to say of itself."""

    entry: Entry
    content: bytes
    facts: ObjectFacts
    verified: bool
