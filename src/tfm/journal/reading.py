"""How the journal's rows become values again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from tfm.core.location import StorageAddress
from tfm.core.step import Step
from tfm.journal.encoding import decode_json, decode_steps, to_text
from tfm.journal.holder import Holder
from tfm.journal.records import JobRecord, JobState, StepCount, StepRecord, StepState, UploadRecord

__all__ = ["MayLive", "StepReader", "read_counts", "read_holders", "read_job", "read_jobs", "read_uploads"]

MayLive = Callable[[Holder], bool]

_SOME_BLOCKS: Final = 16
"""Blocks that one question asks for: most readers want a thousand steps."""

_JOBS: Final = "SELECT number, id, kind, title, created, spec, state, planned, boot_id, holder FROM jobs"

_UPLOADS: Final = """SELECT uploads.number, uploads.scheme, uploads.authority, uploads.profile, uploads.key,
    uploads.begun, uploads.id, uploads.part_bytes, jobs.id, jobs.state, uploads.step,
    iif(uploads.job IS NULL, uploads.holder, jobs.holder)
    FROM uploads LEFT JOIN jobs ON jobs.number = uploads.job"""


class StepReader:
    """Steps of one job. Keeps the block that it decoded last, because who reads in chunks comes back for its rest."""

    def __init__(self, job: int) -> None:
        self._job = job
        self._decoded: tuple[int, list[Step]] = (0, [])

    def read(
        self, connection: sqlite3.Connection, states: Collection[StepState], after: int, limit: int
    ) -> list[StepRecord]:
        """Those in ``states`` with numbers above ``after``, in order, at most ``limit``."""
        found: list[StepRecord] = []
        wanted = bytes(sorted(states))
        if limit <= 0 or not wanted:
            return found
        for first, held in self._blocks(connection, wanted, after):
            offsets = [
                offset for offset in range(max(0, after + 1 - first), len(held)) if held[offset] in wanted
            ][: limit - len(found)]  # fmt: skip
            if not offsets:
                continue
            steps = self._steps(connection, first)
            texts = self._texts(connection, first, first + len(held)) if _may_have_text(states) else {}
            found += [
                StepRecord(first + offset, steps[offset], StepState(held[offset]), texts.get(first + offset, ""))
                for offset in offsets
            ]
            if len(found) >= limit:
                break
        return found

    def _blocks(self, connection: sqlite3.Connection, wanted: bytes, after: int) -> Iterator[tuple[int, bytes]]:
        """First numbers and states of blocks in which something may be wanted, from the one with ``after`` on."""
        # SQLite searches bytes in bytes: a million steps that are done are passed over in 2 ms.
        has_one = " OR ".join(["instr(states, ?)"] * len(wanted))
        found = connection.execute(
            "SELECT first FROM block_states WHERE job = ? AND first <= ? ORDER BY first DESC LIMIT 1",
            (self._job, after + 1),
        ).fetchone()
        start = found[0] if found else 0
        while True:
            rows = connection.execute(
                f"SELECT first, states FROM block_states WHERE job = ? AND first >= ? AND ({has_one})"  # noqa: S608
                " ORDER BY first LIMIT ?",  # only question marks are put together
                (self._job, start, *(bytes([state]) for state in wanted), _SOME_BLOCKS),
            ).fetchall()
            yield from rows
            if len(rows) < _SOME_BLOCKS:
                return
            start = rows[-1][0] + 1

    def _steps(self, connection: sqlite3.Connection, first: int) -> list[Step]:
        if self._decoded[0] != first:
            (content,) = connection.execute(
                "SELECT content FROM blocks WHERE job = ? AND first = ?", (self._job, first)
            ).fetchone()
            self._decoded = (first, decode_steps(content))
        return self._decoded[1]

    def _texts(self, connection: sqlite3.Connection, first: int, end: int) -> dict[int, str]:
        rows = connection.execute(
            "SELECT step, text FROM step_texts WHERE job = ? AND step >= ? AND step < ?", (self._job, first, end)
        )
        return {step: to_text(text) for step, text in rows}


def _may_have_text(states: Collection[StepState]) -> bool:
    return StepState.FAILED in states or StepState.SKIPPED in states


def read_counts(connection: sqlite3.Connection, job: int) -> dict[StepState, StepCount]:
    """All states, those without a step too."""
    counts = dict.fromkeys(StepState, StepCount())
    for state, steps, size_bytes in connection.execute(
        "SELECT state, steps, size_bytes FROM counts WHERE job = ?", (job,)
    ):
        counts[StepState(state)] = StepCount(steps, size_bytes)
    return counts


def read_holders(connection: sqlite3.Connection) -> dict[int, Holder]:
    """All of them, by number."""
    rows = connection.execute("SELECT number, host, boot_id, pid_namespace, process_id, started FROM holders")
    return {
        number: Holder(to_text(host), to_text(boot_id), to_text(namespace), process_id, to_text(started))
        for number, host, boot_id, namespace, process_id, started in rows
    }


def read_job(connection: sqlite3.Connection, job_id: str, may_live: MayLive) -> JobRecord | None:
    """The job of that id."""
    rows = connection.execute(f"{_JOBS} WHERE id = ?", (job_id,)).fetchall()
    return _jobs(connection, rows, may_live)[0] if rows else None


def read_jobs(connection: sqlite3.Connection, may_live: MayLive) -> list[JobRecord]:
    """All jobs, the oldest first."""
    return _jobs(connection, connection.execute(f"{_JOBS} ORDER BY number").fetchall(), may_live)


def _jobs(connection: sqlite3.Connection, rows: list[tuple[Any, ...]], may_live: MayLive) -> list[JobRecord]:
    holders = read_holders(connection)
    living = _living(holders, {row[-1] for row in rows}, may_live)
    return [
        JobRecord(
            job_id,
            kind,
            to_text(title),
            created,
            decode_json(spec),
            JobState(state),
            bool(planned),
            read_counts(connection, number),
            holder in living,
            holders[holder].process_id if holder in holders else None,
            to_text(boot_id),
        )
        for number, job_id, kind, title, created, spec, state, planned, boot_id, holder in rows
    ]


def read_uploads(
    connection: sqlite3.Connection, may_live: MayLive, *, job: int | None = None, number: int | None = None
) -> list[UploadRecord]:
    """Uploads that have not ended, the oldest first: of that job, the one of that number, or all."""
    if job is not None:
        rows = connection.execute(f"{_UPLOADS} WHERE uploads.job = ? ORDER BY uploads.number", (job,)).fetchall()
    elif number is not None:
        rows = connection.execute(f"{_UPLOADS} WHERE uploads.number = ?", (number,)).fetchall()
    else:
        rows = connection.execute(f"{_UPLOADS} ORDER BY uploads.number").fetchall()
    living = _living(read_holders(connection), {row[-1] for row in rows}, may_live)
    return [
        UploadRecord(
            row,
            StorageAddress(scheme, to_text(authority), None if profile is None else to_text(profile)),
            to_text(key),
            begun,
            None if upload_id is None else to_text(upload_id),
            part_bytes,
            job_id,
            None if state is None else JobState(state),
            step,
            holder in living,
        )
        for (
            row, scheme, authority, profile, key, begun, upload_id, part_bytes, job_id, state, step, holder,
        ) in rows
    ]  # fmt: skip


def _living(holders: dict[int, Holder], numbers: set[int | None], may_live: MayLive) -> set[int | None]:
    """Those of ``numbers`` whose process may live; each is asked about once."""
    return {number for number in numbers if number is not None and number in holders and may_live(holders[number])}
