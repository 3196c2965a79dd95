"""What the tests of transfers share: SeaweedFS behind a proxy, trees on either side, and two servers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.aws_files import AwsFiles
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tests.transfer.interrupted import Ground
from tests.transfer.sides import Pair, Server, Side
from tfm.path.sessions import use_session
from tfm.storage.session import Session


@pytest.fixture
def ground(
    seaweed: SeaweedServer, aws_credentials: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ground]:
    """A slow line to SeaweedFS: 2 ms before each request, 80 MB/s for all."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with FaultProxy(seaweed.url) as proxy:
        proxy.latency_seconds = 0.002
        proxy.bytes_per_second = 80_000_000
        made = Ground(seaweed, proxy, tmp_path / "places")
        yield made
        made.client.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture(scope="session")
def long_tests() -> bool:
    """Whether sweeps are to be as wide as the promises are told, which takes many minutes: ``TFM_LONG_TESTS=1``."""
    return bool(os.environ.get("TFM_LONG_TESTS"))


@pytest.fixture(scope="session")
def client_of() -> Iterator[Callable[[Server], Any]]:  # botocore has no types
    """Makes a client of a server once: that takes as long as many of the tests."""
    made: dict[str, Any] = {}

    def client(server: Server) -> Any:
        if server.url not in made:
            made[server.url] = server.client()
        return made[server.url]

    yield client
    for each in made.values():
        each.close()


@pytest.fixture(
    params=[
        pytest.param(("moto", "moto"), id="moto to moto"),
        pytest.param(("moto", "seaweed"), id="moto to SeaweedFS", marks=pytest.mark.seaweedfs),
        pytest.param(("seaweed", "moto"), id="SeaweedFS to moto", marks=pytest.mark.seaweedfs),
    ]
)
def relay(
    request: pytest.FixtureRequest,
    aws_files: AwsFiles,
    moto_server: MotoServer,
    client_of: Callable[[Server], Any],
) -> Iterator[Pair]:
    """Between servers, or profiles of one: behind ``here`` and ``there``, both empty, in a session of their own."""
    moto_server.reset()
    sides = []
    for name, bucket, profile in zip(request.param, ("relayed-from", "relayed-to"), ("here", "there"), strict=True):
        server: Server = moto_server if name == "moto" else request.getfixturevalue("seaweed")
        if isinstance(server, MotoServer):
            server.put(bucket, {})
        else:
            server.fill(bucket, {})
        aws_files.add_profile(profile, access_key="test", secret_key="testsecret", endpoint_url=server.url)
        sides.append(Side(client_of(server), bucket, profile))
    with use_session(Session()):
        yield Pair(*sides)
