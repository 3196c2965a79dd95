"""What servers and networks do wrong, and what comes of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.backends.s3.conftest import OpenBucket
from tests.servers.fault_proxy import FaultProxy, refused_port, silent_port, untrusted_tls_port
from tests.servers.moto import MotoServer
from tfm.core.errors import (
    ConflictError,
    CredentialsError,
    DamagedError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    ObjectArchivedError,
    PermissionDeniedError,
    RequestTimeoutError,
    StorageError,
    TemporaryError,
    ThrottledError,
    UnsupportedOperation,
)
from tfm.storage.metering import RequestMeter

pytestmark = pytest.mark.usefixtures("way")

CONTENT = b"".join(hashlib.sha256(str(i).encode()).digest() for i in range(100_000))  # 3.2 MB


def test_a_throttled_listing_is_asked_for_again(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket, meter: RequestMeter
) -> None:
    moto.put("bucket", {"a": b"1"})
    proxy.answer(503, "SlowDown", times=2)
    backend = open_bucket(retry=True)
    assert backend.list_page("").names() == ["a"]
    assert len(proxy.requests()) == 3
    assert meter.snapshot() == {"ListObjectsV2": 3}


def test_botocore_itself_never_tries_again(proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    backend = open_bucket()
    for ask in (lambda: backend.list_page(""), lambda: backend.stat("k"), lambda: backend.read("k")):
        proxy.clear()
        proxy.answer(500, "InternalError")
        with pytest.raises(TemporaryError):
            ask()
        assert len(proxy.requests()) == 1


def test_retry_after_is_told(proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    proxy.answer(503, "SlowDown", headers={"Retry-After": "7"})
    with pytest.raises(ThrottledError) as caught:
        open_bucket().list_page("")
    assert caught.value.retry_after_seconds == 7


@pytest.mark.parametrize("after_bytes", [0, 1, 5_000])
@pytest.mark.parametrize("kind", ["truncate", "reset"])
def test_a_listing_that_breaks_off_is_asked_for_again(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket, kind: str, after_bytes: int
) -> None:
    moto.put("bucket", {f"key-{i:03}": b"" for i in range(100)})
    backend = open_bucket(retry=True)
    getattr(proxy, kind)(after_bytes=after_bytes)
    assert len(backend.list_page("")) == 100
    assert len(proxy.requests()) == 2


def test_half_a_listing_of_the_right_length_is_asked_for_again(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    moto.put("bucket", {"a": b"1"})
    proxy.answer(200, "", body=b'<?xml version="1.0"?><ListBucketResult><Name>bucket</Name><Contents><Key>x</Key>')
    assert open_bucket(retry=True).list_page("").names() == ["a"]


def test_an_error_document_with_status_200_is_an_error(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    moto.put("bucket", {"a": b"1"})
    proxy.answer(200, "InternalError")
    with pytest.raises(TemporaryError, match="InternalError"):
        open_bucket().list_page("")
    proxy.answer(200, "SlowDown")
    assert open_bucket(retry=True).list_page("").names() == ["a"]


@pytest.mark.parametrize("kind", ["truncate", "reset", "stall"])
def test_a_broken_body_is_resumed_by_range_on_condition(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket, kind: str
) -> None:
    moto.put("bucket", {"large": CONTENT})
    getattr(proxy, kind)(after_bytes=1_500_000, match="GET /bucket/large")
    # How long a stall is waited for: a share of the time for interactive answers.
    seconds = 2 if kind == "stall" else 10
    with open_bucket(retry=True, interactive_timeout_seconds=seconds).read("large") as reader:
        assert reader.read() == CONTENT
        etag = reader.entry.etag
    first, second = moto.records()
    assert "range" not in first.headers
    assert second.headers["if-match"] == f'"{etag}"'
    begins = int(second.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
    # A reset throws away what arrived and was not read yet, so the second request may begin anywhere before it.
    assert 0 <= begins <= 1_500_000
    assert begins > 0 or kind == "reset"


def test_a_body_that_breaks_off_is_never_just_short(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    moto.put("bucket", {"large": CONTENT})
    proxy.truncate(after_bytes=1_000_000)
    with open_bucket().read("large") as reader, pytest.raises(NetworkError):
        while reader.read(65_536):
            pass


def test_an_object_that_changed_while_it_was_read_is_a_conflict(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    moto.put("bucket", {"large": CONTENT})
    proxy.truncate(after_bytes=1_000_000)
    with open_bucket(retry=True).read("large") as reader:
        assert reader.read(10) == CONTENT[:10]
        moto.put("bucket", {"large": CONTENT[::-1]})
        with pytest.raises(ConflictError):
            reader.read()


def test_a_flipped_bit_is_found_by_the_checksum(moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {})
    client = moto.client()
    client.put_object(Bucket="bucket", Key="k", Body=CONTENT, ChecksumAlgorithm="SHA256")
    client.close()
    with open_bucket().read("k") as reader:
        assert reader.read() == CONTENT
    proxy.flip(after_bytes=1000, match="GET /bucket/k")
    with open_bucket(retry=True).read("k") as reader, pytest.raises(DamagedError, match="checksum"):
        reader.read()


def test_closing_a_reader_early_does_not_wait_for_the_rest(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    moto.put("bucket", {"large": CONTENT, "k": b"1"})
    backend = open_bucket()
    fault = proxy.stall(after_bytes=100_000, match="large")
    reader = backend.read("large")
    assert reader.read(10) == CONTENT[:10]
    assert fault.happened.wait(5)
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader.read(1)
    with backend.read("k") as other:
        assert other.read() == b"1"


def test_a_server_that_ignores_ranges_is_found_out(proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    proxy.answer(200, "", body=b"0123456789", times=2)
    backend = open_bucket()
    with backend.read("k", length=3) as reader:
        assert reader.read() == b"012"
    with pytest.raises(InvalidRequestError, match="bytes from 0"):
        backend.read("k", start=5)


def test_a_refused_port(aws_credentials: None, open_bucket: OpenBucket) -> None:
    url = refused_port()
    with pytest.raises(NetworkError, match="refused") as caught:
        open_bucket(s3_endpoint_url=url).list_page("")
    assert url in str(caught.value)


def test_a_silent_port(aws_credentials: None, open_bucket: OpenBucket) -> None:
    with silent_port() as url:
        backend = open_bucket(s3_endpoint_url=url, retry=True, interactive_timeout_seconds=0.5)
        for ask in (lambda: backend.list_page("x/"), lambda: backend.stat("k"), lambda: backend.read("k")):
            with pytest.raises(RequestTimeoutError, match="did not answer in time") as caught:
                ask()
            assert url in str(caught.value)


def test_a_name_that_does_not_exist(aws_credentials: None, open_bucket: OpenBucket) -> None:
    with pytest.raises(NetworkError, match=r"nowhere\.invalid"):
        open_bucket(s3_endpoint_url="http://nowhere.invalid").list_page("")


def test_tls_where_there_is_none(moto: MotoServer, open_bucket: OpenBucket) -> None:
    with pytest.raises(StorageError, match="TLS") as caught:
        open_bucket(s3_endpoint_url=moto.url.replace("http:", "https:")).list_page("")
    assert not caught.value.temporary


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (403, "InvalidAccessKeyId", CredentialsError, "does not know the access key"),
        (403, "SignatureDoesNotMatch", CredentialsError, "secret key"),
        (400, "InvalidToken", CredentialsError, "session token"),
        (400, "ExpiredToken", CredentialsError, "aws sso login"),
        (403, "RequestTimeTooSkewed", PermissionDeniedError, "clock"),
        (403, "AccessDenied", PermissionDeniedError, "S3_REQUESTER_PAYS"),
        (400, "AuthorizationHeaderMalformed", PermissionDeniedError, "region"),
        (404, "NoSuchBucket", NotFoundError, "no bucket"),
        (404, "NoSuchKey", NotFoundError, "no such object"),
        (403, "InvalidObjectState", ObjectArchivedError, "restore-object"),
        (412, "PreconditionFailed", ConflictError, "changed"),
        (400, "RequestTimeout", RequestTimeoutError, "gave up"),
        (500, "InternalError", TemporaryError, "failed"),
        (503, "ServiceUnavailable", TemporaryError, "failed"),
        (503, "SlowDown", ThrottledError, "less often"),
        (429, "TooManyRequests", ThrottledError, "less often"),
        (501, "NotImplemented", UnsupportedOperation, "cannot do this"),
        (418, "Teapot", InvalidRequestError, "injected"),
        (599, "Strange", TemporaryError, "Strange"),
    ],
)
def test_each_answer_is_the_right_error(
    proxy: FaultProxy, open_bucket: OpenBucket, status: int, code: str, kind: type[StorageError], words: str
) -> None:
    proxy.answer(status, code, message="injected AKIAABCDEFGHIJKLMNOP\nX-Amz-Signature=0123456789abcdef0123")
    with pytest.raises(StorageError) as caught:
        open_bucket().read("some/key")
    error = caught.value
    assert type(error) is kind
    text = str(error)
    assert words in text
    assert text.isprintable()
    assert text.startswith("s3://bucket/some/key: ")
    assert error.operation == "read"
    assert "AKIA" not in text
    assert "0123456789abcdef" not in text
    assert error.__cause__ is not None


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, InvalidRequestError), (403, PermissionDeniedError), (503, ThrottledError), (500, TemporaryError)],
)
def test_head_is_told_by_its_status(
    proxy: FaultProxy, open_bucket: OpenBucket, status: int, kind: type[StorageError]
) -> None:
    # A HEAD refused with 400 makes botocore look for the bucket's region, by one request more.
    proxy.answer(status, "", times=2)
    with pytest.raises(StorageError) as caught:
        open_bucket().stat("k")
    assert type(caught.value) is kind


def test_an_archived_object(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {"cold": b"1"}, storage_class="GLACIER")
    backend = open_bucket()
    (entry,) = backend.list_page("")
    assert entry.storage_class == "GLACIER"
    with pytest.raises(ObjectArchivedError, match="restore-object"):
        backend.read("cold")


def test_a_bucket_of_another_region_is_found_by_itself(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket, meter: RequestMeter, way: str
) -> None:
    moto.put("bucket", {"a": b"1"})
    # The short way leaves it to botocore to find out, which asks once more before it does.
    times = 2 if way == "short" else 1
    proxy.answer(301, "PermanentRedirect", headers={"x-amz-bucket-region": "eu-west-1"}, times=times)
    backend = open_bucket()
    assert backend.list_page("").names() == ["a"]
    assert meter.snapshot() == {"ListObjectsV2": times + 1}
    (record,) = moto.records()
    assert "/eu-west-1/s3/" in record.headers["authorization"]


def test_a_region_that_cannot_be_found_is_named(proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    proxy.answer(301, "PermanentRedirect", times=3)
    with pytest.raises(PermissionDeniedError, match="another region"):
        open_bucket().list_page("")


def test_credentials_that_were_refused_are_read_anew(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {"a": b"1"})
    backend = open_bucket()
    proxy.answer(400, "ExpiredToken")
    with pytest.raises(CredentialsError):
        backend.list_page("")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "renewed")
    assert backend.list_page("").names() == ["a"]
    assert "Credential=renewed/" in moto.records()[-1].headers["authorization"]


def test_a_certificate_that_nobody_vouches_for(aws_credentials: None, open_bucket: OpenBucket, tmp_path: Path) -> None:
    with untrusted_tls_port(tmp_path) as url, pytest.raises(StorageError, match="certificate") as caught:
        open_bucket(s3_endpoint_url=url).list_page("")
    assert not caught.value.temporary
    assert "AWS_CA_BUNDLE" in str(caught.value)
