"""Writing to a server that checks conditions, checksums, signatures and rights."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.backends.s3.conftest import OpenBucket
from tests.servers.fault_proxy import FaultProxy
from tests.servers.seaweedfs import SeaweedServer
from tfm.core.entry import Entry
from tfm.core.errors import (
    ConflictError,
    CredentialsError,
    DamagedError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
)
from tfm.core.writing import NOTHING_THERE, Condition, ObjectFacts, Precondition, Upload
from tfm.storage.contract import Backend
from tfm.storage.metering import RequestMeter
from tfm.testing.hooks import ODD_KEYS

pytestmark = [pytest.mark.seaweedfs, pytest.mark.usefixtures("way")]

PLAIN = ObjectFacts()
PART_BYTES = 5 << 20
REWRITTEN = ("//", "\\", "..")
"""What makes SeaweedFS take a key for another one, or refuse it."""


@pytest.fixture
def between(seaweed: SeaweedServer) -> Iterator[FaultProxy]:
    """A fault proxy before an empty bucket ``written``."""
    seaweed.fill("written", {})
    with FaultProxy(seaweed.url) as proxy:
        yield proxy


@pytest.fixture
def bucket(between: FaultProxy, aws_credentials: None, open_bucket: OpenBucket) -> Backend:
    return open_bucket("written", s3_endpoint_url=between.url)


def content(backend: Backend, key: str) -> bytes:
    with backend.read(key) as reader:
        return reader.read()


def keys_in(backend: Backend) -> set[str]:
    return {entry.key for entry in backend.list_page("", recursive=True)}


def test_the_server_is_recognised_by_any_answer(bucket: Backend, meter: RequestMeter) -> None:
    assert bucket.conditions() == frozenset()
    bucket.list_page("")
    assert bucket.conditions() == frozenset(Condition)
    assert meter.snapshot() == {"ListObjectsV2": 1}


def test_of_twelve_that_create_one_wins(bucket: Backend) -> None:
    start = Barrier(12)

    def create(number: int) -> Entry | None:
        start.wait()
        try:
            return bucket.put("key", f"by {number}".encode(), facts=PLAIN, only_if=NOTHING_THERE)
        except ConflictError:
            return None

    with ThreadPoolExecutor(12) as threads:
        entries = list(threads.map(create, range(12)))
    (winner,) = [number for number, entry in enumerate(entries) if entry is not None]
    assert content(bucket, "key") == f"by {winner}".encode()


def test_of_twelve_that_replace_one_wins(bucket: Backend) -> None:
    seen = Precondition(bucket.put("key", b"seen", facts=PLAIN).etag)
    start = Barrier(12)

    def replace(number: int) -> bool:
        start.wait()
        try:
            bucket.put("key", f"by {number}".encode(), facts=PLAIN, only_if=seen)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(12) as threads:
        won = list(threads.map(replace, range(12)))
    assert won.count(True) == 1
    assert content(bucket, "key") == f"by {won.index(True)}".encode()


def test_conditions_of_every_write(bucket: Backend) -> None:
    bucket.list_page("")
    first = bucket.put("k", b"1", facts=PLAIN, only_if=NOTHING_THERE)
    stale = Precondition("0" * 32)
    with pytest.raises(ConflictError, match="there already"):
        bucket.put("k", b"2", facts=PLAIN, only_if=NOTHING_THERE)
    for key in ("k", "gone"):
        with pytest.raises(ConflictError):
            bucket.put(key, b"2", facts=PLAIN, only_if=stale)
    with pytest.raises(ConflictError, match="changed"):
        bucket.delete("k", only_if=stale)
    bucket.make_directory("d/")
    with pytest.raises(ConflictError):
        bucket.make_directory("d/")
    assert content(bucket, "k") == b"1"
    bucket.delete("k", only_if=Precondition(first.etag))
    assert keys_in(bucket) == {"d/"}


def test_a_conflict_leaves_an_upload_as_it_was(bucket: Backend) -> None:
    upload = bucket.begin_upload("k", facts=PLAIN, only_if=NOTHING_THERE)
    part = bucket.put_part(upload, 1, b"content", offset=0)
    bucket.put("k", b"was faster", facts=PLAIN)
    with pytest.raises(ConflictError, match="there already"):
        bucket.finish_upload(upload, [part], checksum=zlib.crc32(b"content"))
    assert content(bucket, "k") == b"was faster"
    bucket.delete("k")
    bucket.finish_upload(upload, [part], checksum=zlib.crc32(b"content"))
    assert content(bucket, "k") == b"content"


@pytest.mark.parametrize("size", [1, 100_000, 2_000_000])
def test_a_bit_that_flips_on_the_way_is_found(bucket: Backend, between: FaultProxy, size: int) -> None:
    body = bytes(size)
    fault = between.flip_request(after_bytes=size // 2, match="PUT /written/k")
    with pytest.raises(DamagedError) as caught:
        bucket.put("k", body, facts=PLAIN)
    assert fault.happened.is_set()
    assert not caught.value.temporary
    assert not bucket.stat("k").found
    upload = bucket.begin_upload("k", facts=PLAIN)
    fault = between.flip_request(after_bytes=size // 2, match="partNumber=1")
    with pytest.raises(DamagedError):
        bucket.put_part(upload, 1, body, offset=0)
    assert fault.happened.is_set()
    part = bucket.put_part(upload, 1, body, offset=0)
    bucket.finish_upload(upload, [part], checksum=zlib.crc32(body))
    assert content(bucket, "k") == body


def test_parts_in_the_wrong_place_are_found_by_the_checksum_of_the_whole(bucket: Backend) -> None:
    pieces = [bytes([number]) * PART_BYTES for number in (1, 2)]
    upload = bucket.begin_upload("k", facts=PLAIN)
    wrong = [bucket.put_part(upload, 1, pieces[1], offset=0), bucket.put_part(upload, 2, pieces[0], offset=PART_BYTES)]
    checksum = zlib.crc32(b"".join(pieces))
    with pytest.raises(DamagedError):
        bucket.finish_upload(upload, wrong, checksum=checksum)
    assert not bucket.stat("k").found
    right = [bucket.put_part(upload, 1, pieces[0], offset=0), bucket.put_part(upload, 2, pieces[1], offset=PART_BYTES)]
    entry = bucket.finish_upload(upload, right, checksum=checksum)
    found = bucket.stat("k").file
    assert found is not None
    assert (entry.etag, entry.size_bytes) == (found.etag, found.size_bytes) == (entry.etag, 2 * PART_BYTES)


def test_finishing_again_after_a_lost_answer(bucket: Backend, between: FaultProxy) -> None:
    upload = bucket.begin_upload("k", facts=PLAIN)
    part = bucket.put_part(upload, 1, b"content", offset=0)
    between.lose_answer(match="POST /written/k?uploadId")
    with pytest.raises(NetworkError):
        bucket.finish_upload(upload, [part], checksum=zlib.crc32(b"content"))
    assert bucket.finish_upload(upload, [part], checksum=zlib.crc32(b"content")).size_bytes == 7
    assert content(bucket, "k") == b"content"


def test_an_upload_that_never_was(bucket: Backend) -> None:
    with pytest.raises(NotFoundError, match="upload is not there"):
        bucket.put_part(Upload("k", "0" * 40 + "_0", PLAIN, None), 1, b"x", offset=0)
    bucket.abort_upload(Upload("k", "0" * 40 + "_0", PLAIN, None))


def test_odd_keys_are_written_and_deleted_exactly(bucket: Backend) -> None:
    keys = [key for key in ODD_KEYS if not any(part in key for part in REWRITTEN) and key not in {".", "./x", "a/./c"}]
    keys = [key for key in keys if not key.startswith("/") and len(key) < 1000]
    keys += ["carriage\nreturn"]
    for key in keys:
        bucket.put(key, key.encode(), facts=PLAIN)
    held = keys_in(bucket)
    assert held == set(keys)
    first, second = keys[::2], keys[1::2]
    assert bucket.delete_many(first) == []
    assert keys_in(bucket) == set(second)
    for key in second:
        bucket.delete(key)
    assert keys_in(bucket) == set()


def test_whoever_may_not_write(between: FaultProxy, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "denied")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "deniedsecret")
    backend = open_bucket("written", s3_endpoint_url=between.url)
    for ask in (
        lambda: backend.put("k", b"", facts=PLAIN),
        lambda: backend.begin_upload("k", facts=PLAIN),
        lambda: backend.delete("k"),
        lambda: backend.make_directory("d/"),
    ):
        with pytest.raises(PermissionDeniedError, match="Access denied"):
            ask()
    # In whole or for each key: as the server likes.
    try:
        failures = backend.delete_many(["k"])
    except PermissionDeniedError:
        return
    assert [type(each.error) for each in failures] == [PermissionDeniedError]


def test_a_wrong_secret_never_shows(
    between: FaultProxy, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrongsecretkey")
    backend = open_bucket("written", s3_endpoint_url=between.url)
    for ask in (lambda: backend.put("k", b"x", facts=PLAIN), lambda: backend.delete_many(["k"])):
        with pytest.raises(CredentialsError, match="secret key") as caught:
            ask()
        assert "wrongsecretkey" not in str(caught.value)
