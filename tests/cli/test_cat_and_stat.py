"""``tfm cat`` and ``tfm stat``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.running_program import RunHere
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer

ALL_BYTES = bytes(range(256)) * 5_000


def test_bytes_are_exact_for_one_request(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"d/object": ALL_BYTES, "empty": b""})
    assert tfm("cat", "s3://bucket/d/object").output == ALL_BYTES
    assert len(moto.requests()) == 1
    assert tfm("cat", "s3://bucket/empty").output == b""


def test_several_in_sequence_local_and_remote(tfm: RunHere, here: Path, moto: MotoServer) -> None:
    moto.put("bucket", {"a": b"1\n", "b": b"2\n"})
    (here / "-file").write_bytes(b"\xff\n")
    outcome = tfm("cat", "s3://bucket/b", "s3://bucket/a", "--", "-file")
    assert (outcome.code, outcome.output, outcome.errors) == (0, b"2\n1\n\xff\n", "")


def test_a_pattern_gives_the_objects_that_fit(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"d/1.log": b"1", "d/2.log": b"2", "d/2.txt": b"x", "d/e/3.log": b"3", "d.log/x": b"x"})
    assert tfm("cat", "s3://bucket/d/*.log").output == b"12"
    assert tfm("cat", "s3://bucket/**/*.log").output == b"123"
    only = tfm("cat", "s3://bucket/*.log")
    assert (only.code, only.output) == (1, b"")
    assert "Only directories fit this pattern" in only.errors


def test_failures_are_said_and_the_others_written(tfm: RunHere, here: Path, moto: MotoServer) -> None:
    moto.put("bucket", {"a": b"1", "d/x": b"", "e/": b""})
    (here / "directory").mkdir()
    outcome = tfm(
        "cat", "s3://bucket/no", "s3://bucket/d", "s3://bucket/d/", "s3://bucket", "directory", "s3://bucket/a"
    )
    assert (outcome.code, outcome.output) == (1, b"1")
    no, directory, slash, bucket, local = outcome.errors.splitlines()
    assert no.startswith("tfm: s3://bucket/no: ")
    assert directory.startswith("tfm: s3://bucket/d: This is a directory")
    assert slash.startswith("tfm: s3://bucket/d/: This is a directory")
    assert bucket.startswith("tfm: s3://bucket/: This is a directory")
    assert local == "tfm: directory: Is a directory."


def test_a_local_file_that_is_missing_is_asked_wrongly(tfm: RunHere, here: Path) -> None:
    outcome = tfm("cat", "missing")
    assert (outcome.code, outcome.errors) == (2, "tfm: missing: No such file or directory.\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_local_file_without_permission(tfm: RunHere, here: Path) -> None:
    (here / "secret").touch(mode=0)
    assert tfm("cat", "secret").errors == "tfm: secret: Permission denied.\n"


def test_a_broken_connection_is_resumed_without_a_trace(
    tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {"object": ALL_BYTES})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.reset(after_bytes=700_000)
        outcome = tfm("cat", "s3://bucket/object")
    assert (outcome.code, outcome.errors) == (0, "")
    assert outcome.output == ALL_BYTES


def test_an_object_that_changes_in_the_middle_is_said(
    tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {"object": ALL_BYTES, "other": b"2"})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.reset(after_bytes=700_000)
        proxy.answer(412, "PreconditionFailed", match="object")
        outcome = tfm("cat", "s3://bucket/object", "s3://bucket/other")
    assert outcome.code == 1
    assert len(outcome.errors.splitlines()) == 1
    assert outcome.output.endswith(b"2")


def test_that_nothing_tells_whether_bytes_are_right_is_said(tfm: RunHere, here: Path, moto: MotoServer) -> None:
    moto.put("bucket", {"plain": b"1"})
    client = moto.client()
    client.meta.config.request_checksum_calculation = "when_required"
    for key, content in (("kms", b"2"), ("nothing", b"")):
        client.put_object(Bucket="bucket", Key=key, Body=content, ServerSideEncryption="aws:kms")
    client.close()
    (here / "file").write_bytes(b"3")
    outcome = tfm("cat", "s3://bucket/plain", "s3://bucket/nothing", "s3://bucket/kms", "file")
    assert (outcome.code, outcome.output) == (0, b"123")
    assert outcome.errors == "tfm: s3://bucket/kms: Nothing tells whether these bytes are right.\n"
    assert tfm("cp", "s3://bucket/kms", "-").errors == outcome.errors


def test_stat_of_an_object_a_directory_a_bucket(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"x": b"12345", "x/y": b"", "d/z": b""})
    outcome = tfm("stat", "s3://bucket/x")
    assert outcome.code == 0
    assert outcome.lines[0] == "s3://bucket/x"
    assert "  size     5 bytes" in outcome.lines
    assert outcome.lines.index("s3://bucket/x/") > 3
    assert len(moto.requests()) == 1
    assert [record["path"] for record in tfm("stat", "--json", "s3://bucket/x/").records] == ["s3://bucket/x/"]
    assert [record["kind"] for record in tfm("stat", "--json", "s3://bucket/d", "s3://bucket", "s3://").records] == [
        "directory",
        "directory",
        "directory",
    ]


def test_stat_by_pattern_shows_each_once(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"x": b"12345", "x/y": b"", "xy": b""})
    paths = [record["path"] for record in tfm("stat", "--json", "s3://bucket/x*").records]
    assert sorted(paths) == ["s3://bucket/x", "s3://bucket/x/", "s3://bucket/xy"]
    assert len(moto.requests()) == 1


def test_stat_of_nothing(tfm: RunHere, here: Path, moto: MotoServer) -> None:
    moto.put("bucket", {})
    outcome = tfm("stat", "s3://bucket/no", "s3://no-bucket/", "s3://bucket/")
    assert outcome.code == 1
    no, bucket = outcome.errors.splitlines()
    assert no == "tfm: s3://bucket/no: There is nothing here."
    assert "no bucket 'no-bucket'" in bucket
    assert outcome.lines[0] == "s3://bucket/"


def test_stat_of_a_local_file(tfm: RunHere, here: Path) -> None:
    (here / "file").write_bytes(b"123")
    (here / "file").chmod(0o640)
    lines = tfm("stat", "file").lines
    assert lines[:3] == ["file", "  kind     file", "  size     3 bytes"]
    assert lines[-1] == "  mode     0640"
