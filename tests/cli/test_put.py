"""``tfm put -``: standard input becomes one object, whole or not at all."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_program import DEADLINE_SECONDS, Outcome, RunHere, Terminal, command
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer


class PutHere:
    """``tfm put`` within this process, with these bytes as standard input."""

    def __init__(self, run: RunHere, monkeypatch: pytest.MonkeyPatch) -> None:
        self._run = run
        self._monkeypatch = monkeypatch

    def __call__(self, data: bytes, *arguments: str) -> Outcome:
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
        return self._run("put", *arguments)


@pytest.fixture
def put(tfm: RunHere, monkeypatch: pytest.MonkeyPatch) -> PutHere:
    return PutHere(tfm, monkeypatch)


def read(moto: MotoServer, key: str) -> tuple[bytes, str]:
    client = moto.client()
    answer = client.get_object(Bucket="bucket", Key=key)
    found = answer["Body"].read(), answer["ContentType"]
    client.close()
    return found


def uploads(moto: MotoServer) -> list[object]:
    client = moto.client()
    found = client.list_multipart_uploads(Bucket="bucket").get("Uploads") or []
    client.close()
    return list(found)


def keys(moto: MotoServer) -> list[str]:
    client = moto.client()
    found = [row["Key"] for row in client.list_objects_v2(Bucket="bucket").get("Contents", [])]
    client.close()
    return found


def test_bytes_are_written_exactly(put: PutHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFM_S3_CONDITIONS", "create,replace,delete")
    moto.put("bucket", {})
    data = bytes(range(256)) * 10
    outcome = put(data, "-", "s3://bucket/d/x.html")
    assert (outcome.code, outcome.output, outcome.errors) == (0, b"", "")
    assert [record.method for record in moto.records()] == ["GET", "PUT"]
    assert read(moto, "d/x.html") == (data, "text/html")
    assert put(b"", "--content-type", "text/x-own", "-", "s3://bucket/empty").code == 0
    assert read(moto, "empty") == (b"", "text/x-own")


def test_nothing_is_overwritten_unless_it_is_said(put: PutHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"x": b"old", "d/y": b""})
    (here / "x").write_bytes(b"old")
    for path in ("s3://bucket/x", "x"):
        for options in ([], ["--fail"]):
            outcome = put(b"new", *options, "-", path)
            assert (outcome.code, outcome.errors) == (
                1,
                f"tfm: {path}: Something is there already. --overwrite replaces it.\n",
            )
        assert put(b"new", "--overwrite", "-", path).code == 0
    assert {record.method for record in moto.records()} == {"GET", "PUT"}
    assert read(moto, "x")[0] == b"new"
    assert (here / "x").read_bytes() == b"new"
    assert put(b"1", "-", "s3://bucket/d").code == 0
    assert keys(moto) == ["d", "d/y", "x"]


def test_json_tells_what_was_written(put: PutHere, moto: MotoServer) -> None:
    moto.put("bucket", {})
    [record] = put(b"12345", "--json", "-", "s3://bucket/x").records
    assert (record["path"], record["kind"], record["size_bytes"]) == ("s3://bucket/x", "file", 5)
    assert record["etag"] == "827ccb0eea8a706c4c34a16891f84e7b"


def test_only_standard_input_is_put(put: PutHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {})
    (here / "file").touch()
    outcome = put(b"", "file", "s3://bucket/x")
    assert outcome.code == 2
    assert "tfm put - PATH < FILE" in outcome.errors
    assert moto.requests() == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("s3://bucket/d/", 1),
        ("s3://bucket/", 1),
        ("s3://", 1),
        ("s3://no-bucket/x", 1),
        (f"s3://bucket/{'x' * 1025}", 2),
        ("file/below", 1),
        ("d", 1),
        ("no/x", 2),
        ("x" * 300, 2),
        ("", 2),
    ],
)
@pytest.mark.parametrize("options", [[], ["--overwrite"]])
def test_what_cannot_be_written(
    put: PutHere, moto: MotoServer, here: Path, path: str, code: int, options: list[str]
) -> None:
    moto.put("bucket", {"d/x": b""})
    (here / "file").write_bytes(b"1")
    (here / "d").mkdir()
    outcome = put(b"12", *options, "-", path)
    assert (outcome.code, len(outcome.errors.splitlines())) == (code, 1), outcome.errors[:200]
    assert keys(moto) == ["d/x"]
    assert sorted(os.listdir()) == ["d", "file"]
    assert (here / "file").read_bytes() == b"1"


@pytest.fixture
def read_only(here: Path) -> Iterator[Path]:
    """A disk that nothing can be written to, for root either."""
    place = here / "mounted"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", place], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_read_only_disk(put: PutHere, tfm: RunHere, read_only: Path) -> None:
    for outcome in (put(b"1", "-", f"{read_only}/x"), tfm("touch", f"{read_only}/x"), tfm("mkdir", f"{read_only}/d")):
        assert (outcome.code, len(outcome.errors.splitlines())) == (1, 1)
        assert "read-only" in outcome.errors.lower()
    assert list(read_only.iterdir()) == []


@pytest.mark.parametrize("path", ["s3://bucket/big", "big"])
def test_a_gigabyte_would_pass_in_the_memory_of_a_few_parts(moto: MotoServer, here: Path, path: str) -> None:
    moto.put("bucket", {})
    size = 160 << 20
    script = (
        "import re, sys\nfrom tfm.cli import main\ncode = main(sys.argv[1:])\n"
        # Not getrusage: what it calls this process's peak is at least that of the tests that began it.
        "peak = re.search(r'VmHWM:\\s*([0-9]+) kB', open('/proc/self/status').read())\n"
        "print(peak[1], file=sys.stderr)\nsys.exit(code)\n"
    )
    with tempfile.TemporaryFile() as zeros:
        zeros.truncate(size)
        done = subprocess.run(
            [sys.executable, "-c", script, "put", "-", path], stdin=zeros, capture_output=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    assert int(done.stderr) < 150 * 1024
    if path == "big":
        assert (here / "big").stat().st_size == size


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_nothing_is_left(moto: MotoServer, here: Path, number: signal.Signals) -> None:
    moto.put("bucket", {"x": b"old"})
    for path in ("s3://bucket/x", "x"):
        process = subprocess.Popen(
            command("put", "--overwrite", "-", path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        process.stdin.write(b"x" * (20 << 20))  # more than one part: the first is under way or was sent
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(number)
        began = time.monotonic()
        assert process.wait(DEADLINE_SECONDS) == 128 + number
        assert time.monotonic() - began < 5  # of which a busy machine takes two to end the process
        process.stdin.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()
    assert (uploads(moto), read(moto, "x")[0]) == ([], b"old")
    assert os.listdir() == []


@pytest.mark.parametrize("path", ["s3://bucket/x", "x"])
def test_killed_what_is_left_is_on_record_and_swept_away(
    moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    moto.put("bucket", {"x": b"old"})
    process = subprocess.Popen(
        command("put", "--overwrite", "-", path),
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(b"x" * (20 << 20))
    process.stdin.flush()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (uploads(moto) or os.listdir()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait(DEADLINE_SECONDS)
    process.stdin.close()
    assert uploads(moto) or os.listdir()
    swept = subprocess.run(command("clean"), capture_output=True, text=True, timeout=60, check=True)
    assert "1 unfinished upload or temporary files swept away" in swept.stderr
    assert (uploads(moto), os.listdir(), read(moto, "x")[0]) == ([], [], b"old")


def test_a_producer_that_dies_has_ended(moto: MotoServer) -> None:
    moto.put("bucket", {})
    line = " ".join(command("put", "-", "s3://bucket/x"))
    done = subprocess.run(["bash", "-c", f"(printf half; kill -9 $BASHPID) | {line}"], capture_output=True, check=False)
    assert done.returncode == 0
    assert read(moto, "x")[0] == b"half"


def test_a_closed_input_is_no_empty_one(moto: MotoServer) -> None:
    moto.put("bucket", {})
    line = " ".join(command("put", "-", "s3://bucket/x"))
    done = subprocess.run(["bash", "-c", f"{line} <&-"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "tfm: Standard input is closed.\n")
    assert keys(moto) == []


def test_progress_of_bytes_on_a_terminal(moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("bucket", {})
    with FaultProxy(moto.url) as proxy, tempfile.TemporaryFile() as zeros:
        zeros.truncate(40 << 20)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.delay(0.3, match="partNumber", times=3)
        arguments = command("put", "-", "s3://bucket/x")
        with Terminal(arguments, streams=[1, 2], elsewhere=zeros.fileno()) as terminal:
            assert terminal.ended() == 0
    assert b" MB written\xe2\x80\xa6" in terminal.written
    assert terminal.written.endswith(b"\r\x1b[K")
