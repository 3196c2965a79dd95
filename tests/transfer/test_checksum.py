"""The CRC of a whole from those of its parts."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.crc64nvme import crc64nvme, let_crcs_be_computed, let_no_crc_be_computed
from tfm.core.writing import Checksum
from tfm.transfer.checksum import can_be_combined, combined_crc, is_digest_of

CRCS: dict[str, tuple[Callable[[bytes], int], int]] = {"CRC32": (zlib.crc32, 4), "CRC64NVME": (crc64nvme, 8)}


@pytest.mark.parametrize("algorithm", CRCS)
@given(parts=st.lists(st.binary(max_size=70), max_size=5))
def test_a_crc_follows_from_those_of_the_parts(algorithm: str, parts: list[bytes]) -> None:
    computed, size_bytes = CRCS[algorithm]
    digests = [(computed(part).to_bytes(size_bytes, "big"), len(part)) for part in parts]
    whole = computed(b"".join(parts))
    assert is_digest_of(Checksum(algorithm, whole.to_bytes(size_bytes, "big")), digests)
    assert not is_digest_of(Checksum(algorithm, (whole ^ 1).to_bytes(size_bytes, "big")), digests)


def test_crc32c_is_combined_too() -> None:
    """https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4 (32 bytes of zeroes); the half's is awscrt's."""
    assert combined_crc("CRC32C", 0x42709AEA, 0x42709AEA, 16) == 0x8A9136AA


def test_what_can_be_combined(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Checksum("CRC64NVME", bytes(8))
    let_crcs_be_computed(monkeypatch)
    assert can_be_combined(whole)
    assert can_be_combined(Checksum("CRC32", bytes(4)))
    assert not can_be_combined(Checksum("CRC32", bytes(4), 3))
    assert not can_be_combined(Checksum("SHA256", bytes(32)))
    let_no_crc_be_computed(monkeypatch)
    assert not can_be_combined(whole)
