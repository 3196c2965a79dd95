"""Copies made by a server that checks conditions, signatures and rights."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.backends.s3.conftest import OpenBucket
from tests.servers.fault_proxy import FaultProxy
from tests.servers.seaweedfs import SeaweedServer
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, NetworkError, NotFoundError, PermissionDeniedError
from tfm.core.location import StorageAddress
from tfm.core.writing import NOTHING_THERE, Checksum, Condition, ObjectFacts, Precondition
from tfm.storage.contract import Backend
from tfm.storage.metering import RequestMeter

pytestmark = [pytest.mark.seaweedfs, pytest.mark.usefixtures("way")]

PLAIN = ObjectFacts()
SOURCE = StorageAddress("s3", "copied-from")
PART_BYTES = 5 << 20
KEYS = ["a/b c+%41.txt", "ü 😀/é", "q?u=e&r=#f", "quote'\"&<>", "=;,:@$!*()~"]


@pytest.fixture
def between(seaweed: SeaweedServer, aws_credentials: None) -> Iterator[FaultProxy]:
    seaweed.fill("copied-from", {})
    seaweed.fill("copied-to", {})
    with FaultProxy(seaweed.url) as proxy:
        yield proxy


@pytest.fixture
def source(between: FaultProxy, open_bucket: OpenBucket) -> Backend:
    return open_bucket("copied-from", s3_endpoint_url=between.url)


@pytest.fixture
def bucket(between: FaultProxy, open_bucket: OpenBucket) -> Backend:
    """In a session that knows the server already."""
    backend = open_bucket("copied-to", s3_endpoint_url=between.url)
    backend.list_page("")
    assert Condition.COPY in backend.conditions()
    return backend


def entry_of(backend: Backend, key: str) -> Entry:
    (entry,) = [each for each in backend.list_page(key, recursive=True) if each.key == key]
    return entry


def content(backend: Backend, key: str) -> bytes:
    with backend.read(key) as reader:
        return reader.read()


@pytest.mark.parametrize("key", KEYS)
def test_a_copy_keeps_what_the_object_says(source: Backend, bucket: Backend, meter: RequestMeter, key: str) -> None:
    headers = {"cache-control": "no-cache", "content-encoding": "gzip", "content-disposition": "inline"}
    facts = ObjectFacts("text/x-tfm", {"colour": "blue"}, 1.5, "STANDARD_IA", headers=headers, tags={"a": "1 + 2"})
    source.put(key, b"hello", facts=facts)
    listed = entry_of(source, key)
    assert listed.storage_class == "STANDARD_IA"
    with meter.counting() as requests:
        entry = bucket.copy_from(SOURCE, listed, key, only_if=NOTHING_THERE)
    assert requests.by_operation == {"CopyObject": 1}
    assert entry == entry_of(bucket, key)
    assert bucket.describe(key).facts == facts
    assert content(bucket, key) == b"hello"


def test_an_object_of_any_size_that_was_put_whole_has_its_md5_as_etag(source: Backend) -> None:
    """SeaweedFS itself keeps it in chunks of 8 MiB."""
    body = bytes(20 << 20)
    source.put("k", body, facts=PLAIN)
    with source.read("k", start=5, length=1) as reader:
        assert reader.checksum == Checksum("MD5", hashlib.md5(body, usedforsecurity=False).digest())


def test_a_source_that_changed(source: Backend, bucket: Backend, meter: RequestMeter) -> None:
    source.put("k", b"1" * PART_BYTES, facts=PLAIN)
    old = entry_of(source, "k")
    source.put("k", b"2" * PART_BYTES, facts=PLAIN)
    upload = bucket.begin_upload("parts", facts=PLAIN)
    for only_if in (None, NOTHING_THERE):
        with pytest.raises(ConflictError, match=r"^s3://copied-from/k: .*changed since"):
            bucket.copy_from(SOURCE, old, "k", only_if=only_if)
    with pytest.raises(ConflictError, match=r"^s3://copied-from/k: .*changed since"):
        bucket.copy_part(upload, 1, SOURCE, old, offset=0, length=PART_BYTES)
    source.delete("k")
    for only_if in (None, NOTHING_THERE, Precondition("0" * 32)):
        with pytest.raises((NotFoundError, ConflictError)) as caught:
            bucket.copy_from(SOURCE, old, "k", only_if=only_if)
        assert str(caught.value).startswith("s3://copied-from/k: ")
    assert not bucket.stat("k").found
    assert bucket.list_parts(upload) == []
    bucket.abort_upload(upload)


def test_a_destination_that_is_not_what_was_seen(source: Backend, bucket: Backend) -> None:
    source.put("k", b"new", facts=PLAIN)
    listed = entry_of(source, "k")
    seen = bucket.put("k", b"old", facts=PLAIN)
    with pytest.raises(ConflictError, match=r"^s3://copied-to/k: .*there already"):
        bucket.copy_from(SOURCE, listed, "k", only_if=NOTHING_THERE)
    for key in ("k", "gone"):
        with pytest.raises(ConflictError, match=f"^s3://copied-to/{key}: "):
            bucket.copy_from(SOURCE, listed, key, only_if=Precondition("0" * 32))
    assert content(bucket, "k") == b"old"
    bucket.copy_from(SOURCE, listed, "k", only_if=Precondition(seen.etag))
    assert content(bucket, "k") == b"new"


def test_of_twelve_copies_that_create_one_wins(source: Backend, bucket: Backend) -> None:
    entries = [source.put(f"k{number}", f"by {number}".encode(), facts=PLAIN) for number in range(12)]
    start = Barrier(12)

    def copy(entry: Entry) -> bool:
        start.wait()
        try:
            bucket.copy_from(SOURCE, entry, "k", only_if=NOTHING_THERE)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(12) as threads:
        won = list(threads.map(copy, entries))
    assert won.count(True) == 1
    assert content(bucket, "k") == f"by {won.index(True)}".encode()


def test_a_copy_in_parts_is_whole_and_has_a_checksum(source: Backend, bucket: Backend, meter: RequestMeter) -> None:
    whole = hashlib.sha256(b"seed").digest() * (PART_BYTES // 32) + b"the end"
    source.put("k", whole, facts=PLAIN)
    listed = entry_of(source, "k")
    facts = ObjectFacts("text/x-tfm", {"colour": "blue"}, 1.5, "STANDARD_IA", tags={"a": "b"})
    with meter.counting() as requests:
        upload = bucket.begin_upload("copy", facts=facts)
        parts = [
            bucket.copy_part(upload, 2, SOURCE, listed, offset=PART_BYTES, length=7),
            bucket.copy_part(upload, 1, SOURCE, listed, offset=0, length=PART_BYTES),
        ]
    assert requests.by_operation == {"CreateMultipartUpload": 1, "UploadPartCopy": 2}
    assert [(each.key, each.id) for each in bucket.list_uploads()] == [("copy", upload.id)]
    assert [(part.number, part.size_bytes) for part in bucket.list_parts(upload)] == [(1, PART_BYTES), (2, 7)]
    bucket.finish_upload(upload, parts[::-1])
    assert content(bucket, "copy") == whole
    description = bucket.describe("copy")
    assert description.facts == facts
    assert description.checksum is not None
    assert (description.checksum.algorithm, description.checksum.parts) == ("CRC32", None)
    assert bucket.list_uploads() == []


def test_uploads_under_odd_keys_are_listed_exactly(bucket: Backend) -> None:
    uploads = [bucket.begin_upload(key, facts=PLAIN) for key in KEYS]
    assert {(each.key, each.id) for each in bucket.list_uploads()} == {(each.key, each.id) for each in uploads}
    (found,) = bucket.list_uploads("a/")
    assert found.key == KEYS[0]
    for upload in uploads:
        bucket.abort_upload(upload)
    assert bucket.list_uploads() == []


def test_a_copy_whose_answer_was_lost_is_made_again(
    source: Backend, between: FaultProxy, open_bucket: OpenBucket
) -> None:
    source.put("k", b"1", facts=PLAIN)
    backend = open_bucket("copied-to", s3_endpoint_url=between.url)
    between.lose_answer(match="PUT /copied-to/k")
    with pytest.raises(NetworkError):
        backend.copy_from(SOURCE, entry_of(source, "k"), "k")
    again = open_bucket("copied-to", s3_endpoint_url=between.url, retry=True)
    between.lose_answer(match="PUT /copied-to/k")
    assert again.copy_from(SOURCE, entry_of(source, "k"), "k").size_bytes == 1
    assert content(backend, "k") == b"1"


def test_whoever_may_not_read_the_source_or_write(
    source: Backend, between: FaultProxy, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.put("k", b"1", facts=PLAIN)
    listed = entry_of(source, "k")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "denied")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "deniedsecret")
    backend = open_bucket("copied-to", s3_endpoint_url=between.url)
    for ask in (
        lambda: backend.copy_from(SOURCE, listed, "k"),
        lambda: backend.list_uploads(),
        lambda: backend.describe("k"),
    ):
        with pytest.raises(PermissionDeniedError):
            ask()
