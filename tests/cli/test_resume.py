"""``tfm resume`` and ``tfm clean``: after a kill everything is finished, or swept away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.copying_world import contents, deny, disk, make_files, slowed, uploads
from tests.running_program import RunHere, command
from tests.servers.moto import MotoServer


def killed(*arguments: str, when: object, seconds: float = 30) -> None:
    """Run it, and kill it by SIGKILL once ``when`` is true."""
    assert callable(when)
    process = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + seconds
    try:
        while not when():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


OBJECTS = {f"d/{i:03}": b"x" * i for i in range(300)}


@pytest.mark.parametrize("verb", ["cp", "mv"])
def test_a_killed_download_is_finished_from_another_directory(
    tfm: RunHere, moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    moto.put("bucket", OBJECTS)
    arguments = [verb, *["-r"] * (verb == "cp"), "s3://bucket/d/", "to"]
    with slowed(moto, monkeypatch, 0.2, match="GET /bucket/d/"):
        killed(*arguments, when=lambda: 5 < len(disk(here)) < 200)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto.url)
    made = {name.removeprefix("d/"): data for name, data in OBJECTS.items()}
    for name, data in disk(here / "to").items():
        if not name.startswith("."):
            assert data == made[name]
    elsewhere = here.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (line,) = tfm("resume", "--list").lines
    assert f"  {'copy' if verb == 'cp' else 'move'} d  " in line
    outcome = tfm("resume")
    assert (outcome.code, outcome.errors) == (0, "")
    assert disk(here / "to") == made
    assert contents(moto) == ({} if verb == "mv" else OBJECTS)
    assert disk(elsewhere) == {}
    assert tfm("resume", "--list").output == b""


def test_a_killed_upload_in_parts_goes_on_with_them(
    tfm: RunHere, moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {})
    data = os.urandom(40 << 20)
    make_files(here, {"big": data})

    def parts() -> int:
        return sum("partNumber" in line and line.startswith("PUT") for line in moto.requests())

    with slowed(moto, monkeypatch, 1.0, match="partNumber=4"):
        killed("cp", "big", "s3://bucket/", when=lambda: parts() >= 2)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto.url)
    assert uploads(moto) == ["big"]
    assert contents(moto) == {}
    moto.reset_requests()
    # Its job is to be gone on with, so nobody sweeps it.
    assert tfm("clean").errors == "tfm: There is nothing to sweep.\n"
    assert uploads(moto) == ["big"]
    assert tfm("resume").code == 0
    assert contents(moto) == {"big": data}
    assert uploads(moto) == []


def test_what_is_given_up_is_swept(tfm: RunHere, moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("bucket", {})
    make_files(here, {"big": bytes(40 << 20)})
    with slowed(moto, monkeypatch, 5.0, match="partNumber=3"):
        killed("cp", "big", "s3://bucket/", when=lambda: bool(uploads(moto)))
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto.url)
    before = len(moto.requests())
    outcome = tfm("clean", "-n", "--jobs")
    assert outcome.lines[0] == "s3://bucket/big"
    assert "would be given up" in outcome.errors
    assert (uploads(moto), len(moto.requests())) == (["big"], before + 1)
    outcome = tfm("clean", "--jobs", "--json")
    assert outcome.records == [{"uploads": 1, "jobs": 1, "failed": 0, "dry_run": False}]
    assert uploads(moto) == []
    assert tfm("resume").errors == "tfm: There is nothing to resume.\n"


ABANDONS = """
import os
from tfm import Path
from tfm.journal import open_journal
from tfm.path.sessions import current_session, journal_path
journal = open_journal(journal_path())
path = Path("s3://bucket/left")
storage = current_session().storage(path.location.storage)
entry = journal.begin_upload(storage.address, "left")
entry.created(storage.begin_upload("left", facts=None, only_if=None).id, 8 << 20)
journal.flush()
os._exit(1)
"""


def test_every_start_sweeps_what_nobody_goes_on_with(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"x": b"1"})
    subprocess.run([sys.executable, "-c", ABANDONS], check=False, timeout=60)
    assert uploads(moto) == ["left"]
    outcome = tfm("cp", "s3://bucket/x", "y")
    assert (outcome.code, outcome.errors) == (0, "")
    assert uploads(moto) == []


def test_what_failed_is_tried_again(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"d/x": b"1", "d/y": b"2"})
    deny(moto, "s3:GetObject", "d/x")
    assert tfm("cp", "-r", "s3://bucket/d", "to").code == 1
    assert tfm("resume").errors == "tfm: There is nothing to resume.\n"
    (line,) = tfm("resume", "--list", "--retry-failed").lines
    assert line.endswith("2 of 3 entries, 1 B of 2 B, 1 failed")
    assert tfm("resume", "--retry-failed").code == 1
    deny(moto, "s3:GetObject", "nothing")
    outcome = tfm("resume", "--retry-failed", "--json")
    assert (outcome.code, outcome.errors) == (0, "")
    assert outcome.records[0]["source"] == "s3://bucket/d/x"
    assert disk(here / "to") == {"x": b"1", "y": b"2"}
    assert tfm("resume", "--retry-failed").errors == "tfm: There is nothing to resume.\n"


def test_a_job_that_is_not_there(tfm: RunHere, here: Path) -> None:
    for name in ("20260101-000000-0001", "\x1b[2J", "no"):
        outcome = tfm("resume", name)
        assert outcome.code == 1
        assert outcome.errors.startswith("tfm: There is no interrupted job ")
        assert "\x1b" not in outcome.errors
    assert tfm("resume", "--list", "no").code == 2


def test_nothing_to_do_is_no_failure(tfm: RunHere, here: Path) -> None:
    assert (tfm("resume").code, tfm("resume", "--list").code, tfm("clean", "--jobs").code) == (0, 0, 0)
