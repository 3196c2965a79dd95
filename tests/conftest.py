"""What all tests share: an environment without the developer's own AWS settings, and servers, one for each worker."""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.aws_files import AwsFiles
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer

# How long an example takes says more of the machine's other work than of what is tested.
settings.register_profile("tfm", deadline=None)
settings.load_profile("tfm")


# What there is when all tests are known stays. Searched for garbage again and again, it took a third of their time.
gc.disable()


def pytest_collection_finish() -> None:
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(autouse=True)
def _isolated_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "TFM_")) or name in {"BOTO_CONFIG", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}:
            monkeypatch.delenv(name)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    nowhere = tmp_path_factory.getbasetemp() / "no-aws-files"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("XDG_DATA_HOME", str(nowhere / "data"))  # nor their trash
    monkeypatch.setenv("XDG_CONFIG_HOME", str(nowhere))  # not the developer's own config.py
    # What one test lets tfm find out about a server, no other test knows.
    monkeypatch.setenv("XDG_STATE_HOME", str(nowhere / f"state-{secrets.token_hex(8)}"))


@pytest.fixture
def aws_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AwsFiles:
    """AWS configuration files of this test's own."""
    directory = tmp_path / "aws"
    directory.mkdir()
    return AwsFiles(directory, monkeypatch)


@pytest.fixture
def aws_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that moto and SeaweedFS accept, in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testsecret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.fixture(scope="session")
def moto_server() -> Iterator[MotoServer]:
    """moto in a child process, one for each worker; data and counts outlive a test. Most tests want ``moto``."""
    with MotoServer() as server:
        yield server


@pytest.fixture
def moto(moto_server: MotoServer, aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> MotoServer:
    """moto with no data and no counts, which AWS's own configuration points at for this test."""
    moto_server.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto_server.url)
    return moto_server


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedServer]:
    """SeaweedFS, one for each worker; skips where its program is not installed. Mark tests ``seaweedfs``."""
    reason = SeaweedServer.missing_reason()
    if reason is not None:
        pytest.skip(reason)
    with SeaweedServer(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server
