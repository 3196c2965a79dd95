"""``tfm find``: what fits, with one listing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.copying_world import make_files
from tests.running_program import RunHere
from tests.servers.moto import MotoServer

TREE = {"d/a.txt": b"1" * 2048, "d/b.log": b"22", "d/e/": b"", "d/e/c.txt": b"333", "d/x/y/z.txt": b"", "o": b"1"}


@pytest.fixture(params=["disk", "server"])
def root(request: pytest.FixtureRequest, moto: MotoServer, here: Path) -> str:
    if request.param == "disk":
        make_files(here, TREE)
        return ""
    moto.put("bucket", TREE)
    return "s3://bucket/"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], ["d/", "d/a.txt", "d/b.log", "d/e/", "d/e/c.txt", "d/x/", "d/x/y/", "d/x/y/z.txt"]),
        (["--type", "f"], ["d/a.txt", "d/b.log", "d/e/c.txt", "d/x/y/z.txt"]),
        (["--type", "d"], ["d/", "d/e/", "d/x/", "d/x/y/"]),
        (["--name", "*.txt"], ["d/a.txt", "d/e/c.txt", "d/x/y/z.txt"]),
        (["--name", "[ex]"], ["d/e/", "d/x/"]),
        (["--size", "+1K"], ["d/a.txt"]),
        (["--size", "2K"], ["d/a.txt"]),
        (["--size", "-3"], ["d/b.log", "d/x/y/z.txt"]),
        (["--size=+1G"], []),
        (["--name", "*.txt", "--size", "-1k", "--type", "f"], ["d/e/c.txt", "d/x/y/z.txt"]),
        (["--newer", "1h", "--name", "b*"], ["d/b.log"]),
        (["--newer", "2020-01-01", "--name", "b*"], ["d/b.log"]),
        (["--older", "1h"], []),
    ],
)
def test_conditions(tfm: RunHere, root: str, options: list[str], found: list[str]) -> None:
    outcome = tfm("find", f"{root}d", *options)
    assert (outcome.code, outcome.errors) == (0, "")
    assert sorted(outcome.lines) == [f"{root}{name}" for name in found]


def test_one_listing_for_all_of_it(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {f"d/{i % 7}/{i:05}": b"" for i in range(2500)})
    outcome = tfm("find", "s3://bucket/d/", "--type", "f")
    assert len(outcome.lines) == 2500
    assert len(moto.requests()) == 3


def test_names_are_exact(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"d/two\nlines": b"", "d/\x1b[2J": b""})
    assert tfm("find", "-0", "--type", "f", "s3://bucket/d/").output.split(b"\0") == [
        b"s3://bucket/d/\x1b[2J", b"s3://bucket/d/two\nlines", b""
    ]  # fmt: skip
    records = tfm("find", "--json", "--type", "f", "s3://bucket/d/").records
    assert [record["path"] for record in records] == ["s3://bucket/d/\x1b[2J", "s3://bucket/d/two\nlines"]
    assert records[0]["size_bytes"] == 0


def test_what_is_missing_and_what_is_a_file(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"x": b"", "y/z": b""})
    (here / "f").touch()
    assert tfm("find", "s3://bucket/x", "f").lines == ["s3://bucket/x", "f"]
    assert tfm("find", "s3://bucket/*").lines == ["s3://bucket/x", "s3://bucket/y/", "s3://bucket/y/z"]
    outcome = tfm("find", "s3://bucket/missing", "s3://bucket/missing/", "s3://no-bucket/", "s3://bucket/x")
    assert (outcome.code, len(outcome.errors.splitlines()), outcome.lines) == (1, 3, ["s3://bucket/x"])
    assert (tfm("find", "missing").code, tfm("find", "s3://").code) == (2, 2)


@pytest.mark.parametrize("wrong", [["--size", "big"], ["--newer", "soon"], ["--type", "x"], ["--older", "2020-13-01"]])
def test_a_condition_that_says_nothing(tfm: RunHere, wrong: list[str]) -> None:
    assert tfm("find", ".", *wrong).code == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_directory_that_cannot_be_read(tfm: RunHere, here: Path) -> None:
    make_files(here, {"a/x": b"", "b/y": b""})
    (here / "a").chmod(0)
    outcome = tfm("find", ".")
    (here / "a").chmod(0o700)
    assert (outcome.code, "./b/y" in outcome.lines) == (1, True)
