"""What the tests of transfers share: SeaweedFS behind a proxy, and trees on either side."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.fault_proxy import FaultProxy
from tests.servers.seaweedfs import SeaweedServer
from tests.transfer.interrupted import Ground


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
