"""What every storage's listings have to tell."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import NotDirectoryError, NotFoundError
from tfm.testing.hooks import ODD_KEYS, Hooks

__all__ = ["ListingCases"]

_TREE = {"a.txt": b"1", "d/x.txt": b"22", "d/e/y.txt": b"333", "b/z": b"", "a": b"4444"}


class ListingCases(Hooks):
    def test_a_listing_tells_one_level(self) -> None:
        self.populate(_TREE)
        assert self.told(self.entries()) == [
            ("a", Kind.FILE),
            ("a.txt", Kind.FILE),
            ("b/", Kind.DIRECTORY),
            ("d/", Kind.DIRECTORY),
        ]
        assert self.told(self.entries("d/")) == [("d/e/", Kind.DIRECTORY), ("d/x.txt", Kind.FILE)]
        assert self.told(self.entries("d/e/")) == [("d/e/y.txt", Kind.FILE)]

    def test_a_row_is_named_below_the_base_and_has_the_files_facts(self) -> None:
        self.populate(_TREE)
        (page,) = self.pages("d/")
        assert page.base == f"{self.root}d/"
        by_name = {entry.name: entry for entry in page}
        assert by_name.keys() == {"e", "x.txt"}
        assert by_name["x.txt"].size_bytes == 2
        modified = by_name["x.txt"].modified_timestamp
        assert modified is None or modified > 0

    def test_an_empty_file_has_size_zero(self) -> None:
        self.populate({"empty": b""})
        assert [entry.size_bytes for entry in self.entries()] == [0]

    def test_an_empty_place_lists_as_nothing(self) -> None:
        self.populate({})
        assert self.entries() == []

    def test_odd_keys_are_told_exactly(self) -> None:
        keys = self.holdable(ODD_KEYS)
        self.populate(dict.fromkeys(keys, b"odd"))
        self._require_whole_tree(keys)

    def test_any_keys_are_told_exactly(self) -> None:
        segment = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0/"), max_size=5)
        likely = some.sampled_from(
            ["", ".", "..", "a", "b", "a b", " a", "b ", "%", "+", "a-", "a0", "\n", "\x01", "é", "𝄞"]
        )
        keys = some.lists(segment | likely, min_size=1, max_size=4).map("/".join).filter(bool)

        @given(some.sets(keys, max_size=12))
        def check(keys: set[str]) -> None:
            held = self.holdable(sorted(keys))
            self.populate(dict.fromkeys(held, b"any"))
            self._require_whole_tree(held)

        self.try_examples(check)

    def _require_whole_tree(self, keys: list[str]) -> None:
        """Every directory of ``keys`` lists what it must, its own marker included."""
        prefixes = {""} | {key[: i + 1] for key in keys for i, letter in enumerate(key) if letter == "/"}
        for prefix in sorted(prefixes):
            pages = self.pages(prefix)
            assert self.told(entry for page in pages for entry in page) == self.expected(keys, prefix)
            markers = [page.own_entry for page in pages if page.own_entry is not None]
            if self.has(Capability.FLAT_KEYS):
                assert self.told(markers) == ([(prefix, Kind.DIRECTORY)] if prefix in keys else [])

    @pytest.mark.parametrize("limit", [1, 2, 7, 29, 30, 1000])
    def test_pages_of_any_limit_tell_each_row_once(self, limit: int) -> None:
        keys = [f"file {i:02}" for i in range(25)] + [f"dir {i}/{j}" for i in range(5) for j in range(3)]
        self.populate(dict.fromkeys(keys, b"x"))
        pages = self.pages(limit=limit)
        assert all(len(page) <= limit for page in pages)
        assert self.told(entry for page in pages for entry in page) == self.expected(keys)

    def test_more_entries_than_a_page_holds(self) -> None:
        keys = [f"{i:04}" for i in range(1203)]
        self.populate(dict.fromkeys(keys, b""))
        pages = self.pages()
        assert len(pages) > 1
        assert self.told(entry for page in pages for entry in page) == [(key, Kind.FILE) for key in keys]

    def test_a_listing_may_be_abandoned(self) -> None:
        self.populate({"a": b"", "b": b"", "c": b""})
        page = self.backend.list_page(self.root, limit=1)
        assert page.token is not None
        del page
        gc.collect()  # what the token held must not complain now; pytest turns that into a failure

    def test_two_listings_at_once_do_not_disturb_each_other(self) -> None:
        self.populate(dict.fromkeys("abcdef", b""))
        first = self.backend.list_page(self.root, limit=2)
        second = self.backend.list_page(self.root, limit=3)
        rows: list[list[Entry]] = [list(first), list(second)]
        rest = [
            self.backend.list_page(self.root, token=first.token),
            self.backend.list_page(self.root, token=second.token),
        ]
        for seen, page in zip(rows, rest, strict=True):
            assert self.told([*seen, *page]) == [(key, Kind.FILE) for key in "abcdef"]

    def test_a_missing_directory(self) -> None:
        self.populate({"here": b""})
        if self.has(Capability.FLAT_KEYS):
            assert self.entries("missing/") == []
            return
        with pytest.raises(NotFoundError) as caught:
            self.entries("missing/")
        self.require_clear(caught.value, "missing")

    def test_a_file_listed_as_a_directory(self) -> None:
        self.populate({"file": b"x"})
        if self.has(Capability.FLAT_KEYS):
            assert self.entries("file/") == []
            return
        with pytest.raises((NotDirectoryError, NotFoundError)):
            self.entries("file/")

    def test_a_missing_storage_is_not_an_empty_one(self) -> None:
        missing = self.make_missing_backend()
        if missing is None:
            pytest.skip("make_missing_backend() gives none")
        with pytest.raises(NotFoundError):
            missing.list_page(self.root)
        with pytest.raises(NotFoundError):
            missing.read(self.root + "x")
