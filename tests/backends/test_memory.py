"""The object store in memory: the conformance suite, then its own ways."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from functools import cached_property

import pytest

from tfm.backends.memory import MemoryBackendFactory
from tfm.core.entry import Kind
from tfm.core.errors import InvalidPathError, InvalidRequestError, IsDirectoryError, NotFoundError
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import ObjectFacts, UploadLimits
from tfm.storage.contract import Backend, BackendContext
from tfm.storage.metering import RequestMeter
from tfm.storage.registry import Registry
from tfm.testing import BackendConformance


class TestMemoryConformance(BackendConformance):
    examples = 100

    @cached_property
    def factory(self) -> MemoryBackendFactory:
        factory = MemoryBackendFactory(self.context)
        factory.store.upload_limits = UploadLimits(whole_bytes=2000, part_bytes=1000, most_parts=10)
        factory.store.copy_whole_bytes = 16 << 20
        return factory

    def make_backend(self) -> Backend:
        self.factory.store.put("bucket", {})
        return self.factory.open(StorageAddress("memory", "bucket"))

    def make_missing_backend(self) -> Backend:
        return self.factory.open(StorageAddress("memory", "missing"))

    def populate(self, files: Mapping[str, bytes]) -> None:
        self.factory.store.remove_bucket("bucket")
        self.factory.store.put("bucket", files)

    def read_facts(self, key: str) -> ObjectFacts | None:
        found = self.factory.store.find("bucket", self.root + key)
        assert found is not None
        return found.facts

    def uploads_under_way(self) -> int:
        return len(self.factory.store.uploads("bucket"))


class TestMemoryWithinAPrefix(TestMemoryConformance):
    """The same where every key has text before it."""

    root = "some/where/"
    examples = 25

    def populate(self, files: Mapping[str, bytes]) -> None:
        super().populate({"some/other": b"", "some/where0": b""} | {self.root + key: files[key] for key in files})

    def can_hold(self, key: str) -> bool:
        return len((self.root + key).encode()) <= 1024


@pytest.fixture
def meter() -> RequestMeter:
    return RequestMeter()


@pytest.fixture
def memory(meter: RequestMeter) -> MemoryBackendFactory:
    return MemoryBackendFactory(BackendContext(Settings(), meter.record))


def test_keys_are_listed_in_the_order_of_their_bytes(memory: MemoryBackendFactory) -> None:
    keys = ["b", "a/b", "a-", "a0", "a", "é", "z", "\U00010000", "\uffff", "A"]
    memory.store.put("bucket", dict.fromkeys(keys, b""))
    page = memory.open(StorageAddress("memory", "bucket")).list_page("", recursive=True)
    assert [entry.key for entry in page] == sorted(keys, key=str.encode)
    assert page.is_sorted()


def test_an_etag_is_the_md5_of_the_content(memory: MemoryBackendFactory) -> None:
    memory.store.put("bucket", {"x": b"content"})
    (entry,) = memory.open(StorageAddress("memory", "bucket")).list_page("")
    assert entry.etag == hashlib.md5(b"content").hexdigest()


def test_buckets_are_listed_and_come_and_go(memory: MemoryBackendFactory) -> None:
    roots = memory.open(StorageAddress("memory"))
    assert list(roots.list_page("")) == []
    for name in ("b", "a", "c"):
        memory.store.put(name, {"x": b""})
    first = roots.list_page("", limit=2)
    rest = roots.list_page("", token=first.token)
    assert [(entry.key, entry.kind) for page in (first, rest) for entry in page] == [
        (f"{name}/", Kind.DIRECTORY) for name in "abc"
    ]
    assert roots.stat("a").directory == roots.stat("a/").directory == next(iter(first))
    assert roots.stat("").directory is not None
    assert not roots.stat("d").found
    with pytest.raises(IsDirectoryError):
        roots.read("a")
    memory.store.remove_bucket("a")
    with pytest.raises(NotFoundError):
        roots.read("a")
    assert not roots.stat("a").found


def test_removed_objects_are_gone(memory: MemoryBackendFactory) -> None:
    memory.store.put("bucket", {"a": b"", "b": b""})
    memory.store.remove("bucket", "a")
    memory.store.remove("bucket", "a")
    backend = memory.open(StorageAddress("memory", "bucket"))
    assert [entry.key for entry in backend.list_page("")] == ["b"]
    with pytest.raises(NotFoundError):
        backend.read("a")


def test_a_missing_bucket_is_an_error_by_every_call(memory: MemoryBackendFactory, meter: RequestMeter) -> None:
    backend = memory.open(StorageAddress("memory", "missing"))
    for ask in (backend.list_page, backend.stat, backend.read):
        with pytest.raises(NotFoundError):
            ask("x")
    with pytest.raises(NotFoundError):
        backend.stat("")
    assert meter.snapshot() == {"list": 1, "stat": 2, "read": 1}


@pytest.mark.parametrize("key", ["", "x" * 1025, "é" * 513, "\ud800"])
def test_a_key_that_s3_could_not_hold_is_refused(memory: MemoryBackendFactory, key: str) -> None:
    with pytest.raises(InvalidPathError, match="A key"):
        memory.store.put("bucket", {"fine": b"", key: b""})
    assert memory.store.roots() == []


def test_a_key_of_the_greatest_code_points_is_in_its_directory(memory: MemoryBackendFactory) -> None:
    keys = ["/" + "\U0010ffff" * 255, "0"]
    memory.store.put("bucket", dict.fromkeys(keys, b""))
    backend = memory.open(StorageAddress("memory", "bucket"))
    first = backend.list_page("", limit=1)
    rest = backend.list_page("", token=first.token)
    assert [(entry.key, entry.kind) for page in (first, rest) for entry in page] == [
        ("/", Kind.DIRECTORY),
        ("0", Kind.FILE),
    ]


def test_a_token_of_another_storage_and_an_impossible_range(memory: MemoryBackendFactory) -> None:
    memory.store.put("bucket", {"x": b""})
    backend = memory.open(StorageAddress("memory", "bucket"))
    with pytest.raises(InvalidRequestError):
        backend.list_page("", token=object())
    with pytest.raises(InvalidRequestError):
        backend.read("x", start=-1)


def test_directories_of_a_large_bucket_are_skipped_not_walked(memory: MemoryBackendFactory) -> None:
    memory.store.put("bucket", {f"{top}/{i:05}": b"" for top in range(10) for i in range(10_000)})
    backend = memory.open(StorageAddress("memory", "bucket"))
    began = time.process_time()
    for _ in range(100):
        assert len(backend.list_page("")) == 10
    # About 0.5 ms each; a walk over 100,000 keys takes 20 times as long.
    assert time.process_time() - began < 0.5


def test_the_registry_finds_it() -> None:
    registry = Registry(BackendContext(Settings(), lambda operation: None))
    assert {"memory", "file"} <= set(registry.schemes())
    with pytest.raises(NotFoundError):
        registry.open(StorageAddress("memory", "x")).list_page("")
    assert registry.open(StorageAddress("file")).list_page("/")
    with pytest.raises(InvalidPathError, match="memory://"):
        registry.open(StorageAddress("gopher", "x"))
