"""A server that checks who asks, what is signed, and what is allowed."""

from __future__ import annotations

from typing import Protocol

import pytest

from tests.backends.s3.conftest import OpenBucket
from tests.servers.seaweedfs import SeaweedServer
from tfm.core.errors import ConflictError, CredentialsError, NotFoundError, PermissionDeniedError
from tfm.storage.contract import Backend

pytestmark = [pytest.mark.seaweedfs, pytest.mark.usefixtures("way")]

FILES = {"a+b c%41.txt": b"plus", "d/e/f": b"0123456789", "ünï/é 😀": b"unicode", "quote'\"&<>": b"marks"}


@pytest.fixture(scope="module")
def filled(seaweed: SeaweedServer) -> SeaweedServer:
    seaweed.fill("readable", FILES)
    return seaweed


class AsIdentity(Protocol):
    def __call__(self, access_key: str, secret_key: str, bucket: str = "readable") -> Backend: ...


@pytest.fixture
def as_identity(filled: SeaweedServer, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch) -> AsIdentity:
    def opened(access_key: str, secret_key: str, bucket: str = "readable") -> Backend:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret_key)
        return open_bucket(bucket, s3_endpoint_url=filled.url, interactive_timeout_seconds=10)

    return opened


def test_listing_and_reading(as_identity: AsIdentity) -> None:
    backend = as_identity("test", "testsecret")
    entries = list(backend.list_page("", recursive=True))
    assert {entry.key: entry.size_bytes for entry in entries if not entry.is_directory} == {
        key: len(content) for key, content in FILES.items()
    }
    for key, content in FILES.items():
        with backend.read(key) as reader:
            assert reader.read() == content
    assert [entry.key for entry in backend.list_page("d/")] == ["d/e/"]
    with backend.read("d/e/f", start=3, length=4) as reader:
        assert (reader.read(), reader.entry.size_bytes) == (b"3456", 10)
        etag = reader.entry.etag
    with backend.read("d/e/f", start=99) as reader:
        assert reader.read() == b""
    for start, length in ((0, 2**63 - 1), (0, 2**63), (4, 10**30)):
        with backend.read("d/e/f", start=start, length=length) as reader:
            assert reader.read() == b"0123456789"[start:]
    with backend.read("d/e/f", if_match=etag) as reader:
        assert reader.read() == b"0123456789"
    with pytest.raises(ConflictError):
        backend.read("d/e/f", if_match="0" * 32)


def test_a_missing_bucket_and_key(as_identity: AsIdentity) -> None:
    with pytest.raises(NotFoundError, match="no bucket"):
        as_identity("test", "testsecret", "missing").list_page("")
    with pytest.raises(NotFoundError, match="no such object"):
        as_identity("test", "testsecret").read("missing")


def test_an_unknown_access_key(as_identity: AsIdentity) -> None:
    with pytest.raises(CredentialsError, match="does not know the access key") as caught:
        as_identity("nobodysaccesskey", "x").list_page("")
    assert "nobodysaccesskey" not in str(caught.value)


def test_a_wrong_secret(as_identity: AsIdentity) -> None:
    with pytest.raises(CredentialsError, match="secret key") as caught:
        as_identity("test", "wrongsecretkey").list_page("")
    assert "wrongsecretkey" not in str(caught.value)


def test_a_denied_bucket(as_identity: AsIdentity) -> None:
    backend = as_identity("denied", "deniedsecret")
    for ask in (lambda: backend.list_page(""), lambda: backend.read("d/e/f"), lambda: backend.stat("d/e/f")):
        with pytest.raises(PermissionDeniedError, match="Access denied"):
            ask()


def test_an_object_opens_without_the_right_to_list(as_identity: AsIdentity) -> None:
    backend = as_identity("reader", "readersecret")
    with pytest.raises(PermissionDeniedError):
        backend.list_page("")
    lookup = backend.stat("d/e/f")
    assert lookup.file is not None
    assert lookup.file.size_bytes == 10
    with backend.read("d/e/f") as reader:
        assert reader.read() == b"0123456789"
