"""Every odd tree, each way: what can be is copied exactly, what cannot is named, and nothing else is touched."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path as Disk

import pytest

from tests.memory_world import MemoryWorld, memory_world
from tests.servers.moto import MotoServer
from tests.transfer.places import Content, Copied, Place, copied, put
from tests.without_rights import without_rights
from tfm import OperationFailed, Path
from tfm.core.errors import ConflictError, InvalidRequestError, NotFoundError, PermissionDeniedError, StorageError
from tfm.operations.copy_job import CopyJob

ODD_NAMES: Content = {
    "-rf": b"1",
    "$(touch pwned)": b"2",
    "`touch pwned`;touch pwned": b"3",
    "emoji 😀\u200d": b"4",
    "right \u202eto left.exe": b"5",
    "n" * 255: b"6",
    "ü" * 127: b"7",
    "Case": b"8",
    "case": b"9",
    " blanks ": b"10",
    "%2e%2e%2f": b"11",
    "back\\slash": b"12",
    "deep/er/and/deeper/x": b"13",
    "bak/x": b"14",
    "bakbak/x": b"15",
    "empty": b"",
}

MARKERS: Content = {"q/": b"", "q/x": b"1", "marker only/": b"", "virtual/x": b"2"}

TWICE: Content = {"q/x": b"file", "q/x/y": b"below", "x": b"file", "x/": b""}
"""One name for a file and for a directory: on a disk one of the two has it."""

NO_NAMES: Content = {
    "a//b": b"1",
    "/absolute": b"2",
    "../x": b"3",
    "d/../../x": b"4",
    "./x": b"5",
    "n" * 256: b"6",
    "d/" + "ü" * 128: b"7",
    "full marker/": b"content",
    ".tfm-0123456789abcdef.part": b"8",
    "d/..": b"9",
}
"""What no disk can hold."""


@pytest.fixture
def world(moto: MotoServer) -> Iterator[MemoryWorld]:
    """memory://bucket and s3://bucket, and a disk, in one session."""
    moto.put("bucket", {})
    with memory_world() as made:
        yield made


ROOTS = {"s3": "s3://bucket/", "memory": "memory://bucket/", "local": ""}
FLAT_TO_DISK = [("s3", "local"), ("memory", "local")]
FLAT_TO_FLAT = [("s3", "s3"), ("memory", "memory"), ("s3", "memory"), ("memory", "s3")]
FROM_DISK = [("local", "s3"), ("local", "memory"), ("local", "local")]


class Yard:
    """``from/`` and ``to/`` on two of the storages, each with things beside it that nobody may touch."""

    def __init__(self, world: MemoryWorld, tmp_path: Disk, source: str, target: str) -> None:
        self.world = world
        self.session = world.session
        disk = tmp_path / "yard"
        disk.mkdir(exist_ok=True)
        self._disk = disk
        self._flat = {ROOTS[each] for each in (source, target)} - {""}
        self.source = Place(f"{ROOTS[source] or f'{disk}/'}from/")
        self.target = Place(f"{ROOTS[target] or f'{disk}/'}to/")
        for place in (self.source, self.target):
            beside = Place(place.root.removesuffix("/").rpartition("/")[0] + "/")
            put(self.session, beside, {"x": b"outside", "from2/x": b"outside", "to2/x": b"outside", "z/b": b"outside"})
        put(self.session, self.target, {})

    def everything(self) -> dict[str, bytes]:
        """All but what is below the target."""
        found = {
            str(self._disk) + "/" + key: data for key, data in Place(f"{self._disk}/").content(self.session).items()
        }
        for root in self._flat:
            found |= {root + key: data for key, data in Place(root).content(self.session).items()}
        return {
            key: data for key, data in found.items() if not key.startswith(self.target.root.removesuffix("/") + "/")
        }

    def transfer(self, *, move: bool = False, conflict: str = "fail") -> Copied:
        before = self.everything()
        result = copied(self.session, self.source.path(), self.target.path(), move=move, conflict=conflict)
        after = self.everything()
        if move:
            sources = self.source.root
            before = {key: data for key, data in before.items() if not key.startswith(sources)}
            after = {key: data for key, data in after.items() if not key.startswith(sources)}
        assert after == before
        assert not os.path.exists("pwned")
        return result

    def copies(self) -> Content:
        return self.target.content(self.session)


def files(content: Content) -> Content:
    return {key: data for key, data in content.items() if not key.endswith("/")}


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
@pytest.mark.parametrize(("source", "target"), [*FLAT_TO_DISK, *FLAT_TO_FLAT, *FROM_DISK])
def test_odd_names_are_kept(world: MemoryWorld, tmp_path: Disk, source: str, target: str, move: bool) -> None:
    yard = Yard(world, tmp_path, source, target)
    tree = ODD_NAMES | MARKERS
    if "s3" not in (source, target):
        tree = tree | {"new\nline": b"16", "escape\x1b[31m": b"17"}
    put(yard.session, yard.source, tree)
    result = yard.transfer(move=move)
    assert result.error is None
    assert result.summary.failures == []
    assert files(yard.copies()) == files(tree)
    assert "marker only/" in yard.copies()
    if yard.source.is_flat and yard.target.is_flat:
        assert yard.copies() == tree
    if move:
        left = yard.source.content(yard.session)
        assert left == {}


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
@pytest.mark.parametrize(("source", "target"), FLAT_TO_DISK)
def test_what_no_disk_can_hold_is_named(
    world: MemoryWorld, tmp_path: Disk, source: str, target: str, move: bool
) -> None:
    yard = Yard(world, tmp_path, source, target)
    odd = NO_NAMES | ({"nul\0": b"10"} if source == "memory" else {})
    put(yard.session, yard.source, odd | {"good": b"good", "d/good": b"good"})
    result = yard.transfer(move=move)
    assert result.error is None
    assert result.failed_uris == {yard.source.uri(key) for key in odd}
    assert files(yard.copies()) == {"good": b"good", "d/good": b"good"}
    left = yard.source.content(yard.session)
    assert left == (odd if move else odd | {"good": b"good", "d/good": b"good"})


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
@pytest.mark.parametrize(("source", "target"), FLAT_TO_DISK)
def test_one_name_for_two(world: MemoryWorld, tmp_path: Disk, source: str, target: str, move: bool) -> None:
    yard = Yard(world, tmp_path, source, target)
    put(yard.session, yard.source, TWICE)
    result = yard.transfer(move=move)
    there = yard.copies()
    assert result.summary.failed == 2
    assert ("q/x" in there) is not ("q/x/y" in there)
    assert ("x" in there) is not ("x/" in there)
    if move:  # what could not be there is where it was
        assert yard.source.content(yard.session) == {key: data for key, data in TWICE.items() if key not in there}


@pytest.mark.parametrize(("source", "target"), FLAT_TO_FLAT)
def test_flat_keys_are_copied_exactly(world: MemoryWorld, tmp_path: Disk, source: str, target: str) -> None:
    yard = Yard(world, tmp_path, source, target)
    tree = NO_NAMES | TWICE | {"nothing/": b""}
    put(yard.session, yard.source, tree)
    result = yard.transfer()
    assert result.summary.failures == []
    assert yard.copies() == tree


@pytest.mark.parametrize("root", ["s3://bucket/", "memory://bucket/", "local"])
def test_a_copy_into_itself(world: MemoryWorld, tmp_path: Disk, root: str) -> None:
    place = Place(f"{tmp_path}/" if root == "local" else root)
    put(world.session, place, {"bak/x": b"1", "bak/y/z": b"2", "bakbak/x": b"3"})
    before = place.content(world.session)
    for target in ("bak/", "bak/y", "bak/new", "bak/y/new"):
        for move in (False, True):
            error = copied(world.session, place.path("bak/"), place.path(target), move=move).error
            assert isinstance(error, (InvalidRequestError, ConflictError)), (target, error)
    assert place.content(world.session) == before
    assert copied(world.session, place.path("bak/"), place.path("bakbak/in")).error is None
    assert files(place.content(world.session)) == files(before) | {"bakbak/in/x": b"1", "bakbak/in/y/z": b"2"}


def test_a_copy_into_itself_through_a_link(world: MemoryWorld, tmp_path: Disk) -> None:
    put(world.session, Place(f"{tmp_path}/"), {"d/x": b"1", "d/e/": b""})
    (tmp_path / "link").symlink_to("d/e")
    for move in (False, True):
        error = copied(world.session, Path(tmp_path / "d"), Path(tmp_path / "link" / "new"), move=move).error
        assert isinstance(error, InvalidRequestError)
    assert not (tmp_path / "d" / "e" / "new").exists()


@pytest.mark.parametrize(("source", "target"), [("s3", "local"), ("local", "s3"), ("s3", "s3"), ("memory", "local")])
def test_twenty_five_hundred(
    moto: MotoServer, world: MemoryWorld, tmp_path: Disk, source: str, target: str, long_tests: bool
) -> None:
    yard = Yard(world, tmp_path, source, target)
    number = 2500 if long_tests or source == "memory" else 1100 if source == "s3" else 300
    tree = {f"{each % 7}/{each:04}": b"%d" % each for each in range(number)}
    if source == "s3":
        moto.put("bucket", {f"from/{key}": data for key, data in tree.items()})
    else:
        put(yard.session, yard.source, tree)
    result = copied(yard.session, yard.source.path(), yard.target.path())
    assert (result.summary.done - result.summary.listed, result.summary.failures) == (0, [])
    assert yard.target.path().is_dir()
    names = {str(each)[len(yard.target.root) :] for each in yard.target.path().rglob("*") if not each.is_dir()}
    assert names == set(tree)


# Links, and what is no file


@pytest.mark.parametrize(("source", "target"), FROM_DISK)
def test_links_and_special_files(world: MemoryWorld, tmp_path: Disk, source: str, target: str) -> None:
    yard = Yard(world, tmp_path, source, target)
    put(yard.session, yard.source, {"file": b"1", "d/file": b"2"})
    root = Disk(yard.source.root)
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "x").write_bytes(b"secret")
    links = {"out": str(secret), "out file": str(secret / "x"), "loop": ".", "circle": "circle", "dangling": "nowhere"}
    for name, leads_to in links.items():
        (root / "d" / name).symlink_to(leads_to)
    os.mkfifo(root / "fifo")
    listener = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(root)
    try:
        listener.bind("socket")
    finally:
        os.chdir(here)
    result = yard.transfer()
    listener.close()
    named = {yard.source.uri("fifo"), yard.source.uri("socket")}
    if target == "local":
        assert result.failed_uris == named
        kept = {f"d/{name}": b"-> " + leads_to.encode() for name, leads_to in links.items()}
        assert files(yard.copies()) == {"file": b"1", "d/file": b"2"} | kept
    else:
        assert {each.removesuffix("/") for each in result.failed_uris} == named | {
            yard.source.uri(f"d/{name}") for name in links
        }
        assert yard.copies() == {"file": b"1", "d/file": b"2"}


@pytest.mark.parametrize("conflict", ["fail", "overwrite"])
@pytest.mark.parametrize(("source", "target"), [*FLAT_TO_DISK, ("local", "local")])
def test_links_in_the_way_are_not_followed(
    world: MemoryWorld, tmp_path: Disk, source: str, target: str, conflict: str
) -> None:
    yard = Yard(world, tmp_path, source, target)
    put(yard.session, yard.source, {"d/x": b"new", "e": b"new", "f/g/h": b"new", "good": b"new"})
    secret = tmp_path / "yard" / "secret"
    (secret / "g").mkdir(parents=True)
    (secret / "x").write_bytes(b"secret")
    root = Disk(yard.target.root)
    (root / "d").symlink_to(secret)
    (root / "e").symlink_to(secret / "x")
    (root / "f").mkdir()
    (root / "f" / "g").symlink_to(secret / "g")
    result = yard.transfer(conflict=conflict)
    assert (root / "good").read_bytes() == b"new"
    assert (root / "d").is_symlink()
    assert (root / "f" / "g").is_symlink()
    assert result.summary.failed >= 2
    assert {str(each.uri).rpartition("/")[2] for each in result.summary.failures} >= {"x", "h"}
    assert (secret / "x").read_bytes() == b"secret"


@pytest.mark.parametrize("target", ["s3", "memory"])
def test_a_name_that_is_no_text(world: MemoryWorld, tmp_path: Disk, target: str) -> None:
    yard = Yard(world, tmp_path, "local", target)
    put(yard.session, yard.source, {"good": b"1"})
    odd = os.fsencode(yard.source.root) + b"\xff\xfe"
    with open(odd, "wb") as file:
        file.write(b"2")
    result = yard.transfer()
    assert yard.copies() == {"good": b"1"}
    assert result.failed_uris in ({os.fsdecode(odd)}, {yard.target.root + os.fsdecode(odd).rpartition("/")[2]})


# Rights


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who is denied something")
@pytest.mark.parametrize("target", ["local", "memory"])
def test_a_denied_file_and_directory(world: MemoryWorld, tmp_path: Disk, target: str) -> None:
    yard = Yard(world, tmp_path, "local", target)
    put(yard.session, yard.source, {"a/x": b"1", "denied": b"2", "closed/x": b"3", "z": b"4"})
    root = Disk(yard.source.root)
    for name in ("denied", "closed"):
        (root / name).chmod(0)
    with without_rights(tmp_path):
        result = copied(yard.session, yard.source.path(), yard.target.path())
    assert result.error is None
    assert {(type(each), str(each.uri)) for each in result.summary.failures} == {
        (PermissionDeniedError, yard.source.uri("denied")),
        (PermissionDeniedError, yard.source.uri("closed/")),
    }
    assert files(yard.copies()) == {"a/x": b"1", "z": b"4"}


# In the middle


@pytest.mark.parametrize(("source", "target"), [("memory", "local"), ("local", "memory"), ("memory", "memory")])
def test_cancelled_in_the_middle(world: MemoryWorld, tmp_path: Disk, source: str, target: str) -> None:
    yard = Yard(world, tmp_path, source, target)
    tree = {f"{each:03}": b"%d" % each for each in range(400)}
    put(yard.session, yard.source, tree)
    jobs: list[CopyJob] = []
    some_done = threading.Event()

    def started(job: CopyJob) -> None:
        jobs.append(job)

        def cancel_when_some_are_done() -> None:
            while job.summary.done < 5 and not some_done.wait(0.0005):
                pass
            job.cancel()

        threading.Thread(target=cancel_when_some_are_done, daemon=True).start()

    result = copied(yard.session, yard.source.path(), yard.target.path(), started=started)
    some_done.set()
    assert result.summary.stopped or result.summary.done == 400
    there = files(yard.copies())
    assert all(tree[name] == data for name, data in there.items())
    assert yard.source.content(yard.session) == tree


def test_one_clear_error_for_each_bad_input(world: MemoryWorld, tmp_path: Disk) -> None:
    memory = "memory://bucket"
    world.put("d/x", "f")
    (tmp_path / "file").write_bytes(b"")
    bad = {
        (f"{memory}/missing", f"{memory}/y"): NotFoundError,
        (f"{memory}/missing/", f"{memory}/y"): NotFoundError,
        (f"{memory}/d/", f"{memory}/d/e"): InvalidRequestError,
        (f"{memory}/f", f"{memory}/f"): ConflictError,
        (f"{memory}/f", f"{tmp_path}/no/such"): NotFoundError,
        (f"{memory}/d/", f"{tmp_path}/file/below"): StorageError,
    }
    for (source, target), kind in bad.items():
        with pytest.raises(kind) as caught:
            Path(source).copy(target)
        assert not isinstance(caught.value, OperationFailed)
        assert "\n" not in str(caught.value)
    assert sorted(os.listdir(tmp_path)) == ["file"]
