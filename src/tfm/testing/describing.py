"""What a storage says of an object without its bytes, and beside them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import Final

import pytest

from tfm.core.capability import Capability
from tfm.core.errors import ConflictError, IsDirectoryError, NotFoundError
from tfm.core.writing import Checksum, ObjectFacts
from tfm.testing.trees import Trees

__all__ = ["DescriptionCases"]

_FACTS: Final = ObjectFacts("text/x-tfm", {"purpose": "a test"}, 1_234_567_890.25, mode=0o640)

_DIGESTS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "MD5": lambda content: hashlib.md5(content, usedforsecurity=False).digest(),
    "SHA256": lambda content: hashlib.sha256(content).digest(),
    "SHA1": lambda content: hashlib.sha1(content, usedforsecurity=False).digest(),
    "CRC32": lambda content: zlib.crc32(content).to_bytes(4, "big"),
}
"""Those that Python computes."""


class DescriptionCases(Trees):
    def test_a_description_is_of_what_is_listed(self) -> None:
        self.populate({"x": b"content", "empty": b""})
        for key in ("x", "empty"):
            listed, told = self.one_entry(key), self.backend.describe(self.root + key).entry
            assert (told.key, told.name, told.kind) == (listed.key, listed.name, listed.kind)
            assert (told.size_bytes, told.etag, told.modified_timestamp) == (
                listed.size_bytes,
                listed.etag,
                listed.modified_timestamp,
            )

    def test_facts_are_told_as_they_were_written(self) -> None:
        self.need(Capability.WRITE)
        self.populate({})
        self.write("x", b"content", facts=_FACTS)
        described = self.backend.describe(self.root + "x").facts
        self.require_facts(described, _FACTS)
        with self.backend.read(self.root + "x") as reader:
            if reader.facts is not None:
                assert reader.facts == described

    def test_tags_are_told_or_can_be_asked_for(self) -> None:
        self.need(Capability.SET_FACTS)
        self.populate({})
        self.write("x", b"content", facts=ObjectFacts(tags={"team": "a b", "\u00fc": "1+2"}))
        self.write("plain", b"content")
        for key, tags in (("x", {"team": "a b", "\u00fc": "1+2"}), ("plain", {})):
            described = self.backend.describe(self.root + key).facts
            assert (dict(described.tags), described.untold_tags) == (tags, 0)
            with self.backend.read(self.root + key) as reader:
                told = reader.facts
            if told is not None:
                assert len(told.tags) + told.untold_tags == len(tags)
                assert dict(self.backend.tags(self.root + key) if told.untold_tags else told.tags) == tags

    @pytest.mark.parametrize("content", [b"", b"content", bytes(range(256)) * 300])
    def test_a_checksum_is_that_of_the_bytes(self, content: bytes) -> None:
        self.need(Capability.WRITE)
        self.populate({})
        self.write("x", content)
        with self.backend.read(self.root + "x") as reader:
            checksums = {self.backend.describe(self.root + "x").checksum, reader.checksum} - {None}
        if not checksums:
            pytest.skip("the storage tells of no checksum")
        for checksum in checksums:
            assert checksum is not None
            self._require_sum(checksum, [content])

    def test_a_checksum_of_parts_is_that_of_the_parts(self) -> None:
        self.need(Capability.WRITE)
        self.populate({})
        least = self.backend.upload_limits.part_bytes
        contents = [b"1" * least, b"the end"]
        upload = self.backend.begin_upload(self.root + "x", facts=ObjectFacts())
        parts = [
            self.backend.put_part(upload, number, content, offset=(number - 1) * least)
            for number, content in enumerate(contents, 1)
        ]
        self.backend.finish_upload(upload, parts)
        checksum = self.backend.describe(self.root + "x").checksum
        if checksum is None:
            pytest.skip("the storage tells of no checksum")
        self._require_sum(checksum, contents)

    def test_a_range_is_told_with_no_checksum_of_its_own(self) -> None:
        """What a reader says is of the whole object."""
        self.need(Capability.WRITE)
        self.populate({})
        self.write("x", b"0123456789")
        with self.backend.read(self.root + "x", start=3, length=4) as reader:
            if reader.checksum is not None:
                self._require_sum(reader.checksum, [b"0123456789"])

    def test_a_marker_is_described(self) -> None:
        self.need(Capability.FLAT_KEYS)
        self.populate({"d/": b"of the marker", "d": b"object", "d/x": b""})
        told = self.backend.describe(self.root + "d/").entry
        assert (told.key, told.is_directory, told.size_bytes) == (self.root + "d/", True, 13)
        assert self.backend.describe(self.root + "d").entry.size_bytes == 6

    def test_what_cannot_be_described(self) -> None:
        self.populate({"d/x": b""})
        for key in ("missing", "d"):
            with pytest.raises((NotFoundError, IsDirectoryError)) as caught:
                self.backend.describe(self.root + key)
            self.require_clear(caught.value, key)

    def test_a_description_of_one_version(self) -> None:
        self.need(Capability.CONDITIONAL_READ)
        self.populate({"x": b"first"})
        first = self.one_entry("x").etag
        self.populate({"x": b"second"})
        second = self.one_entry("x").etag
        assert self.backend.describe(self.root + "x", if_match=second).entry.etag == second
        with pytest.raises(ConflictError) as caught:
            self.backend.describe(self.root + "x", if_match=first)
        self.require_clear(caught.value, "x")

    def test_a_description_is_one_request(self) -> None:
        self.need(Capability.CACHED)
        self.populate({"x": b"content"})
        self.read("x")  # whatever is found out once is found out now
        with self.meter.counting() as requests:
            self.backend.describe(self.root + "x")
        assert requests.total == 1

    def _require_sum(self, checksum: Checksum, contents: list[bytes]) -> None:
        digest = _DIGESTS.get(checksum.algorithm)
        if digest is None:
            pytest.skip(f"{checksum.algorithm} needs a library")
        if checksum.parts is None:
            assert checksum.value == digest(b"".join(contents))
        else:
            assert checksum.parts == len(contents)
            assert checksum.value == digest(b"".join(map(digest, contents)))
