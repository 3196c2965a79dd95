"""What files and objects say of themselves goes along: up, down, up and down again, and where the server copies."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path as Disk
from typing import Any

import pytest

from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tests.transfer.places import Place, copied, disk_content
from tests.transfer.sides import ALL, MTIME, PART_BYTES, Pair, Said, Server, Side, let_parts_be
from tfm import Path, count_requests
from tfm.path.sessions import current_session, use_session
from tfm.storage.session import Session

CONTENTS = {"light": b"content", "whole": bytes(200 << 10), "in parts": bytes(PART_BYTES) + b"the end"}
"""By the three ways that there are."""


@pytest.fixture(params=CONTENTS)
def content(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bytes:
    let_parts_be(monkeypatch, PART_BYTES)
    return CONTENTS[request.param]


@pytest.fixture(params=["moto", pytest.param("seaweed", marks=pytest.mark.seaweedfs)])
def server(request: pytest.FixtureRequest) -> Server:
    made: Server = request.getfixturevalue(f"{request.param}_server")
    return made


@pytest.fixture
def seaweed_server(seaweed: SeaweedServer) -> SeaweedServer:
    for bucket in ("kept", "kept-too"):
        seaweed.fill(bucket, {})
    return seaweed


@pytest.fixture
def between(server: Server, aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """Before the server, which AWS's own configuration points at."""
    if isinstance(server, MotoServer):
        server.reset()
        for bucket in ("kept", "kept-too"):
            server.put(bucket, {})
    with FaultProxy(server.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        yield proxy


@pytest.fixture
def buckets(server: Server, between: FaultProxy, client_of: Callable[[Server], Any]) -> Iterator[Pair]:
    """Two of one server, both empty, in a session of its own."""
    client = client_of(server)
    with use_session(Session()):
        yield Pair(Side(client, "kept"), Side(client, "kept-too"))


@pytest.fixture
def disk(tmp_path: Disk) -> Disk:
    directory = tmp_path / "disk"
    directory.mkdir()
    return directory


# Where the server copies


@pytest.mark.parametrize("across", [False, True], ids=["within a bucket", "across buckets"])
def test_the_server_keeps_all_of_it(buckets: Pair, content: bytes, across: bool) -> None:
    source, target = buckets.source, buckets.target if across else buckets.source
    source.put("d/x", content, ALL)
    source.put("d/plain", b"plain", Said("text/plain"))
    with count_requests() as requests:
        source.path("d/x").copy(target.path("one"))
        source.path("d/").copy(target.path("e"))
    for key in ("one", "e/x"):
        assert target.said(key) == ALL
        assert target.holds(key, content)
    assert target.said("e/plain") == Said("text/plain")
    assert not {"GetObject", "PutObject", "UploadPart"} & requests.by_operation.keys()


def test_a_move_and_a_rename_keep_all_of_it(buckets: Pair, content: bytes) -> None:
    source, target = buckets.source, buckets.target
    for key in ("d/x", "d/y", "z"):
        source.put(key, content, ALL)
    source.path("d/").move(target.path("d"))
    source.path("z").rename(source.path("renamed"))
    assert source.listed() == {"renamed"}
    assert target.listed() == {"d/x", "d/y"}
    for side, key in ((source, "renamed"), (target, "d/x"), (target, "d/y")):
        assert side.said(key) == ALL
        assert side.holds(key, content)


def test_what_is_overwritten_says_nothing_more(buckets: Pair, content: bytes) -> None:
    new = Said("text/new", {"new": "1", "mtime": "2.5"})
    buckets.source.put("x", content, new)
    buckets.target.put("x", b"old", ALL.without_tags())  # which moto would leave to it
    buckets.source.path("x").copy(buckets.target.path("x"), conflict="overwrite")
    assert buckets.target.said("x") == new
    assert buckets.target.holds("x", content)


# Up


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("page.html", "text/html"),
        ("rows.jsonl", "application/x-ndjson"),
        ("archive.tar.gz", "application/gzip"),
        ("none", "application/octet-stream"),
    ],
)
def test_up_a_file_has_its_type_and_its_time(
    buckets: Pair, disk: Disk, content: bytes, name: str, content_type: str
) -> None:
    (disk / "d").mkdir()
    (disk / "d" / name).write_bytes(content)
    os.utime(disk / "d" / name, (1, MTIME))
    Path(disk / "d" / name).copy(buckets.target.path(name))
    Path(disk / "d").copy(buckets.target.path("d"))
    for key in (name, f"d/{name}"):
        assert buckets.target.said(key) == Said(content_type, {"mtime": str(MTIME)})
        assert buckets.target.holds(key, content)


# Down


def test_down_an_object_has_its_time(buckets: Pair, disk: Disk, content: bytes) -> None:
    buckets.source.put("d/x", content, ALL)
    buckets.source.put("d/no time", content)
    buckets.source.path("d/x").copy(disk / "x")
    buckets.source.path("d/").copy(disk / "d")
    umask = os.umask(0)
    os.umask(umask)
    for path in (disk / "x", disk / "d" / "x"):
        assert path.stat().st_mtime == MTIME
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
        assert path.read_bytes() == content
    assert (disk / "d" / "no time").stat().st_mtime == buckets.source.modified("d/no time")


def test_down_nobody_asks_for_tags(buckets: Pair, between: FaultProxy, disk: Disk, content: bytes) -> None:
    """A disk keeps none; so who may not read them gets the object all the same."""
    buckets.source.put("d/x", content, ALL)
    denied = between.answer(403, "AccessDenied", match="?tagging", times=99)
    with count_requests() as requests:
        buckets.source.path("d/x").copy(disk / "x")
        buckets.source.path("d/").copy(disk / "d")
    assert "GetObjectTagging" not in requests.by_operation
    assert not denied.happened.is_set()
    assert (disk / "x").read_bytes() == (disk / "d" / "x").read_bytes() == content


# Up and down again


def test_up_and_down_again_times_and_bytes_are_the_same(buckets: Pair, disk: Disk, content: bytes) -> None:
    names = ["x", "d/y", "d/e/z.txt"]
    for number, name in enumerate(names):
        path = disk / "from" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(1, 1_700_000_000_123_456_789 + number))
    (disk / "from" / "empty").mkdir()
    (disk / "from" / "d" / "empty too").mkdir()
    Path(disk / "from").copy(buckets.source.path("tree"))
    assert buckets.source.listed("tree/") == {*(f"tree/{name}" for name in names), "tree/empty/", "tree/d/empty too/"}
    buckets.source.path("tree/").copy(buckets.target.path("tree"))
    buckets.target.path("tree/").copy(disk / "to")
    assert disk_content(disk / "to").keys() == disk_content(disk / "from").keys()
    for name in names:
        assert (disk / "to" / name).read_bytes() == content
        # A time in the metadata is a decimal number, of which a float has 100 nanoseconds or so.
        assert abs((disk / "to" / name).stat().st_mtime_ns - (disk / "from" / name).stat().st_mtime_ns) < 1000


# Empty directories and markers

MARKER = Said("application/x-directory", {"colour": "blue"}, {"a": "b"})


def tree(side: Side) -> Said:
    """What its markers say of themselves, of which SeaweedFS keeps only the type."""
    side.put("d/", b"", MARKER)
    side.put("d/marked/", b"", MARKER)
    side.put("d/marked/x", b"1")
    side.put("d/empty/", b"", MARKER)
    side.put("d/virtual/y", b"2")
    return side.said("d/")


def test_markers_keep_what_they_say_where_the_server_copies(buckets: Pair) -> None:
    said = tree(buckets.source)
    buckets.source.path("d/").copy(buckets.target.path("d"))
    found = buckets.target.listed()
    if said != MARKER:
        found |= {"d/", "d/marked/"}  # which SeaweedFS lists only where no object made them before
    assert found == {"d/", "d/marked/", "d/marked/x", "d/empty/", "d/virtual/y"}
    for key in ("d/", "d/marked/", "d/empty/"):
        assert buckets.target.said(key) == said


def test_markers_are_directories_on_a_disk_and_empty_ones_markers_again(buckets: Pair, disk: Disk) -> None:
    tree(buckets.source)
    buckets.source.path("d/").copy(disk / "d")
    assert disk_content(disk / "d") == {
        "marked/": b"", "marked/x": b"1", "empty/": b"", "virtual/": b"", "virtual/y": b"2",
    }  # fmt: skip
    Path(disk / "d").copy(buckets.target.path("d"))
    assert buckets.target.listed() == {"d/marked/x", "d/empty/", "d/virtual/y"}
    assert buckets.target.said("d/empty/").content_type == "application/x-directory"


def test_an_empty_directory_alone(buckets: Pair, disk: Disk) -> None:
    (disk / "empty").mkdir()
    result = copied(current_session(), Path(disk / "empty"), buckets.source.path("up"))
    assert (result.error, result.summary.failed) == (None, 0)
    assert buckets.source.listed() == {"up/"}
    buckets.source.path("up/").copy(buckets.target.path("across"))
    assert buckets.target.listed() == {"across/"}
    buckets.target.path("across/").move(disk / "down")
    assert buckets.target.listed() == set()
    assert Place(f"{disk}/").content(current_session()) == {"empty/": b"", "down/": b""}
