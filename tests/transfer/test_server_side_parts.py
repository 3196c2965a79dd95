"""Objects that are too large for one server-side copy: in parts, which the server copies, and each of them once."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tests.transfer.interrupted import Ground
from tfm.backends.s3.backend import S3Backend
from tfm.core.entry import Kind
from tfm.core.errors import ConflictError, NotFoundError, PermissionDeniedError, StorageError
from tfm.core.location import Location, StorageAddress
from tfm.core.writing import ObjectFacts, UploadLimits
from tfm.journal import Journal, null_journal
from tfm.operations.conflict import ConflictPolicy
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.operations.resume import clean, resume
from tfm.storage.session import Session
from tfm.transfer import parted

PART_BYTES = 5 << 20
CONTENT = bytes(range(256)) * (3 * PART_BYTES // 256) + b"the end"
"""Four parts, of which the last is small."""

OTHER = CONTENT[::-1]
FROM, TO = StorageAddress("s3", "parts-from"), StorageAddress("s3", "parts-to")
FACTS = ObjectFacts(
    "text/x-tfm",
    {"colour": "blue"},
    1.5,
    "STANDARD_IA",
    headers={"cache-control": "no-cache", "content-disposition": "inline"},
    tags={"a": "1 + 2", "b": "x"},
)
FINISH = re.compile(r"POST .*[?&]uploadId=")


class Place:
    """Two buckets of a server, and the line to it. ``client`` goes there directly, as others do."""

    def __init__(self, server: MotoServer | SeaweedServer, proxy: FaultProxy) -> None:
        self.enforces_conditions = isinstance(server, SeaweedServer)
        self.proxy = proxy
        self.session = Session()
        self.journal: Journal = null_journal()
        self.client: Any = server.client()  # botocore has no types

    def put_source(self, content: bytes, facts: ObjectFacts = FACTS) -> None:
        self.session.storage(FROM).put("d/x", content, facts=facts)
        self.proxy.clear()

    def put(self, bucket: StorageAddress, key: str, content: bytes) -> None:
        """As somebody else does it, by one request."""
        self.client.put_object(Bucket=bucket.authority, Key=key, Body=content)

    def job(self, *, workers: int = 1, policy: ConflictPolicy = ConflictPolicy.FAIL) -> CopyJob:
        """With one worker it is known which part comes when."""
        spec = CopySpec((Location(FROM, "d/x", Kind.FILE),), Location(TO, "x", Kind.FILE), into=False, policy=policy)
        return CopyJob(self.session, spec, journal=self.journal, workers=workers)

    def failure(self, job: CopyJob) -> StorageError:
        summary = job.run()
        assert (summary.listed, summary.done, summary.failed) == (1, 0, 1)
        return summary.failures[0]

    def copied_parts(self) -> list[int]:
        """The number of each part that was asked for, in this order."""
        found = [re.search(r"^PUT .*partNumber=(\d+)", line) for line in self.proxy.requests()]
        return [int(each[1]) for each in found if each is not None]

    def uploads(self) -> list[str]:
        return [each["UploadId"] for each in self.client.list_multipart_uploads(Bucket="parts-to").get("Uploads") or ()]

    def content(self) -> bytes | None:
        """What became of it, where there is anything."""
        try:
            return bytes(self.client.get_object(Bucket="parts-to", Key="x")["Body"].read())
        except self.client.exceptions.NoSuchKey:
            return None

    def has(self, content: bytes | None) -> bool:
        """And nothing is left under way. A bool: pytest takes hours to tell how two contents of megabytes differ."""
        assert self.uploads() == []
        return self.content() == content

    def close(self) -> None:
        self.client.close()
        self.journal.close()


def let_copies_be_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = UploadLimits(whole_bytes=PART_BYTES, part_bytes=PART_BYTES, most_parts=10_000)
    monkeypatch.setattr(S3Backend, "upload_limits", limits)
    monkeypatch.setattr(S3Backend, "copy_whole_bytes", PART_BYTES)
    monkeypatch.setattr(parted, "_LEAST_PART_BYTES", PART_BYTES)
    monkeypatch.setattr(parted, "_COPIED_PART_BYTES", PART_BYTES)


@pytest.fixture
def moto_place(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Of whose conditions nothing is known, and which heeds none for the source of a part."""
    let_copies_be_in_parts(monkeypatch)
    for address in (FROM, TO):
        moto.put(address.authority, {})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        made = Place(moto, proxy)
        yield made
        made.close()


@pytest.fixture
def seaweed_place(seaweed: SeaweedServer, aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Which is known to enforce conditions."""
    let_copies_be_in_parts(monkeypatch)
    for address in (FROM, TO):
        seaweed.fill(address.authority, {})
    with FaultProxy(seaweed.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        made = Place(seaweed, proxy)
        yield made
        made.close()


@pytest.fixture(params=["moto", pytest.param("seaweed", marks=pytest.mark.seaweedfs)])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


def test_each_part_is_one_request_and_no_byte_comes_here(place: Place) -> None:
    place.put_source(CONTENT)
    job = place.job()
    summary = job.run()
    assert (summary.done, summary.failed, summary.unverified, summary.size_bytes) == (1, 0, 0, len(CONTENT))
    assert job.snapshot().progress.bytes_done == len(CONTENT)
    assert place.has(CONTENT)
    assert place.copied_parts() == [1, 2, 3, 4]
    asked = [line.split()[0] for line in place.proxy.requests()]
    assert (asked.count("POST"), asked.count("PUT"), asked.count("DELETE")) == (2, 4, 0)
    assert sum(each.sent_bytes + each.answered_bytes for each in place.proxy.exchanges()) < 64 << 10
    # Where the server is known to heed it, nobody asks after each part whether the source is still the same version.
    assert asked.count("HEAD") == (1 if place.enforces_conditions else 5)


def test_the_copy_says_of_itself_what_the_object_said(place: Place) -> None:
    place.put_source(CONTENT)
    assert place.job().run().done == 1
    description = place.session.storage(TO).describe("x")
    assert description.facts == FACTS
    assert str(description.entry.etag).endswith("-4")


def test_an_object_without_a_time_of_its_own_keeps_the_one_it_was_written_at(place: Place) -> None:
    place.put_source(CONTENT, ObjectFacts("text/x-tfm"))
    written = place.client.head_object(Bucket="parts-from", Key="d/x")["LastModified"].timestamp()
    assert place.job().run().done == 1
    facts = place.session.storage(TO).describe("x").facts
    assert (facts.content_type, facts.modified_timestamp) == ("text/x-tfm", written)


# Interrupted


def test_what_was_cancelled_goes_on_with_the_parts_on_record(place: Place) -> None:
    place.put_source(CONTENT)
    job = place.job()
    place.proxy.at_request(1, job.cancel, match="partNumber=3")
    assert job.run().stopped
    assert job.id is not None
    (upload,) = place.uploads()
    assert place.content() is None
    assert place.copied_parts() == [1, 2, 3]  # of which the last came to its end
    assert "DELETE" not in {line.split()[0] for line in place.proxy.requests()}
    place.proxy.clear()
    again = resume(place.session, place.journal, job.id)
    summary = again.run()
    assert (summary.listed, summary.done, summary.failed) == (1, 1, 0)
    assert sorted(place.copied_parts()) in ([4], [3, 4])  # the third where its answer was too late to be written down
    assert upload in place.proxy.requests()[-1]
    assert place.has(CONTENT)
    assert again.snapshot().progress.bytes_done == len(CONTENT)
    assert place.session.storage(TO).describe("x").facts == FACTS


def test_what_was_cancelled_is_begun_anew_where_its_upload_is_gone(place: Place) -> None:
    """As where the bucket aborts what is not finished in time."""
    place.put_source(CONTENT)
    job = place.job()
    place.proxy.at_request(1, job.cancel, match="partNumber=3")
    assert job.run().stopped
    assert job.id is not None
    (upload,) = place.uploads()
    place.client.abort_multipart_upload(Bucket="parts-to", Key="x", UploadId=upload)
    place.proxy.clear()
    assert resume(place.session, place.journal, job.id).run().done == 1
    assert sorted(place.copied_parts()) == [1, 2, 3, 4]
    assert place.has(CONTENT)


def test_a_destination_that_appears_before_it_is_gone_on_with_is_not_overwritten(place: Place) -> None:
    place.put_source(CONTENT)
    job = place.job()
    place.proxy.at_request(1, job.cancel, match="partNumber=3")
    assert job.run().stopped
    assert job.id is not None
    place.put(TO, "x", b"somebody's")
    assert isinstance(place.failure(resume(place.session, place.journal, job.id)), ConflictError)
    assert place.has(b"somebody's")


@pytest.mark.parametrize("how", ["overwritten", "gone"])
def test_a_source_that_is_another_one_when_it_is_gone_on_with(place: Place, how: str) -> None:
    place.put_source(CONTENT)
    job = place.job()
    place.proxy.at_request(1, job.cancel, match="partNumber=3")
    assert job.run().stopped
    assert job.id is not None
    if how == "overwritten":
        place.put(FROM, "d/x", OTHER)
    else:
        place.client.delete_object(Bucket="parts-from", Key="d/x")
    place.proxy.clear()
    error = place.failure(resume(place.session, place.journal, job.id))
    assert isinstance(error, ConflictError if how == "overwritten" else NotFoundError)
    assert str(error.uri) == "s3://parts-from/d/x"
    assert place.copied_parts() == []
    assert place.content() is None
    clean(place.session, place.journal)
    assert place.has(None)


# Somebody else writes meanwhile


@pytest.mark.parametrize("match", ["HEAD /parts-from/d/x", "partNumber=1", "partNumber=2", "partNumber=4"])
def test_a_source_that_is_overwritten_is_not_mixed_with_what_it_was(place: Place, match: str) -> None:
    place.put_source(CONTENT)
    place.proxy.at_request(1, lambda: place.put(FROM, "d/x", OTHER), match=match)
    error = place.failure(place.job())
    assert isinstance(error, ConflictError)
    assert str(error.uri) == "s3://parts-from/d/x"
    assert place.has(None)


@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.parametrize("policy", [ConflictPolicy.FAIL, ConflictPolicy.OVERWRITE])
def test_a_destination_that_is_written_meanwhile_is_not_overwritten(
    place: Place, number: int, policy: ConflictPolicy
) -> None:
    """It appears, or it is no longer what was there when it was to be overwritten."""
    place.put_source(CONTENT)
    if policy is ConflictPolicy.OVERWRITE:
        place.put(TO, "x", b"seen")
    place.proxy.at_request(1, lambda: place.put(TO, "x", b"somebody's"), match=f"partNumber={number}")
    error = place.failure(place.job(policy=policy))
    assert isinstance(error, ConflictError)
    assert str(error.uri) == "s3://parts-to/x"
    assert place.has(b"somebody's")


@pytest.mark.seaweedfs
def test_a_destination_that_appears_at_the_very_end_is_not_overwritten(seaweed_place: Place) -> None:
    place = seaweed_place
    place.put_source(CONTENT)
    place.proxy.at_request(1, lambda: place.put(TO, "x", b"somebody's"), match=FINISH)
    assert isinstance(place.failure(place.job()), ConflictError)
    assert place.has(b"somebody's")


# Refused


@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.parametrize("fault", ["503", "lost answer", "reset"])
def test_a_part_that_is_refused_for_now_is_asked_for_again_and_no_other(place: Place, number: int, fault: str) -> None:
    place.put_source(CONTENT)
    match = f"partNumber={number}"
    injected = {
        "503": lambda: place.proxy.answer(503, "SlowDown", match=match),
        "lost answer": lambda: place.proxy.lose_answer(match=match),
        "reset": lambda: place.proxy.reset(match=match),
    }[fault]()
    summary = place.job().run()
    assert injected.happened.is_set()
    assert (summary.done, summary.failed) == (1, 0)
    assert place.copied_parts() == sorted([1, 2, 3, 4, number])
    assert place.has(CONTENT)


@pytest.mark.parametrize("fault", ["503", "lost answer"])
def test_an_end_that_is_refused_for_now_or_not_heard_of(place: Place, fault: str) -> None:
    place.put_source(CONTENT)
    if fault == "503":
        injected = place.proxy.answer(503, "SlowDown", match=FINISH)
    else:
        injected = place.proxy.lose_answer(match=FINISH)
    summary = place.job().run()
    assert injected.happened.is_set()
    assert (summary.done, summary.failed) == (1, 0)
    assert place.copied_parts() == [1, 2, 3, 4]
    assert place.has(CONTENT)


def test_a_refused_part_ends_it_when_the_others_have_come(place: Place) -> None:
    place.put_source(CONTENT)
    proxy = place.proxy
    refused = proxy.answer(403, "AccessDenied", match="partNumber=3")
    aborted = threading.Event()
    early: list[bool] = []

    def hold() -> None:
        """Part 2 is on its way when part 3 is refused."""
        assert refused.happened.wait(20)
        early.append(aborted.wait(0.3))

    proxy.at_request(1, hold, match="partNumber=2")
    proxy.at_request(1, aborted.set, match="DELETE /parts-to/x")
    error = place.failure(place.job(workers=4))
    assert isinstance(error, PermissionDeniedError)
    assert early == [False]
    assert aborted.is_set()
    assert place.has(None)


def test_what_could_not_be_aborted_is_swept_later(place: Place) -> None:
    place.put_source(CONTENT)
    place.proxy.answer(403, "AccessDenied", match="partNumber=2", message="no part")
    place.proxy.answer(403, "AccessDenied", match="DELETE", message="no abort")
    error = place.failure(place.job())
    assert isinstance(error, PermissionDeniedError)
    assert "no part" in str(error.__cause__)
    assert len(place.uploads()) == 1
    summary = clean(place.session, place.journal)
    assert (summary.uploads, summary.failures) == (1, [])
    assert place.has(None)


# Killed


def wait_for_parts_on_record(number: int) -> None:
    path = os.path.join(os.environ["XDG_STATE_HOME"], "tfm", "journal.sqlite")
    deadline = time.monotonic() + 60
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        while connection.execute("SELECT count(*) FROM parts").fetchone() != (number,):
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.seaweedfs
@pytest.mark.parametrize(
    ("when", "verb", "checksums"),
    [
        ("in the middle", "copy", "when_required"),
        ("at the end", "copy", "when_required"),
        ("at the end", "move", "when_required"),
        ("at the end", "move", "when_supported"),
    ],
)
def test_killed_and_gone_on_with(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, when: str, verb: str, checksums: str
) -> None:
    """Without a checksum of the source, only its parts tell that the object at the destination is its copy."""
    from botocore.config import Config
    from botocore.session import Session as BotocoreSession

    monkeypatch.setenv("TFM_COPIED_PART_BYTES", str(8 << 20))
    source, target = (ground.new_place(remote=True) for _ in range(2))
    client = BotocoreSession().create_client(
        "s3", endpoint_url=ground.server.url, config=Config(request_checksum_calculation=checksums)
    )
    content = bytes(range(256)) * (20 << 12)  # 20 MiB: three parts
    client.put_object(Bucket="ground", Key=f"{source.removeprefix('s3://ground/')}/x", Body=content)
    client.close()
    before = ground.digests(source)
    if when == "at the end":
        held = ground.proxy.hold_answer(match=FINISH)
    else:
        held = ground.proxy.hold_answer(match="partNumber=3")
    process = ground.start(verb, f"{source}/", target)
    assert held.happened.wait(60)
    wait_for_parts_on_record(3 if when == "at the end" else 2)
    process.kill()
    assert ground.end(process).code == -signal.SIGKILL
    ground.proxy.clear()
    run = ground.run("resume")
    assert (run.told["jobs"], run.told["failures"], run.told["cleaned"]) == (1, [], 0), run
    parts = [line for line in ground.proxy.requests() if "partNumber" in line]
    assert len(parts) == (0 if when == "at the end" else 1)
    assert ground.digests(target) == before
    assert ground.digests(source) == ({} if verb == "move" else before)
    assert ground.uploads() == []
