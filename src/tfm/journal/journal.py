"""The journal: jobs begun, found again after a kill, and taken over; uploads that nobody ended."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from tfm.core.location import StorageAddress
from tfm.journal.database import Database, Statement
from tfm.journal.encoding import encode_json, to_bytes
from tfm.journal.holder import Holder, may_live
from tfm.journal.job import Job
from tfm.journal.pruning import KEEP, Keep, Pruning
from tfm.journal.reading import MayLive, read_holders, read_job, read_jobs, read_uploads
from tfm.journal.records import UNFINISHED, JobRecord, JobState, UploadRecord
from tfm.journal.upload import UploadEntry, insertion

__all__ = ["Journal"]


class Journal:
    """Made by :func:`open_journal`. Thread-safe; several programs may have the same one open.

    Everything raises JournalError where the database cannot be read or written. Closed at the interpreter's end at the
    latest; a journal that is closed holds no job any more. Not to be used on the other side of a fork.
    """

    def __init__(self, database: Database, *, process: Holder, clock: Callable[[], float], keep: Keep = KEEP) -> None:
        self.clock = clock
        self.may_live: MayLive = partial(may_live, here=process)
        self._database = database
        self._boot_id = process.boot_id
        self._holder = _HolderRow(database, process)
        self._pruning = Pruning(database, clock=clock, may_live=self.may_live, keep=keep)
        self._finalizer = weakref.finalize(self, _close, database, self._holder, os.getpid())

    @property
    def is_kept(self) -> bool:
        """Whether what is recorded outlives this process. False: there is nothing to resume after a kill."""
        return bool(self._database.path)

    # Jobs

    def begin_job(self, kind: str, title: str, spec: Mapping[str, object]) -> Job:
        """A new job, planning, held by this process; on record when this returns. ``kind`` is one word (copy, move,
        delete); ``spec``, which JSON can hold, is what who resumes it needs: sources, target, policies.

        Its id is the time in UTC and a number that no other job has: ``20260719-101530-0042``.
        """
        content = encode_json(spec)
        now = self.clock()
        holder = self._holder.number()

        def insert(connection: sqlite3.Connection) -> tuple[int, str]:
            inserted = connection.execute(
                "INSERT INTO jobs (id, kind, title, created, spec, state, holder, boot_id)"
                " VALUES ('', ?, ?, ?, ?, ?, ?, ?)",
                (kind, to_bytes(title), now, content, JobState.PLANNING.value, holder, to_bytes(self._boot_id)),
            )
            number = inserted.lastrowid or 0
            job_id = f"{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}-{number:04}"
            connection.execute("UPDATE jobs SET id = ? WHERE number = ?", (job_id, number))
            return number, job_id

        number, job_id = self._database.change(insert)
        return Job(self, self._database, number, job_id)

    def jobs(self) -> list[JobRecord]:
        """All that is known, the oldest first: finished ones too, as long as they are kept."""
        return self._database.read(lambda connection: read_jobs(connection, self.may_live))

    def unfinished(self) -> list[JobRecord]:
        """Jobs that want to go on and that no living process holds, the oldest first: what can be resumed."""
        return [job for job in self.jobs() if job.is_unfinished and not job.is_held]

    def claim(self, job_id: str, *, again: bool = False, force: bool = False) -> Job | None:
        """Take over a job that nobody holds; of several who try, one gets it. None for the others, and where there is
        no such job or it has ended.

        ``again``: one that has ended too, to do again what failed. ``force``: though its process may live, because the
        user knows better (it was on another machine, or in a container that is gone).
        """
        if not job_id.isascii():  # from a command line: perhaps no text that SQLite takes
            return None
        own = self._holder.number()

        def take(connection: sqlite3.Connection) -> int | None:
            found = connection.execute("SELECT number, state, holder FROM jobs WHERE id = ?", (job_id,)).fetchone()
            if found is None or not (again or found[1] in UNFINISHED):
                return None
            holder = read_holders(connection).get(found[2])
            if holder is not None and self.may_live(holder) and not force:
                return None
            connection.execute("UPDATE jobs SET holder = ? WHERE number = ?", (own, found[0]))
            return int(found[0])

        number = self._database.change(take)
        return None if number is None else Job(self, self._database, number, job_id)

    def job(self, job_id: str) -> JobRecord | None:
        """What is known of the job of that id."""
        if not job_id.isascii():
            return None
        return self._database.read(lambda connection: read_job(connection, job_id, self.may_live))

    # Uploads

    def begin_upload(self, address: StorageAddress, key: str) -> UploadEntry:
        """As :meth:`Job.begin_upload`, for a write that belongs to no job (a stream of ``Path.open("w")``)."""
        return self.record_upload(address, key, job=None, step=None)

    def record_upload(self, address: StorageAddress, key: str, *, job: int | None, step: int | None) -> UploadEntry:
        """For Job and this class: ``job`` is its row's number."""
        statement = insertion(address, key, self.clock(), job=job, step=step, holder=self._holder.number())
        self._database.write(statement)
        return UploadEntry(self, self._database, statement.row_number)

    def orphans(self) -> list[UploadRecord]:
        """Uploads and temporary files that no living process holds, the oldest first: those of jobs that can be resumed
        (their ``job_state`` is in UNFINISHED) and those that nobody will go on with."""
        return [each for each in self._all_uploads() if not each.is_held]

    def held_uploads(self) -> list[UploadRecord]:
        """Uploads and temporary files that a living process works on: a sweep leaves them alone."""
        return [each for each in self._all_uploads() if each.is_held]

    def _all_uploads(self) -> list[UploadRecord]:
        return self._database.read(lambda connection: read_uploads(connection, self.may_live))

    def claim_upload(self, record: UploadRecord) -> UploadEntry | None:
        """Take an orphan over to abort it; it belongs to no job from then on. None where somebody else has it, or where
        it has ended."""
        own = self._holder.number()

        def take(connection: sqlite3.Connection) -> bool:
            found = read_uploads(connection, self.may_live, number=record.number)
            if not found or found[0].is_held:
                return False
            connection.execute(
                "UPDATE uploads SET job = NULL, step = NULL, holder = ? WHERE number = ?",
                (own, record.number),
            )
            return True

        return UploadEntry(self, self._database, record.number) if self._database.change(take) else None

    # The journal itself

    def prune(self) -> int:
        """Forget old jobs that ended, as :class:`Keep` says; how many. In transactions of some ms each."""
        return self._pruning.run()

    def prune_later(self) -> None:
        """As :meth:`prune`, by the writer thread."""
        self._database.later(self._pruning.step)

    def flush(self, *, durable: bool = False) -> None:
        """As :meth:`Job.flush`."""
        self._database.flush(durable=durable)

    def close(self) -> None:
        """Write what is queued, and release what this journal holds: unfinished jobs can be resumed by others. May be
        called twice."""
        self._finalizer()


class _HolderRow:
    """This journal's own row among the holders, inserted when it is first needed."""

    def __init__(self, database: Database, process: Holder) -> None:
        self.known = 0
        self._database = database
        self._process = process
        self._lock = threading.Lock()

    def number(self) -> int:
        """Its number; the row is on record then, so what refers to it is never taken for an orphan."""
        with self._lock:
            self.known = self.known or self._database.change(self._insert)
            return self.known

    def _insert(self, connection: sqlite3.Connection) -> int:
        process = self._process
        inserted = connection.execute(
            "INSERT INTO holders (host, boot_id, pid_namespace, process_id, started) VALUES (?, ?, ?, ?, ?)",
            (
                to_bytes(process.host),
                to_bytes(process.boot_id),
                to_bytes(process.pid_namespace),
                process.process_id,
                to_bytes(process.started),
            ),
        )
        return inserted.lastrowid or 0


def _close(database: Database, holder: _HolderRow, process_id: int) -> None:
    if os.getpid() != process_id:
        return  # a child that fork made has a copy of this, and would release what its parent works on
    released = (
        "UPDATE jobs SET holder = NULL WHERE holder = ?",
        "UPDATE uploads SET holder = NULL WHERE holder = ?",
        "DELETE FROM holders WHERE number = ?",
    )
    database.close(*(Statement(statement, holder.known) for statement in released if holder.known))
