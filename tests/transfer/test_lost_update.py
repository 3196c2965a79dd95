"""Somebody else writes meanwhile: what is copied is one whole version, and what appeared is not overwritten."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path as Disk

import pytest

from tests.memory_world import MemoryWorld, memory_world
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tfm import OperationFailed, Path
from tfm.core.errors import ConflictError, StorageError
from tfm.core.settings import Settings
from tfm.path.sessions import use_session
from tfm.storage.session import Session
from tfm.storage.storage import Storage

MEBIBYTE = 1 << 20
OLD, NEW = b"o" * (20 * MEBIBYTE), b"n" * (20 * MEBIBYTE)
SMALL_OLD, SMALL_NEW = b"old", b"new!"


@pytest.fixture
def proxy(seaweed: SeaweedServer, aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    seaweed.fill("lost", {})
    seaweed.fill("lost-target", {})
    with FaultProxy(seaweed.url) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", between.url)
        with use_session(Session()):
            yield between


def failure_of(work: Callable[[], object]) -> StorageError | None:
    try:
        work()
    except OperationFailed as error:
        return error.failures[0]
    except StorageError as error:
        return error
    return None


@pytest.mark.seaweedfs
@pytest.mark.parametrize(("old", "new"), [(SMALL_OLD, SMALL_NEW), (OLD, NEW)], ids=["small", "ranges"])
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("tree", [False, True], ids=["object", "tree"])
def test_a_source_that_is_overwritten_while_it_comes_down(
    proxy: FaultProxy, seaweed: SeaweedServer, tmp_path: Disk, old: bytes, new: bytes, number: int, tree: bool
) -> None:
    seaweed.fill("lost", {"d/x": old})
    # By one request: a server that holds neither for a moment would rightly be told of as that.
    client = seaweed.client()
    proxy.at_request(number, lambda: client.put_object(Bucket="lost", Key="d/x", Body=new), match="GET /lost/d/x")
    source = Path("s3://lost/d/" if tree else "s3://lost/d/x")
    target = Path(tmp_path / ("d" if tree else "x"))
    error = failure_of(lambda: source.copy(target))
    client.close()
    there = tmp_path / ("d/x" if tree else "x")
    if error is None:
        assert there.read_bytes() in {old, new}
    else:
        assert isinstance(error, ConflictError)
        assert not there.exists()
    assert not list(tmp_path.rglob(".tfm-*"))


@pytest.mark.seaweedfs
def test_a_source_that_is_overwritten_while_the_server_copies(proxy: FaultProxy, seaweed: SeaweedServer) -> None:
    seaweed.fill("lost", {"d/x": SMALL_OLD})
    proxy.at_request(1, lambda: seaweed.fill("lost", {"d/x": SMALL_NEW}), match="PUT /lost-target/d/x")
    error = failure_of(lambda: Path("s3://lost/d/").copy("s3://lost-target/d"))
    assert error is None
    assert Path("s3://lost-target/d/x").read_bytes() == SMALL_NEW  # asked again, on the new version's condition


@pytest.mark.seaweedfs
@pytest.mark.parametrize(("old", "new"), [(SMALL_OLD, SMALL_NEW), (OLD, NEW)], ids=["small", "parts"])
@pytest.mark.parametrize("way", ["upload", "server-side"])
def test_a_destination_that_appears_is_not_overwritten(
    proxy: FaultProxy, seaweed: SeaweedServer, tmp_path: Disk, way: str, old: bytes, new: bytes
) -> None:
    (tmp_path / "x").write_bytes(new)
    seaweed.fill("lost", {"x": new})
    source = Path(tmp_path / "x") if way == "upload" else Path("s3://lost/x")
    proxy.at_request(1, lambda: seaweed.fill("lost-target", {"x": old}), match="PUT /lost-target/x")
    error = failure_of(lambda: source.copy("s3://lost-target/x"))
    assert isinstance(error, ConflictError)
    assert Path("s3://lost-target/x").read_bytes() == old
    client = seaweed.client()
    assert "Uploads" not in client.list_multipart_uploads(Bucket="lost-target")
    client.close()


@pytest.mark.seaweedfs
@pytest.mark.parametrize("way", ["upload", "server-side"])
def test_what_is_overwritten_is_what_was_seen(
    proxy: FaultProxy, seaweed: SeaweedServer, tmp_path: Disk, way: str
) -> None:
    (tmp_path / "x").write_bytes(b"ours")
    seaweed.fill("lost", {"x": b"ours"})
    seaweed.fill("lost-target", {"x": b"seen"})
    source = Path(tmp_path / "x") if way == "upload" else Path("s3://lost/x")
    proxy.at_request(1, lambda: seaweed.fill("lost-target", {"x": b"somebody's"}), match="PUT /lost-target/x")
    error = failure_of(lambda: source.copy("s3://lost-target/x", conflict="overwrite"))
    assert isinstance(error, ConflictError)
    assert Path("s3://lost-target/x").read_bytes() == b"somebody's"


@pytest.mark.seaweedfs
@pytest.mark.parametrize("conditions", ["", "create,replace,delete,copy", "none"], ids=["known", "looks", "nothing"])
@pytest.mark.parametrize("way", ["down", "server-side"])
def test_a_source_that_is_overwritten_when_a_move_has_copied_it(
    proxy: FaultProxy,
    seaweed: SeaweedServer,
    tmp_path: Disk,
    monkeypatch: pytest.MonkeyPatch,
    conditions: str,
    way: str,
) -> None:
    names = [f"{row:03}" for row in range(30)]
    seaweed.fill("lost", {f"d/{name}": SMALL_OLD for name in names})
    with use_session(Session(Settings(s3_conditions=conditions))):
        Path("s3://lost/").exists()  # so that the server is known
        target = Path(tmp_path / "d") if way == "down" else Path("s3://lost-target/d")
        # Behind all copies: before the look, where one is sent, else before the deletes.
        first = "POST /lost?delete" if not conditions else "start-after"
        proxy.at_request(1, lambda: seaweed.fill("lost", {"d/007": SMALL_NEW}), match=first)
        error = failure_of(lambda: Path("s3://lost/d/").move(target))
        assert isinstance(error, ConflictError)
        assert [str(each) for each in Path("s3://lost/").rglob("*") if each.is_file(fresh=True)] == ["s3://lost/d/007"]
        assert Path("s3://lost/d/007").read_bytes() == SMALL_NEW
        assert {each.name: each.read_bytes() for each in target.iterdir()} == dict.fromkeys(names, SMALL_OLD)


def test_where_no_condition_is_enforced_the_destination_is_looked_at_afresh(
    moto: MotoServer, tmp_path: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFM_S3_CONDITIONS", "none")
    moto.put("bucket", {"from/x": b"new", "to/other": b"1"})
    (tmp_path / "large").write_bytes(NEW)
    with use_session(Session()), FaultProxy(moto.url) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", between.url)
        assert not list(Path("s3://bucket/to/").glob("x"))  # cached: nothing is there
        moto.put("bucket", {"to/x": b"old"})
        assert isinstance(failure_of(lambda: Path("s3://bucket/from/x").copy("s3://bucket/to/x")), ConflictError)
        # One that comes while parts are under way is seen before they become an object.
        between.at_request(1, lambda: moto.put("bucket", {"to/large": b"old"}), match="PUT /bucket/to/large")
        error = failure_of(lambda: Path(tmp_path / "large").copy("s3://bucket/to/large"))
        assert isinstance(error, ConflictError)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto.url)
    with use_session(Session()):
        assert Path("s3://bucket/to/x").read_bytes() == b"old"
        assert Path("s3://bucket/to/large").read_bytes() == b"old"


@pytest.fixture
def world() -> Iterator[MemoryWorld]:
    with memory_world() as made:
        yield made


@pytest.mark.parametrize("size", [1000, 20 * MEBIBYTE])
@pytest.mark.parametrize("how", ["rewritten", "grown", "cut", "replaced", "gone"])
def test_a_file_that_changes_while_it_goes_up(world: MemoryWorld, tmp_path: Disk, how: str, size: int) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"1" * size)
    done = False

    def change() -> None:
        nonlocal done
        if done:
            return
        done = True
        if how == "rewritten":
            file.write_bytes(b"2" * size)
            os.utime(file, ns=(1, 1))
        elif how == "grown":
            with file.open("ab") as more:
                more.write(b"more")
        elif how == "cut":
            os.truncate(file, size // 2)
        elif how == "replaced":
            (tmp_path / "y").write_bytes(b"3" * (size + 1))
            (tmp_path / "y").rename(file)
        else:
            file.unlink()

    read = Storage.read

    def changing(self: Storage, key: str, **how_much: object) -> object:
        reader = read(self, key, **how_much)  # type: ignore[arg-type] # passed on as it is
        if key == str(file):
            change()
        return reader

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Storage, "read", changing)
        error = failure_of(lambda: Path(file).copy("memory://bucket/x"))
    assert done
    assert isinstance(error, StorageError), error
    assert isinstance(error, ConflictError) or how == "gone"
    assert not Path("memory://bucket/x").exists(fresh=True)
