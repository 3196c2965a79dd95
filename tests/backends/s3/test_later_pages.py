"""Pages after the first, which are asked for in a shorter way: the same answers, the same errors, the same count."""

from __future__ import annotations

import pytest

from tests.backends.s3.conftest import OpenBucket
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tfm.backends.s3.later_pages import LaterPages
from tfm.core.errors import CredentialsError, PermissionDeniedError, ThrottledError
from tfm.storage.contract import Backend
from tfm.storage.metering import RequestMeter

KEYS = ["a b/+1", "a b/%41", "a b/ü 😀", "a b/~x", "a b/quote'\"&<>", "a b/=;,:@$!*()"]


def keys_by_pages_of_two(backend: Backend, prefix: str) -> list[str]:
    page = backend.list_page(prefix, limit=2)
    keys = [entry.key for entry in page]
    while page.token is not None:
        page = backend.list_page(prefix, token=page.token, limit=2)
        keys += [entry.key for entry in page]
    return keys


@pytest.mark.seaweedfs
def test_a_server_that_checks_signatures_accepts_them(
    seaweed: SeaweedServer, open_bucket: OpenBucket, meter: RequestMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    seaweed.fill("later", dict.fromkeys(KEYS, b"x"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testsecret")
    backend = open_bucket("later", s3_endpoint_url=seaweed.url)
    assert sorted(keys_by_pages_of_two(backend, "a b/")) == sorted(KEYS)
    assert meter.snapshot() == {"ListObjectsV2": 3}


def test_later_pages_ask_what_the_first_asked(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", dict.fromkeys(KEYS, b"x"))
    assert sorted(keys_by_pages_of_two(open_bucket(s3_requester_pays=True), "a b/")) == sorted(KEYS)
    first, *later = moto.records()
    assert len(later) == 2
    for record in later:
        query = {part.partition("=")[0]: part.partition("=")[2] for part in record.target.partition("?")[2].split("&")}
        assert query.pop("continuation-token")
        assert query == {
            part.partition("=")[0]: part.partition("=")[2] for part in first.target.partition("?")[2].split("&")
        }
        assert record.headers["x-amz-request-payer"] == "requester"
        assert record.headers["user-agent"] == first.headers["user-agent"]
        scopes = [each.headers["authorization"].split("/", 1)[1].split(",")[0] for each in (first, record)]
        assert scopes[0] == scopes[1]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (503, "SlowDown", ThrottledError),
        (400, "ExpiredToken", CredentialsError),
        (403, "AccessDenied", PermissionDeniedError),
    ],
)
def test_their_errors_are_those_of_the_first(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket, status: int, code: str, kind: type[Exception]
) -> None:
    moto.put("bucket", dict.fromkeys(KEYS, b"x"))
    backend = open_bucket()
    token = backend.list_page("a b/", limit=2).token
    before = len(proxy.requests())
    proxy.answer(status, code, match="continuation-token")
    with pytest.raises(kind):
        backend.list_page("a b/", token=token, limit=2)
    assert len(proxy.requests()) == before + 1


@pytest.mark.parametrize("anonymous", [True, False])
def test_what_is_not_signed_so_goes_the_ordinary_way(
    moto: MotoServer, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch, anonymous: bool
) -> None:
    moto.put("bucket", dict.fromkeys(KEYS, b"x"))
    if not anonymous:
        monkeypatch.setattr(LaterPages, "asked", lambda *_: None)
    assert sorted(keys_by_pages_of_two(open_bucket(s3_anonymous=anonymous), "a b/")) == sorted(KEYS)


def test_only_the_first_page_goes_the_ordinary_way(
    moto: MotoServer, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", dict.fromkeys(KEYS, b"x"))
    ask = LaterPages.body
    shorter: list[bool] = []

    def body(pages: LaterPages, client: object, parameters: dict[str, object]) -> bytes | None:
        answer = ask(pages, client, parameters)
        shorter.append(answer is not None)
        return answer

    monkeypatch.setattr(LaterPages, "body", body)
    keys_by_pages_of_two(open_bucket(), "a b/")
    assert shorter == [False, True, True]
