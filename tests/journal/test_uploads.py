"""An upload is on record before it is begun, and until it has ended."""

from __future__ import annotations

from collections.abc import Callable

from tests.journal.conftest import Clock
from tests.journal.some_steps import some_steps
from tfm.core.location import StorageAddress
from tfm.core.writing import Part
from tfm.journal import JobState, Journal, PartRecord

BUCKET = StorageAddress("s3", "bucket", "profile \udc80")
DISK = StorageAddress("file")


def test_an_intent_is_known_before_the_upload_has_an_id(journal: Journal, clock: Clock) -> None:
    job = journal.begin_job("copy", "", {})
    job.add_steps(some_steps(3))
    clock.now += 5
    upload = job.begin_upload(BUCKET, "a//b/\udc80\n", step=2)
    (record,) = job.uploads()
    assert (record.address, record.key, record.step, record.job_id) == (BUCKET, "a//b/\udc80\n", 2, job.id)
    assert (record.id, record.part_bytes, record.begun_timestamp) == (None, None, clock.now)
    assert record.is_held
    upload.created("id/1", 8 << 20)
    (record,) = job.uploads()
    assert (record.id, record.part_bytes) == ("id/1", 8 << 20)


def test_parts_come_in_any_order_and_again(journal: Journal) -> None:
    upload = journal.begin_upload(DISK, "/x")
    upload.created("/.tfm-0123456789abcdef.part")
    upload.part(Part(2, 5, "b", "sum=="), 7)
    upload.part(Part(1, 8))
    upload.part(Part(2, 6, "c"), 2**32 - 1)
    assert upload.parts() == [PartRecord(Part(1, 8)), PartRecord(Part(2, 6, "c"), 2**32 - 1)]


def test_what_has_ended_leaves_nothing(journal: Journal) -> None:
    job = journal.begin_job("copy", "", {})
    upload, other = job.begin_upload(BUCKET, "x"), job.begin_upload(BUCKET, "y")
    upload.part(Part(1, 8))
    other.part(Part(1, 9))
    upload.ended()
    assert [each.key for each in job.uploads()] == ["y"]
    assert (upload.parts(), other.parts()) == ([], [PartRecord(Part(1, 9))])
    upload.part(Part(2, 8))  # of a worker that did not know
    assert upload.parts() == []


def test_orphans_are_what_nobody_living_holds(open_again: Callable[[], Journal]) -> None:
    gone, living = open_again(), open_again()
    gone.begin_upload(DISK, "/stream").created("/tmp1")
    unfinished, cancelled = gone.begin_job("copy", "", {}), gone.begin_job("copy", "", {})
    unfinished.begin_upload(BUCKET, "resumable")
    cancelled.begin_upload(BUCKET, "to sweep")
    cancelled.set_state(JobState.CANCELLED)
    living.begin_upload(DISK, "/living")
    living.begin_job("copy", "", {}).begin_upload(BUCKET, "living")
    gone.close()
    assert [(each.key, each.job_id, each.job_state) for each in living.orphans()] == [
        ("/stream", None, None),
        ("resumable", unfinished.id, JobState.PLANNING),
        ("to sweep", cancelled.id, JobState.CANCELLED),
    ]
    assert [each.key for each in living.held_uploads()] == ["/living", "living"]


def test_who_takes_a_job_over_has_its_uploads(open_again: Callable[[], Journal]) -> None:
    first, second = open_again(), open_again()
    job = first.begin_job("copy", "", {})
    entry = job.begin_upload(BUCKET, "x", step=None)
    entry.created("id", 5)
    entry.part(Part(1, 5, "etag"), 3)
    first.close()
    resumed = second.claim(job.id)
    assert resumed is not None
    assert second.orphans() == []
    (record,) = resumed.uploads()
    upload = resumed.upload(record)
    assert upload.parts() == [PartRecord(Part(1, 5, "etag"), 3)]
    upload.ended()
    assert resumed.uploads() == []


def test_of_two_who_sweep_one_gets_the_orphan(open_again: Callable[[], Journal]) -> None:
    gone, one, two = open_again(), open_again(), open_again()
    job = gone.begin_job("copy", "", {})
    job.begin_upload(BUCKET, "x")
    assert one.claim_upload(job.uploads()[0]) is None  # it is held
    gone.close()
    (record,) = one.orphans()
    taken = one.claim_upload(record)
    assert taken is not None
    assert two.claim_upload(record) is None
    assert two.orphans() == []
    taken.ended()
    one.flush()
    assert two.claim_upload(record) is None
