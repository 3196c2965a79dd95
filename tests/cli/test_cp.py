"""``tfm cp``: what goes where, what is refused, what is told."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.cli.copying_world import contents, deny, disk, make_files, uploads, writing_requests
from tests.running_program import RunHere, Terminal, command
from tests.servers.moto import MotoServer

TREE = {"d/a.txt": b"1", "d/b.log": b"22", "d/e/c.txt": b"333", "d/e/f/g": b""}


# Where it goes


def test_up_across_and_down_again(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    make_files(here, {**TREE, "d/empty/": b""})
    moto.put("bucket", {})
    moto.put("other", {})
    assert tfm("cp", "-r", "d", "s3://bucket/up/").code == 0
    assert contents(moto) == {f"up/{name}": data for name, data in {**TREE, "d/empty/": b""}.items()}
    assert tfm("cp", "-r", "s3://bucket/up/d", "s3://other/copy").code == 0
    outcome = tfm("cp", "-r", "s3://other/copy/", "back")
    assert (outcome.code, outcome.output, outcome.errors) == (0, b"", "")
    assert disk(here / "back") == {name.removeprefix("d/"): data for name, data in {**TREE, "d/empty/": b""}.items()}
    assert uploads(moto) == uploads(moto, "other") == []


@pytest.mark.parametrize(
    ("sources", "target", "made"),
    [
        (["x"], "s3://bucket/new", "new"),
        (["x"], "s3://bucket/new/", "new/x"),
        (["x"], "s3://bucket/", "x"),
        (["x"], "s3://bucket", "x"),
        (["x"], "s3://bucket/there", "there/x"),
        (["x", "y"], "s3://bucket/new", "new/y"),
        (["s3://bucket/there/*"], "s3://bucket/new", "new/z"),
        (["s3://bucket/there/z"], "s3://bucket/a//b", "a//b"),
        (["x"], "there", "+there/x"),
        (["x"], "there/", "+there/x"),
        (["x"], "new", "+new"),
        (["s3://bucket/there/z"], ".", "+z"),
        (["-r", "."], "s3://bucket/", "there/w"),
        (["-r", "there/."], "s3://bucket/n/", "n/w"),
        (["-r", "there/"], "s3://bucket/n/", "n/there/w"),
        (["-r", "s3://bucket"], "new", "+new/there/z"),
        (["-r", "s3://bucket"], "there", "+there/bucket/there/z"),
    ],
)
def test_the_place(tfm: RunHere, moto: MotoServer, here: Path, sources: list[str], target: str, made: str) -> None:
    moto.put("bucket", {"there/z": b"z"})
    make_files(here, {"x": b"x", "y": b"y", "there/w": b"w"})
    outcome = tfm("cp", *sources, target)
    assert (outcome.code, outcome.errors) == (0, "")
    assert (made[1:] in disk(here)) if made.startswith("+") else (made in contents(moto))


def test_sources_of_several_storages_are_a_job_each(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"a": b"a"})
    moto.put("other", {"b": b"b", "v/1": b"", "v/2": b"", "v/3.x": b""})
    make_files(here, {"c": b"c", "d/": b""})
    outcome = tfm("cp", "--json", "s3://bucket/a", "c", "s3://other/b", "s3://other/v/?", "d/")
    assert (outcome.code, outcome.errors) == (0, "")
    assert sorted(disk(here / "d")) == ["1", "2", "a", "b", "c"]
    assert outcome.records[-1]["objects"] == 5
    assert len(outcome.records[-1]["jobs"]) == 3
    assert {record["source"] for record in outcome.records[:-1]} == {
        "s3://bucket/a", f"{here}/c", "s3://other/b", "s3://other/v/1", "s3://other/v/2"
    }  # fmt: skip


ODD = ["-rf", "$(touch pwned)", "\x1b[2J", " ", "*", "rtl-\u202e", "\u00e9", "a+b%20c?d#e", "x" * 255]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_there_and_back(tfm: RunHere, moto: MotoServer, here: Path, name: str) -> None:
    moto.put("bucket", {})
    make_files(here, {f"d/{name}": b"12"})
    assert tfm("cp", "-r", "--", "d", "s3://bucket/").code == 0
    assert contents(moto) == {f"d/{name}": b"12"}
    assert tfm("cp", "-r", "s3://bucket/d", "back").code == 0
    assert disk(here) == {f"d/{name}": b"12", f"back/{name}": b"12"}
    assert tfm("cp", "--", f"./d/{name}", "single").code == 0


# What is in the way


@pytest.mark.parametrize(
    ("option", "code", "left"),
    [
        ("--overwrite", 0, {"old": b"1", "young": b"1", "free": b"1"}),
        ("--skip", 0, {"old": b"22", "young": b"22", "free": b"1"}),
        ("--newer", 0, {"old": b"1", "young": b"22", "free": b"1"}),
        ("--rename", 0, {"old": b"22", "young": b"22", "free": b"1", "old (1)": b"1", "young (1)": b"1"}),
        ("--fail", 1, {"old": b"22", "young": b"22", "free": b"1"}),
        (None, 1, {"old": b"22", "young": b"22", "free": b"1"}),
    ],
)
def test_conflict_policies(tfm: RunHere, here: Path, option: str | None, code: int, left: dict[str, bytes]) -> None:
    make_files(here, {f"d/{name}": b"1" for name in ("old", "young", "free")})
    make_files(here, {f"to/d/{name}": b"22" for name in ("old", "young")})
    os.utime(here / "to" / "d" / "old", (1, 1))
    os.utime(here / "d" / "young", (1, 1))
    outcome = tfm("cp", "-r", *([option] if option else []), "d", "to")
    assert outcome.code == code
    assert disk(here / "to" / "d") == left
    assert outcome.errors.count("Something is there already.") == (2 if code else 0)
    assert len(outcome.errors.splitlines()) == (3 if code else 0)


def test_two_policies_are_one_too_many(tfm: RunHere) -> None:
    assert tfm("cp", "--skip", "--overwrite", "a", "b").code == 2


def test_conflicts_on_a_server(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"d/x": b"old", "d/y": b"old", "s/d/x": b"new", "s/d/z": b"new"})
    outcome = tfm("cp", "-r", "--json", "s3://bucket/s/d", "s3://bucket/")
    assert outcome.code == 1
    assert "s3://bucket/d/x: Something is there already." in outcome.errors
    assert {"path": "s3://bucket/d/x", "error": outcome.errors.splitlines()[0].removeprefix("tfm: ")} in outcome.records
    total = outcome.records[-1]
    assert (total["objects"], total["failed"], total["complete"]) == (1, 1, True)
    outcome = tfm("cp", "-r", "--json", "--skip", "s3://bucket/s/d", "s3://bucket/")
    assert {"source": "s3://bucket/s/d/x", "skipped": "Something is there already."} in outcome.records
    assert contents(moto)["d/x"] == b"old"


# What is refused


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["x"], 2, "What is copied, and where to, must both be named."),
        (["missing", "new"], 2, "missing: There is nothing here."),
        (["s3://bucket/no", "new"], 1, "s3://bucket/no: There is nothing here."),
        (["-r", "s3://bucket/no/", "new"], 1, "s3://bucket/no/: There is no such directory."),
        (["s3://no-bucket/x", "new"], 1, "no-bucket"),
        (["x", "s3://no-bucket/x"], 1, "no-bucket"),
        (["x", "y", "s3://no-bucket/d/"], 1, "no-bucket"),
        (["-r", "d", "s3://no-bucket/d/"], 1, "no-bucket"),
        (["s3://bucket/no*", "d"], 1, "Nothing fits this pattern."),
        (["x", "s3://"], 2, "This is the list of buckets. Name a bucket."),
        (["-r", "s3://", "new"], 1, "All of it cannot be copied at once."),
        (["x", "missing/"], 2, "missing/: There is no such directory to copy into. Make it first."),
        (["x", "no/new"], 2, "The directory to copy into is not there. Make it first."),
        (["x", "y", "missing"], 2, "missing: There is no such directory to copy into. Make it first."),
        (["x", "y", "z"], 1, "z: This is no directory. Several sources need a directory to go into."),
        (["x", "z/"], 1, "z/: This is no directory. Write it without the slash."),
        (["x/", "new"], 1, "x/: This is a file. Name it without the slash."),
        (["x", "x"], 1, "Source and destination are the same."),
        (["x", "./d/../x"], 1, "Source and destination are the same."),
        (["s3://bucket/x", "s3://bucket/x"], 1, "Source and destination are the same."),
        (["s3://bucket/x", "s3://bucket/"], 1, "Source and destination are the same."),
        (["-r", "d", "d/e"], 1, "A directory cannot be copied into itself."),
        (["-r", ".", "d"], 1, "A directory cannot be copied into itself."),
        (["-r", "s3://bucket/", "s3://bucket/d/"], 1, "A directory cannot be copied into itself."),
        (["d", "new"], 1, "This is a directory. With -r it is copied"),
        (["s3://bucket/d", "new"], 1, "This is a directory. With -r it is copied"),
        (["x", "d/x", "s3://bucket/n/"], 2, "x is called 'x' too, and both would go to one place."),
        (["s3://bucket/x", "s3://bucket/?", "d"], 2, "It is named twice"),
        (["", "new"], 2, "An empty path names nothing."),
        (["x", ""], 2, "An empty path names nothing."),
        (["s3://im possible/x", "new"], 2, "'im possible' cannot be a bucket's name"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    tfm: RunHere, moto: MotoServer, here: Path, arguments: list[str], code: int, said: str
) -> None:
    moto.put("bucket", {"x": b"x", "d/x": b"x"})
    make_files(here, {"x": b"x", "y": b"y", "z": b"z", "d/x": b"x"})
    before = disk(here)
    outcome = tfm("cp", *arguments)
    lines = outcome.errors.splitlines()
    assert (outcome.code, outcome.output) == (code, b""), lines
    assert said in lines[0]
    assert len(lines) == 1 or "no-bucket" in said
    assert (disk(here), contents(moto)) == (before, {"x": b"x", "d/x": b"x"})


def test_one_bad_source_does_not_keep_the_others_back(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"x": b"x"})
    make_files(here, {"y": b"y", "d/": b""})
    outcome = tfm("cp", "s3://bucket/x", "s3://bucket/no", "y", "d/")
    assert outcome.code == 1
    assert outcome.errors.splitlines() == [
        "tfm: s3://bucket/no: There is nothing here.",
        f"tfm: copied 2 entries, 2 B in {_seconds(outcome.errors)} ({_speed(outcome.errors)}); 1 not.",
    ]
    assert disk(here / "d") == {"x": b"x", "y": b"y"}


def _seconds(text: str) -> str:
    return str(re.findall(r" in (.*?) \(", text)[-1])


def _speed(text: str) -> str:
    return str(re.findall(r"\((.*?)\)", text)[-1])


def test_names_that_cannot_be_there_are_told_of_each(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put(
        "bucket", {"d/ok": b"1", "d/../up": b"2", "d//two": b"3", "d/y": b"4", "d/y/z": b"5", "d/" + "n" * 256: b"6"}
    )
    outcome = tfm("cp", "-r", "s3://bucket/d", "new")
    assert outcome.code == 1
    lines = outcome.errors.splitlines()
    for key in ("d/../up", "d//two", "d/" + "n" * 256):
        assert sum(line.startswith(f"tfm: s3://bucket/{key}: ") for line in lines) == 1
    assert disk(here)["new/ok"] == b"1"
    assert (here.parent / "up").exists() is False


def test_one_denied_among_many(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {f"d/{i:02}": b"12" for i in range(20)})
    deny(moto, "s3:GetObject", "d/07")
    outcome = tfm("cp", "-r", "s3://bucket/d", "new")
    assert outcome.code == 1
    denied, total = outcome.errors.splitlines()
    assert denied.startswith("tfm: s3://bucket/d/07: ")
    assert re.fullmatch(r"tfm: copied 20 entries, 38 B in .* \(.*/s\); 1 not\.", total)  # 19, and the directory
    assert len(disk(here)) == 19


# The plan alone


def test_a_dry_run_sends_no_writing_request(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"s/x": b"1", "s/y": b"22", "d/s/y": b"old", "big": bytes(20 << 20)})
    make_files(here, {"f": b"333"})
    outcome = tfm("cp", "-rn", "--overwrite", "s3://bucket/s", "s3://bucket/big", "f", "s3://bucket/d/")
    assert (outcome.code, writing_requests(moto)) == (0, [])
    assert outcome.lines == [
        "s3://bucket/s/x -> s3://bucket/d/s/x",
        "s3://bucket/s/y -> s3://bucket/d/s/y (replaces what is there)",
        "s3://bucket/big -> s3://bucket/d/big",
        f"{here}/f -> s3://bucket/d/f",
    ]
    assert re.fullmatch(
        r"tfm: 4 entries, 20\.0 MB would be copied; \d+ requests, about \$0\.0001 or less\.\n"
        r"tfm: This cannot be undone, unless the bucket keeps versions: 1 object would be replaced\.\n",
        outcome.errors,
    ), outcome.errors
    for policy, code in (("--fail", 1), ("--skip", 0), ("--rename", 0), ("--newer", 0)):
        outcome = tfm("cp", "-rn", "--json", policy, "s3://bucket/s", "s3://bucket/d/")
        assert (outcome.code, writing_requests(moto)) == (code, [])
        total = outcome.records[-1]
        assert total["dry_run"] is True
        assert (total["replaced"], total["deleted"]) == (0, 0)
        assert "cannot be undone" not in outcome.errors
        assert total["objects"] + total["skipped"] + total["failed"] == 2
    assert tfm("cp", "-n", "f", "s3://bucket/big").code == 1
    assert tfm("cp", "-n", "f", "s3://bucket/free").code == 0
    assert writing_requests(moto) == []


def test_what_a_plan_says_it_costs_is_what_it_costs(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {f"s/{i:04}": b"12" for i in range(1200)})
    moto.put("other", {})
    planned = tfm("cp", "-rn", "--json", "s3://bucket/s/", "s3://other/")
    total = planned.records[-1]
    assert total["requests"]["COPY"] == total["objects"] == 1200
    moto.reset_requests()
    assert tfm("cp", "-r", "s3://bucket/s/", "s3://other/").code == 0
    assert len(moto.requests()) == sum(total["requests"].values())
    # PUT, COPY, POST and LIST at $0.005 for a thousand.
    assert total["dollars"] == pytest.approx((1200 + total["requests"]["LIST"]) * 0.005 / 1000)


def test_a_plan_is_written_and_run_exactly(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"s/x": b"1", "s/y\t": b"22", "s/z": b"3"})
    assert tfm("cp", "-r", "--plan", "plan", "s3://bucket/s", "new").code == 0
    assert writing_requests(moto) == []
    assert not (here / "new").exists()
    moto.put("bucket", {"s/later": b"4"})
    assert tfm("cp", "-r", "--plan", "plan", "s3://bucket/s", "new").errors == "tfm: plan: File exists.\n"
    outcome = tfm("cp", "--run-plan", "plan", "--json")
    assert (outcome.code, outcome.errors) == (0, "")
    assert disk(here / "new") == {"x": b"1", "y\t": b"22", "z": b"3"}
    assert tfm("cp", "--run-plan", "plan").code == 0  # done already
    (here / "new" / "x").write_bytes(b"mine")
    outcome = tfm("cp", "--run-plan", "plan")
    assert outcome.code == 1
    assert outcome.errors.startswith(f"tfm: {here}/new/x: File exists.")
    assert (here / "new" / "x").read_bytes() == b"mine"
    assert "tfm cp --run-plan does it." in tfm("mv", "--run-plan", "plan").errors


def test_what_is_no_whole_plan_is_refused_before_anything_is_done(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"s/x": b"1", "s/y": b"2", "secret": b"3"})
    assert tfm("cp", "-r", "--plan", "plan", "s3://bucket/s", "new").code == 0
    lines = (here / "plan").read_bytes().splitlines(keepends=True)
    wrong = {
        "empty": [],
        "cut": lines[:-1],
        "short": [*lines[:2], lines[-1]],
        "no step": [*lines[:1], b"[1,2]\n", *lines[2:]],
        "no spec": [b"{}\n", *lines[1:]],
        "outside": [line.replace(b"s/x", b"secret") for line in lines],
        "binary": [b"\xff\x00\n"],
    }
    for name, changed in wrong.items():
        (here / "wrong").write_bytes(b"".join(changed))
        outcome = tfm("cp", "--run-plan", "wrong")
        assert outcome.code == 2, name
        assert re.match(r"tfm: wrong: Line \d+: .* Write the plan anew\.\n$", outcome.errors), name
    above = [lines[0], *(line.replace(b"/new/", b"/../new/") for line in lines[1:])]
    (here / "wrong").write_bytes(b"".join(above))
    assert tfm("cp", "--run-plan", "wrong").code == 1
    assert not (here.parent / "new").exists()
    assert tfm("cp", "--run-plan", "nowhere").code == 2
    assert tfm("cp", "--run-plan", "plan", "x", "y").code == 2
    assert not (here / "new").exists()


# Standard streams


def test_standard_streams(tfm: RunHere, moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("bucket", {"x": b"12\n"})
    assert tfm("cp", "s3://bucket/x", "-").output == b"12\n"
    assert tfm("cp", "s3://bucket/?", "-").output == b"12\n"

    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))

    give(b"\x00new")
    assert tfm("cp", "-", "s3://bucket/y").code == 0
    assert contents(moto)["y"] == b"\x00new"
    assert tfm("cp", "-", "s3://bucket/y").code == 1
    give(b"newer")
    assert tfm("cp", "--overwrite", "-", "s3://bucket/y").code == 0
    assert contents(moto)["y"] == b"newer"
    for wrong in (["-", "-"], ["-", "x", "s3://bucket/"], ["s3://bucket/*", "-"], ["--skip", "-", "s3://bucket/z"]):
        outcome = tfm("cp", *wrong)
        assert (outcome.code, outcome.output, len(outcome.errors.splitlines())) == (2, b"", 1)
    assert tfm("cp", "-n", "-", "s3://bucket/z").code == 2


# What is told


@pytest.mark.parametrize(("conditions", "looked"), [("", True), ("create", False), ("none", True)])
def test_it_is_said_where_the_server_is_not_known_to_refuse(
    tfm: RunHere, moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch, conditions: str, looked: bool
) -> None:
    monkeypatch.setenv("TFM_S3_CONDITIONS", conditions)
    moto.put("bucket", {})
    (here / "x").write_bytes(b"1")
    outcome = tfm("cp", "--json", "x", "s3://bucket/x")
    assert outcome.records[-1]["only_looked"] is looked
    with Terminal(command("cp", "x", "s3://bucket/y"), columns=200) as terminal:
        assert terminal.ended() == 0
    assert (b"looked for just before" in terminal.written) is looked


def test_json(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"s/x\t": b"12"})
    outcome = tfm("cp", "--json", "s3://bucket/s/x\t", "y")
    job = outcome.records[-1]["jobs"][0]
    assert outcome.records == [
        {"source": "s3://bucket/s/x\t", "target": f"{here}/y", "size_bytes": 2, "verified": True},
        {
            "objects": 1, "size_bytes": 2, "skipped": 0, "failed": 0, "unverified": 0, "only_looked": False,
            "complete": True, "jobs": [job],
        },
    ]  # fmt: skip
    assert json.dumps(outcome.records[0]).isascii()


def test_a_journal_that_cannot_be_written_is_said_and_does_not_matter(
    tfm: RunHere, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_files(here, {"x": b"1"})
    monkeypatch.setenv("XDG_STATE_HOME", str(here / "x"))
    outcome = tfm("cp", "x", "y")
    assert outcome.code == 0
    assert len(outcome.errors.splitlines()) == 1
    assert disk(here) == {"x": b"1", "y": b"1"}
