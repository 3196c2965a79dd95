"""Copies that the storage makes by itself: what they hold and keep, on which condition, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Final

import pytest

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import (
    ConflictError,
    InvalidPathError,
    IsDirectoryError,
    NotDirectoryError,
    NotFoundError,
    StorageError,
)
from tfm.core.location import StorageAddress
from tfm.core.writing import NOTHING_THERE, Condition, ObjectFacts, Precondition
from tfm.testing.hooks import ODD_KEYS
from tfm.testing.trees import Trees

__all__ = ["CopyCases"]

_RIVALS: Final = 8

_FACTS: Final = ObjectFacts(
    content_type="text/x-tfm; charset=utf-8",
    metadata={"purpose": "a test", "case": "Kept As It Is"},
    modified_timestamp=1_234_567_890.25,
    mode=0o640,
)


class CopyCases(Trees):
    def test_a_storage_that_copies_copies_from_itself(self) -> None:
        assert self.backend.can_copy_from(self.backend.address) is self.has(Capability.SERVER_COPY)
        assert not self.backend.can_copy_from(StorageAddress("no-such-scheme", "nowhere"))

    def test_every_odd_key_is_copied_exactly(self) -> None:
        self.need(Capability.SERVER_COPY)
        held = {key.removeprefix("from/") for key in self.writable(f"from/{key}" for key in ODD_KEYS)}
        keys = [key for key in ODD_KEYS if key in held]
        files = {f"from/{key}": b"" if key.endswith("/") else f"{i} {key}".encode() for i, key in enumerate(keys)}
        directories = self.directories_of([*files, *(f"to/{key}" for key in keys)])
        self.populate({**files, **directories})
        for key in keys:
            self.copy(f"from/{key}", f"to/{key}")
        copies = {f"to/{key}": files[f"from/{key}"] for key in keys}
        self.require_tree({**directories, **files, **copies})
        for key, content in copies.items():
            assert self.read(key) == content

    @pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 12_289])
    def test_a_copy_is_told_as_it_is_listed(self, content: bytes) -> None:
        self.need(Capability.SERVER_COPY)
        self.populate({"x": content, "neighbour": b"stays"})
        entry = self.copy("x", "copy")
        listed = self.one_entry("copy")
        assert (entry.key, entry.name, entry.kind) == (listed.key, listed.name, listed.kind)
        assert (entry.size_bytes, entry.etag) == (listed.size_bytes, listed.etag)
        assert self.tree() == {"x": content, "neighbour": b"stays", "copy": content}

    def test_an_object_is_replaced_whole_by_a_copy(self) -> None:
        self.need(Capability.SERVER_COPY)
        self.populate({"x": b"new", "copy": b"what was there before", "copy.txt": b"neighbour"})
        self.copy("x", "copy")
        assert self.tree() == {"x": b"new", "copy": b"new", "copy.txt": b"neighbour"}

    def test_facts_are_kept_by_a_copy(self) -> None:
        self.need(Capability.SERVER_COPY)
        self.populate({"old": b"old"})
        self.write("x", b"content", facts=_FACTS)
        for key in ("new", "old"):
            self.copy("x", key)
            kept = self.read_facts(key)
            if kept is not None:
                self.require_facts(kept, _FACTS)
            # What the storage says by the contract is the same of both, the time at which it made the object aside.
            told, of_source = self.backend.describe(self.root + key), self.backend.describe(self.root + "x")
            assert told.facts == of_source.facts
            assert told.entry.storage_class == of_source.entry.storage_class

    def test_a_marker_is_copied_with_its_content(self) -> None:
        self.need(Capability.SERVER_COPY)
        self.need(Capability.FLAT_KEYS)
        self.populate({"d/": b"of the marker", "d": b"object", "d/x": b"below"})
        self.copy("d/", "e/")
        assert self.tree() == {"d/": b"of the marker", "d": b"object", "d/x": b"below", "e/": b"of the marker"}

    def test_a_copy_to_a_key_that_must_be_free(self) -> None:
        self._need_conditions()
        self.populate({"x": b"new", "taken": b"old"})
        self.copy("x", "free", only_if=NOTHING_THERE)
        with pytest.raises(ConflictError) as caught:
            self.copy("x", "taken", only_if=NOTHING_THERE)
        self.require_clear(caught.value, "taken")
        assert self.tree() == {"x": b"new", "taken": b"old", "free": b"new"}

    def test_of_many_copies_to_a_free_key_one_wins(self) -> None:
        self._need_conditions()
        self.populate({f"x{number}": f"{number}".encode() for number in range(_RIVALS)})
        sources = [self.entry_at(f"x{number}") for number in range(_RIVALS)]
        start = Barrier(_RIVALS)

        def work(source: Entry) -> bool:
            start.wait(30)
            try:
                self._copy_entry(source, "copy", only_if=NOTHING_THERE)
            except ConflictError:
                return False
            return True

        with ThreadPoolExecutor(_RIVALS) as pool:
            won = list(pool.map(work, sources))
        assert sum(won) == 1
        assert self.read("copy") == f"{won.index(True)}".encode()

    def test_a_copy_in_place_of_one_version_and_no_other(self) -> None:
        self._need_conditions()
        self.populate({"x": b"new", "copy": b"first"})
        seen = self.one_entry("copy").etag
        if seen is None:
            pytest.skip("the storage has no etags")
        self.write("copy", b"second")
        with pytest.raises(ConflictError) as caught:
            self.copy("x", "copy", only_if=Precondition(seen))
        self.require_clear(caught.value, "copy")
        with pytest.raises(ConflictError):
            self.copy("x", "missing", only_if=Precondition(seen))
        assert self.tree() == {"x": b"new", "copy": b"second"}
        self.copy("x", "copy", only_if=Precondition(self.one_entry("copy").etag))
        assert self.tree() == {"x": b"new", "copy": b"new"}

    def test_a_source_that_is_no_longer_the_one_that_was_listed(self) -> None:
        self.need(Capability.SERVER_COPY)
        self.populate({"x": b"first", "copy": b"old"})
        listed = self.one_entry("x")
        if listed.etag is None:
            pytest.skip("the storage has no etags")
        self.write("x", b"second")
        with pytest.raises(ConflictError) as caught:
            self._copy_entry(listed, "copy")
        self.require_clear(caught.value, "")
        if Condition.COPY in self.backend.conditions():  # else it can only be told afterwards
            assert self.tree() == {"x": b"second", "copy": b"old"}

    def test_a_copy_onto_itself_changes_nothing(self) -> None:
        self.need(Capability.SERVER_COPY)
        self.populate({"x": b"content"})
        with pytest.raises(StorageError) as caught:
            self.copy("x", "x")
        self.require_clear(caught.value, "x")
        assert self.tree() == {"x": b"content"}

    def test_a_missing_source(self) -> None:
        self.need(Capability.SERVER_COPY)
        self.populate({"here": b"stays"})
        gone = Entry("gone", self.root + "gone", Kind.FILE, 1, etag=self.one_entry("here").etag)
        for source in (gone, replace(gone, etag=None)):
            with pytest.raises(NotFoundError) as caught:
                self._copy_entry(source, "copy")
            self.require_clear(caught.value, "gone")
        assert self.tree() == {"here": b"stays"}

    def test_a_missing_place_cannot_be_copied_to(self) -> None:
        self.need(Capability.SERVER_COPY)
        missing = self.make_missing_backend()
        if missing is None:
            pytest.skip("make_missing_backend() gives none")
        self.populate({"x": b"content"})
        with pytest.raises(NotFoundError):
            missing.copy_from(self.backend.address, self.entry_at("x"), self.root + "x")

    def test_a_copy_to_a_key_that_is_too_long(self) -> None:
        self.need(Capability.SERVER_COPY)
        self.populate({"x": b"stays"})
        key = "n" * (1025 if self.has(Capability.FLAT_KEYS) else 256)
        with pytest.raises(InvalidPathError) as caught:
            self.copy("x", key)
        self.require_clear(caught.value, key)
        assert self.tree() == {"x": b"stays"}

    def test_what_is_in_the_way_of_a_copy(self) -> None:
        self.need(Capability.SERVER_COPY)
        self.need_real_directories()
        self.populate({"x": b"new", "d/y": b"deep", "file": b"flat"})
        before = self.tree()
        for key, kind in (
            ("d", IsDirectoryError),
            ("file/below", NotDirectoryError),
            ("missing/below", NotFoundError),
        ):
            with pytest.raises(kind) as caught:
                self.copy("x", key)
            self.require_clear(caught.value, key)
        directory = self.backend.stat(self.root + "d/").directory
        assert directory is not None
        with pytest.raises(IsDirectoryError):
            self._copy_entry(directory, "copy")
        assert self.tree() == before

    def test_a_copy_that_is_stopped_leaves_nothing(self) -> None:
        self.need(Capability.SERVER_COPY)
        content = bytes(3 << 20)
        self.populate({"x": content, "copy": b"old"})
        told: list[int] = []
        self.copy("x", "copy", copied=told.append)
        assert sum(told) in {0, len(content)}
        self.populate({"x": content, "copy": b"old"})
        if told:
            with pytest.raises(KeyboardInterrupt):
                self.copy("x", "copy", copied=_stop)
            assert self.tree() == {"x": content, "copy": b"old"}

    def test_a_link_is_copied_as_a_link(self) -> None:
        self.need(Capability.SERVER_COPY)
        self.populate({"x": b"content", "old": b"old"})
        if not self.make_link("link", "x") or not self.make_link("broken", "missing"):
            pytest.skip("make_link() makes none")
        for link in ("link", "broken"):
            for key in (f"copy of {link}", "old"):
                assert self._copy_entry(self.one_entry(link), key).is_symlink
                assert self.one_entry(key).is_symlink
        assert self.read("copy of link") == b"content"
        with pytest.raises(NotFoundError):
            self.read("old")
        with pytest.raises(ConflictError):
            self._copy_entry(self.one_entry("link"), "x", only_if=NOTHING_THERE)
        assert self.read("x") == b"content"

    def test_each_copy_is_one_request(self) -> None:
        self.need(Capability.SERVER_COPY)
        self.need(Capability.CACHED)
        if Condition.COPY not in self.backend.conditions():
            pytest.skip("the storage is looked at besides, since it does not enforce copy")
        self.populate({"x": b"content"})
        entry = self.entry_at("x")
        with self.meter.counting() as requests:
            self._copy_entry(entry, "copy")
        assert requests.total == 1

    def entry_at(self, key: str) -> Entry:
        answer = self.backend.stat(self.root + key)
        entry = answer.directory if key.endswith("/") else answer.file
        assert entry is not None
        return entry

    def copy(
        self,
        source: str,
        key: str,
        *,
        only_if: Precondition | None = None,
        copied: Callable[[int], None] | None = None,
    ) -> Entry:
        return self._copy_entry(self.entry_at(source), key, only_if=only_if, copied=copied)

    def _copy_entry(
        self,
        source: Entry,
        key: str,
        *,
        only_if: Precondition | None = None,
        copied: Callable[[int], None] | None = None,
    ) -> Entry:
        entry = self.backend.copy_from(self.backend.address, source, self.root + key, only_if=only_if, copied=copied)
        assert entry.key == self.root + key
        return entry

    def _need_conditions(self) -> None:
        self.need(Capability.SERVER_COPY)
        if Condition.COPY not in self.backend.conditions():
            pytest.skip(f"the storage does not enforce {Condition.COPY.value}")


def _stop(size_bytes: int) -> None:
    del size_bytes
    raise KeyboardInterrupt
