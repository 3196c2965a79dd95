"""A network that flips, cuts, stalls and refuses: the right bytes, or an error that says what happened, in time."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path as Disk
from typing import Any

import pytest

from tests.servers.fault_proxy import FaultProxy
from tests.servers.seaweedfs import SeaweedServer
from tfm import Path
from tfm.cli import main
from tfm.core.errors import (
    ConflictError,
    CredentialsError,
    DamagedError,
    NetworkError,
    OperationFailed,
    PermissionDeniedError,
    RequestTimeoutError,
    StorageError,
    TemporaryError,
)
from tfm.core.settings import Settings, settings_from_environment
from tfm.path.sessions import current_session, use_session
from tfm.storage.session import Session

pytestmark = pytest.mark.seaweedfs

READ_SECONDS = 1.5
SLOW_MACHINE_SECONDS = 15
MEBIBYTE = 1 << 20

SMALL = random.Random(1).randbytes(200_000)
LARGE = random.Random(2).randbytes(17 * MEBIBYTE + 11)
ODD_PARTS = (5 * MEBIBYTE, 6 * MEBIBYTE + 3, 6 * MEBIBYTE + 8)
"""Sizes that no program uses, of the parts of LARGE."""

CONTENTS = {"small": SMALL, "plain": SMALL} | dict.fromkeys(["large", "plain-parts", "odd-parts", "crc-parts"], LARGE)
"""Objects with a checksum, with nothing but an MD5 for etag, and with checksums of their parts."""

FAULTS: dict[str, Callable[[FaultProxy, str], Any]] = {
    "flip": lambda proxy, match: proxy.flip(after_bytes=100_001, match=match),
    "truncate": lambda proxy, match: proxy.truncate(after_bytes=100_000, match=match),
    "reset": lambda proxy, match: proxy.reset(after_bytes=100_000, match=match),
    "reset at once": lambda proxy, match: proxy.reset(match=match),
    "stall": lambda proxy, match: proxy.stall(after_bytes=100_000, match=match),
    "503 twice": lambda proxy, match: proxy.answer(503, "SlowDown", match=match, times=2),
    "expired": lambda proxy, match: proxy.answer(400, "ExpiredToken", match=match, times=99),
    "skewed": lambda proxy, match: proxy.answer(403, "RequestTimeTooSkewed", match=match, times=99),
}

SURVIVED = {"truncate", "reset", "reset at once", "stall", "503 twice"}
NAMED = {
    "flip": (DamagedError,),
    "expired": (CredentialsError, PermissionDeniedError),
    "skewed": (PermissionDeniedError, CredentialsError),
}


def put_parts(client: Any, key: str, sizes: list[int], **how: Any) -> None:  # botocore has no types
    upload = client.create_multipart_upload(Bucket="lying", Key=key, **how)["UploadId"]
    parts = []
    start = 0
    for number, size in enumerate(sizes, 1):
        told = client.upload_part(
            Bucket="lying", Key=key, UploadId=upload, PartNumber=number, Body=LARGE[start : start + size]
        )
        kept = {name: told[name] for name in ("ETag", "ChecksumCRC32") if name in told}
        parts.append({"PartNumber": number, **kept})
        start += size
    client.complete_multipart_upload(Bucket="lying", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})


@pytest.fixture(scope="module")
def filled(seaweed: SeaweedServer) -> SeaweedServer:
    """The bucket ``lying`` with all of CONTENTS, and an empty ``lying-target``."""
    from botocore.config import Config
    from botocore.session import Session as BotocoreSession

    seaweed.fill("lying", {})
    seaweed.fill("lying-target", {})
    options: dict[str, Any] = {
        "endpoint_url": seaweed.url,
        "region_name": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "testsecret",
    }
    quiet = BotocoreSession().create_client(
        "s3", **options, config=Config(request_checksum_calculation="when_required")
    )
    quiet.put_object(Bucket="lying", Key="plain", Body=SMALL)
    eight = [8 * MEBIBYTE, 8 * MEBIBYTE, len(LARGE) - 16 * MEBIBYTE]
    put_parts(quiet, "plain-parts", eight)
    put_parts(quiet, "odd-parts", list(ODD_PARTS))
    quiet.close()
    client = BotocoreSession().create_client("s3", **options)
    client.put_object(Bucket="lying", Key="small", Body=SMALL, ChecksumAlgorithm="CRC32")
    put_parts(client, "large", eight, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    put_parts(client, "crc-parts", eight, ChecksumAlgorithm="CRC32")
    client.close()
    return seaweed


@pytest.fixture
def proxy(
    filled: SeaweedServer,
    aws_credentials: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Disk,
    request: pytest.FixtureRequest,
) -> Iterator[FaultProxy]:
    """What paths and the command line go through; with little patience where a test is there to wait."""
    stalls = "stall" in request.node.name
    monkeypatch.setenv("TFM_READ_TIMEOUT_SECONDS", str(READ_SECONDS))
    monkeypatch.setenv("TFM_INTERACTIVE_TIMEOUT_SECONDS", "3" if stalls else "20")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with FaultProxy(filled.url) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", between.url)
        with use_session(Session(settings_from_environment(Settings(), os.environ))):
            yield between


def read_bytes(key: str, place: Disk) -> bytes:
    return Path(f"s3://lying/{key}").read_bytes()


def read_in_pieces(key: str, place: Disk) -> bytes:
    with Path(f"s3://lying/{key}").open("rb") as file:
        return b"".join(iter(lambda: file.read(70_000), b""))


def copy_down(key: str, place: Disk) -> bytes:
    (place / "down").unlink(missing_ok=True)
    Path(f"s3://lying/{key}").copy(place / "down")
    return (place / "down").read_bytes()


READERS = {"read_bytes": read_bytes, "open": read_in_pieces, "copy": copy_down}
LONG = bool(os.environ.get("TFM_LONG_TESTS"))
READ = [
    ("small", "open"),
    ("plain", "read_bytes"),
    ("plain-parts", "copy"),
    ("odd-parts", "read_bytes"),
    ("large", "copy"),
]
if LONG:
    READ = [(key, reader) for key in CONTENTS for reader in READERS]
WRITTEN = [(way, size) for way in ("upload", "server-side") for size in ("small", "large")][: 4 if LONG else 3]


def outcome(work: Callable[[], bytes]) -> bytes | StorageError:
    began = time.monotonic()
    try:
        return work()
    except OperationFailed as error:
        return error.failures[0]
    except StorageError as error:
        return error
    finally:
        assert time.monotonic() - began < READ_SECONDS * 5 + SLOW_MACHINE_SECONDS


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("key", "reader"), READ)
def test_what_is_read(proxy: FaultProxy, tmp_path: Disk, key: str, reader: str, fault: str) -> None:
    injected = FAULTS[fault](proxy, f"GET /lying/{key}")
    got = outcome(lambda: READERS[reader](key, tmp_path))
    if injected.times > 90 or fault in NAMED:
        if (reader, fault, key) == ("open", "flip", "odd-parts"):
            # Parts of sizes that nobody uses, and the bytes are gone when the storage has told them.
            assert isinstance(got, (bytes, DamagedError))
            return
        if (reader, fault) == ("copy", "flip"):
            assert got == CONTENTS[key], got  # it is fetched once more
            return
        assert isinstance(got, NAMED[fault]), got
        assert not (tmp_path / "down").exists()
    else:
        assert fault in SURVIVED
        assert got == CONTENTS[key], got
    assert not list(tmp_path.glob(".tfm-*"))


@pytest.mark.parametrize("key", ["plain", "plain-parts", "large"])
def test_what_is_damaged_again_and_again_is_an_error(proxy: FaultProxy, tmp_path: Disk, key: str) -> None:
    flipped = proxy.flip(after_bytes=100_001, match=f"GET /lying/{key}", times=99)
    assert isinstance(outcome(lambda: copy_down(key, tmp_path)), DamagedError)
    assert list(tmp_path.glob("down*")) == []
    assert 99 - flipped.times == 2 * (1 if key == "plain" else 3)


@pytest.mark.parametrize("key", CONTENTS)
def test_what_nobody_disturbs_is_read_and_verified(proxy: FaultProxy, tmp_path: Disk, key: str) -> None:
    for read in READERS.values():
        assert read(key, tmp_path) == CONTENTS[key]
    storage = current_session().storage(Path(f"s3://lying/{key}").location.storage)
    with storage.read(key) as reader:
        assert reader.read() == CONTENTS[key]
        assert reader.verified
    with storage.read(key, start=5, length=10) as reader:
        assert reader.read() == CONTENTS[key][5:15]
        assert not reader.verified


@pytest.mark.parametrize("fault", FAULTS if LONG else ["flip", "truncate", "503 twice", "expired"])
@pytest.mark.parametrize("key", ["plain", "plain-parts"])
def test_cat(proxy: FaultProxy, capfdbinary: pytest.CaptureFixture[bytes], key: str, fault: str) -> None:
    FAULTS[fault](proxy, f"GET /lying/{key}")
    code = main(["cat", f"s3://lying/{key}"])
    output, errors = capfdbinary.readouterr()
    if fault in SURVIVED:
        assert (code, errors) == (0, b"")
        assert output == CONTENTS[key]
    else:
        assert code == 1
        assert errors.startswith(b"tfm: ") or b"s3://lying" in errors
        assert output != CONTENTS[key]


def test_cat_says_that_nothing_tells_whether_parts_of_unusual_sizes_are_right(
    proxy: FaultProxy, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    told = b"tfm: s3://lying/odd-parts: Nothing tells whether these bytes are right.\n"
    assert main(["cat", "s3://lying/plain", "s3://lying/odd-parts", "s3://lying/crc-parts"]) == 0
    output, errors = capfdbinary.readouterr()
    assert (output == SMALL + LARGE + LARGE, errors) == (True, told)
    FAULTS["flip"](proxy, "GET /lying/odd-parts")
    assert main(["cat", "s3://lying/odd-parts"]) == 0
    output, errors = capfdbinary.readouterr()
    assert (len(output), output == LARGE, errors) == (len(LARGE), False, told)


@pytest.mark.parametrize("fault", [*FAULTS, "flip request", "lose answer"])
@pytest.mark.parametrize(("way", "size"), WRITTEN)
def test_what_is_written(
    proxy: FaultProxy, filled: SeaweedServer, tmp_path: Disk, way: str, size: str, fault: str
) -> None:
    target = Path("s3://lying-target/x")
    target.unlink(missing_ok=True)
    if way == "upload":
        source = Path(tmp_path / "up")
        (tmp_path / "up").write_bytes(CONTENTS[size])
    else:
        source = Path(f"s3://lying/{size}")
    match = "PUT /lying-target/x"
    if fault == "flip request":
        proxy.flip_request(after_bytes=100_001, match=match)
    elif fault == "lose answer":
        proxy.lose_answer(match=match)
    elif fault in {"truncate", "reset", "stall", "flip"}:
        # The answer to a write has a few bytes, if any.
        {"truncate": proxy.truncate, "reset": proxy.reset, "stall": proxy.stall, "flip": proxy.flip}[fault](match=match)
    else:
        FAULTS[fault](proxy, match)

    def work() -> bytes:
        source.copy(target)
        return b""

    got = outcome(work)
    client = filled.client()
    there = {each["Key"] for each in client.list_objects_v2(Bucket="lying-target").get("Contents", [])}
    if there:
        assert client.get_object(Bucket="lying-target", Key="x")["Body"].read() == CONTENTS[size]
    assert "Uploads" not in client.list_multipart_uploads(Bucket="lying-target")
    client.close()
    if isinstance(got, StorageError):
        # A lost answer is told as that: what was written stands in its own way the second time.
        assert isinstance(got, (*NAMED.get(fault, ()), ConflictError, TemporaryError, DamagedError)), repr(got)
        assert fault != "503 twice"
    else:
        assert there
    assert fault != "flip request" or got == b""
    assert isinstance(got, (bytes, StorageError, NetworkError, RequestTimeoutError))
