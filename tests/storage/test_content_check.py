"""What computes the checksums that Python does not, where it is there."""

from __future__ import annotations

import sys

import pytest

from tests.crc64nvme import crc64nvme, let_crcs_be_computed, let_no_crc_be_computed
from tfm.core.writing import Checksum
from tfm.storage.content_check import ContentCheck, can_digest, is_content_of, new_digest
from tfm.storage.crt_checksums import crt_update

NINE = b"123456789"
"""What catalogues give CRCs of: https://reveng.sourceforge.io/crc-catalogue/all.htm."""

CHECKS = {"CRC32": 0xCBF43926, "CRC32C": 0xE3069283, "CRC64NVME": 0xAE8B14860A799888}


def checksum(algorithm: str) -> Checksum:
    return Checksum(algorithm, CHECKS[algorithm].to_bytes(8 if "64" in algorithm else 4, "big"))


@pytest.mark.parametrize("algorithm", CHECKS)
def test_what_is_computed_is_what_everybody_computes(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    let_crcs_be_computed(monkeypatch)
    if algorithm == "CRC32C":
        pytest.importorskip("awscrt", reason="CRC32C needs awscrt (pip install 'tfm[checksums]')")
    assert can_digest(algorithm)
    assert is_content_of(checksum(algorithm), bytearray(NINE)) is True
    assert is_content_of(checksum(algorithm), NINE[::-1]) is False
    check = ContentCheck(checksum(algorithm), len(NINE))
    check.add(NINE[:4])
    check.add(memoryview(NINE)[4:])
    assert check.verdict() is True


def test_the_slow_one_of_the_tests_is_right() -> None:
    assert crc64nvme(NINE[4:], crc64nvme(NINE[:4])) == CHECKS["CRC64NVME"]


def test_the_library_computes_it_of_memory_and_goes_on() -> None:
    pytest.importorskip("awscrt", reason="needs awscrt (pip install 'tfm[checksums]')")
    update = crt_update("CRC64NVME")
    assert update is not None
    assert update(memoryview(bytearray(NINE))[4:], update(memoryview(NINE)[:4], 0)) == CHECKS["CRC64NVME"]


@pytest.mark.parametrize("algorithm", ["CRC64NVME", "CRC32C", "CRC128"])
def test_what_nothing_computes_is_not_compared(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    let_no_crc_be_computed(monkeypatch)
    told = Checksum(algorithm, bytes(8))
    assert not can_digest(algorithm)
    assert is_content_of(told, NINE) is None
    check = ContentCheck(told, len(NINE))
    assert not check.is_of_use
    check.add(NINE)
    assert check.verdict() is None
    with pytest.raises(KeyError):
        new_digest(algorithm)


@pytest.mark.parametrize("there", [None, type(sys)("checksums")], ids=["missing", "of an older version"])
def test_a_library_that_does_not_compute_it_is_as_none(there: object, monkeypatch: pytest.MonkeyPatch) -> None:
    package = type(sys)("awscrt")
    package.checksums = there  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "awscrt", package if there else None)
    monkeypatch.setitem(sys.modules, "awscrt.checksums", there)
    crt_update.cache_clear()
    try:
        assert crt_update("CRC64NVME") is None
    finally:
        crt_update.cache_clear()
