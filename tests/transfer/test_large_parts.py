"""Parts that are too large for the memory: sent from a disk piece by piece, or kept on one on their way."""

from __future__ import annotations

import os
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path as Disk

import pytest

from tests.aws_files import AwsFiles
from tests.servers.fault_proxy import FaultProxy, tls_context
from tests.servers.seaweedfs import SeaweedServer
from tests.transfer.sides import let_parts_be
from tfm import OperationFailed, Path
from tfm.core.errors import ConflictError, DamagedError, NoSpaceError, StorageError
from tfm.core.settings import Settings
from tfm.path.sessions import use_session
from tfm.storage.session import Session
from tfm.transfer import large_part, part_sending

MEBIBYTE = 1 << 20
PART_BYTES = 5 * MEBIBYTE
CONTENT = bytes(range(256)) * (50 * 1024) + b"the end"
"""Three parts, the last of which is small enough to be held."""

pytestmark = pytest.mark.seaweedfs


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little memory, so that little data is too much for it."""
    let_parts_be(monkeypatch, PART_BYTES)
    monkeypatch.setattr(part_sending, "_MOST_HELD_BYTES", 3 * MEBIBYTE)


@pytest.fixture
def proxy(seaweed: SeaweedServer, aws_files: AwsFiles, aws_credentials: None) -> Iterator[FaultProxy]:
    """Before SeaweedFS, which profile ``there`` asks; one worker, so that it is known which part takes which way: the
    first goes through botocore. The source is asked directly."""
    for bucket in ("parts", "parts-source"):
        seaweed.fill(bucket, {})
    with FaultProxy(seaweed.url) as between, use_session(Session(Settings(transfer_workers=1))):
        aws_files.add_profile("there", access_key="test", secret_key="testsecret", endpoint_url=between.url)
        aws_files.add_profile("default", access_key="test", secret_key="testsecret", endpoint_url=seaweed.url)
        yield between


@pytest.fixture(params=["disk", "server"])
def source(request: pytest.FixtureRequest, tmp_path: Disk, seaweed: SeaweedServer, proxy: FaultProxy) -> Path:
    """CONTENT, on this disk or behind the other profile."""
    if request.param == "server":
        seaweed.fill("parts-source", {"x": CONTENT})
        return Path("s3://parts-source/x")
    (tmp_path / "x").write_bytes(CONTENT)
    return Path(tmp_path / "x")


def target() -> Path:
    return Path("s3://parts/y", profile="there")


def there(seaweed: SeaweedServer) -> bytes | None:
    """What became of it; nothing is left under way."""
    client = seaweed.client()
    try:
        assert "Uploads" not in client.list_multipart_uploads(Bucket="parts")
        found = {each["Key"] for each in client.list_objects_v2(Bucket="parts").get("Contents", [])}
        return bytes(client.get_object(Bucket="parts", Key="y")["Body"].read()) if found else None
    finally:
        client.close()


def has_arrived(seaweed: SeaweedServer, content: bytes = CONTENT) -> bool:
    """A bool: pytest takes hours to tell how two contents of megabytes differ."""
    return there(seaweed) == content


def failure_of(work: Callable[[], object]) -> StorageError:
    try:
        work()
    except OperationFailed as error:
        return error.failures[0]
    except StorageError as error:
        return error
    raise AssertionError("nothing failed")


def sent_parts(proxy: FaultProxy) -> list[int]:
    """The bytes of each request for a part, in the order in which they were sent."""
    return [each.sent_bytes for each in proxy.exchanges() if "partNumber" in each.line]


@pytest.mark.usefixtures("small")
def test_what_arrives_is_what_there_was(source: Path, seaweed: SeaweedServer, proxy: FaultProxy) -> None:
    source.copy(target())
    assert has_arrived(seaweed)
    assert sent_parts(proxy) == [PART_BYTES, PART_BYTES, len(CONTENT) - 2 * PART_BYTES]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("fault", ["503", "reset", "flip", "lost answer"])
def test_a_part_is_sent_again_from_its_start(
    source: Path, seaweed: SeaweedServer, proxy: FaultProxy, number: int, fault: str
) -> None:
    match = f"partNumber={number}"
    injected = {
        "503": lambda: proxy.answer(503, "SlowDown", match=match),
        "reset": lambda: proxy.reset(match=match),
        "flip": lambda: proxy.flip_request(after_bytes=PART_BYTES - 1, match=match),
        "lost answer": lambda: proxy.lose_answer(match=match),
    }[fault]()
    source.copy(target())
    assert injected.happened.is_set()
    assert has_arrived(seaweed)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("number", [1, 2])
def test_a_part_that_is_damaged_every_time_is_an_error(
    source: Path, seaweed: SeaweedServer, proxy: FaultProxy, number: int
) -> None:
    proxy.flip_request(after_bytes=4 * MEBIBYTE, match=f"partNumber={number}", times=99)
    assert isinstance(failure_of(lambda: source.copy(target())), DamagedError)
    assert there(seaweed) is None


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("how", ["rewritten", "cut off"])
def test_a_file_that_changes_while_it_is_read_again(
    proxy: FaultProxy, seaweed: SeaweedServer, tmp_path: Disk, number: int, how: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(CONTENT)

    def change() -> None:
        """When all digests are made, and hardly more is sent than what the sockets hold."""
        if how == "cut off":
            os.truncate(path, (number - 1) * PART_BYTES + 100)
        else:
            with path.open("r+b") as file:
                file.write(b"x" * (2 * PART_BYTES))

    proxy.at_request(1, change, match=f"partNumber={number}")
    error = failure_of(lambda: Path(path).copy(target()))
    assert isinstance(error, ConflictError), error
    assert "changed" in str(error)
    assert there(seaweed) is None


@pytest.mark.usefixtures("small")
def test_over_tls(seaweed: SeaweedServer, aws_files: AwsFiles, tmp_path: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    seaweed.fill("parts", {})
    (tmp_path / "x").write_bytes(CONTENT)
    context, certificate = tls_context(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    with FaultProxy(seaweed.url, tls=context) as between, use_session(Session(Settings(transfer_workers=1))):
        aws_files.add_profile("there", access_key="test", secret_key="testsecret", endpoint_url=between.url)
        for number in (1, 2):
            between.flip_request(after_bytes=MEBIBYTE, match=f"partNumber={number}")
        Path(tmp_path / "x").copy(target())
    assert has_arrived(seaweed)


@pytest.mark.usefixtures("small")
def test_what_is_kept_on_the_way_leaves_nothing(
    proxy: FaultProxy, seaweed: SeaweedServer, small_disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seaweed.fill("parts-source", {"x": CONTENT})
    monkeypatch.setenv("TMPDIR", str(small_disk))
    monkeypatch.setattr(tempfile, "tempdir", None)
    free = os.statvfs(small_disk).f_bfree
    taken: list[int] = []
    proxy.at_request(1, lambda: taken.append(free - os.statvfs(small_disk).f_bfree), match="partNumber=2")
    Path("s3://parts-source/x").copy(target())
    assert has_arrived(seaweed)
    assert taken[0] * os.statvfs(small_disk).f_frsize == PART_BYTES
    assert os.statvfs(small_disk).f_bfree == free


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seen", ["before", "in the middle"])
def test_no_room_to_keep_it(
    proxy: FaultProxy, seaweed: SeaweedServer, small_disk: Disk, monkeypatch: pytest.MonkeyPatch, seen: str
) -> None:
    seaweed.fill("parts-source", {"x": CONTENT})
    (small_disk / "full").write_bytes(bytes(37 * MEBIBYTE))
    monkeypatch.setenv("TMPDIR", str(small_disk))
    monkeypatch.setattr(tempfile, "tempdir", None)
    if seen == "in the middle":  # somebody else takes it
        usage = shutil.disk_usage("/")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=PART_BYTES))
    error = failure_of(lambda: Path("s3://parts-source/x").copy(target()))
    assert isinstance(error, NoSpaceError)
    assert "Set TMPDIR to a directory with more room." in str(error)
    assert str(small_disk) in str(error)
    assert there(seaweed) is None
    assert os.listdir(small_disk) == ["full"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("times", [1, 99])
def test_a_disk_that_gives_back_something_else(
    proxy: FaultProxy, seaweed: SeaweedServer, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    seaweed.fill("parts-source", {"x": CONTENT})
    left = times
    original = large_part._write

    def write(descriptor: int, piece: memoryview) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            piece = memoryview(bytes([piece[0] ^ 1]) + bytes(piece[1:]))
        original(descriptor, piece)

    monkeypatch.setattr(large_part, "_write", write)
    source = Path("s3://parts-source/x")
    if times == 1:
        source.copy(target())
        assert has_arrived(seaweed)
    else:
        error = failure_of(lambda: source.copy(target()))
        assert isinstance(error, DamagedError)
        assert "is not what had come" in str(error)
        assert there(seaweed) is None


def test_the_memory_does_not_grow_with_a_part(
    source: Path, seaweed: SeaweedServer, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Disk
) -> None:
    """Of 40 MiB, one by either way."""
    let_parts_be(monkeypatch, 40 * MEBIBYTE)
    size = 81 * MEBIBYTE
    with (tmp_path / "large").open("wb") as file:
        file.truncate(size)
    if not source.is_dir() and "parts-source" in str(source):
        Path(tmp_path / "large").copy(source, conflict="overwrite")
    else:
        source = Path(tmp_path / "large")
    tracemalloc.start()
    try:
        source.copy(target())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent_parts(proxy) == [40 * MEBIBYTE, 40 * MEBIBYTE, MEBIBYTE]
    assert peak < 32 * MEBIBYTE  # of which botocore has half
    assert has_arrived(seaweed, bytes(size))
