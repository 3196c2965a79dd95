"""One object among many that may not be written or read: it is named, the others are done, and the exit code is 1."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.copying_world import contents, deny, disk, make_files, uploads
from tests.running_program import RunHere
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.without_rights import without_rights

TREE = {f"d/{number:02}": b"12" for number in range(20)}
OTHERS = {name: data for name, data in TREE.items() if name != "d/07"}
LARGE = bytes(range(256)) * (17 << 12)
"""Of 17 MiB: three parts."""


def require_one_told(errors: str, uri: str, *, done: str) -> None:
    denied, total = errors.splitlines()
    assert denied.startswith(f"tfm: {uri}: "), denied
    assert "enied" in denied
    assert re.fullmatch(rf"tfm: (copied|moved) {re.escape(done)} in .* \(.*/s\); 1 not\.", total), total


@pytest.fixture
def proxy(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    with FaultProxy(moto.url) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", between.url)
        yield between


@pytest.mark.parametrize("verb", ["cp", "mv"])
def test_an_upload(tfm: RunHere, moto: MotoServer, here: Path, verb: str) -> None:
    moto.put("bucket", {})
    make_files(here, TREE)
    deny(moto, "s3:PutObject", "d/07")
    outcome = tfm(verb, *["-r"] * (verb == "cp"), "d", "s3://bucket/")
    assert outcome.code == 1
    require_one_told(outcome.errors, "s3://bucket/d/07", done="19 files, 38 B")
    assert contents(moto) == OTHERS
    assert disk(here) == ({"d/07": b"12"} if verb == "mv" else TREE)


@pytest.mark.parametrize("verb", ["cp", "mv"])
@pytest.mark.parametrize(
    "request_line", ["POST /bucket/d/large?uploads", "partNumber=2", "POST /bucket/d/large?uploadId"]
)
def test_an_upload_in_parts(
    tfm: RunHere, moto: MotoServer, here: Path, proxy: FaultProxy, verb: str, request_line: str
) -> None:
    """Refused when it is begun, in its middle, or at its end."""
    moto.put("bucket", {})
    make_files(here, {**TREE, "d/large": LARGE})
    proxy.answer(403, "AccessDenied", match=request_line)
    outcome = tfm(verb, *["-r"] * (verb == "cp"), "d", "s3://bucket/")
    assert outcome.code == 1
    require_one_told(outcome.errors, "s3://bucket/d/large", done="20 files, 40 B")
    assert contents(moto) == TREE
    assert uploads(moto) == []
    assert disk(here) == ({"d/large": LARGE} if verb == "mv" else {**TREE, "d/large": LARGE})


@pytest.mark.parametrize("verb", ["cp", "mv"])
def test_a_copy_within_the_server(tfm: RunHere, moto: MotoServer, here: Path, verb: str) -> None:
    moto.put("bucket", TREE)
    moto.put("other", {})
    deny(moto, "s3:PutObject", "d/07", bucket="other")
    outcome = tfm(verb, *["-r"] * (verb == "cp"), "s3://bucket/d/", "s3://other/")
    assert outcome.code == 1
    require_one_told(outcome.errors, "s3://other/d/07", done="19 objects, 38 B")
    assert contents(moto, "other") == OTHERS
    assert contents(moto) == ({"d/07": b"12"} if verb == "mv" else TREE)


def test_a_copy_within_the_server_of_what_may_not_be_read(
    tfm: RunHere, moto: MotoServer, here: Path, proxy: FaultProxy
) -> None:
    """S3 says no more of it than that the copy is denied."""
    moto.put("bucket", TREE)
    moto.put("other", {})
    proxy.answer(403, "AccessDenied", match="PUT /other/d/07")
    outcome = tfm("cp", "-r", "--json", "s3://bucket/d/", "s3://other/")
    assert outcome.code == 1
    require_one_told(outcome.errors, "s3://other/d/07", done="19 objects, 38 B")
    assert [record["path"] for record in outcome.records if "error" in record] == ["s3://other/d/07"]
    total = outcome.records[-1]
    assert (total["objects"], total["failed"], total["complete"]) == (19, 1, True)
    assert contents(moto, "other") == OTHERS


@pytest.fixture
def mine(tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All that is written here can belong to somebody without rights, the journal too."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    return tmp_path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("source", ["d", "s3://bucket/d"])
@pytest.mark.parametrize("verb", ["cp", "mv"])
def test_a_disk_on_which_one_file_cannot_be_written(
    tfm: RunHere, moto: MotoServer, here: Path, mine: Path, verb: str, source: str
) -> None:
    tree = {**TREE, "d/closed/x": b"34"}
    moto.put("bucket", {} if source == "d" else tree)
    make_files(here, {"to/d/closed/": b""} | (tree if source == "d" else {}))
    (here / "to" / "d" / "closed").chmod(0o555)
    with without_rights(mine):
        outcome = tfm(verb, *["-r"] * (verb == "cp"), "--overwrite", source, "to")
    assert outcome.code == 1
    # A disk's directories are entries of their own.
    done = "22 entries, 40 B" if source == "d" else "21 entries, 40 B"
    require_one_told(outcome.errors, f"{here}/to/d/closed/x", done=done)
    assert disk(here / "to") == {**TREE, "d/closed/": b""}
    left = {name: data for name, data in {**disk(here), **contents(moto)}.items() if not name.startswith("to/")}
    assert left == ({"d/closed/x": b"34"} if verb == "mv" else tree)
