"""What headers say of an object."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

import pytest

from tests.crc64nvme import let_crcs_be_computed, let_no_crc_be_computed
from tfm.backends.s3.facts import checksum_of, checksums_of, facts_of
from tfm.core.writing import Checksum, ObjectFacts

MD5 = hashlib.md5(b"x", usedforsecurity=False)
SHA256 = hashlib.sha256(b"x").digest()
ETAG = {"etag": f'"{MD5.hexdigest()}"'}
CRC32 = {"x-amz-checksum-crc32": "jNwYjQ=="}
CRC64 = {"x-amz-checksum-crc64nvme": base64.b64encode(bytes(8)).decode()}
CRC32C_OF_PARTS = {"x-amz-checksum-crc32c": "jNwYjQ==-12"}
PARTS = {"etag": f'"{MD5.hexdigest()}-12"'}
WHOLE_CRC32 = Checksum("CRC32", base64.b64decode("jNwYjQ=="))
WHOLE_CRC64 = Checksum("CRC64NVME", bytes(8))
WHOLE_MD5 = Checksum("MD5", MD5.digest())
PARTS_MD5 = Checksum("MD5", MD5.digest(), 12)
PARTS_CRC32C = Checksum("CRC32C", WHOLE_CRC32.value, 12)


@pytest.mark.parametrize(
    ("headers", "checksum"),
    [
        ({}, None),
        (ETAG, WHOLE_MD5),
        ({**ETAG, **CRC32}, WHOLE_CRC32),
        ({**ETAG, **CRC64}, WHOLE_MD5),  # what S3 itself adds, and Python cannot compute
        (CRC64, WHOLE_CRC64),
        (PARTS, PARTS_MD5),
        ({**PARTS, **CRC32}, WHOLE_CRC32),
        ({"x-amz-checksum-crc32": "jNwYjQ==-3"}, Checksum("CRC32", WHOLE_CRC32.value, 3)),
        ({"x-amz-checksum-sha256": base64.b64encode(SHA256).decode()}, Checksum("SHA256", SHA256)),
        ({**ETAG, "x-amz-server-side-encryption": "AES256"}, WHOLE_MD5),
        ({**ETAG, "x-amz-server-side-encryption": "aws:kms"}, None),
        ({**ETAG, "x-amz-server-side-encryption": "aws:kms:dsse"}, None),
        ({**ETAG, "x-amz-server-side-encryption-customer-algorithm": "AES256"}, None),
        ({"etag": '"0123"'}, None),
        ({"etag": f'W/"{MD5.hexdigest()}"'}, None),
        ({"x-amz-checksum-crc32": "not base64"}, None),
        ({"x-amz-checksum-crc32": "AAAA"}, None),
        ({"x-amz-checksum-crc32": "jNwYjQ==-x"}, None),
    ],
)
def test_what_the_bytes_can_be_compared_with(headers: Mapping[str, str], checksum: Checksum | None) -> None:
    assert checksum_of(headers, "bucket") == checksum


@pytest.mark.parametrize(
    ("headers", "with_library", "without"),
    [
        ({**PARTS, **CRC64}, [WHOLE_CRC64, PARTS_MD5], [PARTS_MD5, WHOLE_CRC64]),
        ({**ETAG, **CRC64}, [WHOLE_MD5, WHOLE_CRC64], [WHOLE_MD5, WHOLE_CRC64]),
        ({**PARTS, **CRC32C_OF_PARTS}, [PARTS_MD5, PARTS_CRC32C], [PARTS_MD5, PARTS_CRC32C]),
        ({**CRC64, **CRC32C_OF_PARTS}, [WHOLE_CRC64, PARTS_CRC32C], [WHOLE_CRC64, PARTS_CRC32C]),
        ({}, [], []),
    ],
)
def test_what_cannot_be_computed_comes_last(
    headers: Mapping[str, str],
    with_library: list[Checksum],
    without: list[Checksum],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_crcs_be_computed(monkeypatch)
    assert checksums_of(headers, "bucket") == with_library
    let_no_crc_be_computed(monkeypatch)
    assert checksums_of(headers, "bucket") == without


def test_a_directory_bucket_has_etags_that_are_no_digests() -> None:
    assert checksum_of(ETAG, "bucket--use1-az4--x-s3") is None


def test_the_checksum_of_a_range_is_not_that_of_the_object() -> None:
    assert checksum_of({**ETAG, **CRC32}, "bucket", whole=False) == WHOLE_MD5


def test_facts() -> None:
    headers = {
        "content-type": "text/plain",
        "content-length": "5",
        "content-encoding": "gzip,aws-chunked",
        "cache-control": "no-cache",
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-meta-colour": "blue",
        "x-amz-meta-mtime": "1.5",
    }
    kept = {"content-encoding": "gzip", "cache-control": "no-cache"}
    assert facts_of(headers) == ObjectFacts("text/plain", {"colour": "blue"}, 1.5, "STANDARD_IA", headers=kept)
    assert facts_of({}) == ObjectFacts()
    assert facts_of({"content-encoding": "aws-chunked"}) == ObjectFacts()


@pytest.mark.parametrize("text", ["yesterday", "nan", "inf", ""])
def test_a_time_that_is_none_stays_metadata(text: str) -> None:
    assert facts_of({"x-amz-meta-mtime": text}) == ObjectFacts(metadata={"mtime": text})


@pytest.mark.parametrize(("text", "number"), [("2", 2), ("0", 0), ("", 0), ("two", 0), ("-1", 0), ("\u00b2", 0)])
def test_of_tags_the_number_is_told(text: str, number: int) -> None:
    assert facts_of({"x-amz-tagging-count": text}) == ObjectFacts(untold_tags=number)
