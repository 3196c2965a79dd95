"""``tfm mv``: everything is at the destination, and only then gone from where it was."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.copying_world import contents, deny, disk, make_files, writing_requests
from tests.running_program import RunHere
from tests.servers.moto import MotoServer

TREE = {"d/a": b"1", "d/e/b": b"22", "d/e/c": b""}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("r", [[], ["-r"], ["--recursive"]], ids=["", "-r", "--recursive"])
def test_there_and_back_with_r_and_without(
    tfm: RunHere, moto: MotoServer, here: Path, r: list[str], slash: str
) -> None:
    moto.put("bucket", {"other": b""})
    moto.put("second", {})
    make_files(here, TREE)
    outcome = tfm("mv", *r, f"d{slash}", "s3://bucket/")
    assert (outcome.code, outcome.output, outcome.errors) == (0, b"", "")
    assert (disk(here), contents(moto)) == ({}, {**TREE, "other": b""})
    assert tfm("mv", *r, f"s3://bucket/d{slash}", "s3://second/x").code == 0
    assert contents(moto) == {"other": b""}
    assert tfm("mv", *r, f"s3://second/x{slash}", "d").code == 0
    assert (disk(here), contents(moto, "second")) == (TREE, {})


def test_on_one_disk_it_is_one_step(tfm: RunHere, here: Path) -> None:
    make_files(here, {**TREE, "to/": b""})
    before = os.stat(here / "d" / "a").st_ino
    outcome = tfm("mv", "--json", "d", "to")
    assert (outcome.code, outcome.errors) == (0, "")
    assert os.stat(here / "to" / "d" / "a").st_ino == before
    assert outcome.records[0] == {
        "source": f"{here}/d/", "target": f"{here}/to/d/", "size_bytes": None, "verified": True
    }  # fmt: skip
    assert tfm("mv", "-rq", "to/d/a", "to/d/e/b", "to").code == 0
    assert disk(here) == {"to/a": b"1", "to/b": b"22", "to/d/e/c": b""}


def test_what_may_not_be_renamed_does_not_stop_the_others(tfm: RunHere, here: Path) -> None:
    """A file system that is mounted there has its place as long as it is."""
    make_files(here, {"a": b"1", "busy/x": b"2", "c": b"3", "to/": b""})
    if subprocess.run(["mount", "--bind", "busy", "busy"], cwd=here, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        outcome = tfm("mv", "--json", "a", "busy", "c", "to")
    finally:
        subprocess.run(["umount", here / "busy"], check=True)
    assert outcome.code == 1
    assert disk(here) == {"busy/x": b"2", "to/a": b"1", "to/c": b"3"}
    moved, failed, total = outcome.records[:2], outcome.records[2], outcome.records[3]
    assert [each["target"] for each in moved] == [f"{here}/to/a", f"{here}/to/c"]
    assert failed["path"] == f"{here}/to/busy/"
    assert (total["objects"], total["failed"], total["skipped"]) == (2, 1, 0)
    assert len(outcome.errors.splitlines()) == 2, "one line for what failed, and one for all"


def test_what_is_in_the_way_keeps_its_source(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"d/a": b"old"})
    make_files(here, TREE)
    outcome = tfm("mv", "d", "s3://bucket/")
    assert outcome.code == 1
    assert contents(moto) == {**TREE, "d/a": b"old"}
    assert disk(here) == {"d/a": b"1"}
    assert tfm("mv", "--skip", "d", "s3://bucket/").code == 0
    assert disk(here) == {"d/a": b"1"}
    assert tfm("mv", "--overwrite", "d", "s3://bucket/").code == 0
    assert (disk(here), contents(moto)) == ({}, TREE)


def test_a_source_that_cannot_be_deleted_is_said(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"d/a": b"1", "d/b": b"2"})
    deny(moto, "s3:DeleteObject", "d/a")
    outcome = tfm("mv", "s3://bucket/d", "to")
    assert outcome.code == 1
    assert outcome.errors.startswith("tfm: s3://bucket/d/a: ")
    assert (disk(here / "to"), contents(moto)) == ({"a": b"1", "b": b"2"}, {"d/a": b"1"})


def test_a_dry_run_leaves_everything(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"d/a": b"1", "d/b": b"2"})
    outcome = tfm("mv", "-n", "s3://bucket/d", "to")
    assert outcome.code == 0
    assert "3 entries, 2 B would be moved" in outcome.errors
    assert (writing_requests(moto), disk(here)) == ([], {})
    assert tfm("mv", "--plan", "plan", "s3://bucket/d", "to").code == 0
    assert tfm("mv", "--run-plan", "plan").code == 0
    assert (disk(here / "to"), contents(moto)) == ({"a": b"1", "b": b"2"}, {})


@pytest.mark.parametrize(
    ("arguments", "said", "replaced", "deleted"),
    [
        (["s3://bucket/d", "new"], ", unless the bucket keeps versions: 3 objects would be deleted once copied", 0, 3),
        (["s3://bucket/d", "s3://bucket/new"],
         ", unless the bucket keeps versions: 3 objects would be deleted once copied", 0, 3),
        (["--overwrite", "x", "y", "s3://bucket/"],
         ", unless the bucket keeps versions: 1 object would be replaced; 2 files would be deleted once copied", 1, 2),
        (["--overwrite", "d", "x", "to"], ": 1 file would be replaced; 2 files would be deleted once copied", 1, 2),
        (["--overwrite", "to/d", "s3://bucket/x", "new/"],
         ", unless the bucket keeps versions: 1 file would be replaced; 1 object would be deleted once copied", 1, 1),
        (["d", "y", "new/"], "", 0, 0),
        (["d/a", "x", "to"], "", 0, 0),
        (["--skip", "d/a", "to/d"], "", 0, 0),
    ],
)  # fmt: skip
def test_a_dry_run_says_what_cannot_be_undone(
    tfm: RunHere, moto: MotoServer, here: Path, arguments: list[str], said: str, replaced: int, deleted: int
) -> None:
    """On one disk a new place is nothing that is lost, save where something is in the way."""
    objects = {"d/a": b"1", "d/e/": b"", "d/e/b": b"2", "x": b"old"}
    files = {"d/a": b"1", "d/c": b"3", "x": b"new", "y": b"new", "to/d/a": b"old", "new/x": b"old"}
    moto.put("bucket", objects)
    make_files(here, files)
    before = disk(here)
    outcome = tfm("mv", "-n", "--json", *arguments)
    assert outcome.code == 0
    lost = [line for line in outcome.errors.splitlines() if "undone" in line]
    assert lost == ([f"tfm: This cannot be undone{said}."] if said else [])
    assert (outcome.records[-1]["replaced"], outcome.records[-1]["deleted"]) == (replaced, deleted)
    assert (writing_requests(moto), disk(here), contents(moto)) == ([], before, objects)


def test_a_dry_run_knows_another_file_system(tfm: RunHere, here: Path) -> None:
    make_files(here, {**TREE, "x": b"new", "other/": b""})
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "other"], cwd=here, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        outcome = tfm("mv", "-n", "--json", "d", "x", "other")
    finally:
        subprocess.run(["umount", here / "other"], check=True)
    assert outcome.records[-1]["deleted"] == 4
    assert "tfm: This cannot be undone: 4 files would be deleted once copied." in outcome.errors.splitlines()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([".", "s3://bucket/"], 2, "This has no name by which it could be moved."),
        (["d/..", "s3://bucket/"], 2, "This has no name by which it could be moved."),
        (["x", "x"], 1, "Source and destination are the same."),
        (["d", "d/e"], 1, "A directory cannot be copied into itself."),
        (["d", "d"], 1, "A directory cannot be copied into itself."),
        (["s3://bucket/x", "s3://bucket/x"], 1, "Source and destination are the same."),
    ],
)
def test_bad_input(tfm: RunHere, moto: MotoServer, here: Path, arguments: list[str], code: int, said: str) -> None:
    moto.put("bucket", {"x": b""})
    make_files(here, {**TREE, "x": b""})
    outcome = tfm("mv", *arguments)
    assert outcome.code == code
    assert said in outcome.errors
    assert len(outcome.errors.splitlines()) == 1
    assert (disk(here), contents(moto)) == ({**TREE, "x": b""}, {"x": b""})
