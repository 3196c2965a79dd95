"""Ctrl-C in the middle of a copy or a move: it stops within a second, and ``tfm resume`` brings it to its exact end."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.copying_world import contents, disk, make_files, slowed, uploads
from tests.running_program import RunHere, Terminal, command
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer

STOP_SECONDS = 2.5
"""The second that it may take, and what a busy machine takes to begin and end a program."""


def stopped(terminal: Terminal) -> str:
    """The id of the job, which it says how to go on with."""
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.ended(seconds=STOP_SECONDS) == 130
    assert b"Traceback" not in terminal.written
    said = terminal.written.decode().splitlines()[-1]
    assert "Interrupted. " in said
    assert "tfm resume " in said, terminal.written[-1500:]
    return said.split("tfm resume ")[1].split(" ")[0]


def resumed(tfm: RunHere, job: str) -> None:
    assert [record["id"] for record in tfm("resume", "--list", "--json").records] == [job]
    outcome = tfm("resume", job)
    assert (outcome.code, outcome.errors) == (0, "")
    assert tfm("resume").errors == "tfm: There is nothing to resume.\n"
    assert tfm("clean").errors == "tfm: There is nothing to sweep.\n"


def has(found: dict[str, bytes], wanted: dict[str, bytes]) -> bool:
    """A bool: pytest takes hours to tell how two contents of megabytes differ."""
    return found == wanted


def part_numbers(proxy: FaultProxy) -> list[int]:
    found = [re.search(r"^PUT .*partNumber=(\d+)", line) for line in proxy.requests()]
    return sorted(int(each[1]) for each in found if each is not None)


def parts_there(moto: MotoServer) -> list[int]:
    client = moto.client()
    begun = client.list_multipart_uploads(Bucket="bucket").get("Uploads") or []
    parts = [
        part["PartNumber"]
        for each in begun
        for part in client.list_parts(Bucket="bucket", Key=each["Key"], UploadId=each["UploadId"]).get("Parts") or []
    ]
    client.close()
    return sorted(parts)


@pytest.mark.parametrize("verb", ["cp", "mv"])
def test_an_upload_of_one_large_file_in_parts(
    tfm: RunHere, moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """While three of its five parts wait for a server that takes its time."""
    content = os.urandom(40 << 20)
    moto.put("bucket", {})
    make_files(here, {"large": content})
    with slowed(moto, monkeypatch, 60, match=re.compile("partNumber=[345]")) as proxy:
        with Terminal(command(verb, "large", "s3://bucket/"), columns=100) as terminal:
            terminal.until_met(lambda: parts_there(moto) == [1, 2], "two parts")
            terminal.until(b"16.0 MB of 40.0 MB")
            job = stopped(terminal)
        assert uploads(moto) == ["large"]
        assert contents(moto) == {}
        assert has(disk(here), {"large": content})
        proxy.clear()
        resumed(tfm, job)
        assert part_numbers(proxy) == [3, 4, 5]
    assert has(contents(moto), {"large": content})
    assert uploads(moto) == []
    assert has(disk(here), {} if verb == "mv" else {"large": content})


def test_a_download_of_one_large_object_in_ranges(
    tfm: RunHere, moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(40 << 20)
    moto.put("bucket", {"large": content})
    with slowed(moto, monkeypatch, 0, match="nothing") as proxy:
        stalled = proxy.stall(after_bytes=4 << 20, match="GET /bucket/large", times=99)
        with Terminal(command("mv", "s3://bucket/large", "down"), columns=100) as terminal:
            assert stalled.happened.wait(30)
            job = stopped(terminal)
        assert not (here / "down").exists()
        assert has(contents(moto), {"large": content})
        proxy.clear()
        resumed(tfm, job)
    assert has(disk(here), {"down": content})
    assert contents(moto) == {}


def test_a_move_of_many_objects(tfm: RunHere, moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # So many that a busy machine, too, has not moved them all when it hears of the signal.
    objects = {f"d/{i:04}": b"x" * (i % 400) for i in range(500)}
    moto.put("bucket", objects)
    moto.put("other", {})
    with slowed(moto, monkeypatch, 1.0, match="PUT ") as proxy:
        with Terminal(command("mv", "s3://bucket/d/", "s3://other/")) as terminal:
            terminal.until_met(lambda: len(re.findall(rb"[1-9]\d* of 500 objects", terminal.written)) > 0, "progress")
            job = stopped(terminal)
        here_yet, there = contents(moto), contents(moto, "other")
        assert 0 < len(there) < 500
        assert {**here_yet, **there} == objects
        proxy.clear()
        resumed(tfm, job)
    assert contents(moto) == {}
    assert contents(moto, "other") == objects


@pytest.fixture
def other_disk(here: Path) -> Iterator[Path]:
    """A directory to which a move is no rename."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK) or shared.stat().st_dev == here.stat().st_dev:
        pytest.skip("there is no other file system here")
    place = Path(tempfile.mkdtemp(prefix="tfm-", dir=shared))
    try:
        yield place
    finally:
        shutil.rmtree(place)


@pytest.mark.parametrize("verb", ["cp", "mv"])
def test_from_one_disk_to_another(tfm: RunHere, here: Path, other_disk: Path, verb: str) -> None:
    tree = {f"d/{i % 50:02}/{i:04}": b"x" * (i % 400) for i in range(9000)}  # as many, for the same reason
    make_files(here, tree)
    with Terminal(command(verb, *["-r"] * (verb == "cp"), "d", str(other_disk))) as terminal:
        terminal.until_met(lambda: len(list(other_disk.glob("d/*/????"))) > 50, "some copies")
        job = stopped(terminal)
    there = {name: data for name, data in disk(other_disk).items() if not name.endswith("/")}
    assert 50 < len(there) < len(tree)
    assert there.items() <= tree.items()
    assert {**there, **disk(here)}.items() >= tree.items()
    resumed(tfm, job)
    assert disk(other_disk) == tree
    assert disk(here) == ({} if verb == "mv" else tree)
