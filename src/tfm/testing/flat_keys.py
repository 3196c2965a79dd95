"""Storages whose keys are one flat space, in which directories are only prefixes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.testing.hooks import ODD_KEYS, Hooks

__all__ = ["FlatKeyCases"]


class FlatKeyCases(Hooks):
    def _store(self, *keys: str) -> list[str]:
        """Store those of ``keys`` that can be held, each with its own key as content."""
        self.need(Capability.FLAT_KEYS)
        held = self.holdable(keys)
        if held != list(keys):
            pytest.skip("the storage cannot hold this case's keys")
        self.populate({key: key.encode() for key in keys})
        return held

    @pytest.mark.parametrize("prefix", ["b", "ba", "bak", "bak/", "bak/o", "bakbak", "bakbak/", "c", ""])
    def test_any_text_is_a_prefix(self, prefix: str) -> None:
        keys = self._store("bak/one", "bak/other/x", "bakbak/two", "bak.txt", "b", "a")
        pages = self.pages(prefix)
        assert all(page.base == self.root + prefix[: prefix.rfind("/") + 1] for page in pages)
        assert self.told(entry for page in pages for entry in page) == self.expected(keys, prefix)
        assert self.told(self.entries(prefix, recursive=True)) == self.expected(keys, prefix, recursive=True)

    def test_an_object_beside_a_directory_of_its_name(self) -> None:
        keys = self._store("x", "x/y")
        assert self.told(self.entries()) == [("x", Kind.FILE), ("x/", Kind.DIRECTORY)]
        assert self.told(self.entries("x")) == [("x", Kind.FILE), ("x/", Kind.DIRECTORY)]
        assert self.told(self.entries("x/")) == [("x/y", Kind.FILE)]
        assert [self.read(key) for key in keys] == [b"x", b"x/y"]

    def test_an_object_beside_a_marker_of_its_name(self) -> None:
        self._store("q", "q/", "q/x", "q/x/y")
        assert self.told(self.entries(recursive=True)) == [
            ("q", Kind.FILE),
            ("q/", Kind.DIRECTORY),
            ("q/x", Kind.FILE),
            ("q/x/y", Kind.FILE),
        ]
        assert self.told(self.entries("q/")) == [("q/x", Kind.FILE), ("q/x/", Kind.DIRECTORY)]

    def test_empty_segments(self) -> None:
        keys = self._store("a//b", "a/b", "a//", "/r")
        assert self.told(self.entries("a/")) == [("a//", Kind.DIRECTORY), ("a/b", Kind.FILE)]
        assert self.told(self.entries("a//")) == [("a//b", Kind.FILE)]
        assert self.told(self.entries("/")) == [("/r", Kind.FILE)]
        assert self.told(self.entries(recursive=True)) == self.expected(keys, recursive=True)
        assert [entry.name for entry in self.entries("a/") if entry.is_directory] == [""]

    def test_the_marker_of_the_listed_directory_is_its_own_entry(self) -> None:
        self.need(Capability.FLAT_KEYS)
        self.populate({"d/": b"", "d/x": b"1", "other": b""})
        for recursive in (False, True):
            pages = self.pages("d/", recursive=recursive)
            markers = [page.own_entry for page in pages if page.own_entry is not None]
            assert self.told(markers) == [("d/", Kind.DIRECTORY)]
            assert [marker.size_bytes for marker in markers] == [0]
            assert self.told(entry for page in pages for entry in page) == [("d/x", Kind.FILE)]

    def test_the_marker_of_a_directory_below_is_that_directory(self) -> None:
        self.need(Capability.FLAT_KEYS)
        self.populate({"d/": b"", "d/x": b"1"})
        for prefix in ("", "d"):
            pages = self.pages(prefix)
            assert [page.own_entry for page in pages] == [None]
            assert self.told(pages[0]) == [("d/", Kind.DIRECTORY)]
            assert self.told(self.entries(prefix, recursive=True)) == [("d/", Kind.DIRECTORY), ("d/x", Kind.FILE)]

    def test_a_marker_with_content_keeps_it(self) -> None:
        self.need(Capability.FLAT_KEYS)
        self.populate({"d/": b"content", "d/x": b"1"})
        (page,) = self.pages("d/")
        assert page.own_entry is not None
        assert page.own_entry.size_bytes == 7
        (directory,) = [entry for entry in self.entries(recursive=True) if entry.is_directory]
        assert directory.size_bytes == 7
        assert self.read("d/") == b"content"

    def test_a_directory_without_a_marker_has_no_facts(self) -> None:
        self._store("d/x")
        (directory,) = self.entries()
        assert (directory.size_bytes, directory.modified_timestamp, directory.etag) == (None, None, None)

    def test_a_recursive_listing_tells_every_odd_key(self) -> None:
        self.need(Capability.FLAT_KEYS)
        keys = self.holdable(ODD_KEYS)
        self.populate(dict.fromkeys(keys, b"odd"))
        assert self.told(self.entries(recursive=True)) == self.expected(keys, recursive=True)

    @pytest.mark.parametrize("limit", [1, 3, 10, 1000])
    def test_recursive_pages_tell_each_key_once(self, limit: int) -> None:
        keys = self._store(*(f"{top}/{middle}/{i}" for top in "ab" for middle in "cd" for i in range(5)), "a/", "b")
        pages = self.pages(recursive=True, limit=limit)
        assert all(len(page) <= limit for page in pages)
        assert self.told(entry for page in pages for entry in page) == self.expected(keys, recursive=True)
        below = self.pages("a/", recursive=True, limit=limit)
        assert self.told(entry for page in below for entry in page) == self.expected(keys, "a/", recursive=True)

    @pytest.mark.parametrize("after", ["", "k", "k00", "k07", "k07x", "k28", "k29", "z"])
    @pytest.mark.parametrize("limit", [4, 1000])
    def test_start_after_leaves_out_what_is_not_beyond(self, after: str, limit: int) -> None:
        keys = self._store(*(f"k{i:02}" for i in range(30)))
        for recursive in (False, True):
            pages = self.pages(recursive=recursive, start_after=after, limit=limit)
            assert self.told(entry for page in pages for entry in page) == [
                (key, Kind.FILE) for key in keys if key > after
            ]

    def test_start_after_within_a_tree(self) -> None:
        keys = self._store("a/1", "a/2", "b/1", "b/2", "c")
        assert self.told(self.entries(recursive=True, start_after="a/2")) == [(key, Kind.FILE) for key in keys[2:]]
        assert self.told(self.entries("b/", recursive=True, start_after="b/1")) == [("b/2", Kind.FILE)]
        assert self.told(self.entries("b/", recursive=True, start_after="a/1")) == [
            ("b/1", Kind.FILE),
            ("b/2", Kind.FILE),
        ]

    def test_any_prefix_of_any_keys_any_limit(self) -> None:
        self.need(Capability.FLAT_KEYS)
        text = some.text("ab/-0", min_size=1, max_size=6)

        @given(some.sets(text, max_size=15), some.text("ab/-", max_size=3), some.integers(1, 5), some.booleans())
        def check(keys: set[str], prefix: str, limit: int, recursive: bool) -> None:
            held = self.holdable(sorted(keys))
            self.populate(dict.fromkeys(held, b""))
            pages = self.pages(prefix, recursive=recursive, limit=limit)
            told = self.told(entry for page in pages for entry in page)
            assert told == self.expected(held, prefix, recursive=recursive)

        self.try_examples(check)

    def test_stat_means_the_object_of_exactly_that_key(self) -> None:
        self._store("x", "x/y", "d/z")
        found = self.backend.stat(self.root + "x")
        assert found.file is not None
        assert self.told([found.file]) == [("x", Kind.FILE)]
        assert found.file.size_bytes == 1
        for key in ("d", "missing", "x/y/z"):
            assert not self.backend.stat(self.root + key).found
        assert self.backend.stat("").directory is not None
