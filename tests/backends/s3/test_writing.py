"""Objects written to moto: what is sent, what is told, and what is refused."""

from __future__ import annotations

import time
import zlib
from typing import Any

import pytest

from tests.backends.s3.conftest import OpenBucket
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tfm.core.entry import Kind
from tfm.core.errors import (
    ConflictError,
    CredentialsError,
    DamagedError,
    InvalidPathError,
    InvalidRequestError,
    IsDirectoryError,
    NetworkError,
    NoSpaceError,
    NotFoundError,
    PermissionDeniedError,
    StorageError,
    TemporaryError,
    UnsupportedOperation,
)
from tfm.core.writing import NOTHING_THERE, Condition, Content, ObjectFacts, Part, Precondition, Upload
from tfm.storage.contract import Backend
from tfm.storage.metering import RequestMeter

pytestmark = pytest.mark.usefixtures("way")

PLAIN = ObjectFacts()
PART_BYTES = 5 << 20


@pytest.fixture
def bucket(moto: MotoServer, open_bucket: OpenBucket) -> Backend:
    moto.put("bucket", {})
    return open_bucket()


def head(moto: MotoServer, key: str) -> dict[str, Any]:
    client = moto.client()
    try:
        answer: dict[str, Any] = client.head_object(Bucket="bucket", Key=key)
    finally:
        client.close()
    return answer


def content(backend: Backend, key: str) -> bytes:
    with backend.read(key) as reader:
        return reader.read()


def test_an_object_is_put_by_one_request(moto: MotoServer, bucket: Backend, meter: RequestMeter) -> None:
    entry = bucket.put("a/b c+%.txt", b"hello", facts=PLAIN)
    assert moto.requests() == ["PUT /bucket/a/b%20c%2B%25.txt"]
    assert meter.snapshot() == {"PutObject": 1}
    assert (entry.name, entry.key, entry.kind, entry.size_bytes) == ("b c+%.txt", "a/b c+%.txt", Kind.FILE, 5)
    found = bucket.stat("a/b c+%.txt").file
    assert found is not None
    assert entry.etag == found.etag
    assert entry.modified_timestamp is not None
    assert abs(entry.modified_timestamp - time.time()) < 60
    assert content(bucket, "a/b c+%.txt") == b"hello"


@pytest.mark.parametrize("body", [b"bytes", bytearray(b"array"), memoryview(b"..view..")[2:6], b""])
def test_any_form_of_bytes_is_stored(bucket: Backend, body: Content) -> None:
    assert bucket.put("k", body, facts=PLAIN).size_bytes == len(body)
    assert content(bucket, "k") == bytes(body)


def test_what_an_object_says_of_itself(moto: MotoServer, bucket: Backend) -> None:
    facts = ObjectFacts("text/plain; charset=utf-8", {"colour": "blue"}, 1_700_000_000.25, "STANDARD_IA")
    entry = bucket.put("k", b"1", facts=facts)
    assert entry.storage_class == "STANDARD_IA"
    answer = head(moto, "k")
    assert answer["ContentType"] == "text/plain; charset=utf-8"
    assert answer["Metadata"] == {"colour": "blue", "mtime": "1700000000.25"}
    assert answer["StorageClass"] == "STANDARD_IA"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0.0"), (1e22, "10000000000000000000000.0"), (1e-7, "0.0000001"), (-1.5, "-1.5")]
)
def test_times_are_decimal_numbers(moto: MotoServer, bucket: Backend, seconds: float, text: str) -> None:
    bucket.put("k", b"", facts=ObjectFacts(modified_timestamp=seconds))
    written = head(moto, "k")["Metadata"]["mtime"]
    assert "e" not in written
    assert float(written) == float(text)


def test_a_time_that_the_metadata_has_already_stays(moto: MotoServer, bucket: Backend) -> None:
    bucket.put("k", b"", facts=ObjectFacts(metadata={"MTime": "12"}, modified_timestamp=34.0))
    assert list(head(moto, "k")["Metadata"].values()) == ["12"]


@pytest.mark.parametrize(
    "facts",
    [
        ObjectFacts(metadata={"name": "ü"}),
        ObjectFacts(metadata={"ü": "value"}),
        ObjectFacts(metadata={"name": "x\r\nx-amz-acl: public-read"}),
        ObjectFacts(content_type="text/plain\nx: y"),
    ],
)
def test_what_no_header_can_carry_is_refused_before_it_is_sent(
    moto: MotoServer, bucket: Backend, facts: ObjectFacts
) -> None:
    with pytest.raises(InvalidRequestError, match="ASCII") as caught:
        bucket.put("k", b"", facts=facts)
    assert str(caught.value).isprintable()
    assert moto.requests() == []


@pytest.mark.parametrize("key", ["k" * 1025, "é" * 513, "\udc80"])
def test_an_impossible_key_costs_no_request(moto: MotoServer, bucket: Backend, key: str) -> None:
    for ask in (
        lambda: bucket.put(key, b"", facts=PLAIN),
        lambda: bucket.begin_upload(key, facts=PLAIN),
        lambda: bucket.delete(key),
    ):
        with pytest.raises(InvalidPathError):
            ask()
    assert [type(each.error) for each in bucket.delete_many([key])] == [InvalidPathError]
    assert moto.requests() == []


def test_the_bucket_itself_is_never_written_or_deleted(moto: MotoServer, bucket: Backend) -> None:
    for ask in (
        lambda: bucket.put("", b"", facts=PLAIN),
        lambda: bucket.begin_upload("", facts=PLAIN),
        lambda: bucket.delete(""),
        lambda: bucket.remove_directory(""),
    ):
        with pytest.raises(IsDirectoryError, match="is a bucket"):
            ask()
    assert [type(each.error) for each in bucket.delete_many([""])] == [IsDirectoryError]
    with pytest.raises(ConflictError):
        bucket.make_directory("")
    assert moto.requests() == []


def test_a_missing_bucket(moto: MotoServer, open_bucket: OpenBucket) -> None:
    backend = open_bucket("missing")
    for ask in (
        lambda: backend.put("k", b"", facts=PLAIN),
        lambda: backend.begin_upload("k", facts=PLAIN),
        lambda: backend.delete("k"),
        lambda: backend.delete_many(["k"]),
    ):
        with pytest.raises(NotFoundError, match="no bucket"):
            ask()


def test_a_condition_that_does_not_hold_is_a_conflict(moto: MotoServer, bucket: Backend) -> None:
    first = bucket.put("k", b"1", facts=PLAIN, only_if=NOTHING_THERE)
    with pytest.raises(ConflictError, match="there already"):
        bucket.put("k", b"2", facts=PLAIN, only_if=NOTHING_THERE)
    with pytest.raises(ConflictError, match="changed since"):
        bucket.put("k", b"2", facts=PLAIN, only_if=Precondition("0" * 32))
    with pytest.raises(ConflictError, match="is gone"):
        bucket.put("gone", b"2", facts=PLAIN, only_if=Precondition(first.etag))
    assert content(bucket, "k") == b"1"
    bucket.put("k", b"2", facts=PLAIN, only_if=Precondition(first.etag))
    assert content(bucket, "k") == b"2"
    assert moto.records()[-2].headers["if-match"] == f'"{first.etag}"'


def test_a_directory_is_a_marker_that_is_never_replaced(moto: MotoServer, bucket: Backend) -> None:
    entry = bucket.make_directory("a/d/")
    assert (entry.name, entry.key, entry.kind, entry.size_bytes) == ("d", "a/d/", Kind.DIRECTORY, 0)
    assert head(moto, "a/d/")["ContentType"] == "application/x-directory"
    with pytest.raises(ConflictError, match=r"there already\. Choose another name\.$"):
        bucket.make_directory("a/d/")
    bucket.remove_directory("a/d/")
    assert not bucket.stat("a/d/").found


def test_a_marker_with_content_is_told_as_its_directory(bucket: Backend) -> None:
    entry = bucket.put("d/", b"xyz", facts=PLAIN)
    assert entry == bucket.stat("d/").directory


def test_an_object_in_parts(moto: MotoServer, bucket: Backend, meter: RequestMeter) -> None:
    pieces = [bytes([number]) * PART_BYTES for number in (1, 2)] + [b"the end"]
    whole = b"".join(pieces)
    facts = ObjectFacts("text/plain", {"a": "b"}, 1.5)
    upload = bucket.begin_upload("large", facts=facts)
    # In any order, and one of them twice.
    parts = {
        number: bucket.put_part(upload, number, memoryview(pieces[number - 1]), offset=(number - 1) * PART_BYTES)
        for number in (3, 1, 2, 1)
    }
    assert not bucket.stat("large").found
    entry = bucket.finish_upload(upload, [parts[number] for number in (1, 2, 3)], checksum=zlib.crc32(whole))
    assert (entry.key, entry.size_bytes) == ("large", len(whole))
    assert entry.etag is not None
    assert entry.etag.endswith("-3")
    assert content(bucket, "large") == whole
    answer = head(moto, "large")
    assert (answer["ContentType"], answer["Metadata"]) == ("text/plain", {"a": "b", "mtime": "1.5"})
    counts = meter.snapshot()
    assert (counts["CreateMultipartUpload"], counts["UploadPart"], counts["CompleteMultipartUpload"]) == (1, 4, 1)
    begun = next(record for record in moto.records() if record.target.endswith("?uploads"))
    assert begun.headers["x-amz-checksum-type"] == "FULL_OBJECT"


def test_another_process_can_go_on_with_an_upload_and_abort_it(bucket: Backend, open_bucket: OpenBucket) -> None:
    upload = bucket.begin_upload("k", facts=PLAIN)
    part = bucket.put_part(upload, 1, b"content", offset=0)
    other = open_bucket()
    same = Upload("k", upload.id, PLAIN, None)
    bare = Part(1, 7, part.etag)
    assert other.finish_upload(same, [bare], checksum=zlib.crc32(b"content")).size_bytes == 7
    left = bucket.begin_upload("left", facts=PLAIN)
    other.abort_upload(Upload("left", left.id, PLAIN, None))
    other.abort_upload(left)


def test_a_server_that_knows_no_checksum_of_the_whole(
    moto: MotoServer, bucket: Backend, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    backend = open_bucket()
    for number in range(2):
        proxy.answer(400, "InvalidRequest", match="?uploads", times=1 - number)
        upload = backend.begin_upload(f"k{number}", facts=PLAIN)
        part = backend.put_part(upload, 1, b"content", offset=0)
        backend.finish_upload(upload, [part], checksum=1)
    begun = [record for record in moto.records() if record.target.endswith("?uploads")]
    assert [record.headers.get("x-amz-checksum-type") for record in begun] == [None, None]
    assert len(proxy.requests()) == 3 + 1 + 3
    assert all("x-amz-checksum-crc32" not in record.headers for record in moto.records() if record.method == "POST")


def test_checksums_can_be_turned_off_for_servers_without_them(
    moto: MotoServer, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    moto.put("bucket", {})
    backend = open_bucket()
    upload = backend.begin_upload("k", facts=PLAIN)
    part = backend.put_part(upload, 1, b"content", offset=0)
    backend.finish_upload(upload, [part], checksum=1)
    sent = {name for record in moto.records() for name in record.headers}
    assert not any("checksum" in name for name in sent)


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (400, "BadDigest", DamagedError, "not those that were sent"),
        (400, "XAmzContentSHA256Mismatch", DamagedError, "not those that were sent"),
        (400, "XAmzContentChecksumMismatch", DamagedError, "not those that were sent"),
        (400, "KeyTooLongError", InvalidPathError, "too long"),
        (400, "EntityTooLarge", InvalidRequestError, "larger than"),
        (507, "XMinioStorageFull", NoSpaceError, "no more space"),
        (507, "Strange", NoSpaceError, "no more space"),
        (403, "QuotaExceeded", NoSpaceError, "no more space"),
        (403, "AccessDenied", PermissionDeniedError, "Access denied"),
        (403, "SignatureDoesNotMatch", CredentialsError, "secret key"),
        (412, "PreconditionFailed", ConflictError, "there already"),
        (304, "", ConflictError, "there already"),
        (409, "ConditionalRequestConflict", TemporaryError, "at the same moment"),
        (400, "IncompleteBody", TemporaryError, "Not all"),
        (500, "InternalError", TemporaryError, "failed"),
    ],
)
def test_each_refusal_of_a_write_is_the_right_error(
    proxy: FaultProxy, open_bucket: OpenBucket, status: int, code: str, kind: type[StorageError], words: str
) -> None:
    proxy.answer(status, code, message="injected AKIAABCDEFGHIJKLMNOP\nX-Amz-Signature=0123456789abcdef0123")
    with pytest.raises(StorageError, match=words) as caught:
        open_bucket().put("some/key", b"1", facts=PLAIN, only_if=NOTHING_THERE)
    error = caught.value
    assert type(error) is kind
    assert str(error).startswith("s3://bucket/some/key: ")
    assert error.operation == "write"
    assert "AKIA" not in str(error)
    assert len(proxy.requests()) == 1


def test_an_upload_that_is_gone(proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    backend = open_bucket()
    upload = Upload("k", "id", PLAIN, None)
    proxy.answer(404, "NoSuchUpload", times=3)
    with pytest.raises(NotFoundError, match="upload is not there"):
        backend.put_part(upload, 1, b"", offset=0)
    with pytest.raises(NotFoundError, match="upload is not there"):
        backend.finish_upload(upload, [Part(1, 0, "e")])
    backend.abort_upload(upload)


def test_finishing_with_an_error_inside_of_success(proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    backend = open_bucket()
    upload = Upload("k", "id", PLAIN, NOTHING_THERE)
    for code, kind in (("InternalError", TemporaryError), ("PreconditionFailed", ConflictError)):
        proxy.answer(200, code, match="POST")
        with pytest.raises(kind):
            backend.finish_upload(upload, [Part(1, 0, "e")])
    for body in (b"", b"<html>Welcome to our wireless network</html>", b"<CompleteMultipartUploadResult><ETa"):
        proxy.answer(200, "", body=body, match="POST")
        with pytest.raises(TemporaryError):
            backend.finish_upload(upload, [Part(1, 0, "e")])
    proxy.answer(409, "ConditionalRequestConflict", match="POST")
    with pytest.raises(ConflictError, match="at the same moment") as caught:
        backend.finish_upload(upload, [Part(1, 0, "e")])
    assert not caught.value.temporary


def test_a_write_whose_answer_was_lost_may_be_done(
    moto: MotoServer, bucket: Backend, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    backend = open_bucket()
    proxy.lose_answer(match="PUT")
    with pytest.raises(NetworkError) as caught:
        backend.put("k", b"content", facts=PLAIN)
    assert caught.value.temporary
    assert content(bucket, "k") == b"content"
    upload = backend.begin_upload("parts", facts=PLAIN)
    part = backend.put_part(upload, 1, b"content", offset=0)
    proxy.lose_answer(match="POST /bucket/parts?uploadId")
    with pytest.raises(NetworkError):
        backend.finish_upload(upload, [part])
    assert content(bucket, "parts") == b"content"


def test_a_server_that_takes_no_conditions_is_asked_without_them(
    moto: MotoServer, bucket: Backend, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    backend = open_bucket()
    proxy.answer(501, "NotImplemented")
    backend.put("k", b"1", facts=PLAIN, only_if=NOTHING_THERE)
    backend.put("k", b"2", facts=PLAIN, only_if=NOTHING_THERE)
    assert len(proxy.requests()) == 3
    assert content(bucket, "k") == b"2"
    # Of the other condition nothing is known yet.
    with pytest.raises(ConflictError):
        backend.put("k", b"3", facts=PLAIN, only_if=Precondition("0" * 32))


def test_a_condition_that_is_relied_on_is_never_left_out(proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    backend = open_bucket(s3_conditions="create")
    assert backend.conditions() == {Condition.CREATE}
    proxy.answer(501, "NotImplemented")
    with pytest.raises(UnsupportedOperation):
        backend.put("k", b"1", facts=PLAIN, only_if=NOTHING_THERE)
    assert len(proxy.requests()) == 1


def test_refused_credentials_are_read_anew_after_a_write(
    moto: MotoServer, bucket: Backend, proxy: FaultProxy, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = open_bucket()
    proxy.answer(400, "ExpiredToken")
    with pytest.raises(CredentialsError):
        backend.put("k", b"1", facts=PLAIN)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "renewed")
    backend.put("k", b"1", facts=PLAIN)
    assert "Credential=renewed/" in moto.records()[-1].headers["authorization"]


def test_the_requester_pays_for_writes_too(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {})
    backend = open_bucket(s3_requester_pays=True)
    backend.put("k", b"1", facts=PLAIN)
    upload = backend.begin_upload("p", facts=PLAIN)
    part = backend.put_part(upload, 1, b"1", offset=0)
    backend.finish_upload(upload, [part])
    backend.delete("k")
    backend.delete_many(["p"])
    assert {record.headers.get("x-amz-request-payer") for record in moto.records()} == {"requester"}
