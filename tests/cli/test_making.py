"""``tfm mkdir`` and ``tfm touch``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.running_program import RunHere
from tests.servers.moto import MotoServer

KNOWN = "create,replace,delete"


def contents(moto: MotoServer) -> dict[str, bytes]:
    client = moto.client()
    rows = client.list_objects_v2(Bucket="bucket").get("Contents", [])
    found = {row["Key"]: client.get_object(Bucket="bucket", Key=row["Key"])["Body"].read() for row in rows}
    client.close()
    return found


def test_directories_on_s3(tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFM_S3_CONDITIONS", KNOWN)
    moto.put("bucket", {"d": b"object"})
    outcome = tfm("mkdir", "s3://bucket/d", "s3://bucket/e/f/")
    assert (outcome.code, outcome.output, outcome.errors) == (0, b"", "")
    assert [record.method for record in moto.records()] == ["PUT", "PUT"]
    assert contents(moto) == {"d": b"object", "d/": b"", "e/f/": b""}
    assert tfm("mkdir", "s3://bucket/d").code == 1
    assert tfm("mkdir", "-p", "s3://bucket/d").code == 0


def test_directories_on_a_disk(tfm: RunHere, here: Path) -> None:
    assert tfm("mkdir", "a/b").code == 2
    assert os.listdir() == []
    assert tfm("mkdir", "-p", "a/b").code == 0
    assert tfm("mkdir", "-p", "a/b").code == 0
    assert tfm("mkdir", "a").code == 1
    (here / "f").touch()
    assert tfm("mkdir", "-p", "f").code == 1
    assert tfm("mkdir", "--", "-p", "$(touch pwned)", "two\nlines").code == 0
    assert sorted(os.listdir()) == ["$(touch pwned)", "-p", "a", "f", "two\nlines"]


def test_touch_keeps_the_content(tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFM_S3_CONDITIONS", KNOWN)
    moto.put("bucket", {"x": b"content"})
    outcome = tfm("touch", "s3://bucket/x", "s3://bucket/new")
    assert (outcome.code, outcome.output, outcome.errors) == (0, b"", "")
    assert [record.method for record in moto.records()] == ["PUT", "PUT"]
    assert contents(moto) == {"x": b"content", "new": b""}


def test_touch_on_a_disk_gives_a_new_time(tfm: RunHere, here: Path) -> None:
    (here / "old").write_bytes(b"content")
    os.utime("old", (1, 1))
    (here / "d").mkdir()
    assert tfm("touch", "old", "new", "d/").code == 0
    assert ((here / "old").read_bytes(), (here / "new").read_bytes()) == (b"content", b"")
    assert (here / "old").stat().st_mtime > 1
    assert tfm("touch", "no/x").code == 2
    assert tfm("touch", "no/").code == 1
    assert sorted(os.listdir()) == ["d", "new", "old"]


def test_json_and_dry_run(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"x": b"", "d/y": b""})
    assert tfm("touch", "-n", "s3://bucket/x", "s3://bucket/new", "local").lines == ["s3://bucket/new", "local"]
    assert tfm("mkdir", "-np", "s3://bucket/d", "s3://bucket/new", "local").lines == ["s3://bucket/new", "local"]
    assert tfm("mkdir", "-n", "s3://bucket/d").code == 1
    assert {record.method for record in moto.records()} == {"GET"}
    assert os.listdir() == []
    assert tfm("touch", "--json", "s3://bucket/x", "s3://bucket/new").records == [
        {"path": "s3://bucket/x", "existed": True, "dry_run": False},
        {"path": "s3://bucket/new", "existed": False, "dry_run": False},
    ]


@pytest.mark.parametrize("verb", ["mkdir", "touch"])
def test_what_cannot_be_made(tfm: RunHere, moto: MotoServer, here: Path, verb: str) -> None:
    moto.put("bucket", {})
    (here / "file").write_bytes(b"1")
    for path, code in (
        ("s3://no-bucket/x", 1),
        (f"s3://bucket/{'x' * 1025}", 2),
        ("s3://bucket/", 1),
        ("s3://", 1),
        ("", 2),
        ("file/below", 1),
        ("x" * 300, 2),
    ):
        outcome = tfm(verb, path)
        assert (outcome.code, len(outcome.errors.splitlines())) == (code, 1), (path[:30], outcome.errors[:200])
    assert contents(moto) == {}
    assert (here / "file").read_bytes() == b"1"
