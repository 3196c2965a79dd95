"""``tfm cp`` and ``tfm mv``: what files and objects say of themselves arrives with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.copying_world import disk, make_files
from tests.running_program import RunHere
from tests.servers.moto import MotoServer
from tests.transfer.sides import ALL, MTIME, Pair, Said, Side

TREE = {"d/page.html": b"<p>", "d/e/rows.csv": b"1,2", "d/empty/": b""}
TYPES = {"d/page.html": "text/html", "d/e/rows.csv": "text/csv"}


@pytest.fixture
def pair(moto: MotoServer) -> Iterator[Pair]:
    for bucket in ("bucket", "other"):
        moto.put(bucket, {})
    client = moto.client()
    yield Pair(Side(client, "bucket"), Side(client, "other"))
    client.close()


@pytest.mark.parametrize("verb", ["cp", "mv"])
def test_up_across_and_down_again(tfm: RunHere, pair: Pair, here: Path, verb: str) -> None:
    make_files(here, TREE)
    for name in TYPES:
        os.utime(here / name, (1, MTIME))
    flags = ["-r"] if verb == "cp" else []
    for step in (["d", "s3://bucket/d"], ["s3://bucket/d/", "s3://other/d"], ["s3://other/d/", "back"]):
        outcome = tfm(verb, *flags, *step)
        assert (outcome.code, outcome.errors) == (0, "")
        if step[1] != "back":
            side = pair.source if step[1].startswith("s3://bucket") else pair.target
            assert {name: side.said(name) for name in TYPES} == {
                name: Said(content_type, {"mtime": str(MTIME)}) for name, content_type in TYPES.items()
            }
            assert side.said("d/empty/").content_type == "application/x-directory"
    assert disk(here / "back") == {name.removeprefix("d/"): data for name, data in TREE.items()}
    for name in TYPES:
        assert (here / "back" / name.removeprefix("d/")).stat().st_mtime == MTIME
    assert pair.source.listed() == (set(TREE) if verb == "cp" else set())


@pytest.mark.parametrize("verb", ["cp", "mv"])
def test_the_server_keeps_all_of_it(tfm: RunHere, pair: Pair, verb: str) -> None:
    for key in ("d/x", "d/y", "z"):
        pair.source.put(key, key.encode(), ALL)
    assert tfm(verb, *(["-r"] if verb == "cp" else []), "s3://bucket/d", "s3://other/").code == 0
    assert tfm(verb, "s3://bucket/z", "s3://bucket/new z").code == 0
    for side, key in ((pair.target, "d/x"), (pair.target, "d/y"), (pair.source, "new z")):
        assert side.said(key) == ALL
