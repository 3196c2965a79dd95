"""Somebody else writes meanwhile: what is copied is one whole version, and what appeared is not overwritten."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path as Disk

import pytest

from tests.aws_files import AwsFiles
from tests.memory_world import MemoryWorld, memory_world
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tfm import OperationFailed, Path
from tfm.core.errors import ConflictError, StorageError
from tfm.core.settings import Settings
from tfm.core.step import Step
from tfm.core.writing import ObjectFacts
from tfm.journal import null_journal
from tfm.operations.conflict import Conflicts
from tfm.operations.copy_plan import CopyPlanner
from tfm.operations.copy_spec import CopySpec
from tfm.operations.resume import resume
from tfm.path.sessions import use_session
from tfm.storage.crc32 import crc32
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


@pytest.fixture
def relay(proxy: FaultProxy, aws_files: AwsFiles) -> Path:
    """Where an object goes that the server cannot copy by itself: it is another profile's."""
    aws_files.add_profile("there", access_key="test", secret_key="testsecret", endpoint_url=proxy.url)
    return Path("s3://lost-target/x", profile="there")


def uploads_at(seaweed: SeaweedServer) -> list[str]:
    client = seaweed.client()
    found = [each["Key"] for each in client.list_multipart_uploads(Bucket="lost-target").get("Uploads", ())]
    client.close()
    return found


SIZES = pytest.mark.parametrize(("old", "new"), [(SMALL_OLD, SMALL_NEW), (OLD, NEW)], ids=["small", "parts"])


@pytest.mark.seaweedfs
@SIZES
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_source_that_is_overwritten_while_it_is_relayed(
    proxy: FaultProxy, seaweed: SeaweedServer, relay: Path, old: bytes, new: bytes, number: int
) -> None:
    seaweed.fill("lost", {"x": old})
    client = seaweed.client()
    happened: list[bool] = []

    def overwrite() -> None:
        client.put_object(Bucket="lost", Key="x", Body=new)
        happened.append(True)

    proxy.at_request(number, overwrite, match="GET /lost/x")
    error = failure_of(lambda: Path("s3://lost/x").copy(relay))
    client.close()
    there = relay.read_bytes() if relay.exists(fresh=True) else None
    if old == OLD:
        assert happened
        assert isinstance(error, ConflictError)
        assert error.uri == "s3://lost/x"
        assert there is None
    else:  # what changed before it was read is read as it is now
        assert error is None
        assert there == (new if happened else old)
        assert bool(happened) == (number == 1)
    assert uploads_at(seaweed) == []


@pytest.mark.seaweedfs
@SIZES
@pytest.mark.parametrize("policy", ["fail", "overwrite"])
def test_a_destination_that_is_written_while_it_is_relayed_to(
    proxy: FaultProxy, seaweed: SeaweedServer, relay: Path, old: bytes, new: bytes, policy: str
) -> None:
    """It appears, or it is no longer what was there when it was to be overwritten."""
    seaweed.fill("lost", {"x": new})
    if policy == "overwrite":
        seaweed.fill("lost-target", {"x": b"seen"})
    client = seaweed.client()
    proxy.at_request(
        1, lambda: client.put_object(Bucket="lost-target", Key="x", Body=b"somebody's"), match="PUT /lost-target/x"
    )
    error = failure_of(lambda: Path("s3://lost/x").copy(relay, conflict=policy))
    client.close()
    assert isinstance(error, ConflictError)
    assert error.uri == "s3://lost-target/x"
    assert relay.read_bytes() == b"somebody's"
    assert uploads_at(seaweed) == []


@pytest.mark.seaweedfs
@pytest.mark.parametrize("way", ["upload", "relay"])
def test_an_end_whose_answer_is_lost_is_no_conflict(
    proxy: FaultProxy, seaweed: SeaweedServer, relay: Path, tmp_path: Disk, way: str
) -> None:
    """What is there at the second try is what the first one made."""
    (tmp_path / "x").write_bytes(NEW)
    seaweed.fill("lost", {"x": NEW})
    lost = proxy.lose_answer(match=re.compile(r"POST /lost-target/x\?.*uploadId="))
    assert failure_of(lambda: Path(tmp_path / "x" if way == "upload" else "s3://lost/x").copy(relay)) is None
    assert lost.happened.is_set()
    arrived = relay.read_bytes() == NEW  # pytest takes hours to tell how two contents of megabytes differ
    assert arrived
    assert uploads_at(seaweed) == []


@pytest.mark.seaweedfs
@SIZES
@pytest.mark.parametrize("tree", [False, True], ids=["object", "tree"])
@pytest.mark.parametrize("what", ["file", "directory", "link", "link to nothing"])
def test_something_that_appears_on_the_disk_while_the_object_comes_down(
    proxy: FaultProxy, seaweed: SeaweedServer, tmp_path: Disk, old: bytes, new: bytes, tree: bool, what: str
) -> None:
    seaweed.fill("lost", {"d/x": new, "d/y": b"beside"})
    place = tmp_path / "to"
    place.mkdir()
    there, elsewhere = place / ("d/x" if tree else "x"), tmp_path / "elsewhere"
    if what == "link":
        elsewhere.write_bytes(b"elsewhere")

    def appear() -> None:
        there.parent.mkdir(exist_ok=True)
        if what == "file":
            there.write_bytes(b"somebody's")
        elif what == "directory":
            there.mkdir()
        else:
            there.symlink_to(elsewhere)

    proxy.at_request(1, appear, match="GET /lost/d/x")
    source = Path("s3://lost/d/" if tree else "s3://lost/d/x")
    error = failure_of(lambda: source.copy(place / ("d" if tree else "x")))
    assert isinstance(error, StorageError)
    assert error.uri == str(there)
    if what == "file":
        assert isinstance(error, ConflictError)
        assert there.read_bytes() == b"somebody's"
    elif what == "directory":
        assert list(there.iterdir()) == []
    else:
        assert there.readlink() == elsewhere
        assert elsewhere.exists() is (what == "link")
        assert what != "link" or elsewhere.read_bytes() == b"elsewhere"
    assert not list(place.rglob(".tfm-*"))
    assert not tree or (place / "d" / "y").read_bytes() == b"beside"


@pytest.mark.seaweedfs
@SIZES
@pytest.mark.parametrize("how", ["rewritten", "replaced", "gone"])
def test_a_file_that_is_no_longer_what_was_to_be_overwritten(
    proxy: FaultProxy, seaweed: SeaweedServer, tmp_path: Disk, old: bytes, new: bytes, how: str
) -> None:
    """A disk has no version to ask for: it is looked at again when all has come."""
    seaweed.fill("lost", {"d/x": new, "d/y": b"new"})
    (tmp_path / "d").mkdir()
    there = tmp_path / "d" / "x"
    there.write_bytes(b"seen")
    (tmp_path / "d" / "y").write_bytes(b"seen")

    def change() -> None:
        if how == "rewritten":  # at another time, and with as many bytes
            there.write_bytes(b"edit")
        elif how == "gone":
            there.unlink()
        else:
            (tmp_path / "other").write_bytes(b"somebody's")
            (tmp_path / "other").rename(there)

    proxy.at_request(1, change, match="GET /lost/d/x")
    error = failure_of(lambda: Path("s3://lost/d/").copy(tmp_path / "d", conflict="overwrite"))
    if how == "gone":
        assert error is None
        arrived = there.read_bytes() == new
        assert arrived
    else:
        assert isinstance(error, ConflictError)
        assert error.uri == str(there)
        assert there.read_bytes() == (b"edit" if how == "rewritten" else b"somebody's")
    assert (tmp_path / "d" / "y").read_bytes() == b"new"
    assert not list(tmp_path.rglob(".tfm-*"))


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


@pytest.mark.parametrize("changed", [False, True])
def test_a_large_file_that_was_written_again_before_a_resume_is_sent_anew(
    moto: MotoServer, tmp_path: Disk, changed: bool
) -> None:
    """A disk cannot be asked for the version of which parts were sent already."""
    source = tmp_path / "large"
    source.write_bytes(NEW)
    moto.put("bucket", {})
    with use_session(Session()) as session:
        spec = CopySpec((Path(source).location,), Path("s3://bucket/large").location, into=False, move=True)
        journal = null_journal()
        log = journal.begin_job("move", "move large", spec.record())
        target = session.storage(spec.target_storage)
        planner = CopyPlanner(session.storage(spec.source_storage), target, spec, Conflicts(spec.policy))
        (step,) = [each for batch in planner.batches() for each in batch if isinstance(each, Step)]
        (number,) = log.add_steps([step])
        log.steps_added()
        # What a run leaves that was killed after the first part.
        upload = target.begin_upload("large", facts=ObjectFacts(), only_if=step.only_if)
        record = log.begin_upload(target.address, "large", step=number)
        record.created(upload.id, 16 * MEBIBYTE)
        first = NEW[: 16 * MEBIBYTE]
        record.part(target.put_part(upload, 1, first, offset=0), crc32(first))
        log.release()
        log.flush()
        content = NEW
        if changed:
            content = b"another version" + NEW[15:]
            source.write_bytes(content)
            os.utime(source, ns=(1, 1))
        moto.reset_requests()
        summary = resume(session, journal, log.id).run()
        sent = [line for line in moto.requests() if line.startswith("PUT")]
        assert (summary.done, summary.failures) == (1, [])
        arrived = Path("s3://bucket/large").read_bytes() == content
        assert arrived
        assert not source.exists()
        assert any("partNumber=1" in line for line in sent) is changed
        assert target.list_uploads() == []
        journal.close()
