"""The retry layer, on a clock that only moves when somebody sleeps or a request takes its time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tfm.backends.memory import MemoryBackendFactory
from tfm.core.capability import Capability
from tfm.core.entry import Lookup
from tfm.core.errors import (
    ConflictError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    RequestTimeoutError,
    ThrottledError,
)
from tfm.core.location import StorageAddress
from tfm.core.page import Page
from tfm.core.settings import Settings
from tfm.storage.contract import PAGE_ENTRIES, Backend, BackendContext, Reader
from tfm.storage.retry import RetryBackend
from tfm.storage.retry_policy import RetryPolicy, wait_patiently

CONTENT = bytes(range(200))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def policy(clock: Clock, *, max_attempts: int = 5, chance: float = 1.0, interactive: float = 10.0) -> RetryPolicy:
    return RetryPolicy(max_attempts, interactive, clock, clock.sleep, lambda: chance)


@dataclass
class Failing:
    """Answers with each error in turn, then with "done"; every try takes ``seconds``."""

    clock: Clock
    errors: list[Exception]
    seconds: float = 0.0
    tries: int = 0

    def __call__(self) -> str:
        self.tries += 1
        self.clock.now += self.seconds
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.mark.parametrize("error", [NetworkError("x"), ThrottledError("x"), RequestTimeoutError("x")])
def test_a_temporary_failure_is_tried_again(clock: Clock, error: Exception) -> None:
    ask = Failing(clock, [error])
    assert policy(clock).run(ask, interactive=True) == "done"
    assert ask.tries == 2


@pytest.mark.parametrize("error", [NotFoundError("x"), PermissionDeniedError("x"), ConflictError("x"), ValueError("x")])
def test_any_other_failure_is_raised_at_once(clock: Clock, error: Exception) -> None:
    ask = Failing(clock, [error])
    with pytest.raises(type(error)):
        policy(clock).run(ask, interactive=True)
    assert (ask.tries, clock.slept) == (1, [])


@pytest.mark.parametrize("max_attempts", [1, 2, 5])
def test_it_gives_up_after_so_many_tries_with_the_last_error(clock: Clock, max_attempts: int) -> None:
    ask = Failing(clock, [NetworkError(f"try {i}") for i in range(1, 10)])
    with pytest.raises(NetworkError, match=f"try {max_attempts}"):
        policy(clock, max_attempts=max_attempts).run(ask, interactive=False)
    assert (ask.tries, len(clock.slept)) == (max_attempts, max_attempts - 1)


def test_waits_double_up_to_five_seconds_and_are_spread_over_their_upper_half(clock: Clock) -> None:
    for chance, share in ((1.0, 1.0), (0.0, 0.5), (0.5, 0.75)):
        clock.slept.clear()
        ask = Failing(clock, [NetworkError("x") for _ in range(8)])
        policy(clock, max_attempts=9, chance=chance).run(ask, interactive=False)
        assert clock.slept == pytest.approx([share * wait for wait in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0)])


def test_a_servers_retry_after_is_kept(clock: Clock) -> None:
    ask = Failing(clock, [ThrottledError("x", retry_after_seconds=3.5), ThrottledError("x", retry_after_seconds=0.0)])
    policy(clock).run(ask, interactive=True)
    assert clock.slept == [3.5, 0.0]


def test_nobody_waits_longer_than_the_limit_for_a_retry_after(clock: Clock) -> None:
    ask = Failing(clock, [ThrottledError("x", retry_after_seconds=60)])
    with pytest.raises(ThrottledError):
        policy(clock).run(ask, interactive=True)
    assert clock.slept == []


@settings(deadline=None)
@given(some.floats(0.01, 20), some.floats(1, 15), some.floats(0, 1))
def test_an_answer_that_a_person_waits_for_ends_within_the_limit(seconds: float, limit: float, chance: float) -> None:
    clock = Clock()
    ask = Failing(clock, [NetworkError("x") for _ in range(100)], seconds)
    with pytest.raises(NetworkError):
        policy(clock, max_attempts=100, chance=chance, interactive=limit).run(ask, interactive=True)
    assert clock.now - 1000 <= max(limit, seconds) + 1e-6


def test_long_work_is_not_held_to_that_limit(clock: Clock) -> None:
    ask = Failing(clock, [NetworkError("x") for _ in range(4)], seconds=20)
    assert policy(clock).run(ask, interactive=False) == "done"


@dataclass
class Breaking(Backend):
    """The object store in memory, whose calls fail when told to, and whose connections break after so many bytes."""

    inner: Backend
    fail_next: list[Exception] = field(default_factory=list)
    break_after: list[int] = field(default_factory=list)
    """For each connection in turn, the bytes it gives before it breaks; connections after those hold."""
    reads: list[tuple[int, int | None, str | None]] = field(default_factory=list)
    open_readers: int = 0

    def __post_init__(self) -> None:
        self.address = self.inner.address
        self.capabilities = self.inner.capabilities

    def _may_fail(self) -> None:
        if self.fail_next:
            raise self.fail_next.pop(0)

    def identity(self) -> str:
        self._may_fail()
        return self.inner.identity()

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        self._may_fail()
        return self.inner.list_page(prefix, recursive=recursive, token=token, start_after=start_after, limit=limit)

    def stat(self, key: str) -> Lookup:
        self._may_fail()
        return self.inner.stat(key)

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        self.reads.append((start, length, if_match))
        self._may_fail()
        reader = self.inner.read(key, start=start, length=length, if_match=if_match)
        self.open_readers += 1
        return BreakingReader(self, reader, self.break_after.pop(0) if self.break_after else None)


class BreakingReader(Reader):
    def __init__(self, backend: Breaking, inner: Reader, left: int | None) -> None:
        self.entry = inner.entry
        self._backend = backend
        self._inner = inner
        self._left = left
        self._closed = False

    def read(self, size: int = -1) -> bytes:
        assert not self._closed
        if self._left is None:
            return self._inner.read(size)
        if self._left == 0:
            raise NetworkError("The connection broke.")
        data = self._inner.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._backend.open_readers -= 1
        self._inner.close()


@dataclass
class Bench:
    """An object ``x`` of 200 bytes behind a breaking backend behind the retry layer."""

    clock: Clock
    factory: MemoryBackendFactory
    breaking: Breaking
    retrying: Backend
    etag: str

    def put(self, content: bytes) -> None:
        self.factory.store.put("bucket", {"x": content})


def make_bench(clock: Clock) -> Bench:
    factory = MemoryBackendFactory(BackendContext(Settings(), lambda operation: None))
    factory.store.put("bucket", {"x": CONTENT})
    breaking = Breaking(factory.open(StorageAddress("memory", "bucket")))
    etag = breaking.list_page("")[0].etag
    assert etag is not None
    return Bench(clock, factory, breaking, RetryBackend(breaking, policy(clock)), etag)


@pytest.fixture
def bench(clock: Clock) -> Bench:
    return make_bench(clock)


def test_every_call_is_tried_again(bench: Bench) -> None:
    calls: list[Callable[[], object]] = [
        bench.retrying.identity,
        lambda: bench.retrying.list_page(""),
        lambda: bench.retrying.stat("x"),
        lambda: bench.retrying.read("x"),
    ]
    for call in calls:
        bench.breaking.fail_next = [NetworkError("x"), ThrottledError("x")]
        assert call()
        assert bench.breaking.fail_next == []


def test_a_wrapped_backend_is_the_same_storage(bench: Bench) -> None:
    assert bench.retrying.address == bench.breaking.address
    assert bench.retrying.capabilities == bench.breaking.capabilities


def test_later_pages_are_given_more_time_than_the_first(bench: Bench) -> None:
    bench.put(b"")
    bench.factory.store.put("bucket", {"y": b""})
    first = bench.retrying.list_page("", limit=1)
    slow = ThrottledError("x", retry_after_seconds=30)
    bench.breaking.fail_next = [slow]
    assert [entry.key for entry in bench.retrying.list_page("", token=first.token)] == ["y"]
    bench.breaking.fail_next = [slow]
    with pytest.raises(ThrottledError):
        bench.retrying.list_page("")


def test_a_broken_body_goes_on_by_range_with_if_match(bench: Bench) -> None:
    bench.breaking.break_after = [50, 30]
    with bench.retrying.read("x") as reader:
        assert reader.read() == CONTENT
    assert bench.breaking.reads == [(0, None, None), (50, None, bench.etag), (80, None, bench.etag)]
    assert bench.breaking.open_readers == 0


def test_a_broken_range_goes_on_within_the_range(bench: Bench) -> None:
    bench.breaking.break_after = [7]
    with bench.retrying.read("x", start=10, length=20) as reader:
        assert reader.read() == CONTENT[10:30]
    assert bench.breaking.reads == [(10, 20, None), (17, 13, bench.etag)]


def test_a_body_that_breaks_after_its_last_byte_is_whole(bench: Bench) -> None:
    for start, length, end in ((0, None, 200), (10, 20, 30)):
        bench.breaking.break_after = [end - start]
        with bench.retrying.read("x", start=start, length=length) as reader:
            assert reader.read() == CONTENT[start:end]


@settings(deadline=None)
@given(
    some.lists(some.integers(1, 60), max_size=8),
    some.integers(0, 220),
    some.none() | some.integers(0, 220),
    some.sampled_from([-1, 1, 7, 64, 1000]),
)
def test_what_is_read_is_never_short_and_never_twice(
    breaks: list[int], start: int, length: int | None, size: int
) -> None:
    bench = make_bench(Clock())
    bench.breaking.break_after = breaks
    with bench.retrying.read("x", start=start, length=length) as reader:
        parts = []
        while part := reader.read(size):
            parts.append(part)
    assert b"".join(parts) == CONTENT[start : None if length is None else start + length]
    assert bench.breaking.open_readers == 0


def test_progress_gives_new_tries(bench: Bench) -> None:
    """A body that breaks thirty times is read, as long as each connection brings something."""
    bench.breaking.break_after = [5] * 30
    with bench.retrying.read("x") as reader:
        assert reader.read() == CONTENT


def test_a_body_that_never_goes_on_is_an_error_not_an_end(bench: Bench) -> None:
    bench.breaking.break_after = [50] + [0] * 100
    with bench.retrying.read("x") as reader:
        with pytest.raises(NetworkError, match="broke"):
            reader.read()
        assert len(bench.breaking.reads) == 5
    assert bench.breaking.open_readers == 0


def test_a_failed_resume_is_tried_again(bench: Bench) -> None:
    bench.breaking.break_after = [50]
    with bench.retrying.read("x") as reader:
        assert reader.read(50) == CONTENT[:50]
        bench.breaking.fail_next = [ThrottledError("x"), NetworkError("x")]
        assert reader.read() == CONTENT[50:]


def test_an_object_that_changed_meanwhile_is_a_conflict(bench: Bench) -> None:
    bench.breaking.break_after = [50]
    with bench.retrying.read("x") as reader:
        assert reader.read(50) == CONTENT[:50]
        bench.put(CONTENT[::-1])
        with pytest.raises(ConflictError):
            reader.read()
    assert bench.breaking.open_readers == 0


def test_a_change_is_seen_where_the_storage_knows_no_conditions(bench: Bench) -> None:
    bench.breaking.capabilities -= {Capability.CONDITIONAL_READ}
    bench.breaking.break_after = [50]
    with bench.retrying.read("x") as reader:
        assert reader.read(50) == CONTENT[:50]
        bench.put(CONTENT[::-1])
        with pytest.raises(ConflictError, match="changed"):
            reader.read()
    assert bench.breaking.reads[1] == (50, None, None)
    assert bench.breaking.open_readers == 0


def test_an_object_that_is_gone_meanwhile_is_not_found(bench: Bench) -> None:
    bench.breaking.break_after = [50]
    with bench.retrying.read("x") as reader:
        assert reader.read(50) == CONTENT[:50]
        bench.factory.store.remove("bucket", "x")
        with pytest.raises(NotFoundError):
            reader.read()


def test_a_thread_of_a_long_job_gives_up_later() -> None:
    told: list[int] = []

    def work() -> None:
        wait_patiently()
        clock = Clock()

        def ask() -> None:
            told.append(1)
            clock.now += 8  # as long as a person waits at most, nearly
            raise RequestTimeoutError("It is silent.")

        policy = RetryPolicy(max_attempts=4, interactive_seconds=10, clock=clock, sleep=lambda _: None)
        with pytest.raises(RequestTimeoutError):
            policy.run(ask, interactive=True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert len(told) == 4
