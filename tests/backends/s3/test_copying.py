"""Copies that the server makes, and what it is asked of them, on moto."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import pytest

from tests.backends.s3.conftest import OpenBucket
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tfm.core.entry import Entry, Kind
from tfm.core.errors import (
    ConflictError,
    InvalidPathError,
    IsDirectoryError,
    NotFoundError,
    ObjectArchivedError,
    StorageError,
    TemporaryError,
)
from tfm.core.location import StorageAddress
from tfm.core.writing import NOTHING_THERE, Checksum, ObjectFacts, Precondition, Upload
from tfm.storage.contract import Backend
from tfm.storage.metering import RequestMeter

pytestmark = pytest.mark.usefixtures("way")

PLAIN = ObjectFacts()
SOURCE = StorageAddress("s3", "source")
PART_BYTES = 5 << 20
FACTS = ObjectFacts(
    "text/x-tfm",
    {"colour": "blue"},
    1.5,
    "STANDARD_IA",
    headers={"cache-control": "no-cache", "content-disposition": "inline", "content-language": "de"},
    tags={"a": "1 + 2=ü", "b": "x"},
)


@pytest.fixture
def source(moto: MotoServer, open_bucket: OpenBucket) -> Backend:
    moto.put("source", {})
    return open_bucket("source")


@pytest.fixture
def bucket(moto: MotoServer, open_bucket: OpenBucket) -> Backend:
    moto.put("bucket", {})
    return open_bucket()


def entry_of(backend: Backend, key: str) -> Entry:
    (entry,) = [each for each in backend.list_page(key, recursive=True) if each.key == key]
    return entry


def content(backend: Backend, key: str) -> bytes:
    with backend.read(key) as reader:
        return reader.read()


def refusing(proxy: FaultProxy, status: int, code: str, **elements: str) -> None:
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in {"Code": code, "Message": "no", **elements}.items())
    proxy.answer(status, code, match="PUT", body=f"<Error>{inner}</Error>".encode())


def test_whom_it_can_copy_from(bucket: Backend, open_bucket: OpenBucket) -> None:
    assert bucket.can_copy_from(SOURCE)
    assert bucket.can_copy_from(bucket.address)
    assert not bucket.can_copy_from(StorageAddress("s3", "source", "other"))
    assert not bucket.can_copy_from(StorageAddress("s3", ""))
    assert not bucket.can_copy_from(StorageAddress("file", ""))


@pytest.mark.parametrize("key", ["a/b c+%41.txt", "ü 😀", "q?u=e&r#f", "//a/../b/./x", "~"])
def test_a_copy_is_one_request_and_keeps_what_the_object_says(
    moto: MotoServer, source: Backend, bucket: Backend, meter: RequestMeter, key: str
) -> None:
    source.put(key, b"hello", facts=FACTS)
    listed = entry_of(source, key)
    moto.reset_requests()
    with meter.counting() as requests:
        entry = bucket.copy_from(SOURCE, listed, key, only_if=NOTHING_THERE)
    assert requests.by_operation == {"CopyObject": 1}
    (record,) = moto.records()
    assert record.headers["x-amz-copy-source-if-match"] == f'"{listed.etag}"'
    assert record.headers["if-none-match"] == "*"
    copied = entry_of(bucket, key)
    assert (entry.name, entry.key, entry.kind) == (listed.name, key, listed.kind)
    assert (entry.size_bytes, entry.etag, entry.storage_class) == (5, copied.etag, "STANDARD_IA")
    assert entry.modified_timestamp == copied.modified_timestamp
    description = bucket.describe(key)
    assert description.facts == FACTS
    assert content(bucket, key) == b"hello"


def test_the_ordinary_class_is_not_named(moto: MotoServer, source: Backend, bucket: Backend) -> None:
    source.put("k", b"1", facts=PLAIN)
    bucket.copy_from(SOURCE, entry_of(source, "k"), "k")
    headers = moto.records()[-1].headers
    assert not {"x-amz-storage-class", "if-none-match", "if-match"} & headers.keys()


def test_a_marker_is_copied_as_its_directory(source: Backend, bucket: Backend) -> None:
    marker = source.make_directory("d/")
    entry = bucket.copy_from(SOURCE, marker, "e/")
    assert (entry.name, entry.key, entry.kind) == ("e", "e/", Kind.DIRECTORY)
    assert bucket.describe("e/").facts.content_type == "application/x-directory"


def test_requester_pays(moto: MotoServer, source: Backend, bucket: Backend, open_bucket: OpenBucket) -> None:
    source.put("k", b"1", facts=PLAIN)
    open_bucket(s3_requester_pays=True).copy_from(SOURCE, entry_of(source, "k"), "k")
    assert moto.records()[-1].headers["x-amz-request-payer"] == "requester"


def test_impossible_keys_cost_no_request(moto: MotoServer, bucket: Backend) -> None:
    entry = Entry("k", "k", Kind.FILE, 1)
    with pytest.raises(InvalidPathError):
        bucket.copy_from(SOURCE, entry, "k" * 1025)
    with pytest.raises(IsDirectoryError):
        bucket.copy_from(SOURCE, entry, "")
    with pytest.raises(IsDirectoryError):
        bucket.copy_part(Upload("k", "id", PLAIN, None), 1, SOURCE, Entry("", "", Kind.DIRECTORY), offset=0, length=1)
    assert moto.requests() == []


def test_a_source_that_is_missing_or_archived(moto: MotoServer, source: Backend, bucket: Backend) -> None:
    with pytest.raises(NotFoundError, match=r"^s3://source/gone: "):
        bucket.copy_from(SOURCE, Entry("gone", "gone", Kind.FILE, 1), "k")
    moto.put("source", {"cold": b"1"}, storage_class="GLACIER")
    with pytest.raises(ObjectArchivedError, match=r"^s3://source/cold: .*restore-object"):
        bucket.copy_from(SOURCE, entry_of(source, "cold"), "k")
    assert not bucket.stat("k").found


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_source_that_changed_where_the_server_does_not_care(source: Backend, bucket: Backend, in_parts: bool) -> None:
    source.put("k", b"1" * PART_BYTES, facts=PLAIN)
    old = entry_of(source, "k")
    source.put("k", b"2" * PART_BYTES, facts=PLAIN)
    upload = bucket.begin_upload("copy", facts=PLAIN)
    with pytest.raises(ConflictError, match=r"^s3://source/k: It changed.* has its new content") as caught:
        if in_parts:
            bucket.copy_part(upload, 1, SOURCE, old, offset=0, length=PART_BYTES)
        else:
            bucket.copy_from(SOURCE, old, "copy")
    assert ("s3://bucket/copy" in str(caught.value)) != in_parts


def test_an_etag_that_the_copy_does_not_share_is_no_change(
    moto: MotoServer, source: Backend, bucket: Backend, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    """As where the copy is encrypted, or the source came in parts."""
    source.put("k", b"1", facts=PLAIN)
    listed = entry_of(source, "k")
    proxy.clear()
    body = f"<CopyObjectResult><ETag>&quot;{'0' * 32}&quot;</ETag></CopyObjectResult>".encode()
    proxy.answer(200, "", match="PUT", body=body, headers={"Date": "Wed, 25 Nov 2026 02:05:29 GMT"})
    entry = open_bucket().copy_from(SOURCE, listed, "k")
    assert (entry.etag, entry.modified_timestamp) == ("0" * 32, 1795572329)
    assert [request.split()[0] for request in proxy.requests()] == ["PUT", "HEAD"]
    # Where the server is known to enforce the condition, nobody asks.
    proxy.clear()
    proxy.answer(200, "", match="PUT", body=body)
    open_bucket(s3_conditions="copy").copy_from(SOURCE, listed, "k")
    assert [request.split()[0] for request in proxy.requests()] == ["PUT"]


@pytest.mark.parametrize(
    ("status", "code", "elements", "words"),
    [
        (412, "PreconditionFailed", {"Condition": "x-amz-copy-source-If-Match"}, r"^s3://source/k: .*changed since"),
        (412, "PreconditionFailed", {"Condition": "If-None-Match"}, r"^s3://bucket/copy: .*there already"),
        (412, "PreconditionFailed", {}, r"^s3://bucket/copy: .*there already"),
    ],
)
def test_which_side_a_conflict_is_on(
    source: Backend, bucket: Backend, proxy: FaultProxy, open_bucket: OpenBucket, status: int, code: str,
    elements: dict[str, str], words: str,
) -> None:  # fmt: skip
    source.put("k", b"1", facts=PLAIN)
    refusing(proxy, status, code, **elements)
    with pytest.raises(ConflictError, match=words):
        open_bucket().copy_from(SOURCE, entry_of(source, "k"), "copy", only_if=NOTHING_THERE)


def test_a_refusal_that_names_no_side_is_looked_into(
    source: Backend, bucket: Backend, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    source.put("k", b"1", facts=PLAIN)
    old = entry_of(source, "k")
    replacing = Precondition("0" * 32)
    refusing(proxy, 404, "NoSuchKey")
    with pytest.raises(ConflictError, match=r"^s3://bucket/copy: .*is gone"):
        open_bucket().copy_from(SOURCE, old, "copy", only_if=replacing)
    source.put("k", b"2", facts=PLAIN)
    refusing(proxy, 412, "PreconditionFailed")
    with pytest.raises(ConflictError, match=r"^s3://source/k: It changed since"):
        open_bucket().copy_from(SOURCE, old, "copy", only_if=replacing)
    refusing(proxy, 412, "PreconditionFailed")
    with pytest.raises(ConflictError, match=r"^s3://source/k: .*changed since"):
        open_bucket().copy_from(SOURCE, old, "copy")
    source.delete("k")
    refusing(proxy, 404, "NoSuchKey")
    with pytest.raises(NotFoundError, match=r"^s3://source/k: It is gone"):
        open_bucket().copy_from(SOURCE, old, "copy", only_if=replacing)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<Error><Code>InternalError</Code><Message>x</Message></Error>", TemporaryError),
        (b"<Error><Code>SlowDown</Code><Message>x</Message></Error>", TemporaryError),
        (b"", TemporaryError),
        (b"<html>Welcome to our wireless network</html>", TemporaryError),
        (b"<CopyObjectResult><ETa", TemporaryError),
        (b"<CopyObjectResult></CopyObjectResult>", TemporaryError),
    ],
)
def test_an_answer_that_is_none_is_no_success(
    proxy: FaultProxy, open_bucket: OpenBucket, body: bytes, kind: type[StorageError]
) -> None:
    entry = Entry("k", "k", Kind.FILE, 1, etag="0" * 32)
    proxy.answer(200, "", body=body, times=2)
    with pytest.raises(kind):
        open_bucket().copy_from(SOURCE, entry, "k")
    with pytest.raises(kind):
        open_bucket().copy_part(Upload("k", "id", PLAIN, None), 1, SOURCE, entry, offset=0, length=1)


def test_a_copy_in_parts(moto: MotoServer, source: Backend, bucket: Backend, meter: RequestMeter) -> None:
    whole = bytes(range(256)) * (PART_BYTES // 256) + b"the end"
    source.put("k", whole, facts=PLAIN)
    listed = entry_of(source, "k")
    upload = bucket.begin_upload("copy", facts=FACTS)
    sizes = [(1, 0, PART_BYTES), (2, PART_BYTES, 7)]
    parts = [bucket.copy_part(upload, number, SOURCE, listed, offset=at, length=size) for number, at, size in sizes]
    record = next(each for each in moto.records() if "partNumber=2" in each.target)
    assert record.headers["x-amz-copy-source-range"] == f"bytes={PART_BYTES}-{PART_BYTES + 6}"
    assert record.headers["x-amz-copy-source-if-match"] == f'"{listed.etag}"'
    told = bucket.list_parts(upload)
    assert [(part.number, part.size_bytes, part.etag) for part in told] == [
        (part.number, part.size_bytes, part.etag) for part in parts
    ]
    bucket.finish_upload(upload, parts)
    assert content(bucket, "copy") == whole
    assert bucket.describe("copy").facts == FACTS


def test_what_is_under_way_is_listed(bucket: Backend, meter: RequestMeter) -> None:
    assert bucket.list_uploads() == []
    keys = ["a/b c+%41", "a/ü&<>", "b"]
    begun = {key: bucket.begin_upload(key, facts=PLAIN).id for key in keys}
    assert {upload.key: upload.id for upload in bucket.list_uploads()} == begun
    assert {upload.key for upload in bucket.list_uploads("a/")} == set(keys[:2])
    (upload,) = bucket.list_uploads("b")
    assert bucket.list_parts(upload) == []
    bucket.abort_upload(upload)
    with pytest.raises(NotFoundError, match="upload is not there"):
        bucket.list_parts(upload)
    assert {each.key for each in bucket.list_uploads()} == set(keys[:2])


def test_lists_of_several_pages(proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    def page(name: str, inner: str, marker: str) -> bytes:
        return f"<{name}><IsTruncated>{str(bool(marker)).lower()}</IsTruncated>{inner}{marker}</{name}>".encode()

    def uploads(key: str, marker: str) -> bytes:
        inner = f"<Upload><Key>{key}</Key><UploadId>id of {key}</UploadId></Upload>"
        return page("ListMultipartUploadsResult", inner, marker)

    def parts(number: int, marker: str) -> bytes:
        inner = f"<Part><PartNumber>{number}</PartNumber><Size>{number}</Size><ETag>e</ETag></Part>"
        return page("ListPartsResult", inner, marker)

    marker = "<NextKeyMarker>a</NextKeyMarker><NextUploadIdMarker>id of a</NextUploadIdMarker>"
    proxy.answer(200, "", body=uploads("a", marker), match="uploads")
    proxy.answer(200, "", body=uploads("b", ""), match="key-marker=a&upload-id-marker=id%20of%20a")
    backend = open_bucket()
    assert [(each.key, each.id) for each in backend.list_uploads()] == [("a", "id of a"), ("b", "id of b")]
    number = "<NextPartNumberMarker>1</NextPartNumberMarker>"
    proxy.answer(200, "", body=parts(1, number), match="uploadId")
    proxy.answer(200, "", body=parts(2, ""), match="part-number-marker=1")
    upload = Upload("k", "id", PLAIN, None)
    assert [(part.number, part.size_bytes, part.etag) for part in backend.list_parts(upload)] == [
        (1, 1, "e"),
        (2, 2, "e"),
    ]
    # A server that gives the same page for ever.
    proxy.answer(200, "", body=uploads("a", marker), match="uploads", times=9)
    with pytest.raises(TemporaryError, match="where its list goes on"):
        backend.list_uploads()
    proxy.clear()
    proxy.answer(200, "", body=parts(1, number), match="uploadId", times=9)
    with pytest.raises(TemporaryError, match="where its list goes on"):
        backend.list_parts(upload)


def test_a_key_that_xml_cannot_carry_is_asked_for_encoded(proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    def answer(key: str, encoding: str) -> bytes:
        inner = f"{encoding}<Upload><Key>{key}</Key><UploadId>id</UploadId></Upload>"
        return f"<ListMultipartUploadsResult>{inner}</ListMultipartUploadsResult>".encode()

    proxy.answer(200, "", body=answer("a&#x1;%41", ""))
    proxy.answer(200, "", body=answer("a%01%2541", "<EncodingType>url</EncodingType>"), match="encoding-type=url")
    assert [each.key for each in open_bucket().list_uploads()] == ["a\x01%41"]


def test_what_a_description_says(moto: MotoServer, bucket: Backend, meter: RequestMeter) -> None:
    etag = bucket.put("k", b"hello", facts=FACTS).etag
    with meter.counting() as requests:
        description = bucket.describe("k", if_match=etag)
    assert requests.by_operation == {"HeadObject": 1, "GetObjectTagging": 1}
    assert description.facts == FACTS
    assert description.checksum == Checksum("CRC32", zlib.crc32(b"hello").to_bytes(4, "big"))
    found = bucket.stat("k").file
    assert description.entry == found
    bucket.put("plain", b"hello", facts=PLAIN)
    with meter.counting() as requests:
        bucket.describe("plain")
    assert requests.by_operation == {"HeadObject": 1}
    with pytest.raises(NotFoundError):
        bucket.describe("gone")
    with pytest.raises(ConflictError):
        bucket.describe("k", if_match="0" * 32)
    with pytest.raises(IsDirectoryError):
        bucket.describe("")


def test_what_a_reader_says(bucket: Backend) -> None:
    facts: Any = ObjectFacts("text/plain", {"a": "b"}, 1.5, headers={"cache-control": "no-cache"})
    bucket.put("k", b"hello", facts=facts)
    crc = Checksum("CRC32", zlib.crc32(b"hello").to_bytes(4, "big"))
    md5 = Checksum("MD5", hashlib.md5(b"hello", usedforsecurity=False).digest())
    for start, length, checksum in ((0, None, crc), (1, 2, md5), (0, 0, crc)):
        with bucket.read("k", start=start, length=length) as reader:
            assert reader.facts == facts
            assert reader.checksum == checksum
