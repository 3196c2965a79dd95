"""The situations in which reading fails. Each fixture brings one about and says which path is to be tried."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path as LocalPath

import pytest

from tests.running_program import RunHere
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tfm.core.settings import Settings, settings_from_environment
from tfm.path.sessions import use_session
from tfm.storage.session import Session

TOKEN = "SESSIONTOKENoftheuserthatisfarlongerthanthis"


@pytest.fixture(autouse=True)
def _quick(tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the usual time limits, and no configuration of the developer's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-configuration"))
    monkeypatch.setenv("TFM_INTERACTIVE_TIMEOUT_SECONDS", "1")
    monkeypatch.setenv("TFM_CONNECT_TIMEOUT_SECONDS", "0.8")


@pytest.fixture
def tfm(capsysbinary: pytest.CaptureFixture[bytes]) -> RunHere:
    return RunHere(capsysbinary)


@pytest.fixture
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """The library's session, made from the environment as a script's is; made when the situation stands."""
    with use_session(Session(settings_from_environment(Settings(), os.environ))) as made:
        yield made


@pytest.fixture
def proxy(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """A fault proxy before moto, with one object behind it."""
    moto.put("bucket", {"d/key": b"content"})
    with FaultProxy(moto.url) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", between.url)
        yield between


@pytest.fixture(scope="module")
def filled_seaweed(seaweed: SeaweedServer) -> SeaweedServer:
    for bucket in ("bucket", "readable"):
        seaweed.fill(bucket, {"d/key": b"content"})
    return seaweed


class Identity:
    """Says who asks SeaweedFS."""

    def __init__(self, server: SeaweedServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        # Its first answer to an identity may take longer than a tenth of the usual.
        monkeypatch.setenv("TFM_INTERACTIVE_TIMEOUT_SECONDS", "5")

    def __call__(self, access_key: str, secret_key: str) -> None:
        self._monkeypatch.setenv("AWS_ACCESS_KEY_ID", access_key)
        self._monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret_key)


@pytest.fixture
def identity(filled_seaweed: SeaweedServer, monkeypatch: pytest.MonkeyPatch) -> Identity:
    return Identity(filled_seaweed, monkeypatch)
