"""Reading objects as files, as snapshots, as local copies and by links."""

from __future__ import annotations

import copy
import io
import os
import pickle
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.memory_world import BUCKET, MemoryWorld, memory_world
from tests.servers.moto import MotoServer
from tfm import (
    ConflictError,
    IsDirectoryError,
    LocalPath,
    NotFoundError,
    Path,
    StorageError,
    UnsupportedOperation,
    count_requests,
)
from tfm.core.capability import Capability
from tfm.storage.session import Session

ROOT = f"memory://{BUCKET}/"
CONTENT = bytes(range(256)) * 40

steps = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(-1, 12_000)),
        st.tuples(st.just("read1"), st.integers(1, 500)),
        st.tuples(st.just("readline"), st.just(0)),
        st.tuples(st.just("set"), st.integers(0, 12_000)),
        st.tuples(st.just("move"), st.integers(-3000, 3000)),
        st.tuples(st.just("end"), st.integers(-12_000, 100)),
        st.tuples(st.just("tell"), st.just(0)),
    ),
    max_size=12,
)


@settings(max_examples=80, deadline=None)
@given(steps, st.sampled_from([0, 16, 1000, -1]), st.sampled_from([0, 1, 100, len(CONTENT)]))
def test_a_file_reads_and_seeks_as_bytes_do(plan: list[tuple[str, int]], buffering: int, size: int) -> None:
    content = CONTENT[:size]
    with memory_world() as world:
        world.put(files={"x": content})
        with Path(f"{ROOT}x").open("rb", buffering) as ours:
            theirs = io.BytesIO(content)
            for verb, number in plan:
                assert taken(ours, verb, number) == taken(theirs, verb, number), (verb, number)
        assert ours.closed


def taken(file: object, verb: str, number: int) -> object:
    assert isinstance(file, io.IOBase)
    try:
        if verb in {"set", "move", "end"}:
            where = {"set": io.SEEK_SET, "move": io.SEEK_CUR, "end": io.SEEK_END}[verb]
            # BytesIO stops at the start where a file refuses to go before it.
            offset = max(number, -file.tell()) if verb == "move" else number
            if verb == "end":
                length = file.seek(0, io.SEEK_END)
                return file.seek(max(0, length + number))
            return file.seek(offset, where)
        if verb == "read1" and not hasattr(file, "read1"):
            verb = "read"
        method = getattr(file, verb)
        if verb in {"tell", "readline"}:
            return method()
        if verb == "read1" or number > 0:
            # How much one call gives is not promised; what it gives is.
            return fill(file, number)
        return method(number) or b""
    except ValueError as error:
        return type(error)


def fill(file: io.IOBase, number: int) -> bytes:
    parts = []
    while number and (part := file.read(number)):
        parts.append(part)
        number -= len(part)
    return b"".join(parts)


@pytest.fixture
def path(world: MemoryWorld) -> Path:
    world.put(files={"x": CONTENT})
    return Path(f"{ROOT}x")


def test_reading_in_sequence_is_one_request(world: MemoryWorld, path: Path) -> None:
    def read_all() -> None:
        with path.open("rb") as file:
            assert b"".join(iter(lambda: file.read(100), b"")) == CONTENT

    assert world.cost(read_all) == 1


def test_each_seek_that_is_followed_by_a_read_is_one_request(world: MemoryWorld, path: Path) -> None:
    def jump() -> None:
        with path.open("rb", 16) as file:
            file.seek(5000)
            file.seek(100)
            assert file.read(10) == CONTENT[100:110]
            file.seek(9000)
            assert file.tell() == 9000
            assert file.read(10) == CONTENT[9000:9010]
            assert file.seek(0, io.SEEK_END) == len(CONTENT)

    assert world.cost(jump) == 3


def test_an_object_that_is_replaced_is_never_mixed(world: MemoryWorld, path: Path) -> None:
    with path.open("rb", 16) as file:
        assert file.read(10) == CONTENT[:10]
        world.put(files={"x": b"something else" * 1000})
        file.seek(5000)
        with pytest.raises(ConflictError) as caught:
            file.read(10)
    assert isinstance(caught.value, FileExistsError)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([None, "", "\n", "\r", "\r\n"]), st.sampled_from(["utf-8", "latin-1"]))
def test_text_is_read_as_from_a_local_file(content: bytes, newline: str | None, encoding: str) -> None:
    with memory_world() as world:
        world.put(files={"x": content})
        path = Path(f"{ROOT}x")
        theirs = io.TextIOWrapper(io.BytesIO(content), encoding, newline=newline)
        try:
            expected = list(theirs)
        except UnicodeDecodeError:
            with path.open(encoding=encoding, newline=newline) as file, pytest.raises(UnicodeDecodeError):
                list(file)
            return
        with path.open(encoding=encoding, newline=newline) as file:
            assert list(file) == expected
        assert path.read_text(encoding, newline=newline) == "".join(expected)
        assert path.read_text(encoding, "replace")[:0] == ""


def test_modes_that_change_in_place_and_modes_that_are_none_are_refused(path: Path) -> None:
    for mode in ("a", "ab", "a+", "r+", "rb+", "w+", "x+b"):
        with pytest.raises(UnsupportedOperation):
            path.open(mode)
    for mode in ("", "z", "rw", "b", "rbt", "rr"):
        with pytest.raises(ValueError, match="mode"):
            path.open(mode)
    with pytest.raises(ValueError, match="binary"):
        path.open("rb", encoding="utf-8")
    with pytest.raises(ValueError, match="unbuffered"):
        path.open("r", 0)


def test_what_is_no_object_cannot_be_opened(world: MemoryWorld) -> None:
    world.put("d/x")
    for name in ("d", "d/"):
        with pytest.raises(IsDirectoryError):
            Path(f"{ROOT}{name}").read_bytes()
        with pytest.raises(IsADirectoryError):
            Path(f"{ROOT}{name}").open()
    with pytest.raises(NotFoundError):
        Path(f"{ROOT}none").read_text("utf-8")
    with pytest.raises(FileNotFoundError):
        Path(f"{ROOT}none").open()
    with pytest.raises(StorageError):
        Path(ROOT).read_bytes()


def test_ranges(path: Path) -> None:
    assert path.read_range(10, 5) == CONTENT[10:15]
    assert path.read_range(0, 0) == b""
    assert path.read_range(len(CONTENT) - 2, 100) == CONTENT[-2:]
    assert path.read_range(len(CONTENT) + 5, 10) == b""
    for start, length in ((-1, 1), (0, -1)):
        with pytest.raises(ValueError, match="negative"):
            path.read_range(start, length)


def test_a_local_copy_lives_as_long_as_its_block(world: MemoryWorld) -> None:
    world.put(files={"a.tar.gz": b"content", f"b.{'z' * 500}": b"long"})
    with Path(f"{ROOT}a.tar.gz").local() as copied:
        assert isinstance(copied, LocalPath)
        assert copied.read_bytes() == b"content"
        assert copied.suffix == ".gz"
        assert os.stat(copied).st_mode & 0o777 == 0o600
    assert not copied.exists()
    with pytest.raises(RuntimeError), Path(f"{ROOT}a.tar.gz").local() as copied:
        raise RuntimeError
    assert not copied.exists()
    with Path(f"{ROOT}b.{'z' * 500}").local() as copied:
        assert copied.read_bytes() == b"long"
    with pytest.raises(NotFoundError), Path(f"{ROOT}none").local():
        pass


# Snapshots


def test_a_listed_snapshot_costs_nothing_and_never_changes(world: MemoryWorld) -> None:
    world.put(files={"d/x": b"1", "d/e/y": b""})
    e, x = Path(f"{ROOT}d").iterdir()
    info = x.info

    def read() -> tuple[object, ...]:
        return (info.exists(), info.is_file(), info.is_dir(), info.is_symlink(), info.size, info.etag, info.modified_at)

    assert world.cost(read) == 0
    before = read()
    world.put(files={"d/x": b"22"})
    assert x.stat(fresh=True).st_size == 2
    x.invalidate()
    world.clock.now += 1000
    assert read() == before
    assert x.info is info
    assert (info.size, info.storage_class) == (1, None)
    assert abs(datetime.now(UTC) - info.fetched_at) < timedelta(minutes=1)
    assert (e.info.is_dir(), e.info.is_file(), e.info.size, e.info.modified_at) == (True, False, None, None)


def test_an_unlisted_snapshot_asks_once(world: MemoryWorld) -> None:
    world.put(files={"x": b"1"})
    path = Path(f"{ROOT}x")
    assert world.cost(lambda: path.info) == 0
    assert world.cost(path.info.exists) == 1
    world.remove("x")
    world.clock.now += 1000
    assert world.cost(lambda: (path.info.is_file(), path.info.size)) == 0
    assert path.info.is_file()
    assert not Path(f"{ROOT}x").info.exists()
    assert Path(f"{ROOT}x").info.size is None


def test_a_snapshot_tells_when_the_storage_was_asked_and_not_the_cache(world: MemoryWorld) -> None:
    world.put("d/x")
    list(Path(f"{ROOT}d").iterdir())
    world.clock.now += 30
    info = Path(f"{ROOT}d/x").info
    age = datetime.now(UTC) - info.fetched_at
    assert timedelta(seconds=29) < age < timedelta(seconds=60)


def test_copies_of_a_listed_path_know_only_their_text(world: MemoryWorld) -> None:
    world.put("d/x")
    (x,) = Path(f"{ROOT}d").iterdir()
    for again in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert again == x
        assert again.exists()


def test_a_virtual_directory_has_no_size_and_no_time(world: MemoryWorld) -> None:
    world.put("d/x")
    said = Path(f"{ROOT}d").stat()
    assert (said.st_size, said.st_mtime, said.modified_at, said.etag) == (0, 0.0, None, None)
    with pytest.raises(AttributeError, match="st_ino"):
        said.st_ino  # noqa: B018
    file = Path(f"{ROOT}d/x").stat()
    assert file.modified_at is not None
    assert file.st_mtime == pytest.approx(file.modified_at.timestamp(), abs=1e-3)
    assert file.etag


# Links


def test_a_link_reads_the_object_and_costs_no_request(moto: MotoServer, session: Session) -> None:
    moto.put("bucket", {"a b/ü+%?.txt": b"content"})
    with count_requests() as requests:
        url = Path("s3://bucket/a b/ü+%?.txt").presign(60)
    assert requests.total == 0
    with urllib.request.urlopen(url) as response:
        assert response.read() == b"content"
    with pytest.raises(ValueError, match="expires"):
        Path("s3://bucket/x").presign(0)
    with pytest.raises(IsDirectoryError):
        Path("s3://bucket/d/").presign()


def test_what_a_storage_cannot_do_is_said(world: MemoryWorld) -> None:
    path = Path(f"{ROOT}x")
    assert Capability.PRESIGN not in path.capabilities
    with pytest.raises(UnsupportedOperation):
        path.presign()
    assert world.requests == 0
