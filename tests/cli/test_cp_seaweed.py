"""Copying with a server that checks keys, signatures, rights and conditions."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.copying_world import disk, make_files
from tests.running_program import RunHere, command
from tests.servers.seaweedfs import SeaweedServer

pytestmark = pytest.mark.seaweedfs

NAMES = [
    "two\nlines",
    "-rf",
    "$(touch pwned)",
    "emoji \U0001f600",
    "rtl-\u202e",
    "a+b%20c?d#e&f",
    "d/deep/er",
    "\u00e9",
]


@pytest.fixture
def bucket(seaweed: SeaweedServer, aws_credentials: None, here: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweed.url)
    name = f"cp-{os.urandom(4).hex()}"
    seaweed.fill(name, {"other": b""})
    return f"s3://{name}"


def test_up_across_and_down_again(tfm: RunHere, bucket: str, here: Path) -> None:
    files = {f"t/{name}": os.urandom(100) for name in NAMES} | {"t/big": os.urandom(20 << 20), "t/none": b""}
    make_files(here, files)
    outcome = tfm("cp", "-r", "t", f"{bucket}/up/")
    assert (outcome.code, outcome.errors) == (0, "")
    assert tfm("cp", "-r", f"{bucket}/up/t", f"{bucket}/across").code == 0
    outcome = tfm("mv", f"{bucket}/across", "t2")
    assert (outcome.code, outcome.errors) == (0, "")
    assert disk(here / "t2") == disk(here / "t")
    # This server keeps empty directories for a while.
    assert tfm("find", "--type", "f", f"{bucket}/across/").output == b""
    os.utime(here / "t" / "big", (1, 1))
    assert tfm("cp", "-r", "--newer", "t", f"{bucket}/up/").code == 0
    outcome = tfm("cp", "-r", "t", f"{bucket}/up/")
    assert (outcome.code, outcome.errors.count("Something is there already.")) == (1, len(files))


@pytest.mark.parametrize("who", ["denied", "nobody"])
def test_no_rights_is_one_line(bucket: str, here: Path, who: str) -> None:
    make_files(here, {"x": b"1"})
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": who, "AWS_SECRET_ACCESS_KEY": f"{who}secret"}
    for arguments in (["x", f"{bucket}/x"], [f"{bucket}/other", "y"], ["-r", f"{bucket}/d/", "y"]):
        done = subprocess.run(
            command("cp", *arguments), env=environment, capture_output=True, check=False, timeout=60, text=True
        )
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.stderr
    assert disk(here) == {"x": b"1"}
