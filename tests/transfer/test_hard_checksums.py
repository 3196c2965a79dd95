"""Objects that came without a checksum, and were given a CRC64NVME by S3: with what computes it, and without."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path as Disk
from typing import Any

import pytest

from tests.crc64nvme import let_crcs_be_computed, let_no_crc_be_computed, telling
from tests.servers.fault_proxy import FaultProxy
from tests.servers.seaweedfs import SeaweedServer
from tfm import OperationFailed, Path
from tfm.backends.local.backend import _LocalBackend
from tfm.cli import main
from tfm.core.errors import DamagedError
from tfm.core.settings import Settings
from tfm.core.writing import UploadLimits
from tfm.path.sessions import current_session, use_session
from tfm.storage.session import Session
from tfm.transfer import parted

pytestmark = pytest.mark.seaweedfs

CONTENT = random.Random(3).randbytes(100_000)
PART_BYTES = 32 << 10
KMS = {"x-amz-server-side-encryption": "aws:kms"}
"""Says that the etag is no digest."""


@pytest.fixture
def proxy(
    seaweed: SeaweedServer, aws_credentials: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Disk
) -> Iterator[FaultProxy]:
    """Before ``s3://hard/x``: CONTENT, by an upload of one part, whose etag is none of the whole, and its CRC64NVME."""
    seaweed.fill("hard", {})
    client = seaweed.client()
    place: dict[str, Any] = {"Bucket": "hard", "Key": "x"}
    upload = client.create_multipart_upload(**place)["UploadId"]
    # Unlike others', its bytes come with no checksum that the server keeps.
    client.meta.config.request_checksum_calculation = "when_required"
    part = client.upload_part(**place, UploadId=upload, PartNumber=1, Body=CONTENT)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
    client.close()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with FaultProxy(seaweed.url) as between, use_session(Session(Settings(transfer_workers=1))):
        between.tell(dict(telling(CONTENT)), match="/hard/x")
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", between.url)
        yield between


@pytest.fixture
def with_library(monkeypatch: pytest.MonkeyPatch) -> None:
    let_crcs_be_computed(monkeypatch)


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    let_no_crc_be_computed(monkeypatch)


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes down to the disk comes in four parts."""
    limits = UploadLimits(whole_bytes=PART_BYTES, part_bytes=PART_BYTES, most_parts=10_000)
    monkeypatch.setattr(_LocalBackend, "upload_limits", limits)
    monkeypatch.setattr(parted, "_LEAST_PART_BYTES", PART_BYTES)
    monkeypatch.setattr(parted, "_CHUNK_BYTES", PART_BYTES)


def read_bytes() -> bytes:
    return Path("s3://hard/x").read_bytes()


def read_in_pieces() -> bytes:
    with Path("s3://hard/x").open("rb") as file:
        return b"".join(iter(lambda: file.read(70_000), b""))


READERS = {"read_bytes": read_bytes, "open": read_in_pieces}


@pytest.mark.parametrize("library", ["with_library", "without_library"])
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_flipped_bit_is_found(
    proxy: FaultProxy, read: Callable[[], bytes], library: str, request: pytest.FixtureRequest
) -> None:
    """By the CRC64NVME where it can be computed, else by the etag of the parts."""
    request.getfixturevalue(library)
    assert read() == CONTENT
    proxy.flip(after_bytes=50_001, match="GET /hard/x")
    with pytest.raises(DamagedError):
        read()


@pytest.mark.usefixtures("with_library")
def test_where_the_etag_says_nothing_the_checksum_of_the_whole_is_compared(proxy: FaultProxy) -> None:
    proxy.tell(KMS, match="/hard/x")
    storage = current_session().storage(Path("s3://hard/x").location.storage)
    with storage.read("x") as reader:
        assert reader.read() == CONTENT
        assert reader.verified
    proxy.flip(after_bytes=50_001, match="GET /hard/x")
    with pytest.raises(DamagedError):
        read_in_pieces()


@pytest.mark.usefixtures("without_library")
def test_cat_says_what_would_tell_whether_its_bytes_are_right(
    proxy: FaultProxy, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["cat", "s3://hard/x"]) == 0
    assert capfdbinary.readouterr() == (CONTENT, b"")
    # And beside it the checksum of parts whose sizes nobody knows.
    for also in (KMS, {"x-amz-checksum-crc32": "jNwYjQ==-2"}):
        proxy.tell(also, match="/hard/x")
        assert main(["cat", "s3://hard/x"]) == 0
        output, errors = capfdbinary.readouterr()
        assert output == CONTENT
        assert errors.decode() == (
            "tfm: s3://hard/x: Nothing tells whether these bytes are right. To compare their CRC64NVME run: "
            "pip install 'tfm[checksums]'\n"
        )


@pytest.mark.parametrize("library", ["with_library", "without_library"])
@pytest.mark.parametrize("way", ["whole", "in_parts"])
def test_what_a_move_has_brought_down_is_known_to_be_right(
    proxy: FaultProxy, tmp_path: Disk, way: str, library: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(library)
    if way == "in_parts":
        request.getfixturevalue("in_parts")
    flipped = proxy.flip(after_bytes=10_001, match="GET /hard/x")
    Path("s3://hard/x").move(tmp_path / "x")
    assert flipped.happened.is_set()
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert not Path("s3://hard/x").exists()


@pytest.mark.usefixtures("with_library", "in_parts")
def test_the_checksum_of_the_whole_follows_from_those_of_the_parts(
    proxy: FaultProxy, tmp_path: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_again(*_arguments: object) -> bool:
        raise AssertionError("it was read again from the disk")

    monkeypatch.setattr(parted, "fits", read_again)
    Path("s3://hard/x").copy(tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert sum(line == "GET /hard/x" for line in proxy.requests()) == -(-len(CONTENT) // PART_BYTES)


@pytest.mark.usefixtures("with_library", "in_parts")
@pytest.mark.parametrize("followed", [True, False])
def test_what_was_not_followed_as_it_came_is_read_again(
    proxy: FaultProxy, tmp_path: Disk, monkeypatch: pytest.MonkeyPatch, followed: bool
) -> None:
    """As where some of its parts came before the program was started again."""
    proxy.tell(KMS, match="/hard/x")
    if not followed:
        monkeypatch.setattr(parted, "can_be_combined", lambda _checksum: False)
    Path("s3://hard/x").copy(tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT
    proxy.flip(after_bytes=10_001, match="GET /hard/x", times=99)
    with pytest.raises((DamagedError, OperationFailed)) as raised:
        Path("s3://hard/x").move(tmp_path / "y")
    failures = raised.value.failures if isinstance(raised.value, OperationFailed) else [raised.value]
    assert isinstance(failures[0], DamagedError)
    assert Path("s3://hard/x").exists()
    assert os.listdir(tmp_path).count("y") == 0
