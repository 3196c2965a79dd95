"""Jobs are found again, and taken over by one only."""

from __future__ import annotations

import gc
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.journal.conftest import Clock
from tests.journal.some_steps import some_steps
from tfm.core.location import StorageAddress
from tfm.journal import UNFINISHED, Job, JobState, Journal, JournalError, StepState, open_journal
from tfm.journal.database import Database
from tfm.journal.holder import this_process
from tfm.journal.opening import _open_memory
from tfm.journal.pruning import Keep

Open = Callable[[], Journal]


def test_a_job_is_on_record_as_it_was_begun(journal: Journal, clock: Clock) -> None:
    spec = {"sources": ["a\udc80", "b\n"], "policy": None, "deep": {"x": [1, 2.5]}}
    job = journal.begin_job("copy", "3 entries to \udcff", spec)
    assert job.id == "20260719-101530-0001"
    record = job.record()
    assert (record.id, record.kind, record.title, record.spec) == (job.id, "copy", "3 entries to \udcff", spec)
    assert record.created_at == datetime(2026, 7, 19, 10, 15, 30, tzinfo=UTC)
    assert (record.state, record.is_planned, record.is_held) == (JobState.PLANNING, False, True)
    assert record.process_id == this_process().process_id
    assert set(record.counts) == set(StepState)
    assert journal.jobs() == [record]
    assert journal.job(job.id) == record


def test_ids_sort_by_time_and_are_never_the_same(journal: Journal, clock: Clock) -> None:
    ids = []
    for _ in range(12):
        ids.append(journal.begin_job("copy", "", {}).id)
        clock.now += 0.4
    assert sorted(ids) == ids
    assert len(set(ids)) == 12


def test_a_spec_that_is_no_json_is_refused_at_once(journal: Journal) -> None:
    with pytest.raises(TypeError):
        journal.begin_job("copy", "", {"x": object()})
    assert journal.jobs() == []


def test_planning_ends_and_the_job_runs(journal: Journal) -> None:
    job = journal.begin_job("copy", "", {})
    job.steps_added()
    assert (job.record().state, job.record().is_planned) == (JobState.RUNNING, True)
    job.set_state(JobState.PAUSED)
    job.steps_added()
    assert job.record().state is JobState.PAUSED


@pytest.mark.parametrize("state", sorted(set(JobState) - UNFINISHED))
def test_who_ends_holds_no_longer(journal: Journal, state: JobState) -> None:
    job = journal.begin_job("copy", "", {})
    job.set_state(state)
    assert (job.record().state, job.record().is_held) == (state, False)
    assert journal.unfinished() == []
    assert journal.claim(job.id) is None
    again = journal.claim(job.id, again=True)
    assert again is not None
    assert again.record().is_held


def test_what_a_living_process_holds_is_not_given(journal: Journal) -> None:
    job = journal.begin_job("copy", "", {})
    assert journal.unfinished() == []
    assert journal.claim(job.id) is None
    assert journal.claim(job.id, force=True) is not None


def test_what_was_released_goes_on_where_it_stood(journal: Journal) -> None:
    job = journal.begin_job("copy", "", {"target": "x"})
    job.add_steps(some_steps(600))
    for number in range(1, 500):
        job.done(number)
    job.release()
    (record,) = journal.unfinished()
    assert record.counts[StepState.DONE].steps == 499
    resumed = journal.claim(record.id)
    assert resumed is not None
    assert [each.number for each in resumed.pending()] == list(range(500, 601))
    assert resumed.add_steps(some_steps(1)) == range(601, 602)


def test_a_journal_that_is_closed_holds_nothing(open_again: Open) -> None:
    first = open_again()
    job = first.begin_job("copy", "", {})
    first.begin_upload(StorageAddress("file"), "/x")
    other = open_again()
    assert (other.unfinished(), other.orphans()) == ([], [])
    first.close()
    first.close()
    assert [each.id for each in other.unfinished()] == [job.id]
    assert [each.key for each in other.orphans()] == ["/x"]
    with pytest.raises(JournalError, match="closed"):
        job.flush()


def test_a_journal_that_nobody_has_any_more_is_closed_with_its_last_job(path: str, open_again: Open) -> None:
    job: Job | None = open_journal(path).begin_job("copy", "", {})
    assert job is not None
    job.add_steps(some_steps(5))  # the journal lives as long as its job
    other = open_again()
    assert other.unfinished() == []
    del job
    gc.collect()
    (record,) = other.unfinished()
    assert record.counts[StepState.PENDING].steps == 5


@pytest.mark.parametrize("job_id", ["", "no such job", "\udcff", "'; DROP TABLE jobs"])
def test_a_job_that_is_not_there(journal: Journal, job_id: str) -> None:
    assert journal.job(job_id) is None
    assert journal.claim(job_id) is None


def test_of_many_who_claim_a_job_one_gets_it(open_again: Open) -> None:
    first = open_again()
    job = first.begin_job("copy", "", {})
    first.close()
    journals = [open_again() for _ in range(6)]
    together = threading.Barrier(len(journals))
    won: list[Job] = []

    def claim(journal: Journal) -> None:
        together.wait()
        claimed = journal.claim(job.id)
        if claimed is not None:
            won.append(claimed)

    threads = [threading.Thread(target=claim, args=(journal,)) for journal in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


# Forgetting


def kept(clock: Clock, keep: Keep) -> Journal:
    return Journal(Database(_open_memory(), ""), process=this_process(), clock=clock, keep=keep)


def finished(journal: Journal, clock: Clock, steps: int = 1) -> str:
    job = journal.begin_job("copy", "", {})
    job.add_steps(some_steps(steps))
    job.failed(1, "no")
    clock.now += 1
    job.set_state(JobState.FAILED)
    return job.id


def jobs_in(journal: Journal, table: str) -> int:
    def ask(connection: sqlite3.Connection) -> int:
        (count,) = connection.execute(f"SELECT count(DISTINCT job) FROM {table}").fetchone()
        return int(count)

    return journal._database.read(ask)


def test_the_last_jobs_are_kept(clock: Clock) -> None:
    journal = kept(clock, Keep(jobs=3))
    ids = [finished(journal, clock, 700) for _ in range(6)]
    journal.prune()
    assert [job.id for job in journal.jobs()] == ids[3:]
    assert journal.jobs()[0].counts[StepState.FAILED].steps == 1
    for table in ("blocks", "block_states", "step_texts", "counts"):
        assert (table, jobs_in(journal, table)) == (table, 3)
    journal.close()


def test_old_jobs_are_forgotten(clock: Clock) -> None:
    journal = kept(clock, Keep(days=2))
    finished(journal, clock)
    clock.now += 1.5 * 86_400
    newer = finished(journal, clock)
    clock.now += 86_400
    assert journal.prune() <= 1
    assert [job.id for job in journal.jobs()] == [newer]
    journal.close()


def test_large_jobs_are_forgotten_sooner(clock: Clock) -> None:
    journal = kept(clock, Keep(steps=250_000))
    finished(journal, clock, 150_000)
    newer = finished(journal, clock, 120_000)
    journal.prune()
    assert [job.id for job in journal.jobs()] == [newer]
    journal.close()


def test_what_is_not_finished_is_never_forgotten(clock: Clock) -> None:
    journal = kept(clock, Keep(jobs=0))
    waiting, swept = journal.begin_job("copy", "", {}), journal.begin_job("copy", "", {})
    upload = swept.begin_upload(StorageAddress("file"), "/x")
    swept.set_state(JobState.CANCELLED)
    journal.prune()
    assert [job.id for job in journal.jobs()] == [waiting.id, swept.id]
    upload.ended()
    journal.prune()
    assert [job.id for job in journal.jobs()] == [waiting.id]
    journal.close()
