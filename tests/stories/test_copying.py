"""Copying, moving and renaming at the real program, on two servers: up, down, conflicts, a kill, and going on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tests.stories.conftest import StartProgram
from tests.stories.tmux import Tmux

pytestmark = pytest.mark.tmux

ENTRIES = 300


class Bucket:
    """``name`` holds ``runs/`` with ``a.txt``, ``b.txt`` and ``deep/c.txt``."""

    def __init__(self, name: str, server: MotoServer | SeaweedServer) -> None:
        self.name = name
        self.url = server.url
        self._server = server

    def contents(self, prefix: str = "") -> dict[str, bytes]:
        client = self._server.client()
        try:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
            keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
            return {key: client.get_object(Bucket=self.name, Key=key)["Body"].read() for key in keys}
        finally:
            client.close()


FIRST = {"runs/a.txt": b"a", "runs/b.txt": b"bb", "runs/deep/c.txt": b"ccc"}


@pytest.fixture(params=["moto", pytest.param("seaweedfs", marks=pytest.mark.seaweedfs)])
def bucket(request: pytest.FixtureRequest, aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    name = f"story-{os.urandom(4).hex()}"
    if request.param == "moto":
        moto: MotoServer = request.getfixturevalue("moto")
        moto.put(name, FIRST)
        yield Bucket(name, moto)
        return
    server: SeaweedServer = request.getfixturevalue("seaweed")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
    server.fill(name, FIRST)
    yield Bucket(name, server)


def files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def at_rest(program: Tmux) -> str:
    """The screen once no dialog is open and no job runs."""
    program.until(lambda: "╭" not in program.screen() and "⇣" not in program.screen())
    return program.screen()


def test_a_tree_goes_down_and_up_again(start: StartProgram, bucket: Bucket, home: Path) -> None:
    (home / "disk").mkdir()
    program = start(f"s3://{bucket.name}/", f"{home}/disk")
    program.until_shown("/runs", "1 entry", side=0)
    program.press("Down", "F5")
    program.until_shown("Copy", "/runs", "3 objects, 1 directory, 6 B", "[ Copy ]")
    program.press("Enter")
    program.until_shown("/runs", "1 entry", side=1)
    program.until_shown("✓ copy runs")
    assert files(home / "disk") == FIRST
    assert not [name for name in os.listdir(home / "disk") if name.startswith(".")]

    program.press("Tab", "Down", "F5")
    program.until_shown("To: ", f"s3://{bucket.name}/", "3 are there already")
    program.press("End", "u", "p", "/", "Enter")  # a directory that is not there: on S3 it comes to be
    program.until_shown("/up", "2 entries", side=0)
    at_rest(program)
    expected = {**FIRST, **{f"up/{key}": content for key, content in FIRST.items()}}
    assert bucket.contents() == expected
    program.press("F10")
    assert program.ended() == 0


def test_what_is_in_the_way_is_asked_about(start: StartProgram, bucket: Bucket, home: Path) -> None:
    (home / "disk" / "runs").mkdir(parents=True)
    (home / "disk" / "runs" / "a.txt").write_text("mine, a")
    (home / "disk" / "runs" / "b.txt").write_text("mine, b")
    os.utime(home / "disk" / "runs" / "a.txt", (1, 1))
    program = start(f"s3://{bucket.name}/", f"{home}/disk")
    program.until_shown("/runs", side=0)
    program.press("Down", "F5")
    program.until_shown("2 are there already")
    program.press("Enter")
    shown = program.until_shown("Something is there already", "disk/runs/a.txt", "is there:", "to be written:")
    assert "newer" in next(line for line in shown.splitlines() if "to be written" in line)
    program.until_shown("something is in the way")
    program.until_shown("disk/runs/a.txt", "Keys: s o n r")  # named once they count
    program.press("o")
    program.until_shown("disk/runs/b.txt", "Keys: s o n r")
    program.press("r")
    program.until_shown("✓ copy runs")
    assert files(home / "disk") == {
        "runs/a.txt": b"a",
        "runs/b.txt": b"mine, b",
        "runs/b (1).txt": b"bb",
        "runs/deep/c.txt": b"ccc",
    }
    program.press("F10")
    assert program.ended() == 0


def test_move_and_rename(start: StartProgram, bucket: Bucket, home: Path) -> None:
    (home / "disk").mkdir()
    program = start(f"s3://{bucket.name}/runs/", f"{home}/disk")
    program.until_shown("/deep", "a.txt", "b.txt", side=0)
    program.press("Down", "Down", "F6")
    program.until_shown("Move", "a.txt", "1 object, 1 B", "[ Move ]")
    program.press("Enter")
    program.until_shown("a.txt", "1 entry", side=1)
    program.until_shown("2 entries", side=0)
    at_rest(program)

    program.press("End", "S-F6")
    program.until_shown("Rename", "Name: b.txt")
    program.press("C-u", "z", "z", "Enter")
    program.until_shown("/deep", "zz", side=0)
    at_rest(program)

    program.press("Home", "Down", "C-e")  # a directory, by the twin of the key
    program.until_shown("Rename", "Name: deep", "Tab counts")
    program.press("C-u", "d", "Tab")
    program.until_shown("1 object, 3 B", "Each object is copied, then deleted")
    program.press("Enter")
    program.until_shown("/d ", "zz", side=0)
    at_rest(program)
    assert bucket.contents() == {"runs/d/c.txt": b"ccc", "runs/zz": b"bb"}
    assert files(home / "disk") == {"a.txt": b"a"}
    program.press("F10")
    assert program.ended() == 0


@pytest.mark.parametrize("upwards", [True, False], ids=["up", "down"])
def test_killed_in_the_middle_and_gone_on_with_at_the_next_start(
    start: StartProgram, bucket: Bucket, home: Path, monkeypatch: pytest.MonkeyPatch, upwards: bool
) -> None:
    tree = {f"sub/{number:03}": os.urandom(100) for number in range(ENTRIES)} | {"sub/large": os.urandom(9 << 20)}
    disk = home / "disk"
    (disk / "tree" / "sub").mkdir(parents=True)
    for name, content in tree.items():
        (disk / "tree" / name).write_bytes(content)
    with FaultProxy(bucket.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        if not upwards:
            _copy(start(f"{disk}", f"s3://{bucket.name}/runs/"), "✓ copy tree")
            os.rename(disk / "tree", home / "before")
        verb = "PUT /" if upwards else "GET /"
        match = f"{verb}{bucket.name}/runs/tree/sub/"
        proxy.delay(0.05, match=match, times=ENTRIES)
        left, right = f"{disk}", f"s3://{bucket.name}/runs/"
        program = start(left, right) if upwards else start(f"{right}", left)
        program.until_shown("/tree")
        program.press("Down", *([] if upwards else ["Down"]), "F5")
        program.until_shown(f"301 {'files' if upwards else 'objects'}")
        proxy.clear()
        program.press("Enter")
        program.until(lambda: len([line for line in proxy.requests() if match in line]) > ENTRIES // 3)
        program.kill()
        made = _made(bucket, disk, upwards)
        assert len(made) < ENTRIES, "it was killed in the middle"
        assert all(tree[name] == content for name, content in made.items()), "the whole of it, or nothing"

        program = start(left, right)
        program.until_shown("1 copy was interrupted: Ctrl-T resumes")
        program.press("C-t")
        program.until_shown("copy tree", "interrupted", "[ Resume ]")
        program.press("Enter")
        program.until_shown("copy tree", " done", "[ Close ]")
        program.press("Escape")
        at_rest(program)
        program.press("F10")
        assert program.ended() == 0
    assert _made(bucket, disk, upwards) == tree
    assert not [name for name in os.listdir(disk / "tree" / "sub") if name.startswith(".")]

    program = start(left, right)
    program.until_shown("/tree")
    assert "interrupted" not in program.screen()
    program.press("F10")
    assert program.ended() == 0


def _copy(program: Tmux, until: str) -> None:
    program.until_shown("/tree", side=0)
    program.press("Down", "F5")
    program.until_shown("301 files")
    program.press("Enter")
    program.until_shown(until)
    program.press("F10")
    program.ended()


def _made(bucket: Bucket, disk: Path, upwards: bool) -> dict[str, bytes]:
    if upwards:
        return {key.removeprefix("runs/tree/"): value for key, value in bucket.contents("runs/tree/").items()}
    found = files(disk / "tree") if (disk / "tree").is_dir() else {}
    return {name: content for name, content in found.items() if not name.rpartition("/")[2].startswith(".")}


def test_quitting_while_it_copies_asks_and_is_quick(
    start: StartProgram, bucket: Bucket, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "disk").mkdir()
    with FaultProxy(bucket.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        program = start(f"s3://{bucket.name}/", f"{home}/disk")
        program.until_shown("/runs", side=0)
        stalled = proxy.stall(match=f"GET /{bucket.name}/runs/", times=100)
        program.press("Down", "F5")
        program.until_shown("3 objects")
        program.press("Enter")
        assert stalled.happened.wait(10)
        program.until_shown("⇣ copy runs → ")
        program.press("F10")
        program.until_shown("“copy runs” is running. Stop it and quit?", "At the next start")
        program.press("Left", "Enter")
        assert program.ended(seconds=5) == 0
        assert "Traceback" not in program.screen()
    assert files(home / "disk") == {}
