"""What compressed objects hold, without unpacking more of them than is looked at."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scripted_backend import DEADLINE_SECONDS
from tfm.core.errors import StorageError
from tfm.core.progress import Cancel
from tfm.operations import compression
from tfm.operations.compression import Compression, compression_of, name_inside
from tfm.operations.needle import text_needle
from tfm.operations.search_bytes import ByteSearch
from tfm.operations.unpacked import UNKNOWN_SIZE_BYTES, Unpacked
from tfm.operations.view import BytesNotLoadedError


def zstd_compressed(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        zstd = pytest.importorskip("backports.zstd")
    # As its command does; without a checksum damage may not be seen.
    made: bytes = zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})
    return made


COMPRESSORS: dict[Compression, Callable[[bytes], bytes]] = {
    Compression.GZIP: lambda data: gzip.compress(data, 1),
    Compression.BZIP2: bz2.compress,
    Compression.XZ: lambda data: lzma.compress(data, preset=0),
    Compression.ZSTD: zstd_compressed,
}
ALL = pytest.mark.parametrize("kind", list(Compression))


class Packed:
    """Compressed bytes that are asked for, and counted."""

    def __init__(self, data: bytes) -> None:
        self.size_bytes: int | None = len(data)
        self.data = data
        self.reads: list[tuple[int, int]] = []

    def bytes_at(self, start: int, end: int) -> bytes:
        return self.data[start:end]

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        self.reads.append((start, end))
        for offset in range(start, end, 100_000):
            yield self.data[offset : min(end, offset + 100_000)]

    @property
    def read_bytes(self) -> int:
        return sum(end - start for start, end in self.reads)


class Looking:
    """Waits for what is not there yet."""

    def __init__(self, kind: Compression, data: bytes) -> None:
        self.packed = Packed(data)
        self._arrived = threading.Event()
        self.unpacked = Unpacked(kind, self.packed, self._arrived.set)
        self.unpacked.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.unpacked.close()

    def at(self, start: int, end: int) -> bytes:
        while True:
            self._arrived.clear()
            try:
                return self.unpacked.bytes_at(start, end)
            except BytesNotLoadedError:
                if self.unpacked.error is not None:
                    raise self.unpacked.error from None
                assert self._arrived.wait(DEADLINE_SECONDS)


def lines(count: int) -> bytes:
    return b"".join(b"line %07d %s\n" % (number, b"%x" % (number * 2654435761)) for number in range(count))


def noise(count: int) -> bytes:
    return random.Random(7).randbytes(count)


@ALL
def test_it_is_told_by_its_beginning_and_read_from_anywhere(kind: Compression) -> None:
    data = lines(40_000)
    packed = COMPRESSORS[kind](data)
    assert compression_of(packed) is kind
    with Looking(kind, packed) as looking:
        assert looking.at(0, 100) == data[:100]
        assert looking.unpacked.size_bytes == UNKNOWN_SIZE_BYTES
        assert looking.at(500_000, 700_000) == data[500_000:700_000]
        assert looking.at(1000, 2000) == data[1000:2000]
        assert looking.at(len(data) - 10, len(data) + 10) == data[-10:]
        assert looking.unpacked.size_bytes == len(data)
        assert looking.at(len(data), len(data) + 10) == b""
        assert not looking.unpacked.cut_off


@ALL
def test_streams_one_after_the_other_are_one(kind: Compression) -> None:
    parts = [lines(3000), b"", noise(100_000), b"the end"]
    packed = b"".join(COMPRESSORS[kind](part) for part in parts)
    if kind is not Compression.ZSTD:
        packed += b"\0" * 512
    with Looking(kind, packed) as looking:
        assert looking.at(0, 10_000_000) == b"".join(parts)
        begins = len(parts[0])
        looking.packed.reads.clear()
        assert b"".join(looking.unpacked.chunks(begins, begins + 50)) == parts[2][:50]


def test_zstd_frames_to_be_skipped_are_skipped() -> None:
    skipped = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"12345"
    packed = skipped + zstd_compressed(b"one ") + skipped + zstd_compressed(b"two")
    assert compression_of(packed) is Compression.ZSTD
    with Looking(Compression.ZSTD, packed) as looking:
        assert looking.at(0, 100) == b"one two"


def test_a_huge_one_opens_with_one_small_request_and_a_bomb_does_no_harm() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1024 * 1024)
    bomb = b"".join([packer.compress(block) for _ in range(300)] + [packer.flush()])  # 300 MiB in 300 KB
    with Looking(Compression.GZIP, bomb) as looking:
        assert looking.at(0, 1000) == bytes(1000)
        assert looking.packed.reads == [(0, 64 * 1024)]
        assert looking.unpacked.known_size_bytes is None


def test_going_back_reads_from_a_checkpoint_near_by() -> None:
    data = noise(24_000_000)  # as long compressed; more than what is kept
    with Looking(Compression.GZIP, gzip.compress(data, 1)) as looking:
        for start in range(0, len(data), 2_000_000):
            assert looking.at(start, start + 100) == data[start : start + 100]
        assert looking.packed.read_bytes <= 1.1 * len(data), "going on reads nothing twice"
        looking.packed.reads.clear()
        assert looking.at(3_500_000, 3_500_100) == data[3_500_000:3_500_100]
        assert looking.packed.read_bytes < 3_000_000
        assert looking.packed.reads[0][0] > 2_000_000


def test_checkpoints_stay_few_in_what_is_very_long() -> None:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    block = bytes(8 * 1024 * 1024)
    packed = b"".join([packer.compress(block) for _ in range(40)] + [packer.flush()])
    with Looking(Compression.GZIP, packed) as looking:
        assert looking.unpacked.find_end(lambda _progress: None, Cancel()) == 40 * len(block)
        checkpoints = looking.unpacked._checkpoints
        assert len(checkpoints.found) <= 192
        gaps = [
            after.offset - before.offset
            for before, after in zip(checkpoints.found, checkpoints.found[1:], strict=False)
        ]
        assert max(gaps) <= 4 * 1024 * 1024
        assert max(gaps[-20:]) <= 1024 * 1024, "near where one is, they are close to each other"


@ALL
def test_a_search_goes_through_it_and_back(kind: Compression) -> None:
    data = lines(60_000)
    with Looking(kind, COMPRESSORS[kind](data)) as looking:
        source = looking.unpacked
        search = ByteSearch(source.chunks, UNKNOWN_SIZE_BYTES, text_needle("line 0054321"))
        found = search.forward(0)
        assert found is not None
        assert found.start == data.index(b"line 0054321")
        wrapped = search.forward(found.start + 1)
        assert wrapped is not None
        assert (wrapped.start, wrapped.wrapped) == (found.start, True)
        back = ByteSearch(source.chunks, found.start, text_needle("line 0000100")).backward(found.start)
        assert back is not None
        assert back.start == data.index(b"line 0000100")
        assert ByteSearch(source.chunks, UNKNOWN_SIZE_BYTES).line(50_001) == data.index(b"line 0050000")


@ALL
def test_what_ends_too_early_shows_what_there_is_and_says_so(kind: Compression) -> None:
    data = noise(3_000_000)
    packed = COMPRESSORS[kind](data)
    with Looking(kind, packed[: len(packed) // 2]) as looking:
        seen = looking.at(0, 10_000_000)
        assert data.startswith(seen)
        assert looking.unpacked.cut_off


@ALL
def test_what_is_damaged_is_an_error_that_says_where(kind: Compression) -> None:
    packed = bytearray(COMPRESSORS[kind](lines(100_000)))
    middle = len(packed) // 2
    packed[middle : middle + 2000] = noise(2000)
    with Looking(kind, bytes(packed)) as looking, pytest.raises(StorageError, match=f"{kind} data is damaged near"):
        looking.at(0, 100_000_000)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(list(COMPRESSORS)), st.binary(max_size=200), st.booleans())
def test_any_bytes_end_or_are_an_error(kind: Compression, data: bytes, valid: bool) -> None:
    packed = COMPRESSORS[kind](b"text")[: 6 if valid else 10] + data
    with Looking(kind, packed) as looking:
        try:
            looking.at(0, 1 << 24)
        except StorageError:
            return
        assert looking.unpacked.known_size_bytes is not None


def test_zstd_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "compression" if sys.version_info >= (3, 14) else "backports", None)
    with pytest.raises(StorageError) as raised:
        compression.decoder_of(Compression.ZSTD)
    assert "tfm[viewer]" in str(raised.value.next_step)


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("a.csv.gz", "a.csv"),
        ("a.tgz", "a.tar"),
        ("gz", "gz"),
        (".gz", ".gz"),
        ("a.txt", "a.txt"),
        ("A.LOG.XZ", "A.LOG"),
    ],
)
def test_the_name_of_what_is_inside(name: str, inside: str) -> None:
    assert name_inside(name) == inside
