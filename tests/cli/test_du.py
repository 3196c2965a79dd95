"""``tfm du``: sizes by directory, the largest first, from one listing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.copying_world import make_files
from tests.running_program import RunHere
from tests.servers.moto import MotoServer

TREE = {"d/a": b"1" * 3000, "d/s/x": b"1" * 10, "d/l/y": b"1" * 5000, "d/l/m/z": b"1" * 100, "o": b"1"}


@pytest.fixture(params=["disk", "server"])
def root(request: pytest.FixtureRequest, moto: MotoServer, here: Path) -> str:
    if request.param == "disk":
        make_files(here, TREE)
        return ""
    moto.put("bucket", TREE)
    return "s3://bucket/"


def test_by_directory(tfm: RunHere, root: str) -> None:
    outcome = tfm("du", f"{root}d")
    assert (outcome.code, outcome.errors) == (0, "")
    assert [line.split() for line in outcome.lines] == [
        ["5.0", "KB", "2", f"{root}d/l/"],
        ["10", "B", "1", f"{root}d/s/"],
        ["7.9", "KB", "4", f"{root}d/"],
    ]
    assert [line.split() for line in tfm("du", "-s", "--bytes", f"{root}d").lines] == [["8110", "4", f"{root}d/"]]
    deep = tfm("du", "--json", "--max-depth", "5", f"{root}d/").records
    assert [record["path"].removeprefix(root) for record in deep] == ["d/l/", "d/l/m/", "d/s/", "d/"]
    assert deep[-1] == {"path": f"{root}d/", "size_bytes": 8110, "objects": 4}
    assert [line.split() for line in tfm("du", f"{root}o").lines] == [["1", "B", "1", f"{root}o"]]


def test_one_listing_for_all_of_it(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {f"d/{i % 7}/{i:05}": b"12" for i in range(2500)} | {"d/0/": b""})
    outcome = tfm("du", "--json", "s3://bucket/d/")
    assert outcome.records[-1] == {"path": "s3://bucket/d/", "size_bytes": 5000, "objects": 2501}
    assert len(outcome.records) == 8
    assert len(moto.requests()) == 3
    assert tfm("du", "s3://bucket").lines[-1].split() == ["4.9", "KB", "2,501", "s3://bucket/"]


def test_bad_input(tfm: RunHere, moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"x": b""})
    outcome = tfm("du", "s3://bucket/missing", "s3://bucket/missing/", "s3://no-bucket/", "s3://bucket/x")
    assert (outcome.code, len(outcome.errors.splitlines()), len(outcome.lines)) == (1, 3, 1)
    assert (tfm("du", "missing").code, tfm("du", "s3://").code, tfm("du", "--max-depth", "-1").code) == (2, 2, 2)
