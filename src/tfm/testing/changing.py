"""What an object says of itself, and the rights to it, are changed; its bytes stay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tfm.core.capability import Capability
from tfm.core.errors import ConflictError, NotFoundError, UnsupportedOperation
from tfm.core.writing import Condition, ObjectFacts
from tfm.testing.trees import Trees

__all__ = ["ChangingCases"]


class ChangingCases(Trees):
    def test_facts_are_replaced_and_the_bytes_stay(self) -> None:
        self.need(Capability.SET_FACTS)
        self.populate({})
        self.write(
            "x", b"content", facts=ObjectFacts("text/x-tfm", {"old": "1"}, headers={"cache-control": "no-cache"})
        )
        entry = self.backend.describe(self.root + "x").entry
        new = ObjectFacts("text/plain", {"new": "2"}, 1_234_567_890.25, tags={"team": "a b"})
        made = self.backend.set_facts(entry, new)
        described = self.backend.describe(self.root + "x")
        assert (made.key, made.size_bytes, made.etag) == (entry.key, 7, described.entry.etag)
        told = described.facts
        assert (told.content_type, dict(told.metadata), dict(told.tags)) == (
            "text/plain",
            {"new": "2"},
            {"team": "a b"},
        )
        assert told.modified_timestamp == new.modified_timestamp
        assert "cache-control" not in told.headers
        assert self.read("x") == b"content"

    def test_facts_of_another_version_stay(self) -> None:
        self.need(Capability.SET_FACTS)
        self.populate({"x": b"content"})
        entry = self.backend.describe(self.root + "x").entry
        if Condition.COPY in self.backend.conditions():
            with pytest.raises(ConflictError):
                self.backend.set_facts(replace(entry, etag="0" * 32), ObjectFacts("text/plain"))
        with pytest.raises(NotFoundError):
            self.backend.set_facts(replace(entry, key=self.root + "missing"), ObjectFacts("text/plain"))

    def test_permission_bits_are_set(self) -> None:
        self.need(Capability.SET_MODE)
        self.populate({"x": b"content", "d/y": b""})
        for key, mode in (("x", 0o640), ("x", 0o444), ("d/", 0o750)):
            made = self.backend.set_mode(self.root + key, mode)
            assert (made.key, (made.mode or 0) & 0o7777) == (self.root + key, mode)
            answer = self.backend.stat(self.root + key)
            assert answer.best() == made
        with pytest.raises(NotFoundError):
            self.backend.set_mode(self.root + "missing", 0o644)

    def test_what_is_not_declared_is_refused(self) -> None:
        self.need(Capability.WRITE)
        self.populate({"x": b"content"})
        entry = self.one_entry("x")
        if not self.has(Capability.SET_FACTS):
            with pytest.raises(UnsupportedOperation):
                self.backend.set_facts(entry, ObjectFacts())
        if not self.has(Capability.SET_MODE):
            with pytest.raises(UnsupportedOperation):
                self.backend.set_mode(entry.key, 0o644)
