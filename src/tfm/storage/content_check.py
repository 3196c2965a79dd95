"""Whether bytes that came are those that a checksum tells of: followed as they come, so that none are read twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, Protocol

from tfm.core.writing import Checksum, Content
from tfm.storage.crc32 import crc32
from tfm.storage.crt_checksums import CrcUpdate, crt_update

__all__ = ["ContentCheck", "Digest", "can_digest", "is_content_of", "new_digest", "usual_part_sizes"]

_USUAL_PART_BYTES: Final = tuple(size << 20 for size in (5, 8, 16, 10, 15, 20, 25, 32, 50, 64, 100, 128, 256, 512))
"""Parts by which programs upload: boto3 8 MiB, rclone 5, s5cmd 50, the console 16, and powers of two."""

_ALGORITHMS: Final = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256"}
_CRC_BYTES: Final = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8}


class ContentCheck:
    """Give it an object's bytes from the first to the last, then ask for the :meth:`verdict`.

    ``part_sizes`` are those of the parts by which the object came, where they are known and ``checksum`` is one of the
    parts' checksums. Without them those by which programs usually upload are tried.
    """

    def __init__(self, checksum: Checksum, size_bytes: int, *, part_sizes: Sequence[int] | None = None) -> None:
        self._wanted = checksum.value
        self._exact = checksum.parts is None or part_sizes is not None
        if not can_digest(checksum.algorithm):
            sizes: list[Sequence[int]] = []
        elif checksum.parts is None:
            sizes = [()]
        else:
            sizes = usual_part_sizes(size_bytes, checksum.parts) if part_sizes is None else [part_sizes]
        self._tried = [_Digests(checksum.algorithm, each) for each in sizes]

    @property
    def is_of_use(self) -> bool:
        """Whether there is anything to compare; else :meth:`verdict` is None whatever comes."""
        return bool(self._tried)

    def add(self, content: Content) -> None:
        """The next bytes."""
        for each in self._tried:
            each.add(memoryview(content))

    def verdict(self) -> bool | None:
        """None where nobody can tell: of another size of parts than those that were tried, nothing follows."""
        if any(each.value() == self._wanted for each in self._tried):
            return True
        return False if self._tried and self._exact else None


def usual_part_sizes(size_bytes: int, parts: int) -> list[Sequence[int]]:
    """For each usual size that cuts so many bytes into so many parts, the sizes of these."""
    return [
        [*[part_bytes] * (parts - 1), size_bytes - part_bytes * (parts - 1)]
        for part_bytes in _USUAL_PART_BYTES
        if (size_bytes + part_bytes - 1) // part_bytes == parts
    ]


def is_content_of(checksum: Checksum, content: Content) -> bool | None:
    """Whether ``checksum``, which is none of parts, is that of ``content``; None where nobody can tell."""
    if checksum.algorithm == "CRC32":
        return crc32(content).to_bytes(4, "big") == checksum.value
    if not can_digest(checksum.algorithm):
        return None
    digest = new_digest(checksum.algorithm)
    digest.update(memoryview(content))
    return digest.digest() == checksum.value


class Digest(Protocol):
    def update(self, content: memoryview, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc:
    def __init__(self, update: CrcUpdate, size_bytes: int) -> None:
        self._update = update
        self._size_bytes = size_bytes
        self._value = 0

    def update(self, content: memoryview) -> None:
        self._value = self._update(content, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size_bytes, "big")


class _Digests:
    """The digest of bytes, or with ``sizes`` the digest of the digests of parts of these sizes."""

    def __init__(self, algorithm: str, sizes: Sequence[int]) -> None:
        self._algorithm = algorithm
        self._sizes = sizes
        self._digests: list[bytes] = []
        self._digest = new_digest(algorithm)
        self._left = sizes[0] if sizes else 0

    def add(self, content: memoryview) -> None:
        while self._sizes and len(content) >= self._left and len(self._digests) < len(self._sizes):
            self._digest.update(content[: self._left])
            content = content[self._left :]
            self._digests.append(self._digest.digest())
            self._digest = new_digest(self._algorithm)
            following = len(self._digests)
            self._left = self._sizes[following] if following < len(self._sizes) else 0
        self._digest.update(content)
        self._left -= len(content)

    def value(self) -> bytes:
        if not self._sizes:
            return self._digest.digest()
        whole = new_digest(self._algorithm)
        whole.update(memoryview(b"".join(self._digests)))
        return whole.digest()


def can_digest(algorithm: str) -> bool:
    """Whether anything here computes it: CRC64NVME and CRC32C need awscrt."""
    return algorithm == "CRC32" or algorithm in _ALGORITHMS or _crc_update(algorithm) is not None


def new_digest(algorithm: str) -> Digest:
    """Of an algorithm that :func:`can_digest` knows; KeyError otherwise."""
    update = _crc_update(algorithm)
    if update is not None:
        return _Crc(update, _CRC_BYTES[algorithm])
    return hashlib.new(_ALGORITHMS[algorithm], usedforsecurity=False)


def _crc_update(algorithm: str) -> CrcUpdate | None:
    if algorithm == "CRC32":
        return crc32
    return crt_update(algorithm) if algorithm in _CRC_BYTES else None
