"""Forgetting jobs that ended, a little at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tfm.journal.database import Database
from tfm.journal.reading import MayLive, read_holders
from tfm.journal.records import UNFINISHED

__all__ = ["KEEP", "Keep", "Pruning"]

_BLOCKS: Final = 200
"""Of one transaction: 100,000 steps, 4 MB."""


_FREE_PAGES: Final = 2000
_SHRUNK_PAGES: Final = 500


@dataclass(frozen=True, slots=True)
class Keep:
    """A job that ended is kept while it is among the last ``jobs``, not older than ``days``, and while those that ended
    after it, with itself, have no more than ``steps``: a million take 50 MB."""

    jobs: int = 100
    days: float = 30
    steps: int = 2_000_000


KEEP: Final = Keep()

# What ended, and has no upload left that would have to be swept.
_ENDED: Final = f"""SELECT number, coalesce(ended, created),
    (SELECT coalesce(sum(steps), 0) FROM counts WHERE job = jobs.number)
    FROM jobs
    WHERE state NOT IN ({", ".join(repr(state.value) for state in sorted(UNFINISHED))}) AND holder IS NULL
    AND NOT EXISTS (SELECT 1 FROM uploads WHERE uploads.job = jobs.number)
    ORDER BY coalesce(ended, created) DESC, number DESC"""  # noqa: S608 - the states are ours


class Pruning:
    """Forgets by small transactions, so that nobody waits for it: :meth:`step` does one of them."""

    def __init__(self, database: Database, *, clock: Callable[[], float], may_live: MayLive, keep: Keep) -> None:
        self._database = database
        self._clock = clock
        self._may_live = may_live
        self._keep = keep

    def run(self) -> int:
        """All of it; how many jobs were forgotten."""
        before = self._database.read(_job_count)
        while self.step():
            pass
        return before - self._database.read(_job_count)

    def step(self) -> bool:
        """Whether there is more to do. Raises JournalError."""
        return self._database.change(self._forget_some) or self._database.read(_shrink)

    def _forget_some(self, connection: sqlite3.Connection) -> bool:
        jobs = self._old(connection)
        if jobs:
            self._forget(connection, jobs[0])
            return True
        self._forget_holders(connection)
        connection.execute("DELETE FROM parts WHERE upload NOT IN (SELECT number FROM uploads)")
        return False

    def _old(self, connection: sqlite3.Connection) -> list[int]:
        oldest = self._clock() - self._keep.days * 86_400
        steps = 0
        old = []
        for jobs, (number, ended, job_steps) in enumerate(connection.execute(_ENDED), start=1):
            steps += job_steps
            if jobs > self._keep.jobs or ended < oldest or steps > self._keep.steps:
                old.append(number)
        return old

    def _forget(self, connection: sqlite3.Connection, job: int) -> None:
        """Some of its blocks; with the last of them the job."""
        firsts = connection.execute(
            "SELECT first FROM blocks WHERE job = ? ORDER BY first LIMIT ?", (job, _BLOCKS)
        ).fetchall()
        if firsts:
            for table in ("blocks", "block_states"):
                connection.execute(f"DELETE FROM {table} WHERE job = ? AND first <= ?", (job, firsts[-1][0]))  # noqa: S608 - ours
        if len(firsts) < _BLOCKS:
            connection.execute("DELETE FROM step_texts WHERE job = ?", (job,))
            connection.execute("DELETE FROM counts WHERE job = ?", (job,))
            connection.execute("DELETE FROM jobs WHERE number = ?", (job,))

    def _forget_holders(self, connection: sqlite3.Connection) -> None:
        """Processes that are gone and hold nothing that anybody would have to know about."""
        held = {
            number
            for (number,) in connection.execute(
                "SELECT holder FROM jobs WHERE holder IS NOT NULL UNION"
                " SELECT holder FROM uploads WHERE holder IS NOT NULL"
            )
        }
        for number, holder in read_holders(connection).items():
            if number not in held and not self._may_live(holder):
                connection.execute("DELETE FROM holders WHERE number = ?", (number,))


def _shrink(connection: sqlite3.Connection) -> bool:
    """Give some of what is free back to the disk; whether there is more. 8 MB stay for the next job."""
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    if free <= _FREE_PAGES:
        return False
    connection.execute(f"PRAGMA incremental_vacuum({_SHRUNK_PAGES})").fetchall()
    return True


def _job_count(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM jobs").fetchone()
    return int(count)
