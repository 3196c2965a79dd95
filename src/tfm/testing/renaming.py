"""Another name in one step; writing that stays below one directory; and names that a storage cannot have."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tfm.core.capability import Capability
from tfm.core.errors import (
    ConflictError,
    InvalidRequestError,
    IsDirectoryError,
    NotDirectoryError,
    NotEmptyError,
    NotFoundError,
    StorageError,
)
from tfm.core.writing import NOTHING_THERE, ObjectFacts
from tfm.testing.hooks import ODD_KEYS
from tfm.testing.trees import Trees

__all__ = ["ConfinedCases", "RenameCases"]

_NO_FACTS = ObjectFacts()


class RenameCases(Trees):
    def test_a_file_is_renamed(self) -> None:
        self.need(Capability.RENAME)
        self.populate({"x": b"content", "x.txt": b"neighbour", "d/": b""})
        before = self.one_entry("x")
        self._rename("x", "y")
        self._rename("y", "d/ü +%")
        assert self.tree() == {"x.txt": b"neighbour", "d/": b"", "d/ü +%": b"content"}
        assert self.one_entry("d/ü +%").modified_timestamp == before.modified_timestamp

    def test_a_directory_is_renamed_with_all_that_is_in_it(self) -> None:
        self.need(Capability.RENAME)
        self.populate({"d/x": b"1", "d/e/y": b"2", "d/f/": b"", "dd/z": b"3"})
        self._rename("d/", "g/")
        tree = self.tree()
        assert {key: tree[key] for key in tree if not key.endswith("/")} == {"g/x": b"1", "g/e/y": b"2", "dd/z": b"3"}
        assert not [key for key in tree if key.startswith("d/")]

    def test_a_file_in_the_way_of_a_rename(self) -> None:
        self.need(Capability.RENAME)
        self.populate({"x": b"new", "y": b"old"})
        with pytest.raises(ConflictError) as caught:
            self._rename("x", "y", free=True)
        self.require_clear(caught.value, "y")
        assert self.tree() == {"x": b"new", "y": b"old"}
        self._rename("x", "y")
        assert self.tree() == {"y": b"new"}

    def test_a_directory_in_the_way_of_a_rename(self) -> None:
        self.need(Capability.RENAME)
        self.need_real_directories()
        self.populate({"d/x": b"1", "full/y": b"2", "empty/": b"", "file": b"3"})
        before = self.tree()
        for key, new_key, kind, free in (
            ("d/", "full/", NotEmptyError, False),
            ("d/", "full/", ConflictError, True),
            ("d/", "empty/", ConflictError, True),
            ("d/", "file/", (NotDirectoryError, ConflictError), False),
            ("d/", "file/", ConflictError, True),
            ("file", "empty", IsDirectoryError, False),
            ("file", "full", ConflictError, True),
        ):
            with pytest.raises(kind) as caught:
                self._rename(key, new_key, free=free)
            self.require_clear(caught.value, new_key)
        assert self.tree() == before
        self._rename("d/", "empty/")
        assert self.tree() == {"empty/": b"", "empty/x": b"1", "full/": b"", "full/y": b"2", "file": b"3"}

    def test_a_rename_that_cannot_be(self) -> None:
        self.need(Capability.RENAME)
        self.need_real_directories()
        self.populate({"x": b"content", "d/e/y": b"deep"})
        before = self.tree()
        for key, new_key, kind in (
            ("missing", "y", NotFoundError),
            ("x", "missing/y", NotFoundError),
            ("x", "x/y", NotDirectoryError),
            ("x/", "y/", NotDirectoryError),
            ("x", "x", ConflictError),
            ("d/", "d/", ConflictError),
            ("d/", "d/e/d/", (InvalidRequestError, ConflictError)),
            ("d/", "d/e/", (InvalidRequestError, ConflictError, NotEmptyError)),
        ):
            for free in (False, True):
                with pytest.raises(kind) as caught:
                    self._rename(key, new_key, free=free)
                self.require_clear(caught.value, self.root)
        assert self.tree() == before

    def test_a_link_is_renamed_as_a_link(self) -> None:
        self.need(Capability.RENAME)
        self.populate({"x": b"content", "d/y": b"deep"})
        if not self.make_link("link", "x") or not self.make_link("to d", "d"):
            pytest.skip("make_link() makes none")
        self._rename("link", "new")
        self._rename("to d/", "to d again/")
        assert self.one_entry("new").is_symlink
        assert self.read("new") == b"content"
        assert {entry.name for entry in self.entries()} == {"x", "d", "new", "to d again"}
        assert self.read("d/y") == b"deep"

    def _rename(self, key: str, new_key: str, *, free: bool = False) -> None:
        self.backend.rename(self.root + key, self.root + new_key, only_if=NOTHING_THERE if free else None)


class ConfinedCases(Trees):
    def test_what_is_confined_writes_as_ever(self) -> None:
        self.need(Capability.WRITE)
        self.populate({"d/e/x": b"old", "d/gone": b"", "d/e/f/": b"", "y": b"outside"})
        confined = self.backend.confined(self.root + "d/")
        confined.put(self.root + "d/e/x", b"new", facts=_NO_FACTS)
        confined.put(self.root + "d/top", b"1", facts=_NO_FACTS, only_if=NOTHING_THERE)
        confined.make_directory(self.root + "d/g/")
        upload = confined.begin_upload(self.root + "d/g/parts", facts=_NO_FACTS)
        part = confined.put_part(upload, 1, b"2", offset=0)
        confined.finish_upload(upload, [part])
        confined.abort_upload(confined.begin_upload(self.root + "d/g/dropped", facts=_NO_FACTS))
        confined.delete(self.root + "d/gone")
        confined.remove_directory(self.root + "d/e/f/")
        if self.has(Capability.SERVER_COPY):
            source = self.backend.stat(self.root + "y").file
            assert source is not None
            confined.copy_from(self.backend.address, source, self.root + "d/e/copy")
            confined.delete(self.root + "d/e/copy")
        tree = self.tree()
        assert {key: tree[key] for key in tree if not key.endswith("/")} == {
            "d/e/x": b"new",
            "d/top": b"1",
            "d/g/parts": b"2",
            "y": b"outside",
        }

    def test_links_in_the_way_are_not_followed_when_confined(self) -> None:
        self.need(Capability.WRITE)
        self.populate({"outside/x": b"stays", "outside/d/": b"", "d/e/": b"", "d/file": b"moves"})
        if not self.make_link("d/link", "../outside") or not self.make_link("d/e/x", "../../outside/x"):
            pytest.skip("make_link() makes none")
        confined = self.backend.confined(self.root + "d/")
        source = self.one_entry("d/file")
        for key in ("link/x", "link/new", "link/d/new", "e/x"):
            target = f"{self.root}d/{key}"
            for ask in (
                lambda target=target: confined.put(target, b"evil", facts=_NO_FACTS),
                lambda target=target: confined.begin_upload(target, facts=_NO_FACTS),
                lambda target=target: confined.make_directory(f"{target}/"),
                lambda target=target: confined.copy_from(confined.address, source, target),
            ):
                with pytest.raises((NotDirectoryError, ConflictError)) as caught:
                    ask()
                self.require_clear(caught.value, key)
        takes: tuple[Callable[[], None], ...] = (
            lambda: confined.delete(f"{self.root}d/link/x"),
            lambda: confined.remove_directory(f"{self.root}d/link/d/"),
            lambda: confined.rename(f"{self.root}d/file", f"{self.root}d/link/x"),
            lambda: confined.rename(f"{self.root}d/link/x", f"{self.root}d/y"),
        )
        for take in takes:
            with pytest.raises(StorageError):
                take()
        assert {entry.name for entry in self.entries("outside/")} == {"x", "d"}
        assert self.read("outside/x") == b"stays"
        assert self.entries("outside/d/") == []

    def test_nothing_beside_is_written_when_confined(self) -> None:
        self.need(Capability.WRITE)
        self.need_real_directories()
        self.populate({"d/": b"", "dd/x": b"stays"})
        confined = self.backend.confined(self.root + "d/")
        if confined is self.backend:
            pytest.skip("there are no links")
        for key in ("x", "dd/x", "d/../x", "d/./x", "d//x"):
            with pytest.raises(StorageError):
                confined.put(self.root + key, b"evil", facts=_NO_FACTS)
        assert self.tree() == {"d/": b"", "dd/": b"", "dd/x": b"stays"}

    def test_what_the_storage_can_hold_meets_no_objection(self) -> None:
        for key in self.holdable(ODD_KEYS):
            assert self.backend.objection(self.root + key, below=self.root) is None, key

    def test_what_no_storage_of_directories_can_hold_meets_one(self) -> None:
        self.need_real_directories()
        for key in (
            "/",
            "a//b",
            "/a",
            "a//",
            ".",
            "..",
            "../x",
            "a/..",
            "a/./b",
            "a/../b",
            "n\0l",
            "n" * 256,
            "é" * 128,
        ):
            found = self.backend.objection(self.root + key, below=self.root)
            assert found is not None, key
            assert found.endswith(".")
            assert found.isprintable()
