"""Storages with real directories."""

from __future__ import annotations

import pytest

from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import IsDirectoryError, UnsupportedOperation
from tfm.testing.hooks import Hooks

__all__ = ["HierarchyCases"]


class HierarchyCases(Hooks):
    def _need_directories(self) -> None:
        if self.has(Capability.FLAT_KEYS):
            pytest.skip("directories are only prefixes here")

    def test_an_empty_directory_is_listed(self) -> None:
        self._need_directories()
        self.populate({"empty/": b"", "file": b""})
        assert self.told(self.entries()) == [("empty/", Kind.DIRECTORY), ("file", Kind.FILE)]
        assert self.entries("empty/") == []

    def test_a_recursive_listing_is_refused(self) -> None:
        self._need_directories()
        self.populate({"d/x": b""})
        with pytest.raises(UnsupportedOperation):
            self.backend.list_page(self.root, recursive=True)

    def test_stat_tells_file_directory_and_nothing(self) -> None:
        self._need_directories()
        self.populate({"file": b"four", "d/x": b""})
        found = self.backend.stat(self.root + "file")
        assert found.directory is None
        assert found.file is not None
        assert (found.file.key, found.file.kind, found.file.size_bytes) == (self.root + "file", Kind.FILE, 4)
        for key in ("d", "d/"):
            found = self.backend.stat(self.root + key)
            assert found.file is None
            assert found.directory is not None
            assert (found.directory.key, found.directory.kind) == (self.root + "d/", Kind.DIRECTORY)
            assert found.directory.name == "d"
        for key in ("missing", "missing/x", "file/x"):
            missing = self.backend.stat(self.root + key)
            assert not missing.found
            assert missing.directory_error is None

    def test_stat_and_listing_agree(self) -> None:
        self._need_directories()
        self.populate({"file": b"four"})
        (listed,) = self.entries()
        asked = self.backend.stat(self.root + "file").file
        assert asked is not None
        assert (asked.size_bytes, asked.modified_timestamp) == (listed.size_bytes, listed.modified_timestamp)

    def test_a_directory_cannot_be_read(self) -> None:
        self._need_directories()
        self.populate({"d/x": b""})
        with pytest.raises(IsDirectoryError) as caught:
            self.backend.read(self.root + "d")
        self.require_clear(caught.value, "d")
