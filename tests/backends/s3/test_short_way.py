"""What is asked without botocore: the same requests and answers, the same errors, the same count, for less CPU."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from tests.aws_files import AwsFiles
from tests.backends.s3.conftest import OpenBucket
from tests.servers.fault_proxy import FaultProxy, tls_context
from tests.servers.moto import MotoServer, RequestRecord
from tests.servers.seaweedfs import SeaweedServer
from tfm.backends.s3.quick_requests import quick_request
from tfm.backends.s3.short_way import ShortWay
from tfm.backends.s3.signature import EMPTY_SHA256, Scope, Signer
from tfm.core.errors import (
    CredentialsError,
    DamagedError,
    PermissionDeniedError,
    StorageError,
    TemporaryError,
    ThrottledError,
)
from tfm.core.location import StorageAddress
from tfm.core.writing import NOTHING_THERE, ObjectFacts, Precondition
from tfm.storage.contract import Backend
from tfm.storage.metering import RequestMeter

KEYS = ["a b/+1", "a b/%41", "a b/ü 😀", "a b/~x", "a b/quote'\"&<>", "a b/=;,:@$!*()", "a b/-._", "a b/[x]{y}|^`"]
FACTS = ObjectFacts(
    "text/plain; charset=utf-8",
    {"Colour": "light  blue", "x": "1"},
    1.5,
    "STANDARD_IA",
    headers={"cache-control": "no-cache", "content-disposition": 'attachment; filename="x"'},
    tags={"a": "1 + 2"},
)
# What differs from one request to the next, or that only botocore says.
OWN = {"authorization", "x-amz-date", "amz-sdk-invocation-id", "amz-sdk-request", "expect", "x-amz-content-sha256"}


class Ways:
    """Which of the requests went the short way, by operation."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.short: list[str] = []
        self.ordinary: list[str] = []
        ask = ShortWay._short

        def noted(way: ShortWay, client: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
            answer = ask(way, client, operation, parameters)
            (self.ordinary if answer is None else self.short).append(operation)
            return answer

        monkeypatch.setattr(ShortWay, "_short", noted)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(monkeypatch)


def ask_everything(backend: Backend, key: str) -> None:
    """Each kind of request that can take the short way, once, and reading twice."""
    entry = backend.put(key, b"0123456789", facts=FACTS, only_if=NOTHING_THERE)
    with backend.read(key) as reader:
        assert reader.read() == b"0123456789"
    with backend.read(key, start=2, length=3, if_match=entry.etag) as reader:
        assert reader.read() == b"234"
    found = backend.stat(key).file
    assert found is not None
    assert (found.etag, found.size_bytes, found.storage_class) == (entry.etag, 10, "STANDARD_IA")
    copied = backend.copy_from(backend.address, found, f"{key} copy", only_if=NOTHING_THERE)
    assert copied.etag == entry.etag
    listed = {each.key for each in backend.list_page(key, recursive=True)}
    assert listed == {key, f"{key} copy"}
    backend.delete(key)
    backend.delete(f"{key} copy")


def as_asked(record: RequestRecord, key: str, other: str) -> tuple[object, ...]:
    """What is asked in a request about ``key``, as if it were about ``other``."""
    target = record.target.replace(key, other)
    path, _, query = target.partition("?")
    headers = {name: value.replace(key, other) for name, value in record.headers.items() if name not in OWN}
    authorization = record.headers["authorization"]
    scope = authorization.partition("Credential=")[2].partition(",")[0]
    return record.method, path, sorted(query.split("&")), headers, scope


@pytest.mark.parametrize("requester_pays", [False, True])
def test_the_same_is_asked_as_by_botocore(
    moto: MotoServer, open_bucket: OpenBucket, ways: Ways, requester_pays: bool
) -> None:
    moto.put("bucket", {})
    backend = open_bucket(s3_requester_pays=requester_pays)
    ask_everything(backend, "first")
    first = moto.records()
    moto.reset_requests()
    ask_everything(backend, "other")
    other = moto.records()
    # A range is asked for without the checksum that it cannot have.
    dict(first[2].headers).pop("x-amz-checksum-mode", None)
    theirs = [as_asked(record, "first", "other") for record in first]
    ours = [as_asked(record, "other", "other") for record in other]
    assert ours == theirs
    assert len(ways.ordinary) == 6
    assert len(ways.short) == len(first) + len(other) - 6


@pytest.mark.parametrize("requester_pays", [False, True])
def test_a_batch_of_deletes_is_named_as_by_botocore(
    moto: MotoServer, open_bucket: OpenBucket, ways: Ways, requester_pays: bool
) -> None:
    moto.put("bucket", dict.fromkeys(KEYS, b""))
    backend = open_bucket(s3_requester_pays=requester_pays)
    assert backend.delete_many(KEYS) == []
    assert backend.delete_many(KEYS) == []
    first, second = moto.records()
    # The bodies are the same, since their checksums are.
    assert as_asked(first, "", "") == as_asked(second, "", "")
    assert first.headers["x-amz-content-sha256"] == second.headers["x-amz-content-sha256"]
    assert (ways.ordinary, ways.short) == (["DeleteObjects"], ["DeleteObjects"])


def test_versions_in_a_batch_are_named_as_by_botocore(moto: MotoServer, open_bucket: OpenBucket, ways: Ways) -> None:
    moto.put("bucket", dict.fromkeys(KEYS, b""))
    backend = open_bucket(s3_conditions="delete-many")
    etags = dict.fromkeys(KEYS[1:], "d41d8cd98f00b204e9800998ecf8427e")
    bare = open_bucket()
    for each in (backend, backend, bare):
        assert each.delete_many(KEYS, etags=etags) == []
    first, second, without = moto.records()
    assert first.headers["x-amz-content-sha256"] == second.headers["x-amz-content-sha256"]
    # A server that is not known to heed them hears nothing of them.
    assert without.headers["x-amz-content-sha256"] != first.headers["x-amz-content-sha256"]
    assert ways.ordinary[0] == "DeleteObjects"
    assert ways.short[0] == "DeleteObjects"


@pytest.mark.seaweedfs
def test_a_server_that_checks_signatures_accepts_them(
    seaweed: SeaweedServer, aws_credentials: None, open_bucket: OpenBucket, meter: RequestMeter, ways: Ways
) -> None:
    seaweed.fill("short", {})
    backend = open_bucket("short", s3_endpoint_url=seaweed.url)
    for key in KEYS:
        ask_everything(backend, key)
    assert backend.delete_many(KEYS) == []
    assert meter.snapshot() == {
        "PutObject": len(KEYS),
        "GetObject": 2 * len(KEYS),
        "HeadObject": len(KEYS),
        "CopyObject": len(KEYS),
        "ListObjectsV2": len(KEYS),
        "DeleteObject": 2 * len(KEYS),
        "DeleteObjects": 1,
    }
    assert len(ways.ordinary) == 6


def test_pages_of_a_listing(moto: MotoServer, open_bucket: OpenBucket, ways: Ways) -> None:
    moto.put("bucket", dict.fromkeys(KEYS, b"x"))
    backend = open_bucket()
    page = backend.list_page("a b/", limit=2)
    keys = [entry.key for entry in page]
    while page.token is not None:
        page = backend.list_page("a b/", token=page.token, limit=2)
        keys += [entry.key for entry in page]
    assert sorted(keys) == sorted(KEYS)
    assert (len(ways.ordinary), len(ways.short)) == (1, 3)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (503, "SlowDown", ThrottledError),
        (400, "ExpiredToken", CredentialsError),
        (403, "AccessDenied", PermissionDeniedError),
    ],
)
def test_a_refusal_is_one_request(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket, status: int, code: str, kind: type[Exception]
) -> None:
    moto.put("bucket", {})
    backend = open_bucket()
    backend.put("k", b"1", facts=ObjectFacts())
    proxy.answer(status, code)
    with pytest.raises(kind):
        backend.put("k", b"1", facts=ObjectFacts())
    assert len(proxy.requests()) == 2


def test_credentials_that_are_renewed_sign_the_next_request(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "first token")
    moto.put("bucket", {"k": b""})
    backend = open_bucket()
    for _ in range(2):
        backend.stat("k")
    assert [record.headers["x-amz-security-token"] for record in moto.records()] == ["first token"] * 2
    proxy.answer(400, "ExpiredToken", match="GET")
    with pytest.raises(CredentialsError):
        backend.list_page("")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "second")
    backend.stat("k")
    assert moto.records()[-1].headers["x-amz-security-token"] == "second"


def test_what_is_not_signed_goes_the_ordinary_way(moto: MotoServer, open_bucket: OpenBucket, ways: Ways) -> None:
    moto.put("bucket", {"k": b""})
    backend = open_bucket(s3_anonymous=True)
    for _ in range(3):
        backend.list_page("")
    assert ways.short == []
    assert not any("authorization" in record.headers for record in moto.records())


def test_what_is_unusual_goes_the_ordinary_way(moto: MotoServer, open_bucket: OpenBucket, ways: Ways) -> None:
    moto.put("bucket", {})
    backend = open_bucket()
    backend.put("k", b"", facts=ObjectFacts())
    backend.put("k", b"", facts=ObjectFacts(metadata={"a": "1", "A": "2"}))
    backend.put("k", bytes((1 << 20) + 1), facts=ObjectFacts())
    assert ways.short == []
    backend.put("k", bytes(1 << 20), facts=ObjectFacts())
    assert ways.short == ["PutObject"]


@pytest.mark.parametrize(("host", "learned"), [("127.0.0.1", True), ("localhost", False)])
def test_a_host_that_is_named_is_the_one_that_is_asked(
    moto: MotoServer, open_bucket: OpenBucket, ways: Ways, monkeypatch: pytest.MonkeyPatch, host: str, learned: bool
) -> None:
    """awscrt, which signs for botocore where it is installed, names it; so may a hook, which means another one."""
    note = ShortWay._note

    def named(way: ShortWay, request: Any, **others: Any) -> None:
        if "Host" in request.headers:
            del request.headers["Host"]
        request.headers["Host"] = f"{host}:{moto.port}"
        note(way, request, **others)

    monkeypatch.setattr(ShortWay, "_note", named)
    moto.put("bucket", {})
    backend = open_bucket()
    for _ in range(2):
        backend.put("k", b"", facts=ObjectFacts())
    assert ways.short == ["PutObject"] * learned


@pytest.mark.parametrize(
    "parameters",
    [
        {"Metadata": {"a b": "1"}},
        {"Metadata": {"a:b": "1"}},
        {"Metadata": {"": "1"}},
        {"Metadata": {"a": "ü"}},
        {"IfMatch": "x\r\ny: z"},
        {"SSECustomerKey": "x"},
        {"CopySource": {"Bucket": "arn:aws:s3:us-east-1:1:accesspoint/x", "Key": "k"}},
    ],
)
def test_what_no_header_carries_is_left_to_botocore(parameters: dict[str, Any]) -> None:
    parameters |= {"Bucket": "b", "Key": "k"}
    assert quick_request("PutObject", parameters, Config(), secure=True) is None


@pytest.mark.parametrize(
    ("secure", "signs", "checksums", "payload"),
    [
        (False, None, "when_supported", sha256(b"body").hexdigest()),
        (True, None, "when_supported", "UNSIGNED-PAYLOAD"),
        (True, True, "when_supported", sha256(b"body").hexdigest()),
        (True, None, "when_required", sha256(b"body").hexdigest()),
    ],
)
def test_what_is_signed_of_a_body(secure: bool, signs: bool | None, checksums: str, payload: str) -> None:
    s3 = None if signs is None else {"payload_signing_enabled": signs}
    config = Config(s3=s3, request_checksum_calculation=checksums)
    parameters = {"Bucket": "b", "Key": "k", "Body": b"body"}
    request = quick_request("PutObject", parameters, config, secure=secure)
    assert request is not None
    assert request.payload == payload
    assert ("x-amz-checksum-crc32" in request.headers) == (checksums == "when_supported")


@pytest.mark.parametrize("token", [None, "a/session+token=="])
def test_a_signature_is_botocores(monkeypatch: pytest.MonkeyPatch, token: str | None) -> None:
    moment = datetime(2026, 11, 25, 12, 34, 56, tzinfo=UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)
    monkeypatch.setattr("time.time", moment.timestamp)
    given = {"x-amz-meta-a": "two  blanks ", "content-type": "text/plain"}
    url = "https://host.example/b/a%20b%2F%2F?list-type=2&prefix=%20x"
    request = AWSRequest("GET", url, headers=given)
    S3SigV4Auth(Credentials("key", "secret", token), "s3", "eu-west-1").add_auth(request)
    headers = {**given, "host": "host.example"}
    Signer().sign(
        "GET", "/b/a%20b%2F%2F", "list-type=2&prefix=%20x", headers, EMPTY_SHA256,
        scope=Scope("eu-west-1", "s3"), access_key="key", secret_key="secret", token=token,
    )  # fmt: skip
    assert headers["authorization"] == request.headers["Authorization"]


@pytest.mark.seaweedfs
@pytest.mark.parametrize("payload_signing", ["true", "false"])
def test_over_tls(
    seaweed: SeaweedServer, aws_files: AwsFiles, aws_credentials: None, open_bucket: OpenBucket, ways: Ways,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, payload_signing: str,
) -> None:  # fmt: skip
    seaweed.fill("short", {})
    aws_files.add_profile("default", s3={"payload_signing_enabled": payload_signing})
    context, certificate = tls_context(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    with FaultProxy(seaweed.url, tls=context) as proxy:
        backend = open_bucket("short", s3_endpoint_url=proxy.url)
        for key in KEYS[:2]:
            ask_everything(backend, key)
        assert len(ways.ordinary) == 6
        fault = proxy.flip_request(after_bytes=3, match="PUT")
        with pytest.raises(DamagedError):
            backend.put("k", b"0123456789", facts=ObjectFacts())
        assert fault.happened.is_set()


def test_nothing_that_a_server_says_can_become_a_header(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {"k": b""})
    backend = open_bucket()
    backend.put("k", b"", facts=ObjectFacts())
    before = len(moto.requests())
    with pytest.raises(StorageError):
        backend.put("k", b"", facts=ObjectFacts(), only_if=Precondition('x"\r\nx-amz-acl: public-read'))
    assert len(moto.requests()) == before


def test_checksums_can_be_turned_off(
    moto: MotoServer, open_bucket: OpenBucket, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    monkeypatch.setenv("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required")
    moto.put("bucket", {})
    backend = open_bucket()
    for _ in range(2):
        backend.put("k", b"1", facts=ObjectFacts())
        with backend.read("k") as reader:
            reader.read()
    assert ways.short == ["PutObject", "GetObject"]
    assert not any("checksum" in name for record in moto.records() for name in record.headers)


def test_threads_share_connections(moto: MotoServer, open_bucket: OpenBucket, meter: RequestMeter) -> None:
    moto.put("bucket", {f"k{number}": f"{number}".encode() * 1000 for number in range(20)})
    backend = open_bucket()
    backend.read("k0").close()

    def read(number: int) -> bool:
        with backend.read(f"k{number % 20}") as reader:
            return reader.read() == f"{number % 20}".encode() * 1000

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(read, range(200)))
    assert meter.snapshot() == {"GetObject": 201}


def test_a_connection_is_used_again_and_none_is_left(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {"k": b"1" * 100_000, "empty": b""})
    backend = open_bucket()
    backend.read("k").close()
    sources = set()
    for key in ("k", "empty") * 5:
        with backend.read(key) as reader:
            reader.read()
        sources.add(threading.get_ident())
    pool = _pool_of(backend)
    assert pool.num_connections <= 3  # moto's server closes those that it is done with


def _pool_of(backend: Any) -> Any:
    client = backend._bucket.clients().interactive()
    return client._endpoint.http_session._manager.connection_from_url(client.meta.endpoint_url)


def test_a_server_that_answers_a_write_with_a_page_of_its_own(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    moto.put("bucket", {})
    backend = open_bucket()
    backend.put("k", b"1", facts=ObjectFacts())
    for body in (b"<html>Welcome to our wireless network</html>", b"<Error><Code>InternalError</Code></Error>"):
        proxy.answer(200, "", body=body)
        with pytest.raises(TemporaryError):
            backend.put("k", b"1", facts=ObjectFacts())


def test_another_bucket_is_learned_anew(moto: MotoServer, open_bucket: OpenBucket, ways: Ways) -> None:
    moto.put("bucket", {"k": b""})
    moto.put("source", {"k": b""})
    backend = open_bucket()
    (entry,) = open_bucket("source").list_page("")
    backend.stat("k")
    backend.stat("k")
    backend.copy_from(StorageAddress("s3", "source"), entry, "copy")
    assert ways.ordinary == ["ListObjectsV2", "HeadObject", "CopyObject"]
