"""Reading: whole, by range, in pieces, and on condition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tfm.core.capability import Capability
from tfm.core.errors import ConflictError, IsDirectoryError, NotDirectoryError, NotFoundError
from tfm.testing.hooks import ODD_KEYS, Hooks

__all__ = ["ReadingCases"]

_TEN = b"0123456789"


class ReadingCases(Hooks):
    def test_a_whole_file(self) -> None:
        self.populate({"ten": _TEN, "empty": b"", "d/below": b"deep"})
        assert self.read("ten") == _TEN
        assert self.read("empty") == b""
        assert self.read("d/below") == b"deep"

    def test_every_odd_key_is_read_exactly(self) -> None:
        keys = [key for key in self.holdable(ODD_KEYS) if self.has(Capability.FLAT_KEYS) or not key.endswith("/")]
        self.populate({key: f"{i} {key}".encode() for i, key in enumerate(keys)})
        for i, key in enumerate(keys):
            assert self.read(key) == f"{i} {key}".encode()

    @pytest.mark.parametrize(
        ("start", "length"),
        [(0, None), (0, 10), (0, 3), (0, 1), (3, 4), (9, 1), (9, 5), (9, None), (0, 11), (5, 10**12), (0, 0), (4, 0)],
    )
    def test_a_range(self, start: int, length: int | None) -> None:
        self.populate({"ten": _TEN})
        end = None if length is None else start + length
        assert self.read("ten", start=start, length=length) == _TEN[start:end]

    @pytest.mark.parametrize("start", [10, 11, 10**12])
    @pytest.mark.parametrize("length", [None, 0, 1, 100])
    def test_a_range_at_or_beyond_the_end_is_empty(self, start: int, length: int | None) -> None:
        self.populate({"ten": _TEN})
        assert self.read("ten", start=start, length=length) == b""

    @pytest.mark.parametrize("start", [0, 1, 100])
    @pytest.mark.parametrize("length", [None, 0, 1])
    def test_any_range_of_an_empty_file_is_empty(self, start: int, length: int | None) -> None:
        self.populate({"empty": b""})
        assert self.read("empty", start=start, length=length) == b""

    def test_any_range_is_the_slice(self) -> None:
        self.populate({"ten": _TEN})

        @given(some.integers(0, 14), some.none() | some.integers(0, 14))
        def check(start: int, length: int | None) -> None:
            end = None if length is None else start + length
            assert self.read("ten", start=start, length=length) == _TEN[start:end]

        self.try_examples(check)

    @pytest.mark.parametrize("size", [1, 3, 10, 11, 10**12])
    def test_reads_of_any_size_give_everything_in_order(self, size: int) -> None:
        self.populate({"ten": _TEN})
        with self.backend.read(self.root + "ten") as reader:
            parts = []
            while part := reader.read(size):
                assert len(part) <= size
                parts.append(part)
            assert b"".join(parts) == _TEN
            assert reader.read(size) == b""
            assert reader.read() == b""

    def test_reading_goes_on_where_it_stopped(self) -> None:
        content = bytes(range(256)) * 12_289  # 3 MiB and a bit: more than any buffer on the way
        self.populate({"large": content})
        with self.backend.read(self.root + "large", start=5) as reader:
            head = b""
            while len(head) < 1000 and (part := reader.read(1000 - len(head))):
                head += part
            assert head + reader.read() == content[5:]

    def test_a_reader_may_be_closed_early_and_twice(self) -> None:
        self.populate({"large": bytes(300_000)})
        reader = self.backend.read(self.root + "large")
        assert reader.read(1)
        reader.close()
        reader.close()
        assert self.read("large", start=299_990) == bytes(10)

    def test_a_reader_tells_of_the_whole_object(self) -> None:
        self.populate({"ten": _TEN})
        (listed,) = self.entries()
        with self.backend.read(self.root + "ten", start=3, length=2) as reader:
            assert reader.entry.key == self.root + "ten"
            assert reader.entry.size_bytes == 10
            assert reader.entry.etag == listed.etag

    def test_a_missing_file(self) -> None:
        self.populate({"here": b""})
        with pytest.raises(NotFoundError) as caught:
            self.backend.read(self.root + "missing")
        self.require_clear(caught.value, "missing")
        with pytest.raises((NotFoundError, NotDirectoryError)):
            self.backend.read(self.root + "here/below")

    def test_a_directory_is_not_a_file(self) -> None:
        self.populate({"d/x": b""})
        with pytest.raises((IsDirectoryError, NotFoundError) if self.has(Capability.FLAT_KEYS) else IsDirectoryError):
            self.backend.read(self.root + "d")

    def test_a_condition_that_holds(self) -> None:
        self.need(Capability.CONDITIONAL_READ)
        self.populate({"ten": _TEN})
        (entry,) = self.entries()
        assert entry.etag
        assert not entry.etag.startswith('"')
        assert self.read("ten", if_match=entry.etag) == _TEN
        assert self.read("ten", if_match=entry.etag, start=8) == _TEN[8:]

    def test_a_changed_object_is_a_conflict(self) -> None:
        self.need(Capability.CONDITIONAL_READ)
        self.populate({"ten": _TEN})
        (before,) = self.entries()
        self.populate({"ten": _TEN[::-1]})
        (after,) = self.entries()
        assert before.etag != after.etag
        with pytest.raises(ConflictError) as caught:
            self.backend.read(self.root + "ten", if_match=before.etag)
        self.require_clear(caught.value, "ten")
        assert self.read("ten", if_match=after.etag) == _TEN[::-1]
