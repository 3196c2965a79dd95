"""Deletes that are under way while the next page is listed: few at a time, all accounted for, markers behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.passing_backend import Answer, PassingBackend
from tfm.backends.memory import MemoryBackendFactory
from tfm.core.errors import NetworkError, PermissionDeniedError
from tfm.core.location import StorageAddress
from tfm.core.progress import Progress
from tfm.core.settings import Settings
from tfm.core.writing import DeleteFailure
from tfm.operations.delete import delete_tree
from tfm.storage.contract import Backend, BackendContext
from tfm.storage.retry_policy import RetryPolicy
from tfm.storage.session import Session
from tfm.storage.storage import Storage


class Beginning(PassingBackend):
    """Notes what is listed, begun and answered; ``fails`` says of which batch the answer is an error."""

    begins_requests = True

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.log: list[str] = []
        self.fails: dict[int, Exception] = {}
        self.denied: set[str] = set()
        self._begun = 0

    def pass_on(self, what: str, key: str, request: Callable[[], Answer]) -> Answer:
        self.log.append(what)
        return request()

    def begin_delete_many(self, keys: Sequence[str]) -> Callable[[], list[DeleteFailure]] | None:
        self._begun += 1
        number = self._begun
        self.log.append(f"begin {number}")

        def answer() -> list[DeleteFailure]:
            self.log.append(f"answer {number}")
            if number in self.fails:
                raise self.fails[number]
            failures = [DeleteFailure(key, PermissionDeniedError("no", uri=key)) for key in keys if key in self.denied]
            return failures + self._inner.delete_many([key for key in keys if key not in self.denied])

        return answer


class World:
    def __init__(self) -> None:
        self._session = Session(retry=RetryPolicy(max_attempts=1, interactive_seconds=1.0))
        self.factory = MemoryBackendFactory(BackendContext(Settings(), lambda operation: None))
        self.backend = Beginning(self.factory.open(StorageAddress("memory", "bucket")))
        self._session.registry.add("memory", self)

    def open(self, address: StorageAddress) -> Backend:
        return self.backend

    @property
    def storage(self) -> Storage:
        return self._session.storage(StorageAddress("memory", "bucket"))

    def put(self, *keys: str) -> None:
        self.factory.store.put("bucket", dict.fromkeys(keys, b"1"))

    def left(self) -> list[str]:
        return [entry.key for page in self.storage.scan("", recursive=True, fresh=True) for entry in page]


@pytest.fixture
def world() -> World:
    return World()


def rows(number: int) -> list[str]:
    return [f"t/{row:05}" for row in range(number)]


def test_pages_are_listed_while_deletes_are_under_way(world: World) -> None:
    world.put("other", *rows(16_500))
    told: list[Progress] = []
    assert delete_tree(world.storage, "t/", progress=told.append).objects == 16_500
    log = world.backend.log
    under_way = [sum(each.startswith("begin") for each in log[:end]) for end in range(len(log))]
    answered = [sum(each.startswith("answer") for each in log[:end]) for end in range(len(log))]
    assert max(begun - ended for begun, ended in zip(under_way, answered, strict=True)) == 8
    assert under_way[log.index("answer 1")] == 4, "one more with each answer"
    assert log[:6] == ["list_page", "begin 1", "list_page", "begin 2", "list_page", "begin 3"]
    assert [each for each in log if each.startswith("answer")] == [f"answer {number}" for number in range(1, 18)]
    assert (log.count("list_page"), log.count("begin 17")) == (17, 1)
    assert [each.objects_done for each in told] == [*range(1000, 17_000, 1000), 16_500]
    assert world.left() == ["other"]


def test_one_that_is_denied_hides_no_other(world: World) -> None:
    world.put(*rows(6000))
    world.backend.denied = {"t/00500", "t/03500"}
    summary = delete_tree(world.storage, "t/")
    assert (summary.objects, summary.failed, summary.stopped) == (5998, 2, False)
    assert [error.uri for error in summary.failures] == ["t/00500", "t/03500"]
    assert world.left() == ["t/00500", "t/03500"]


def test_after_a_batch_that_failed_nothing_is_sent_and_the_others_are_accounted_for(world: World) -> None:
    world.put(*rows(9000))
    world.backend.fails = {1: NetworkError("broken"), 4: NetworkError("broken too")}
    summary = delete_tree(world.storage, "t/")
    assert (summary.objects, summary.failed, summary.unknown, summary.stopped) == (2000, 2000, 2000, True)
    assert [error.cause for error in summary.failures] == ["broken", "broken too"]
    assert "begin 5" not in world.backend.log
    assert len(world.left()) == 7000


def test_what_is_refused_as_a_whole_is_raised(world: World) -> None:
    world.put(*rows(1500))
    world.backend.fails = {1: PermissionDeniedError("no"), 2: PermissionDeniedError("no")}
    with pytest.raises(PermissionDeniedError):
        delete_tree(world.storage, "t/")
    assert len(world.left()) == 1500


def test_a_marker_goes_when_what_it_is_of_is_gone(world: World) -> None:
    world.put("t/", "t/d/", *[f"t/d/{row:04}" for row in range(1500)], *[f"t/e{row:04}/" for row in range(600)])
    assert delete_tree(world.storage, "t/").objects == 2102
    deletes = [each for each in world.backend.log if each != "list_page"]
    assert deletes == ["begin 1", "answer 1", "begin 2", "answer 2", "begin 3", "answer 3"]
    assert world.left() == []


def test_who_is_interrupted_waits_for_nothing_and_the_cache_is_right(world: World) -> None:
    world.put("other", *rows(7000))
    list(world.storage.scan("t/"))

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        delete_tree(world.storage, "t/", progress=interrupt)
    assert world.backend.log.count("answer 1") == 1
    assert "answer 2" not in world.backend.log
    # Nothing that was known before is told now, and what is listed is kept again.
    assert len(list(world.storage.scan("t/"))) == 6
    listings = world.backend.log.count("list_page")
    assert len(list(world.storage.scan("t/"))) == 6
    assert world.backend.log.count("list_page") == listings
