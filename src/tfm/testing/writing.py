"""Writing an object whole: what it holds then, what was there before, on which condition, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import (
    ConflictError,
    InvalidPathError,
    IsDirectoryError,
    NotDirectoryError,
    NotFoundError,
    UnsupportedOperation,
)
from tfm.core.writing import NOTHING_THERE, Condition, ObjectFacts, Precondition
from tfm.testing.hooks import ODD_KEYS
from tfm.testing.trees import Trees

__all__ = ["WritingCases"]

_RIVALS = 12

_FACTS = ObjectFacts(
    content_type="text/x-tfm; charset=utf-8",
    metadata={"purpose": "a test", "case": "Kept As It Is"},
    modified_timestamp=1_234_567_890.25,
    mode=0o640,
)


class WritingCases(Trees):
    @pytest.mark.parametrize("content", [b"", b"x", b"\0\r\n\xff", bytes(range(256)) * 300])
    def test_what_is_written_is_read_back(self, content: bytes) -> None:
        self.need(Capability.WRITE)
        self.populate({"neighbour": b"stays"})
        self._require_listed(self.write("new", content), content)
        assert self.tree() == {"neighbour": b"stays", "new": content}

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    def test_content_may_be_any_buffer(self, kind: type[bytearray | memoryview]) -> None:
        self.need(Capability.WRITE)
        self.populate({})
        self.write("new", kind(b"content"))
        assert self.tree() == {"new": b"content"}

    def test_every_odd_key_is_written_exactly(self) -> None:
        self.need(Capability.WRITE)
        files = {key: f"{i} {key}".encode() for i, key in enumerate(self.writable(ODD_KEYS))}
        self.populate(self.directories_of(files))
        for key, content in files.items():
            self.write(key, content)
        for key, content in files.items():
            assert self.read(key) == content
        self.require_tree({**self.directories_of(files), **files})

    @pytest.mark.parametrize("content", [b"", b"short", b"longer than what was there before"])
    def test_an_object_is_replaced_whole(self, content: bytes) -> None:
        self.need(Capability.WRITE)
        self.populate({"x": b"what was there", "x.txt": b"neighbour"})
        self._require_listed(self.write("x", content), content)
        assert self.tree() == {"x": content, "x.txt": b"neighbour"}

    def test_a_key_that_must_be_free(self) -> None:
        self._need_condition(Condition.CREATE)
        self.populate({"taken": b"old"})
        self.write("free", b"new", only_if=NOTHING_THERE)
        for content in (b"new", b"old"):
            with pytest.raises(ConflictError) as caught:
                self.write("taken", content, only_if=NOTHING_THERE)
            self.require_clear(caught.value, "taken")
        assert self.tree() == {"taken": b"old", "free": b"new"}

    def test_of_many_who_create_one_wins(self) -> None:
        self._need_condition(Condition.CREATE)
        self.populate({})
        backend = self.backend  # made before the threads ask for it
        start = Barrier(_RIVALS)

        def work(number: int) -> bool:
            start.wait(30)
            try:
                backend.put(self.root + "x", f"{number}".encode(), facts=ObjectFacts(), only_if=NOTHING_THERE)
            except ConflictError:
                return False
            return True

        with ThreadPoolExecutor(_RIVALS) as pool:
            won = list(pool.map(work, range(_RIVALS)))
        assert won.count(True) == 1
        assert self.tree() == {"x": f"{won.index(True)}".encode()}

    def test_a_version_is_replaced_and_no_other(self) -> None:
        self._need_condition(Condition.REPLACE)
        self.populate({"x": b"first"})
        first = self.one_entry("x")
        second = self.write("x", b"second", only_if=Precondition(first.etag))
        assert second.etag != first.etag
        for key in ("x", "gone"):
            with pytest.raises(ConflictError) as caught:
                self.write(key, b"third", only_if=Precondition(first.etag))
            self.require_clear(caught.value, key)
        assert self.tree() == {"x": b"second"}
        self.write("x", b"third", only_if=Precondition(second.etag))
        assert self.tree() == {"x": b"third"}

    def test_an_etag_is_refused_where_there_is_none(self) -> None:
        self.need(Capability.WRITE)
        if not self.has(Capability.LOCAL_PATHS):
            pytest.skip("the storage has etags")
        self.populate({"x": b"old"})
        with pytest.raises(UnsupportedOperation):
            self.write("x", b"new", only_if=Precondition("etag"))
        assert self.tree() == {"x": b"old"}

    def test_facts_are_kept(self) -> None:
        self.need(Capability.WRITE)
        self.populate({})
        self.write("x", b"content", facts=_FACTS)
        kept = self.read_facts("x")
        if kept is None:
            pytest.skip("read_facts() gives none")
        self.require_facts(kept, _FACTS)

    def test_facts_are_the_new_ones_when_an_object_is_replaced(self) -> None:
        self.need(Capability.WRITE)
        self.populate({})
        self.write("x", b"old", facts=ObjectFacts(content_type="text/old", metadata={"old": "1"}, mode=0o600))
        self.write("x", b"new", facts=_FACTS)
        kept = self.read_facts("x")
        if kept is None:
            pytest.skip("read_facts() gives none")
        self.require_facts(kept, _FACTS)

    def test_a_missing_place_cannot_be_written_to(self) -> None:
        self.need(Capability.WRITE)
        missing = self.make_missing_backend()
        if missing is None:
            pytest.skip("make_missing_backend() gives none")
        key = self.root + "x"
        for ask in (
            lambda: missing.put(key, b"content", facts=ObjectFacts()),
            lambda: missing.put(key, b"content", facts=ObjectFacts(), only_if=NOTHING_THERE),
            lambda: missing.begin_upload(key, facts=ObjectFacts()),
        ):
            with pytest.raises(NotFoundError) as caught:
                ask()
            self.require_clear(caught.value, "")

    def test_a_key_that_is_too_long(self) -> None:
        self.need(Capability.WRITE)
        self.populate({"x": b"stays"})
        key = "n" * (1025 if self.has(Capability.FLAT_KEYS) else 256)
        for ask in (
            lambda: self.write(key, b"content"),
            lambda: self.backend.begin_upload(self.root + key, facts=ObjectFacts()),
        ):
            with pytest.raises(InvalidPathError) as caught:
                ask()
            self.require_clear(caught.value, key)
        assert self.tree() == {"x": b"stays"}

    def test_a_directory_or_a_file_in_the_way(self) -> None:
        self.need(Capability.WRITE)
        if self.has(Capability.FLAT_KEYS):
            pytest.skip("directories are only prefixes here")
        self.populate({"d/x": b"deep", "file": b"flat"})
        for key, kind in (
            ("d", IsDirectoryError),
            ("d/", IsDirectoryError),
            ("file/below", NotDirectoryError),
            ("missing/below", NotFoundError),
        ):
            with pytest.raises(kind) as caught:
                self.write(key, b"content")
            self.require_clear(caught.value, key)
            with pytest.raises(kind):
                self.backend.begin_upload(self.root + key, facts=ObjectFacts())
        assert self.tree() == {"d/": b"", "d/x": b"deep", "file": b"flat"}

    def test_each_write_and_delete_is_one_request(self) -> None:
        self.need(Capability.WRITE)
        self.need(Capability.CACHED)
        self.populate({"old": b"old", "d/": b""})
        self.read("old")  # whatever is found out once is found out now
        calls: tuple[Callable[[], object], ...] = (
            lambda: self.write("new", b"new"),
            lambda: self.write("old", b"newer"),
            lambda: self.backend.make_directory(self.root + "e/"),
            lambda: self.backend.remove_directory(self.root + "e/"),
            lambda: self.backend.delete(self.root + "new"),
        )
        for number, call in enumerate(calls):
            with self.meter.counting() as requests:
                call()
            assert requests.total == 1, number

    def test_a_marker_is_written_as_any_key(self) -> None:
        self.need(Capability.WRITE)
        self.need(Capability.FLAT_KEYS)
        self.populate({"d": b"object"})
        entry = self.write("d/", b"")
        assert entry.is_directory
        assert entry.key == self.root + "d/"
        assert self.tree() == {"d": b"object", "d/": b""}

    def test_any_writes_and_deletes_leave_what_a_dict_would_hold(self) -> None:
        self.need(Capability.WRITE)
        names = some.sampled_from(self.writable(["x", "x.txt", "d/x", "d/x/y", "d//x", "d/", "dd/x", "d-", "e/ü +%"]))
        steps = some.lists(some.tuples(names, some.none() | some.binary(max_size=3)), max_size=12)

        @given(steps)
        def check(steps: list[tuple[str, bytes | None]]) -> None:
            directories = self.directories_of(name for name, _ in steps)
            self.populate(directories)
            expected: dict[str, bytes] = {}
            for key, content in steps:
                if content is not None:
                    self.write(key, content)
                    expected[key] = content
                elif self.has(Capability.FLAT_KEYS) or key in expected:
                    self.backend.delete(self.root + key)
                    expected.pop(key, None)
            assert self.tree() == {**directories, **expected}

        self.try_examples(check)

    def _need_condition(self, condition: Condition) -> None:
        self.need(Capability.WRITE)
        if condition not in self.backend.conditions():
            pytest.skip(f"the storage does not enforce {condition.value}")

    def _require_listed(self, entry: Entry, content: bytes) -> None:
        """What a write answers is what a listing and a stat tell afterwards."""
        key = entry.key[len(self.root) :]
        listed = self.one_entry(key)
        assert (entry.key, entry.name, entry.kind) == (listed.key, listed.name, listed.kind)
        assert entry.size_bytes == listed.size_bytes == len(content)
        assert entry.etag == listed.etag
        assert entry.modified_timestamp is None or listed.modified_timestamp is not None
        asked = self.backend.stat(entry.key).file
        assert asked is not None
        assert (asked.size_bytes, asked.etag) == (entry.size_bytes, entry.etag)
