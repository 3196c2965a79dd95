"""What the cases that change something are built of: one whole tree before, and one after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import pytest

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.writing import Content, ObjectFacts, Precondition
from tfm.testing.hooks import Hooks

__all__ = ["Trees"]

_NO_FACTS: Final = ObjectFacts()


class Trees(Hooks):
    def write(
        self, key: str, content: Content, *, facts: ObjectFacts = _NO_FACTS, only_if: Precondition | None = None
    ) -> Entry:
        entry = self.backend.put(self.root + key, content, facts=facts, only_if=only_if)
        assert entry.key == self.root + key
        return entry

    def tree(self) -> dict[str, bytes]:
        """All that is below :attr:`root`: content by key. A marker is a key; on a disk so is each directory, empty."""
        return {
            key: b"" if key.endswith("/") and not self.has(Capability.FLAT_KEYS) else self.read(key)
            for key in self._keys()
        }

    def require_tree(self, expected: Mapping[str, bytes]) -> None:
        """The same comparison without reading each: keys and sizes."""
        sizes = {key: None if key.endswith("/") else size for key, size in self._keys().items()}
        assert sizes == {key: None if key.endswith("/") else len(content) for key, content in expected.items()}

    def _keys(self) -> dict[str, int | None]:
        """Every key below :attr:`root`, with its size."""
        flat = self.has(Capability.FLAT_KEYS)
        found: dict[str, int | None] = {}
        below = [""]
        while below:
            prefix = below.pop()
            pages = self.pages(prefix, recursive=flat)
            for entry in (entry for page in pages for entry in page):
                key = entry.key[len(self.root) :]
                assert key not in found
                found[key] = entry.size_bytes
                if entry.is_directory and not flat and not entry.is_symlink:
                    below.append(key)
        return found

    def one_entry(self, key: str) -> Entry:
        """The entry of the file of exactly that key, as a listing of its directory tells it."""
        base = key[: key.rfind("/") + 1]
        found = [entry for entry in self.entries(base) if entry.key == self.root + key]
        assert len(found) == 1, f"{key!r} is listed {len(found)} times"
        return found[0]

    def writable(self, keys: Iterable[str]) -> list[str]:
        """Those of ``keys`` under which the storage can hold an object beside the others."""
        return [key for key in self.holdable(keys) if self.has(Capability.FLAT_KEYS) or not key.endswith("/")]

    def directories_of(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The directories that must be there before ``keys`` are written, as ``populate`` takes them."""
        if self.has(Capability.FLAT_KEYS):
            return {}
        return {key[: i + 1]: b"" for key in keys for i, letter in enumerate(key) if letter == "/"}

    def require_facts(self, kept: ObjectFacts, written: ObjectFacts) -> None:
        """What the storage keeps of the facts (all that it does not say None of) is what was written."""
        if kept.content_type is not None:
            assert kept.content_type == written.content_type
        if kept.modified_timestamp is not None:
            assert kept.modified_timestamp == written.modified_timestamp
        if kept.mode is not None:
            assert kept.mode == written.mode
        for name, value in written.metadata.items() if kept.metadata else ():
            assert kept.metadata.get(name) == value

    def need_real_directories(self) -> None:
        if self.has(Capability.FLAT_KEYS):
            pytest.skip("directories are only prefixes here")
