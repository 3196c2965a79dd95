"""``tfm rm``: what goes, what stays, what is asked, and what a script reads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running_program import RunHere, Terminal, command, run_in_process
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer


def keys(moto: MotoServer, bucket: str = "bucket") -> list[str]:
    client = moto.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    found = [row["Key"] for page in pages for row in page.get("Contents", [])]
    client.close()
    return found


def methods(moto: MotoServer) -> list[str]:
    return [record.method for record in moto.records()]


def deny(moto: MotoServer, key: str) -> None:
    resource = f"arn:aws:s3:::bucket/{key}"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": resource}
    client = moto.client()
    client.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    client.close()


# What goes


def test_objects_share_a_request(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", dict.fromkeys(["x", "y", "x/z", "kept"], b"12"))
    outcome = tfm("rm", "s3://bucket/x", "s3://bucket/y", "s3://bucket/x")
    assert (outcome.code, outcome.output, outcome.errors) == (0, b"", "")
    assert methods(moto) == ["GET", "GET", "POST"]
    assert keys(moto) == ["kept", "x/z"]


@pytest.mark.parametrize(("number", "yes"), [(1, False), (20, False), (1000, False), (2500, True)])
def test_a_tree_costs_two_requests_for_a_thousand(tfm: RunHere, moto: MotoServer, number: int, yes: bool) -> None:
    moto.put("bucket", {f"t/{i:05}": b"" for i in range(number)} | {"t": b"", "tt/x": b""})
    outcome = tfm("rm", "-r", "s3://bucket/t/", *["--yes"] * yes)
    assert (outcome.code, outcome.errors) == (0, "")
    assert len(moto.requests()) == 2 * -(-number // 1000)
    assert keys(moto) == ["t", "tt/x"]


def test_exactly_what_is_named(tfm: RunHere, moto: MotoServer) -> None:
    names = ["bak/", "bak/x", "bakbak/x", "a//b", "a/b", "q", "q/", "q/x", "../y", "./z"]
    moto.put("bucket", dict.fromkeys(names, b""))
    assert tfm("rm", "-r", "s3://bucket/bak").code == 0
    assert tfm("rm", "s3://bucket/a//b", "s3://bucket/q", "s3://bucket/../y").code == 0
    assert keys(moto) == ["./z", "a/b", "bakbak/x", "q/", "q/x"]


def test_a_directory_needs_r(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"d/x": b"", "empty/": b"", "f": b""})
    (here / "empty").mkdir()
    outcome = tfm("rm", "s3://bucket/d", "s3://bucket/empty/", "empty", "s3://bucket/", "s3://bucket/f")
    assert outcome.code == 1
    assert len(outcome.errors.splitlines()) == 5
    assert all("This is a directory. With -r it is deleted" in line for line in outcome.errors.splitlines()[:4])
    assert keys(moto) == ["d/x", "empty/"]
    assert tfm("rm", "-r", "s3://bucket/empty/", "empty").code == 0
    assert (keys(moto), os.listdir()) == (["d/x"], [])


def test_patterns(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", dict.fromkeys(["v/a.log", "v/b.log", "v/c.txt", "v/d.log/x", "w*", "w1"], b""))
    assert tfm("rm", "s3://bucket/v/*.log").code == 0
    assert keys(moto) == ["v/c.txt", "v/d.log/x", "w*", "w1"]
    assert tfm("rm", "s3://bucket/w[*]").code == 0
    outcome = tfm("rm", "s3://bucket/v/*.log", "s3://bucket/v/*.no")
    assert outcome.code == 1
    assert outcome.errors.splitlines() == [
        "tfm: s3://bucket/v/*.log: This is a directory. With -r it is deleted, with all that is in it.",
        "tfm: s3://bucket/v/*.no: Nothing fits this pattern.",
    ]
    moto.reset_requests()
    assert tfm("rm", "-r", "s3://bucket/v/**").code == 0
    assert keys(moto) == ["w1"]


def test_what_is_missing(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"x": b""})
    missing = ["s3://bucket/no", "s3://bucket/no/", "s3://bucket/*no", "s3://no-bucket/x"]
    outcome = tfm("rm", "-r", *missing, "s3://bucket/x")
    assert (outcome.code, len(outcome.errors.splitlines()), keys(moto)) == (1, 5, [])
    assert outcome.errors.splitlines()[-1] == "tfm: deleted 1 object; 4 not."
    assert tfm("rm", "no").code == 2
    outcome = tfm("rm", "-rf", *missing, "no")
    assert (outcome.code, outcome.output, outcome.errors) == (0, b"", "")


@pytest.mark.parametrize("name", ["-rf", "$(touch pwned)", "two\nlines", "\x1b[2J", "-", "rm", " ", "*"])
def test_odd_names(tfm: RunHere, moto: MotoServer, here: Path, name: str) -> None:
    moto.put("bucket", {name: b"", "kept": b""})
    (here / name).write_bytes(b"")
    (here / "kept").touch()
    assert tfm("rm", "--", name).code == 0
    assert os.listdir() == ["kept"]
    key = name.replace("*", "[*]")
    assert tfm("rm", f"s3://bucket/{key}").code == 0
    assert keys(moto) == ["kept"]


def test_a_disk(tfm: RunHere, here: Path) -> None:
    (here / "d" / "e").mkdir(parents=True)
    (here / "d" / "e" / "x").write_bytes(b"123")
    (here / "kept").mkdir()
    (here / "kept" / "y").touch()
    (here / "link").symlink_to("kept")
    (here / "d" / "link").symlink_to("../kept")
    outcome = tfm("rm", "-r", "link/")
    assert outcome.code == 1
    assert "This is a link. Name it without the slash." in outcome.errors
    assert tfm("rm", "kept/y/").code == 1
    assert tfm("rm", "link").code == 0
    assert tfm("rm", "-r", "d").code == 0
    assert sorted(os.listdir()) == ["kept"]
    assert (here / "kept" / "y").exists()


@pytest.mark.parametrize("text", ["/", "//", ".", "..", "./", "d/.", "d/..", "d/../", "s3://", "", "file:///"])
def test_what_is_never_deleted(tfm: RunHere, moto: MotoServer, here: Path, text: str) -> None:
    (here / "d").mkdir()
    (here / "x").touch()
    outcome = tfm("rm", "-rf", "--yes", "--confirm", "bucket", "x", text)
    assert outcome.code == 2
    assert len(outcome.errors.splitlines()) == 1
    assert sorted(os.listdir()) == ["d", "x"]
    assert moto.requests() == []


# What is asked


def test_much_is_refused_without_a_terminal(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {f"t/{i:05}": b"12" for i in range(3500)})
    outcome = tfm("rm", "-r", "s3://bucket/t/")
    assert outcome.code == 2
    assert outcome.errors == (
        "tfm: This deletes 2,000 objects, 3.9 KB or more. Nothing was deleted. "
        "--dry-run shows what it is, --yes says that it is meant.\n"
    )
    assert set(methods(moto)) == {"GET"}
    assert len(keys(moto)) == 3500
    assert tfm("rm", "-ry", "s3://bucket/t/").code == 0
    assert keys(moto) == []


@pytest.mark.parametrize("text", ["s3://bucket", "s3://bucket/", "s3://bucket/*", "s3://bucket/**"])
def test_a_whole_bucket_is_confirmed_by_its_name(tfm: RunHere, moto: MotoServer, text: str) -> None:
    moto.put("bucket", {"x": b"1", "d/y": b""})
    for options in ([], ["--yes"], ["--yes", "--confirm", "buckets"]):
        outcome = tfm("rm", "-r", text, *options)
        assert (outcome.code, moto.requests()) == (2, [])
        assert "--confirm bucket says that it is meant" in outcome.errors
    assert tfm("rm", "-r", text, "--confirm", "bucket").code == 0
    assert keys(moto) == []


def test_a_confirmed_bucket_does_not_answer_for_what_is_named_beside_it(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"x": b"1"})
    moto.put("second", {f"t/{i:05}": b"12" for i in range(1500)})
    arguments = ["rm", "-r", "s3://bucket/", "s3://second/t/", "--confirm", "bucket"]
    assert tfm(*arguments).code == 2
    assert keys(moto) == ["x"]
    assert tfm(*arguments, "--yes").code == 0
    assert (keys(moto), keys(moto, "second")) == ([], [])


@pytest.mark.parametrize(
    ("answer", "code", "left"), [(b"y\n", 0, 0), (b"n\n", 1, 1500), (b"\n", 1, 1500), (b"\x04", 1, 1500)]
)
def test_much_is_asked_about_on_a_terminal(moto: MotoServer, answer: bytes, code: int, left: int) -> None:
    moto.put("bucket", {f"t/{i:05}": b"12" for i in range(1500)})
    with Terminal(command("rm", "-r", "s3://bucket/t/")) as terminal:
        terminal.until(b"Delete 1,500 objects, 2.9 KB? [y/N] ")
        assert set(methods(moto)) == {"GET"}
        terminal.type(answer)
        assert terminal.ended() == code
    assert (b"deleted 1,500 objects, 2.9 KB." in terminal.written) == (code == 0)
    assert len(keys(moto)) == left


@pytest.mark.parametrize(("answer", "code"), [(b"bucket\n", 0), (b"y\n", 1), (b"Bucket\n", 1)])
def test_a_buckets_name_is_typed(moto: MotoServer, answer: bytes, code: int) -> None:
    moto.put("bucket", {"x": b"12"})
    with Terminal(command("rm", "-r", "--yes", "s3://bucket/")) as terminal:
        terminal.until(b"Its name, to go on: ")
        assert b"(1 object, 2 B)" in terminal.written
        terminal.type(answer)
        assert terminal.ended() == code
    assert keys(moto) == ([] if code == 0 else ["x"])


@pytest.mark.parametrize("streams", [[0, 1], [1, 2]])
def test_no_question_where_nobody_could_answer_or_see_it(moto: MotoServer, streams: list[int]) -> None:
    moto.put("bucket", {f"t/{i:05}": b"" for i in range(1500)})
    with Terminal(command("rm", "-r", "s3://bucket/t/"), streams=streams) as terminal:
        assert terminal.ended() == 2
    assert b"[y/N]" not in terminal.written
    assert len(keys(moto)) == 1500


def test_interrupted_at_the_question_nothing_is_deleted(moto: MotoServer) -> None:
    moto.put("bucket", {f"t/{i:05}": b"" for i in range(1500)})
    with Terminal(command("rm", "-r", "s3://bucket/t/")) as terminal:
        terminal.until(b"[y/N] ")
        terminal.process.send_signal(2)
        assert terminal.ended(seconds=5) == 130
    assert b"Interrupted. Nothing was deleted." in terminal.written
    assert len(keys(moto)) == 1500


# What is told


def test_a_dry_run_prints_and_sends_no_writing_request(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {f"t/{i:05}": b"12" for i in range(1500)} | {"x": b"123"})
    (here / "f").touch()
    outcome = tfm("rm", "-rn", "s3://bucket/t", "s3://bucket/x", "f")
    assert outcome.code == 0
    assert outcome.lines == [*(f"s3://bucket/t/{i:05}" for i in range(1500)), "s3://bucket/x", "f"]
    assert outcome.errors == "tfm: 1,502 entries, 2.9 KB would be deleted.\n"
    assert set(methods(moto)) == {"GET"}
    assert len(keys(moto)) == 1501
    assert tfm("rm", "-rn", "s3://bucket/").lines[-1] == "s3://bucket/x"
    records = tfm("rm", "-n", "--json", "s3://bucket/x").records
    assert records[0] == {"path": "s3://bucket/x", "deleted": False}
    assert records[1]["dry_run"] is True


def test_json(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"d/\n": b"12", "d/": b"", "x": b"123"})
    outcome = tfm("rm", "-r", "--json", "s3://bucket/d/", "s3://bucket/no", "s3://bucket/x")
    assert outcome.code == 1
    assert outcome.records == [
        {"path": "s3://bucket/no", "error": "s3://bucket/no: There is nothing here."},
        {"path": "s3://bucket/x", "deleted": True},
        {"path": "s3://bucket/d/\n", "deleted": True},
        {"path": "s3://bucket/d/", "deleted": True},
        {"objects": 3, "size_bytes": 5, "failed": 1, "unknown": 0, "complete": True, "dry_run": False},
    ]
    assert outcome.errors.splitlines() == [
        "tfm: s3://bucket/no: There is nothing here.",
        "tfm: deleted 3 objects, 5 B; 1 not.",
    ]


@pytest.mark.parametrize("options", [[], ["--yes"]], ids=["plan", "stream"])
def test_one_denied_among_a_thousand(tfm: RunHere, moto: MotoServer, options: list[str]) -> None:
    moto.put("bucket", {f"t/{i:05}": b"12" for i in range(1000)})
    deny(moto, "t/00500")
    outcome = tfm("rm", "-r", *options, "s3://bucket/t/")
    assert outcome.code == 1
    denied, total = outcome.errors.splitlines()
    assert denied.startswith("tfm: s3://bucket/t/00500: ")
    assert total == "tfm: deleted 999 objects, 2.0 KB; 1 not."
    assert keys(moto) == ["t/00500"]


def test_a_lost_answer_is_said_and_running_again_finishes(
    tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {f"t/{i:05}": b"" for i in range(2500)})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        monkeypatch.setenv("TFM_MAX_ATTEMPTS", "1")
        proxy.delay(0, match="?delete")
        proxy.lose_answer(match="?delete")
        outcome = tfm("rm", "-r", "--yes", "s3://bucket/t/")
        assert outcome.code == 1
        # The one that reached the server second, of those that are under way at once.
        assert re.search(r"of (1,000|500) of these nothing is known", outcome.errors.splitlines()[-1])
        moto.put("bucket", {"t/left": b""})
        assert tfm("rm", "-r", "--yes", "s3://bucket/t/").code == 0
    assert keys(moto) == []


def test_interrupted_in_the_middle_says_what_is_gone(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("bucket", {f"t/{i:05}": b"12" for i in range(2500)})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.delay(0, match="?delete")
        stalled = proxy.stall(match="?delete")
        with Terminal(command("rm", "-ry", "s3://bucket/t/")) as terminal:
            assert stalled.happened.wait(30)
            terminal.process.send_signal(2)
            assert terminal.ended(seconds=5) == 130
    assert b"Interrupted. 1,000 objects, 2.0 KB deleted; what was under way may be gone too." in terminal.written


def test_interrupted_it_waits_for_what_is_under_way(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("bucket", {f"t/{i:05}": b"12" for i in range(5500)})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        with Terminal(command("rm", "-ry", "s3://bucket/t/")) as terminal:
            # In the proxy's own thread: the batch is passed on only then. Four are under way, so one was answered.
            proxy.at_request(5, lambda: terminal.process.send_signal(2), match="?delete")
            assert terminal.ended(seconds=20) == 130
    found = re.search(rb"Interrupted\. ([0-9,]+) objects, [0-9.]+ KB deleted(.*)\r", terminal.written)
    assert found is not None, terminal.written
    gone = 5500 - len(keys(moto))
    told = int(found[1].replace(b",", b""))
    assert 4000 <= gone < 5500
    assert 1000 <= told <= gone
    assert told == gone or b"may be gone too" in found[2]


def test_progress_on_a_terminal(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("bucket", {f"t/{i:05}": b"" for i in range(2500)})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.delay(0.3, match="?delete", times=2)
        with Terminal(command("rm", "-ry", "s3://bucket/t/")) as terminal:
            assert terminal.ended() == 0
    assert b"\r1,000 deleted\xe2\x80\xa6" in terminal.written
    assert terminal.written.endswith(b"\x1b[Ktfm: deleted 2,500 objects.\r\n")


def test_hostile_names_on_a_terminal_are_harmless(moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"d/\x1b[2J": b"", "d/rtl-\u202e": b""})
    for arguments in (["-rn", "s3://bucket/d"], ["s3://bucket/no\x1b[2J"], ["no\x1b]0;owned\x07"]):
        with Terminal(command("rm", *arguments)) as terminal:
            terminal.ended()
        shown = terminal.written.decode()
        assert not set(shown) & {"\x1b", "\x07", "\u202e"}, arguments


def test_a_local_tree_is_deleted_without_the_sdk(here: Path) -> None:
    (here / "d").mkdir()
    code = (
        "import sys\nfrom tfm.cli import main\nassert main(['rm', '-r', 'd']) == 0\n"
        "print(sorted({'botocore', 'textual', 'rich'} & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]"]
    assert run_in_process("rm", "d").code == 2
