"""Opening S3 backends with timeouts for a busy machine, and the retry layer over them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tfm.backends.s3 import S3BackendFactory
from tfm.backends.s3.short_way import ShortWay, Way
from tfm.backends.s3.signature import Scope
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.storage.contract import Backend, BackendContext
from tfm.storage.metering import RequestMeter
from tfm.storage.retry import RetryBackend
from tfm.storage.retry_policy import RetryPolicy


class OpenBucket(Protocol):
    def __call__(
        self, bucket: str = "bucket", *, profile: str | None = None, retry: bool = False, **settings: Any
    ) -> Backend: ...


@pytest.fixture(autouse=True)
def state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where tfm keeps what it knows of servers, in place of the developer's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "tfm"


@pytest.fixture(params=["ordinary", "short"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything is asked through botocore, or, from the first request on, as it is asked when a bucket is known."""
    chosen: str = request.param
    monkeypatch.setattr(ShortWay, "_known", known_way if chosen == "short" else lambda *_: None)
    return chosen


def known_way(_self: ShortWay, client: Any, _operation: str, bucket: str) -> Way:
    """How any bucket of a server in tests is asked for anything."""
    url = str(client.meta.endpoint_url)
    return Way(url, url.partition("//")[2], f"/{bucket}", Scope("us-east-1", "s3"))


@pytest.fixture
def meter() -> RequestMeter:
    return RequestMeter()


@pytest.fixture
def open_bucket(meter: RequestMeter) -> OpenBucket:
    """Opens a bucket in a session of its own; ``settings`` are fields of Settings."""

    def opened(bucket: str = "bucket", *, profile: str | None = None, retry: bool = False, **settings: Any) -> Backend:
        values = Settings(**{"connect_timeout_seconds": 5, "interactive_timeout_seconds": 30, **settings})
        backend = S3BackendFactory(BackendContext(values, meter.record)).open(StorageAddress("s3", bucket, profile))
        policy = RetryPolicy(values.max_attempts, values.interactive_timeout_seconds, sleep=lambda _: None)
        return RetryBackend(backend, policy) if retry else backend

    return opened


@pytest.fixture
def proxy(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """A fault proxy before moto, which AWS's own configuration points at."""
    with FaultProxy(moto.url) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", between.url)
        yield between
