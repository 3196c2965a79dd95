"""The queue without a screen: bounded, fixed when queued, and nothing hangs when it ends."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.scripted_backend import DEADLINE_SECONDS
from tests.ui.memory_panes import Memory, place
from tfm.core.entry import Kind
from tfm.core.location import Location
from tfm.core.progress import Cancel
from tfm.operations.conflict import ConflictPolicy, Decision
from tfm.operations.copy_spec import CopySpec
from tfm.operations.copy_target import copy_spec_for
from tfm.operations.counted_plan import CountedPlan
from tfm.operations.job_state import JobState
from tfm.operations.jobs import JobQueue


def until(met: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not met():
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.005)


def file_at(key: str) -> Location:
    return Location(place().storage, key, Kind.FILE)


def spec_of(*keys: str, policy: ConflictPolicy = ConflictPolicy.ASK) -> CopySpec:
    return CopySpec(tuple(map(file_at, keys)), place("e/"), into=True, policy=policy)


def test_no_more_than_two_run_at_once_and_they_begin_in_their_order() -> None:
    memory = Memory()
    memory.put(f"d/{number}" for number in range(5))
    gate = memory.gate("copy_from")
    queue = JobQueue(memory.session, None)
    jobs = [queue.submit(spec_of(f"d/{number}")) for number in range(5)]
    until(lambda: [job.snapshot().state for job in jobs].count(JobState.RUNNING) == 2)
    assert jobs[4].snapshot().state is JobState.QUEUED
    gate.set()
    until(lambda: not queue.active())
    assert {job.snapshot().state for job in jobs} == {JobState.DONE}


def test_questions_of_two_jobs_come_one_after_the_other() -> None:
    memory = Memory()
    memory.put(["d/a", "d/b", "e/a", "e/b"])
    queue = JobQueue(memory.session, None)
    first, second = queue.submit(spec_of("d/a")), queue.submit(spec_of("d/b"))
    answered = []
    for _ in range(2):
        until(lambda: queue.question() is not None)
        question = queue.question()
        assert question is not None
        answered.append(question.job)
        queue.answer(question, Decision(ConflictPolicy.SKIP))
    until(lambda: not queue.active())
    assert set(answered) == {first, second}
    assert [job.snapshot().skipped for job in (first, second)] == [1, 1]


def test_cancelling_and_stopping_release_a_question_that_is_open() -> None:
    memory = Memory()
    memory.put(["d/a", "d/b", "e/a", "e/b"])
    queue = JobQueue(memory.session, None)
    first = queue.submit(spec_of("d/a", "d/b"))
    until(queue.question)
    queue.cancel(first)
    until(lambda: not queue.active())
    assert (first.snapshot().state, first.failures()) == (JobState.CANCELLED, [])
    second = queue.submit(spec_of("d/a", "d/b"))
    until(queue.question)
    queue.stop()
    until(lambda: not queue.active())
    assert second.snapshot().state is JobState.CANCELLED
    assert queue.question() is None


def test_a_source_that_is_gone_is_an_error_and_is_tried_from_the_beginning() -> None:
    memory = Memory()
    memory.put(["e/other"])
    queue = JobQueue(memory.session, None)
    job = queue.submit(spec_of("d/late"))
    until(lambda: not queue.active())
    assert job.snapshot().state is JobState.FAILED
    assert "nothing here" in str(job.failures()[0])
    memory.put(["d/late"])
    memory.clock.now += 3600
    queue.retry(job)
    until(lambda: not queue.active())
    assert job.snapshot().state is JobState.DONE
    assert job.failures() == []


def test_a_plan_that_is_too_large_to_be_held_is_gone_on_with_by_the_job() -> None:
    memory = Memory()
    memory.put(f"d/{number:04}" for number in range(3500))
    spec = copy_spec_for(memory.session, [place("d/")], place("e/"), move=False)
    plan = CountedPlan(memory.session, spec)
    plan.check()
    plan._held_objects = 48_500
    plan.count(lambda: None, Cancel())
    counts = plan.counts()
    assert (counts.objects, counts.is_whole) == (2000, False)
    before = memory.requests
    queue = JobQueue(memory.session, None)
    job = queue.submit(spec, plan)
    until(lambda: not queue.active())
    assert job.snapshot().progress.objects_done == 3500
    assert memory.requests["list"] - before["list"] <= 2


def test_two_jobs_at_once_know_each_what_it_asked_itself() -> None:
    memory = Memory()
    memory.put([*(f"d/{number}" for number in range(6)), "d/alone"])
    gate = memory.gate("copy_from")
    queue = JobQueue(memory.session, None)
    many = queue.submit(spec_of(*(f"d/{number}" for number in range(6))))
    one = queue.submit(spec_of("d/alone"))
    until(lambda: many.snapshot().state is one.snapshot().state is JobState.RUNNING)
    memory.storage.lookup("d/missing", fresh=True)  # somebody else's
    gate.set()
    until(lambda: not queue.active())
    asked = [sum((Counter(each.operations) for each in job.tally.usage().values()), Counter()) for job in (many, one)]
    assert (asked[0]["copy"], asked[1]["copy"]) == (6, 1)
    everything = Counter(memory.requests)
    assert asked[0] + asked[1] < everything, "what somebody else asked meanwhile is in neither"
    assert list(many.tally.usage()) == [place().storage]


def test_what_the_counting_of_a_plan_asked_is_among_what_its_job_asked() -> None:
    memory = Memory()
    memory.put([f"d/t/{number}" for number in range(3)])
    tree = Location(place().storage, "d/t/", Kind.DIRECTORY)
    spec = CopySpec((tree,), place("e/"), into=True)
    plan = CountedPlan(memory.session, spec)
    plan.check()
    plan.count(lambda: None, Cancel())
    queue = JobQueue(memory.session, None)
    job = queue.submit(spec, plan)
    until(lambda: not queue.active())
    asked = sum((Counter(each.operations) for each in job.tally.usage().values()), Counter())
    assert asked == memory.requests
    assert asked["copy"] == 3
