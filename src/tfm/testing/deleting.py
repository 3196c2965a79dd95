"""Deleting one object, many, and directories: exactly those, and nothing beside them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tfm.core.capability import Capability
from tfm.core.errors import (
    ConflictError,
    IsDirectoryError,
    NotDirectoryError,
    NotEmptyError,
    NotFoundError,
    StorageError,
)
from tfm.core.writing import Condition, Precondition
from tfm.testing.hooks import ODD_KEYS
from tfm.testing.trees import Trees

__all__ = ["DeletingCases"]

_NEIGHBOURS = ("bak/one", "bak/", "bakbak", "bak.txt", "bak", "x", "x/", "x/y", "a//b", "a/b", "a/", "a//", "b")


class DeletingCases(Trees):
    @pytest.mark.parametrize("key", [*_NEIGHBOURS, "missing", "ba", "x/y/z", "a"])
    def test_a_delete_is_of_exactly_that_key(self, key: str) -> None:
        self.need(Capability.WRITE)
        self.need(Capability.FLAT_KEYS)
        files = self._fill(_NEIGHBOURS)
        self._delete(key)
        files.pop(key, None)
        assert self.tree() == files

    def test_every_odd_key_is_deleted_exactly(self) -> None:
        self.need(Capability.WRITE)
        files = self._fill(self.writable(ODD_KEYS))
        directories = self.directories_of(files)
        for number, key in enumerate(list(files)):
            if number % 2:
                self.backend.delete(self.root + key)
                del files[key]
        self.require_tree({**directories, **files})

    def test_many_are_deleted_and_nothing_else(self) -> None:
        self.need(Capability.WRITE)
        files = self._fill(self.writable([*ODD_KEYS, *_NEIGHBOURS]))
        directories = self.directories_of(files)
        doomed = list(files)[::2]
        assert self.backend.delete_many([self.root + key for key in doomed]) == []
        self.require_tree({**directories, **{key: files[key] for key in files if key not in set(doomed)}})
        assert self.backend.delete_many([]) == []

    def test_a_thousand_are_deleted_at_once(self) -> None:
        self.need(Capability.WRITE)
        self.need(Capability.DELETE_MANY)
        keys = [f"k{i:04}" for i in range(1001)]
        self.populate(dict.fromkeys(keys, b""))
        with self.meter.counting() as requests:
            assert self.backend.delete_many([self.root + key for key in keys[:1000]]) == []
        if self.has(Capability.CACHED):
            assert requests.total == 1
        assert self.tree() == {"k1000": b""}

    def test_what_is_not_there_among_many(self) -> None:
        """A storage that does not tell says nothing; others say so for that key, and delete the rest."""
        self.need(Capability.WRITE)
        self.populate({"a": b"", "b": b"", "c": b""})
        failures = self.backend.delete_many([self.root + key for key in ("a", "missing", "b")])
        assert [failure.key for failure in failures] in ([], [self.root + "missing"])
        for failure in failures:
            assert isinstance(failure.error, NotFoundError)
            self.require_clear(failure.error, "missing")
        assert self.tree() == {"c": b""}

    def test_a_delete_of_what_is_not_there(self) -> None:
        self.need(Capability.WRITE)
        self.populate({"here": b""})
        self._delete("missing")
        self._delete("missing/x")
        assert self.tree() == {"here": b""}

    def test_a_version_is_deleted_and_no_other(self) -> None:
        self.need(Capability.WRITE)
        if Condition.DELETE not in self.backend.conditions():
            pytest.skip("the storage does not enforce it")
        self.populate({"x": b"first"})
        first = self.one_entry("x")
        second = self.write("x", b"second")
        with pytest.raises(ConflictError) as caught:
            self.backend.delete(self.root + "x", only_if=Precondition(first.etag))
        self.require_clear(caught.value, "x")
        assert self.tree() == {"x": b"second"}
        self.backend.delete(self.root + "x", only_if=Precondition(second.etag))
        assert self.tree() == {}

    def test_of_many_only_the_versions_that_are_meant_are_deleted(self) -> None:
        self.need(Capability.WRITE)
        if Condition.DELETE_MANY not in self.backend.conditions():
            pytest.skip("the storage does not enforce it")
        self.populate(dict.fromkeys(("changed", "same", "any", "gone"), b"first"))
        etags = {self.root + key: self.one_entry(key).etag or "" for key in ("changed", "same", "gone")}
        self.write("changed", b"second")
        self.backend.delete(self.root + "gone")
        keys = [self.root + key for key in ("changed", "same", "any", "gone")]
        failures = self.backend.delete_many(keys, etags=etags)
        assert [failure.key for failure in failures] == [self.root + "changed"]
        assert isinstance(failures[0].error, ConflictError)
        self.require_clear(failures[0].error, "changed")
        assert self.tree() == {"changed": b"second"}

    def test_a_missing_place_has_nothing_to_delete(self) -> None:
        self.need(Capability.WRITE)
        missing = self.make_missing_backend()
        if missing is None:
            pytest.skip("make_missing_backend() gives none")
        with pytest.raises(NotFoundError):
            missing.delete(self.root + "x")
        with pytest.raises(NotFoundError):
            missing.delete_many([self.root + "x"])
        with pytest.raises(NotFoundError):
            missing.make_directory(self.root + "x/")

    def test_a_directory_is_made_and_removed(self) -> None:
        self.need(Capability.WRITE)
        self.populate({"d0": b"", "d": b""} if self.has(Capability.FLAT_KEYS) else {"d0": b""})
        before = self.tree()
        entry = self.backend.make_directory(self.root + "d/" if self.has(Capability.FLAT_KEYS) else self.root + "e/")
        assert entry.is_directory
        key = entry.key[len(self.root) :]
        assert self.tree() == {**before, key: b""}
        self.backend.remove_directory(entry.key)
        assert self.tree() == before

    def test_a_directory_that_is_there_is_not_made_again(self) -> None:
        self.need(Capability.WRITE)
        if self.has(Capability.FLAT_KEYS) and Condition.CREATE not in self.backend.conditions():
            pytest.skip("the storage does not enforce it")
        self.populate({"d/": b"", "d/x": b"1"})
        before = self.tree()
        with pytest.raises(ConflictError) as caught:
            self.backend.make_directory(self.root + "d/")
        self.require_clear(caught.value, "d/")
        assert self.tree() == before

    def test_a_directory_is_made_where_it_can_be(self) -> None:
        self.need(Capability.WRITE)
        self.need_real_directories()
        self.populate({"file": b"flat"})
        for key, kind in (
            ("file/", ConflictError),
            ("missing/below/", NotFoundError),
            ("file/below/", NotDirectoryError),
        ):
            with pytest.raises(kind) as caught:
                self.backend.make_directory(self.root + key)
            self.require_clear(caught.value, key)
        assert self.tree() == {"file": b"flat"}

    def test_a_marker_is_removed_and_what_is_below_stays(self) -> None:
        self.need(Capability.WRITE)
        self.need(Capability.FLAT_KEYS)
        self.populate({"d/": b"", "d/x": b"1", "d": b"2"})
        self.backend.remove_directory(self.root + "d/")
        assert self.tree() == {"d/x": b"1", "d": b"2"}

    def test_only_an_empty_directory_is_removed(self) -> None:
        self.need(Capability.WRITE)
        self.need_real_directories()
        self.populate({"d/x": b"1", "file": b""})
        before = self.tree()
        for key, kind in (("d/", NotEmptyError), ("file/", NotDirectoryError), ("missing/", NotFoundError)):
            with pytest.raises(kind) as caught:
                self.backend.remove_directory(self.root + key)
            self.require_clear(caught.value, key)
        assert self.tree() == before

    def test_a_directory_is_not_deleted_as_a_file(self) -> None:
        self.need(Capability.WRITE)
        self.need_real_directories()
        self.populate({"d/x": b"1", "empty/": b"", "file": b""})
        before = self.tree()
        for key in ("d", "d/", "empty", "empty/"):
            with pytest.raises(IsDirectoryError) as caught:
                self.backend.delete(self.root + key)
            self.require_clear(caught.value, key)
        with pytest.raises(NotDirectoryError):
            self.backend.delete(self.root + "file/")
        assert self.tree() == before

    def test_a_tree_is_removed_exactly(self) -> None:
        self.need(Capability.REMOVE_TREE)
        files = {"bak/one": b"1", "bak/two/three": b"3", "bak/two/-rf": b"", "bak/empty/": b"", "bak/new\nline": b""}
        beside = {"bakbak": b"", "bak.txt": b"", "other/bak/one": b"1"}
        self.populate({**files, **beside})
        before = self.tree()
        removed, failed = self._remove_tree("bak/")
        assert failed == []
        assert sorted(removed) == sorted([key for key in before if key.startswith("bak/")])
        assert removed[-1] == "bak/"
        assert self.tree() == {key: before[key] for key in before if not key.startswith("bak/")}

    def test_a_tree_that_is_none(self) -> None:
        self.need(Capability.REMOVE_TREE)
        self.populate({"file": b""})
        for key, kind in (("missing/", NotFoundError), ("file/", NotDirectoryError), ("file", NotDirectoryError)):
            with pytest.raises(kind) as caught:
                self._remove_tree(key)
            self.require_clear(caught.value, key)
        assert self.tree() == {"file": b""}

    def test_links_in_a_tree_are_removed_and_not_followed(self) -> None:
        self.need(Capability.REMOVE_TREE)
        self.populate({"d/x": b"1", "precious/y": b"2"})
        if not self.make_link("d/link", "../precious") or not self.make_link("link", "precious"):
            pytest.skip("make_link() makes none")
        with pytest.raises(NotDirectoryError):
            self._remove_tree("link/")
        removed, failed = self._remove_tree("d/")
        assert (sorted(removed), failed) == (["d/", "d/link", "d/x"], [])
        self.backend.delete(self.root + "link")
        assert self.tree() == {"precious/": b"", "precious/y": b"2"}

    def test_a_callback_that_raises_stops_the_removal(self) -> None:
        self.need(Capability.REMOVE_TREE)
        self.populate({f"d/{name}": b"" for name in "abcdef"})

        def cancel(*told: object) -> None:
            raise KeyboardInterrupt(*told)

        with pytest.raises(KeyboardInterrupt):
            self.backend.remove_tree(self.root + "d/", removed=cancel, failed=cancel)
        assert len(self.tree()) == 6

    def _fill(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Store those of ``keys`` that can be held; content by key."""
        files = {key: f"content of {key}".encode() for key in self.holdable(keys)}
        self.populate(files)
        return files

    def _delete(self, key: str) -> None:
        """Delete, whether or not the storage tells that nothing was there."""
        try:
            self.backend.delete(self.root + key)
        except NotFoundError as error:
            self.require_clear(error, key)

    def _remove_tree(self, key: str) -> tuple[list[str], list[tuple[str, StorageError]]]:
        removed: list[str] = []
        failed: list[tuple[str, StorageError]] = []
        self.backend.remove_tree(
            self.root + key,
            removed=lambda entry: removed.append(entry.key[len(self.root) :]),
            failed=lambda entry, error: failed.append((entry.key[len(self.root) :], error)),
        )
        return removed, failed
