"""CRC64NVME, ten thousand times slower than awscrt: for tests that must do without it, of some 100 KB at most."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

import pytest

from tfm.storage import content_check
from tfm.storage.crt_checksums import crt_update

__all__ = ["crc64nvme", "let_crcs_be_computed", "let_no_crc_be_computed", "telling"]

_POLYNOMIAL: Final = 0x9A6C9329AC4BC9B5
_ALL_ONES: Final = 2**64 - 1


def _row(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE: Final = [_row(value) for value in range(256)]


def crc64nvme(content: bytes | memoryview, crc: int = 0) -> int:
    """https://reveng.sourceforge.io/crc-catalogue/all.htm (CRC-64/NVME)."""
    crc ^= _ALL_ONES
    for byte in content:
        crc = crc >> 8 ^ _TABLE[crc & 0xFF ^ byte]
    return crc ^ _ALL_ONES


def telling(content: bytes) -> Mapping[str, str]:
    """The header by which S3 tells the checksum of an object that came without one."""
    return {"x-amz-checksum-crc64nvme": base64.b64encode(crc64nvme(content).to_bytes(8, "big")).decode()}


def let_crcs_be_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """By awscrt, or where that is not installed by the function above."""
    if crt_update("CRC64NVME") is None:
        monkeypatch.setattr(content_check, "crt_update", {"CRC64NVME": crc64nvme}.get)


def let_no_crc_be_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where awscrt is not installed."""
    monkeypatch.setattr(content_check, "crt_update", lambda _algorithm: None)
