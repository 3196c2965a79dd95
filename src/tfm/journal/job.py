"""A job as the process sees it that works on it: steps go in by the thousand, and what became of each."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import Final, Protocol

from tfm.core.location import StorageAddress
from tfm.core.step import Step
from tfm.journal.changes import BLOCK_STEPS, Block, Changes
from tfm.journal.database import Database, Statement
from tfm.journal.errors import JournalError
from tfm.journal.reading import MayLive, StepReader, read_counts, read_job, read_uploads
from tfm.journal.records import UNFINISHED, JobRecord, JobState, StepCount, StepRecord, StepState, UploadRecord
from tfm.journal.upload import UploadEntry

__all__ = ["Job"]

_MARKS: Final = 4096
"""Marks that wait for the writer thread at most; who is faster than that writes them, in some ms."""

_ALL: Final = frozenset(StepState)

# Past the last step: the sum over the blocks would be slower with many of them.
_LAST_STEP: Final = "SELECT first + steps - 1 FROM blocks WHERE job = ? ORDER BY first DESC LIMIT 1"


class Keeper(Protocol):
    """What a job needs of its journal."""

    @property
    def clock(self) -> Callable[[], float]: ...
    @property
    def may_live(self) -> MayLive: ...
    def record_upload(self, address: StorageAddress, key: str, *, job: int | None, step: int | None) -> UploadEntry: ...
    def prune_later(self) -> None: ...


class Job:
    """Comes from :meth:`Journal.begin_job` or :meth:`Journal.claim`. Thread-safe.

    What is marked is queued (3 microseconds) and on record within 50 ms; :meth:`flush` waits for that. What raises,
    raises JournalError.
    """

    def __init__(self, journal: Keeper, database: Database, number: int, job_id: str) -> None:
        self.id = job_id
        self._journal = journal  # which lives as long as its jobs
        self._database = database
        self._number = number
        self._changes = Changes(number)
        self._changes.taken = True
        self._last = database.read(self._read_last)
        self._reader = StepReader(number)

    def _read_last(self, connection: sqlite3.Connection) -> int:
        found = connection.execute(_LAST_STEP, (self._number,)).fetchone()
        return 0 if found is None else int(found[0])

    # Planning

    def add_steps(self, steps: Iterable[Step]) -> range:
        """Take them in, in that order, on flat memory; the numbers that they have, without gaps if no other thread adds
        at that time. On record, like marks, within 50 ms at the latest: a step's upload never is before the step."""
        stream = iter(steps)
        first = 0
        end = 0
        while some := list(islice(stream, BLOCK_STEPS)):
            numbers = self._add(some)
            first = first or numbers.start
            end = numbers.stop
        return range(first, end)

    def _add(self, steps: list[Step]) -> range:
        full = []
        with self._database.lock:
            first = self._last + 1
            position = 0
            while position < len(steps):
                block = self._open_block()
                some = steps[position : position + BLOCK_STEPS - len(block.steps)]
                block.steps += some
                position += len(some)
                self._last += len(some)
                if block.is_full():
                    full.append(block)
        for block in full:
            block.encoded()
        if full:
            self._database.commit()
        return range(first, first + len(steps))

    def _open_block(self) -> Block:
        blocks = self._pending_changes().blocks
        if not blocks or blocks[-1].is_full():
            blocks.append(Block(self._last + 1))
        return blocks[-1]

    def _pending_changes(self) -> Changes:
        """What the next commit takes; the database's lock must be held."""
        if self._changes.taken:
            changes = Changes(self._number)
            self._database.add(changes)
            self._changes = changes
        return self._changes

    def steps_added(self) -> None:
        """All steps are there: a planning job is running from now on."""
        self._database.write(
            Statement(
                "UPDATE jobs SET planned = 1, state = iif(state = ?, ?, state) WHERE number = ?",
                JobState.PLANNING.value,
                JobState.RUNNING.value,
                self._number,
            )
        )

    # What became of a step

    def done(self, number: int) -> None:
        """The last word about a step counts. ValueError for a number that no step has."""
        self._mark(number, StepState.DONE, "")

    def made(self, number: int) -> None:
        """The directory is this job's: it was made, or is about to be, where nothing was. It is ``done`` when it has
        its mode and time too."""
        self._mark(number, StepState.MADE, "")

    def skipped(self, number: int, text: str = "") -> None:
        """It is left as it is; ``text`` says why."""
        self._mark(number, StepState.SKIPPED, text)

    def failed(self, number: int, text: str) -> None:
        """It could not be done; ``text`` says why."""
        self._mark(number, StepState.FAILED, text)

    def retry(self, number: int) -> None:
        """It is to be done again."""
        self._mark(number, StepState.PENDING, "")

    def retry_failed(self) -> int:
        """All that failed are to be done again; how many those are."""
        after = count = 0
        while failed := self.steps({StepState.FAILED}, after=after, limit=BLOCK_STEPS):
            for record in failed:
                self.retry(record.number)
            after = failed[-1].number
            count += len(failed)
        return count

    def _mark(self, number: int, state: StepState, text: str) -> None:
        with self._database.lock:
            if not 0 < number <= self._last:
                raise ValueError(f"the job {self.id} has no step {number}: they are 1 to {self._last}")
            marks = self._pending_changes().marks
            marks[number] = (state, text)
            is_much = len(marks) >= _MARKS
        if is_much:
            self._database.commit()

    def flush(self, *, durable: bool = False) -> None:
        """All that was said so far is on record: a kill does not lose it. ``durable``: nor does a crash of the machine;
        that waits for the disk. Call it so before what was copied is deleted."""
        self._database.flush(durable=durable)

    # What there is

    def pending(self, *, after: int = 0, limit: int = 1000) -> list[StepRecord]:
        """Steps that are still to be done, in order, with numbers above ``after``, at most ``limit``."""
        return self.steps({StepState.PENDING}, after=after, limit=limit)

    def steps(self, states: Collection[StepState] = _ALL, *, after: int = 0, limit: int = 1000) -> list[StepRecord]:
        """Steps in those states, as :meth:`pending`; 2 microseconds each."""
        return self._database.read(lambda connection: self._reader.read(connection, states, after, limit))

    def last_step(self) -> StepRecord | None:
        """The step with the highest number: where planning that was interrupted goes on."""
        last = self._last
        found = self.steps(after=last - 1, limit=1) if last else []
        return found[0] if found else None

    def counts(self) -> dict[StepState, StepCount]:
        """Steps and bytes of each state; reads five rows."""
        return self._database.read(lambda connection: read_counts(connection, self._number))

    def record(self) -> JobRecord:
        """What the journal says of this job now."""
        found = self._database.read(lambda connection: read_job(connection, self.id, self._journal.may_live))
        if found is None:
            raise JournalError("This job is not in the journal any more.", operation="journal")
        return found

    # Uploads

    def begin_upload(self, address: StorageAddress, key: str, *, step: int | None = None) -> UploadEntry:
        """Record that an upload, or a temporary file, for ``key`` is about to be begun; call it before that. A kill
        does not lose it; 0.1 ms. ``address`` is of the storage that the upload is in."""
        return self._journal.record_upload(address, key, job=self._number, step=step)

    def uploads(self) -> list[UploadRecord]:
        """Uploads of this job that have not ended, the oldest first."""
        return self._database.read(
            lambda connection: read_uploads(connection, self._journal.may_live, job=self._number)
        )

    def upload(self, record: UploadRecord) -> UploadEntry:
        """The entry of one of :meth:`uploads`, to go on with it."""
        return UploadEntry(self._journal, self._database, record.number)

    # The job itself

    def set_state(self, state: JobState) -> None:
        """Where it stands. Not UNFINISHED any more: nobody holds it from then on, and old jobs are forgotten."""
        if state in UNFINISHED:
            self._write("UPDATE jobs SET state = ?, ended = NULL WHERE number = ?", state.value)
        else:
            now = self._journal.clock()
            self._write("UPDATE jobs SET state = ?, ended = ?, holder = NULL WHERE number = ?", state.value, now)
            self._journal.prune_later()

    def release(self) -> None:
        """Let others take it over, as if this process had ended."""
        self._write("UPDATE jobs SET holder = NULL WHERE number = ?")

    def _write(self, statement: str, *values: object) -> None:
        self._database.write(Statement(statement, *values, self._number))
