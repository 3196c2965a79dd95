"""Requests that were begun and are waited for later: what fails is tried again as if it had been one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.passing_backend import Answer, PassingBackend
from tfm.backends.memory import MemoryBackendFactory
from tfm.core.awaited import Awaited
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, NetworkError, PermissionDeniedError, StorageError, ThrottledError
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.writing import NOTHING_THERE, Content, DeleteFailure, ObjectFacts, Precondition
from tfm.storage.contract import BackendContext, WholeObject
from tfm.storage.reader import whole_object
from tfm.storage.retry import RetryBackend
from tfm.storage.retry_policy import Postponed, RetryPolicy, run_without_waiting

_DESCRIPTOR = 12345


class Beginning(PassingBackend):
    """Begins requests; the first of them fails, ``when`` it is begun or answered, before or after it was done."""

    begins_requests = True

    def __init__(self, when: str) -> None:
        factory = MemoryBackendFactory(BackendContext(Settings(), lambda operation: None))
        factory.store.put("bucket", {"there": b"content"})
        super().__init__(factory.open(StorageAddress("memory", "bucket")))
        self.when = when
        self.begun = 0
        self.busy: dict[str, int] = {}
        self.asked: list[str] = []

    def pass_on(self, what: str, key: str, request: Callable[[], Answer]) -> Answer:
        self.asked.append(what)
        return request()

    def begin_read(self, key: str, *, most_bytes: int, if_match: str | None = None) -> Awaited[WholeObject] | None:
        return self._begin(lambda: whole_object(self._inner.read(key, if_match=if_match), most_bytes, key))

    def begin_put(
        self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None
    ) -> Awaited[Entry] | None:
        return self._begin(lambda: self._inner.put(key, content, facts=facts, only_if=only_if))

    def begin_delete_many(self, keys: Sequence[str]) -> Callable[[], list[DeleteFailure]] | None:
        return self._begin(lambda: self.delete_some(keys))

    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        return self.pass_on("delete_many", "", lambda: self.delete_some(keys))

    def delete_some(self, keys: Sequence[str]) -> list[DeleteFailure]:
        """All that are not ``busy`` any more, or ``denied``."""
        failures = [DeleteFailure(key, ThrottledError("busy")) for key in keys if self.busy.get(key, 0) > 0]
        self.busy = {key: left - 1 for key, left in self.busy.items()}
        failures += [DeleteFailure(key, PermissionDeniedError("denied")) for key in keys if key == "denied"]
        failed = {each.key for each in failures}
        return failures + self._inner.delete_many([key for key in keys if key not in failed])

    def _begin(self, do: Callable[[], Answer]) -> Awaited[Answer] | None:
        self.begun += 1
        if self.when == "begun":
            raise NetworkError("broken")
        if self.when == "never":
            return None

        def answer() -> Answer:
            if self.when == "lost":
                do()
            if self.when in {"answered", "lost"}:
                raise NetworkError("broken")
            return do()

        return Awaited(answer, _DESCRIPTOR)


def retrying(backend: Beginning) -> tuple[RetryBackend, list[float]]:
    slept: list[float] = []
    return RetryBackend(backend, RetryPolicy(3, 10.0, lambda: 0.0, slept.append, lambda: 1.0)), slept


@pytest.mark.parametrize(("when", "asked"), [("", []), ("begun", ["put"]), ("answered", ["put"])])
def test_a_put_is_tried_again_the_ordinary_way(when: str, asked: list[str]) -> None:
    backend = Beginning(when)
    layer, slept = retrying(backend)
    answer = layer.begin_put("new", b"content", facts=ObjectFacts(), only_if=NOTHING_THERE)
    assert answer is not None
    assert answer().size_bytes == 7
    assert (backend.begun, backend.asked, len(slept)) == (1, asked, len(asked))


@pytest.mark.parametrize("when", ["begun", "answered"])
def test_a_read_is_tried_again_the_ordinary_way(when: str) -> None:
    backend = Beginning(when)
    answer = retrying(backend)[0].begin_read("there", most_bytes=7)
    assert answer is not None
    assert answer().content == b"content"
    assert (backend.begun, backend.asked) == (1, ["read"])


@pytest.mark.parametrize("when", ["", "answered"])
def test_what_has_grown_is_not_read(when: str) -> None:
    answer = retrying(Beginning(when))[0].begin_read("there", most_bytes=6)
    assert answer is not None
    with pytest.raises(ConflictError, match="grown"):
        answer()


@pytest.mark.parametrize(("when", "descriptor"), [("", _DESCRIPTOR), ("begun", None)])
def test_what_tells_of_the_answer_is_passed_on(when: str, descriptor: int | None) -> None:
    layer = retrying(Beginning(when))[0]
    for begun in (layer.begin_read("there", most_bytes=7), layer.begin_put("new", b"", facts=ObjectFacts())):
        assert begun is not None
        assert begun.descriptor == descriptor


def test_where_nothing_is_begun_that_is_said() -> None:
    layer = retrying(Beginning("never"))[0]
    assert layer.begins_requests
    assert layer.begin_read("there", most_bytes=7) is None
    assert layer.begin_put("new", b"", facts=ObjectFacts()) is None


def test_a_lost_answer_is_told_of_in_whatever_thread_it_is_tried_again() -> None:
    backend = Beginning("lost")
    layer, slept = retrying(backend)
    answer = layer.begin_put("new", b"content", facts=ObjectFacts(), only_if=NOTHING_THERE)
    assert answer is not None
    with pytest.raises(Postponed) as postponed:
        run_without_waiting(answer)
    assert slept == []
    postponed.value.wait()
    assert len(slept) == 1
    with pytest.raises(ConflictError, match="answer to the first try was lost"):
        answer()
    assert (backend.begun, backend.asked) == (1, ["put"])


def test_what_is_not_temporary_is_not_postponed() -> None:
    layer, slept = retrying(Beginning(""))
    answer = layer.begin_put("there", b"content", facts=ObjectFacts(), only_if=NOTHING_THERE)
    assert answer is not None
    with pytest.raises(StorageError) as told:
        run_without_waiting(answer)
    assert isinstance(told.value, ConflictError)
    assert slept == []


def delete_many(layer: RetryBackend, keys: Sequence[str], *, begun: bool) -> list[DeleteFailure]:
    if not begun:
        return layer.delete_many(keys)
    answer = layer.begin_delete_many(keys)
    assert answer is not None
    return answer()


@pytest.mark.parametrize(("when", "asked"), [("", []), ("begun", ["delete_many"]), ("lost", ["delete_many"])])
def test_a_batch_of_deletes_is_tried_again_the_ordinary_way(when: str, asked: list[str]) -> None:
    backend = Beginning(when)
    layer, slept = retrying(backend)
    assert delete_many(layer, ["there", "missing"], begun=True) == []
    assert (backend.asked, len(slept)) == (asked, len(asked))
    assert layer.stat("there").file is None


@pytest.mark.parametrize("begun", [True, False])
def test_only_what_a_server_had_no_time_for_is_deleted_again(begun: bool) -> None:
    backend = Beginning("")
    backend.busy = {"there": 1, "never": 9}
    layer, slept = retrying(backend)
    failures = delete_many(layer, ["denied", "never", "there"], begun=begun)
    assert [(each.key, type(each.error), each.known) for each in failures] == [
        ("denied", PermissionDeniedError, True),
        ("never", ThrottledError, True),
    ]
    assert len(slept) == 2
    assert layer.stat("there").file is None


def test_of_what_is_lost_at_the_second_try_the_rest_is_known() -> None:
    class Losing(Beginning):
        def pass_on(self, what: str, key: str, request: Callable[[], Answer]) -> Answer:
            if what == "delete_many":
                raise NetworkError("broken")
            return super().pass_on(what, key, request)

    backend = Losing("")
    backend.busy = {"there": 1}
    (failure,) = delete_many(retrying(backend)[0], ["missing", "there"], begun=True)
    assert (failure.key, type(failure.error), failure.known) == ("there", NetworkError, False)
