"""Steps go in by the thousand, come back in order, and what became of each is counted."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.journal.some_steps import one_step, some_steps
from tfm.core.step import Step
from tfm.journal import Job, Journal, StepCount, StepState, null_journal

PENDING, DONE, SKIPPED, FAILED, MADE = StepState


@pytest.fixture
def job(journal: Journal) -> Job:
    return journal.begin_job("copy", "some files", {})


def numbers(job: Job, *states: StepState) -> list[int]:
    return list(all_numbers(job, *states, limit=100))


def all_numbers(job: Job, *states: StepState, limit: int) -> Iterator[int]:
    after = 0
    while some_records := job.steps(states or tuple(StepState), after=after, limit=limit):
        assert len(some_records) <= limit
        yield from (record.number for record in some_records)
        after = some_records[-1].number


@pytest.mark.parametrize("count", [1, 511, 512, 513, 3000])
@pytest.mark.parametrize("limit", [1000, 77])
def test_steps_come_back_in_order(job: Job, count: int, limit: int) -> None:
    assert job.add_steps(some_steps(count)) == range(1, count + 1)
    assert list(all_numbers(job, PENDING, limit=limit)) == list(range(1, count + 1))
    assert [record.step for record in job.pending(limit=count)] == list(some_steps(count))


def test_no_steps_are_no_steps(job: Job) -> None:
    assert len(job.add_steps([])) == 0
    assert job.pending() == []
    assert job.last_step() is None


def test_steps_that_come_one_by_one_share_a_block(job: Job) -> None:
    given_numbers = [job.add_steps([step]).start for step in some_steps(1200)]
    assert given_numbers == list(range(1, 1201))
    assert numbers(job) == given_numbers
    last = job.last_step()
    assert last is not None
    assert (last.number, last.step) == (1200, one_step(1200, size_bytes=1200))


def test_a_plan_is_read_while_it_is_made(job: Job) -> None:
    read = []

    def planned() -> Iterator[Step]:
        for number, step in enumerate(some_steps(2000), start=1):
            if number % 700 == 0:
                read.append(len(job.pending(limit=10_000)))
            yield step

    job.add_steps(planned())
    assert read == [512, 1024]


def test_what_became_of_steps_is_counted(job: Job) -> None:
    job.add_steps(some_steps(1000))
    for number in range(1, 601):
        job.done(number)
    job.failed(700, "denied: \udc80\n")
    job.skipped(701, "is there")
    assert job.counts() == {
        PENDING: StepCount(398, 1000 * 1001 // 2 - 600 * 601 // 2 - 1401),
        DONE: StepCount(600, 600 * 601 // 2),
        SKIPPED: StepCount(1, 701),
        FAILED: StepCount(1, 700),
        MADE: StepCount(),
    }
    assert numbers(job, PENDING) == [*range(601, 700), *range(702, 1001)]
    assert [(each.number, each.state, each.text) for each in job.steps({FAILED, SKIPPED})] == [
        (700, FAILED, "denied: \udc80\n"),
        (701, SKIPPED, "is there"),
    ]


def test_the_last_word_about_a_step_counts(job: Job) -> None:
    job.add_steps(some_steps(3))
    job.failed(2, "no")
    job.flush()
    job.done(2)
    job.done(2)
    job.flush()
    assert job.counts()[DONE] == StepCount(1, 2)
    assert job.counts()[FAILED] == StepCount()
    assert [each.text for each in job.steps()] == ["", "", ""]


def test_what_failed_can_be_tried_again(job: Job) -> None:
    job.add_steps(some_steps(2000))
    for number in range(1, 2001):
        if number % 3:
            job.failed(number, "no")
        else:
            job.done(number)
    assert job.retry_failed() == 1334
    assert job.counts()[PENDING].steps == 1334
    assert {each.text for each in job.pending(limit=2000)} == {""}


@pytest.mark.parametrize("number", [0, -1, 4])
def test_a_number_that_no_step_has_is_refused(job: Job, number: int) -> None:
    job.add_steps(some_steps(3))
    with pytest.raises(ValueError, match="has no step"):
        job.done(number)


def test_sizes_that_nothing_can_add_up_do_not_stop_it(job: Job) -> None:
    job.add_steps([one_step(size_bytes=2**63 - 1), one_step(size_bytes=2**70), one_step(size_bytes=None)])
    job.done(1)
    job.done(2)
    assert job.counts()[DONE] == StepCount(2, 2**63 - 1)


def test_two_jobs_do_not_mix(journal: Journal) -> None:
    first, second = journal.begin_job("copy", "1", {}), journal.begin_job("copy", "2", {})
    first.add_steps(some_steps(10))
    second.add_steps(some_steps(20))
    first.done(3)
    assert (first.counts()[PENDING].steps, second.counts()[PENDING].steps) == (9, 20)


def test_what_is_marked_is_on_record_soon(job: Job, until: Callable[[Callable[[], bool]], None]) -> None:
    job.add_steps(some_steps(3))
    job.flush()
    job.done(1)
    until(lambda: job._changes.taken)


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    def wait(holds: Callable[[], bool]) -> None:
        pause = threading.Event()
        for _ in range(1000):
            if holds():
                return
            pause.wait(0.01)
        pytest.fail("that did not come to be within ten seconds")

    return wait


def test_many_threads_mark_and_add_at_once(job: Job) -> None:
    job.add_steps(some_steps(800))
    added: list[range] = []

    def mark(worker: int) -> None:
        for number in range(1 + worker, 801, 8):
            job.done(number)
            added.append(job.add_steps([one_step(number)]))
            if number % 50 == 0:
                job.flush()
                job.pending(limit=10)

    workers = [threading.Thread(target=mark, args=(worker,)) for worker in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(each.start for each in added) == list(range(801, 1601))
    assert job.counts()[DONE].steps == 800
    assert numbers(job, PENDING) == list(range(801, 1601))


class Interrupted:
    """A connection in whose statement, before or after it is done, somebody presses Ctrl-C once."""

    def __init__(self, connection: sqlite3.Connection, statement: str, *, is_done: bool) -> None:
        self._connection = connection
        self._statement = statement
        self._is_done = is_done

    def execute(self, statement: str, *values: Any) -> Any:  # sqlite3's own arguments and answer
        if not statement.startswith(self._statement):
            return self._connection.execute(statement, *values)
        self._statement = "never"
        if self._is_done:
            self._connection.execute(statement, *values)
        raise KeyboardInterrupt

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.mark.parametrize("statement", ["BEGIN", "INSERT INTO blocks", "UPDATE block_states", "COMMIT"])
@pytest.mark.parametrize("is_done", [False, True])
def test_ctrl_c_in_the_middle_of_a_commit_writes_nothing_twice(
    job: Job, statement: str, is_done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = job._database
    monkeypatch.setattr(database, "_wake_writer", lambda: None)  # the interrupted commit is this thread's
    job.add_steps(some_steps(100))
    job.done(7)
    monkeypatch.setattr(database, "_connection", Interrupted(database._connection, statement, is_done=is_done))
    with pytest.raises(KeyboardInterrupt):
        job.flush()
    job.done(8)
    assert job.counts()[DONE] == StepCount(2, 15)
    assert numbers(job) == list(range(1, 101))


ACTS = some.lists(
    some.one_of(
        some.tuples(some.just("add"), some.integers(0, 700)),
        some.tuples(some.sampled_from(["done", "failed", "skipped", "made", "retry"]), some.integers(1, 2000)),
        some.tuples(some.sampled_from(["flush", "retry_failed"]), some.just(0)),
    ),
    max_size=25,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(ACTS)
def test_it_behaves_as_a_table_of_states_would(acts: list[tuple[str, int]]) -> None:
    journal = null_journal()
    job = journal.begin_job("copy", "", {})
    model: dict[int, StepState] = {}
    words = {"done": DONE, "failed": FAILED, "skipped": SKIPPED, "made": MADE, "retry": PENDING}
    for act, number in acts:
        if act == "add":
            job.add_steps(some_steps(number))
            model |= dict.fromkeys(range(len(model) + 1, len(model) + number + 1), PENDING)
        elif act == "flush":
            job.flush()
        elif act == "retry_failed":
            assert job.retry_failed() == sum(state is FAILED for state in model.values())
            model = {key: PENDING if state is FAILED else state for key, state in model.items()}
        elif number <= len(model):
            getattr(job, act)(number, *(["why"] if act in {"failed", "skipped"} else []))
            model[number] = words[act]
    assert {record.number: record.state for record in job.steps(limit=100_000)} == model
    for state in StepState:
        assert job.counts()[state].steps == sum(each is state for each in model.values())
        assert [record.number for record in job.steps({state}, limit=100_000)] == [
            number for number, each in sorted(model.items()) if each is state
        ]
    journal.close()
