"""CRC64NVME and CRC32C, where awscrt is installed: what Python brings computes neither.

CRC64NVME is what S3 gives an object that comes without a checksum:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

__all__ = ["CrcUpdate", "crt_update"]

CrcUpdate = Callable[[memoryview, int], int]
"""Given bytes, and the CRC of those before them (0 where there are none), the CRC of all."""


@cache
def crt_update(algorithm: str) -> CrcUpdate | None:
    """What computes ``algorithm``, one of the two; None where awscrt is not installed, or too old for it. awscrt is
    loaded by the first call, which is made when an object tells such a checksum, and not at the start."""
    try:
        from awscrt import checksums
    except ImportError:
        return None
    update: CrcUpdate | None = getattr(checksums, algorithm.lower(), None)
    return update
