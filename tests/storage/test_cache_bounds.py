"""What the listing cache holds, for whom, what it says of itself, and that its failure is nobody else's."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.memory_world import MemoryWorld, memory_world
from tfm import Path, cache_policy
from tfm.cache.memory import MemoryTier
from tfm.core.page import Page
from tfm.core.settings import Settings
from tfm.path.sessions import use_session
from tfm.s3 import S3Cache, configure_s3_cache, get_s3_cache_stats
from tfm.storage.contract import BackendContext
from tfm.storage.session import Session

ROOT = "memory://bucket/"


def path(key: str = "") -> Path:
    return Path(ROOT + key)


def names(key: str = "") -> list[str]:
    return [child.name for child in path(key).iterdir()]


# One listing for many


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("page_entries", [3, 1000])
def test_a_tree_answers_for_every_directory_in_it(world: MemoryWorld, shuffled: bool, page_entries: int) -> None:
    keys = ["a", "a/", "a/b/c", "a/b/d/", "a-", "a//x", "a/e", "f/g", "f/g/h", "empty/", "z"]
    world.put(*keys)
    world.shuffled = shuffled
    world.page_entries = page_entries

    def seen() -> dict[str, object]:
        answers: dict[str, object] = {}
        for place in ("", "a", "a/b", "a/b/d", "a//", "f", "f/g", "empty"):
            # Without the names: a directory's marker, with its facts, is known to a tree only.
            answers[place] = sorted((str(each), each.is_file(), each.is_dir()) for each in path(place).iterdir())
            answers[f"{place} tree"] = sorted(page.entry(row).key for page in path(place).scan(recursive=True)
                                              for row in range(len(page)))  # fmt: skip
        for key in ("a", "a/", "a/b", "a//x", "a//", "f/g", "f/g/", "none", "a/none", "z", "z/"):
            each = path(key)
            answers[f"is {key}"] = (each.exists(), each.is_file(), each.is_dir(), each.info.is_file())
        return answers

    with cache_policy(ttl=0):
        asked = seen()
    list(path().scan(recursive=True, fresh=True))
    assert world.cost(lambda: seen()) == 0
    assert seen() == asked
    assert path("a/").stat().modified_at is not None


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_tree_knows_the_facts_of_markers(world: MemoryWorld, shuffled: bool) -> None:
    world.put(*(f"d/e/{row}" for row in range(9)), files={"d/": b"", "d/e/": b"marker", "d/x": b""})
    world.shuffled = shuffled
    list(path().scan(recursive=True))
    (e, x) = sorted(path("d").iterdir())
    assert (e.name, e.stat().st_size, x.name) == ("e", 6, "x")
    assert e.info.modified_at is not None
    assert path("d/e").stat().st_size == 6


# Bounds


def test_one_directory_is_one_entry_however_many_files_it_has(world: MemoryWorld) -> None:
    world.put(*(f"d/{row:04}" for row in range(2500)))
    names("d")
    assert len(world.session.cache.entries("memory")) == 1


def test_the_least_recently_used_listing_goes_first() -> None:
    with memory_world(Settings(cache_max_entries=3)) as world:
        world.put("a/x", "b/x", "c/x", "d/x")
        for place in ("a", "b", "c", "a", "d"):
            names(place)
        assert world.cost(lambda: (names("a"), names("c"), names("d"))) == 0
        assert world.cost(lambda: names("b")) == 1
        assert world.session.cache.tier.evictions == 2


def test_bytes_are_a_bound_too() -> None:
    with memory_world(Settings(cache_max_bytes=60_000)) as world:
        for place in "abc":
            world.put(*(f"{place}/{row:040}" for row in range(300)))
            names(place)
        assert world.session.cache.tier.size_bytes <= 60_000
        assert world.cost(lambda: names("c")) == 0
        assert world.cost(lambda: names("a")) == 1


def test_a_listing_too_large_for_the_cache_stays_with_its_paths() -> None:
    with memory_world(Settings(cache_max_bytes=10_000)) as world:
        world.put("small/x", *(f"large/{row:040}" for row in range(300)))
        names("small")
        children = list(path("large").iterdir())
        assert world.cost(lambda: [(each.stat(), each.is_dir()) for each in children]) == 0
        assert world.cost(lambda: names("small")) == 0
        assert world.cost(lambda: names("large")) == 1


def test_a_tree_of_any_size_passes_through_in_the_memory_of_a_few_pages() -> None:
    with memory_world(Settings(cache_max_bytes=20_000)) as world:
        world.page_entries = 100
        world.put(*(f"huge/{row:040}" for row in range(5_000)))
        most = 0
        for number, found in enumerate(path("huge").rglob("*")):
            if number % 500 == 499:
                # By their base: other tests of this process may have left pages behind.
                held = [each for each in gc.get_objects() if type(each) is Page and each.base == "huge/"]
                most = max(most, len(held))
                del held
            assert found.is_file()
        assert most <= 5, "of fifty"
        first, *_, last = path("huge").iterdir()
        assert world.cost(lambda: (first.stat(), first.is_file(), last.stat(), last.is_dir())) == 0
        assert not first.is_dir(), "where its page was dropped the storage is asked"


class TierModel:
    """What a tier must hold, said slowly."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int]] = []

    def put(self, key: int, size: int) -> None:
        self.rows = [row for row in self.rows if row[0] != key]
        if size <= 10:
            self.rows.append((key, size))
        while sum(row[1] for row in self.rows) > 10 or len(self.rows) > 4:
            self.rows.pop(0)

    def get(self, key: int) -> None:
        self.rows.sort(key=lambda row: row[0] == key)


@given(st.lists(st.tuples(st.sampled_from(["put", "get", "remove"]), st.integers(0, 6), st.integers(0, 12))))
def test_the_tier_holds_what_its_bounds_allow(steps: list[tuple[str, int, int]]) -> None:
    tier: MemoryTier[int, int] = MemoryTier(max_bytes=10, max_entries=4)
    model = TierModel()
    for verb, key, size in steps:
        if verb == "put":
            tier.put(key, size, size)
            model.put(key, size)
        elif verb == "get":
            assert tier.get(key) == dict(model.rows).get(key)
            model.get(key)
        else:
            tier.remove(key)
            model.rows = [row for row in model.rows if row[0] != key]
        assert tier.items() == model.rows
        assert tier.size_bytes == sum(row[1] for row in model.rows)
        assert len(tier) == len(model.rows)


# Whose it is


def test_profiles_and_identities_share_nothing(world: MemoryWorld) -> None:
    world.put("d/x")
    assert world.cost(lambda: names("d")) == 1
    other = Path(ROOT, "d", profile="other")
    assert world.cost(lambda: list(other.iterdir())) == 1
    world.remove("d/x")
    assert not path("d/x").exists(fresh=True)
    assert Path(ROOT, "d/x", profile="other").exists(), "what one learns says nothing to the other"
    spaces = world.session.cache.spaces("memory")
    assert len({space.leases for space in spaces}) == len(spaces) == 2


def test_answers_of_another_identity_are_never_read(world: MemoryWorld) -> None:
    world.put("d/x")
    names("d")
    second = Session(clock=world.clock)
    second.cache = world.session.cache
    world.identity = "somebody else"
    second.registry.add("memory", world)
    with use_session(second):
        assert world.cost(lambda: names("d")) == 1


def test_a_storage_whose_identity_changes_forgets_what_the_other_saw(world: MemoryWorld) -> None:
    world.put("d/x")
    names("d")
    world.identity = "somebody else"  # as after a refusal, when AWS's files are read anew and hold another key
    assert world.cost(lambda: names("d")) == 1


# What it says


def test_statistics_tell_what_was_held_asked_and_known() -> None:
    with memory_world() as world:
        # The documented figures are about S3: the same storage by that name.
        world.session.registry.add("s3", world)
        world.put("d/x", "d/y")
        list(Path("s3://bucket/d").iterdir())
        list(Path("s3://bucket/d").iterdir())
        Path("s3://bucket/d/x").exists()
        Path("s3://bucket/none").exists()
        statistics = get_s3_cache_stats()
        assert {name: statistics[name] for name in ("total_entries", "expired_entries", "hits", "misses")} == {
            "total_entries": 2, "expired_entries": 0, "hits": 2, "misses": 2,
        }  # fmt: skip
        assert statistics["hit_rate"] == 0.5
        assert statistics["default_ttl"] == 60
        assert statistics["max_entries"] == 10_000
        assert statistics["bytes"] == world.session.cache.tier.size_bytes > 0
        assert statistics["requests"] == {"list": 2}
        world.clock.now += 15
        assert get_s3_cache_stats()["expired_entries"] == 1, "that nothing is there is believed for ten seconds"
        world.clock.now += 60
        assert get_s3_cache_stats()["expired_entries"] == 2
        configure_s3_cache(max_entries=1)
        assert (get_s3_cache_stats()["evictions"], get_s3_cache_stats()["default_ttl"]) == (1, 60)
        S3Cache().clear()
        assert get_s3_cache_stats()["total_entries"] == 0


@pytest.mark.parametrize(
    ("forget", "asked"),
    [
        (lambda cache: cache.invalidate_bucket("bucket"), 3),
        (lambda cache: cache.invalidate_bucket("other"), 0),
        (lambda cache: cache.invalidate_prefix("bucket", "a/"), 2),
        (lambda cache: cache.invalidate_prefix("bucket", "a/su"), 2),
        (lambda cache: cache.invalidate_key("bucket", "b/x"), 1),
        (lambda cache: cache.invalidate_key("bucket", "a/sub"), 2),
        (lambda cache: cache.clear(), 3),
    ],
)
def test_forgetting_by_bucket_prefix_and_key(forget: Callable[[S3Cache], None], asked: int) -> None:
    with memory_world() as world:
        world.session.registry.add("s3", world)
        world.put("a/sub/x", "b/x")
        places = [Path(f"s3://bucket/{key}") for key in ("a", "a/sub", "b")]
        for place in places:
            list(place.iterdir())
        forget(S3Cache())
        assert world.cost(lambda: [list(place.iterdir()) for place in places]) == asked


def test_what_is_configured_changes_and_nothing_else() -> None:
    with memory_world():
        before = get_s3_cache_stats()
        configure_s3_cache(ttl=30)
        after = get_s3_cache_stats()
        assert after["default_ttl"] == 30
        assert {**after, "default_ttl": 60} == before
        for wrong in ({"ttl": -1}, {"max_entries": -1}, {"max_bytes": -1}):
            with pytest.raises(ValueError, match=next(iter(wrong))):
                configure_s3_cache(**wrong)
        assert get_s3_cache_stats() == after


def test_the_log_tells_hits_and_misses_with_escaped_names(world: MemoryWorld, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="tfm.cache")
    world.put("d\x1b[31m\n/x")
    for _ in range(2):
        names("d\x1b[31m\n")
    path("d\x1b[31m\n/x").invalidate()
    messages = [record.getMessage() for record in caplog.records if record.name == "tfm.cache"]
    assert [message.split(":")[0].split(" in ")[0] for message in messages] == ["miss", "stored", "hit", "invalidated"]
    assert all(message.isprintable() for message in messages)
    assert "\\x1b[31m\\n/" in messages[0]


# When it fails


class Broken:
    def __call__(self, *arguments: object, **options: object) -> object:
        raise OSError("No space left on device")


def test_a_failing_cache_warns_once_and_work_goes_on(
    world: MemoryWorld, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for method in ("get", "put", "remove_where"):
        monkeypatch.setattr(world.session.cache.tier, method, Broken())
    world.put("d/x")
    for _ in range(2):
        assert world.cost(lambda: names("d")) == 1
        assert path("d/x").exists()
        path("d/x").invalidate()
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "goes on without it" in warnings[0]


def test_a_failing_cache_does_not_hide_a_change(world: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("d/x")
    (x,) = path("d").iterdir()
    monkeypatch.setattr(world.session.cache.tier, "remove_where", Broken())
    world.remove("d/x")
    x.invalidate()
    assert world.storage.peek("d/") is None
    assert not x.exists()
    with pytest.raises(FileNotFoundError):
        names("d")


# Threads


def test_many_threads_get_right_answers(world: MemoryWorld) -> None:
    world.put(*(f"stable/{row:02}" for row in range(20)))
    world.page_entries = 7
    failures: list[BaseException] = []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        try:
            for turn in range(60):
                mine = f"own{number}/{turn}"
                world.put(mine)
                path(mine).invalidate()
                assert path(mine).exists()
                assert str(turn) in names(f"own{number}")
                world.remove(mine)
                path(mine).invalidate()
                assert not path(mine).exists()
                assert len(names("stable")) == 20
                assert all(child.is_file() and not child.is_dir() for child in path("stable").iterdir())
                assert len([key for key in path().rglob("*") if key.parent.name == "stable"]) == 20
                if turn % 20 == number:
                    path().invalidate(recursive=True)
                world.session.meter.snapshot()
                world.session.cache.entries("memory")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures[0]


def test_one_scan_is_shared_by_threads(world: MemoryWorld) -> None:
    world.put(*(f"d/{row:04}" for row in range(500)))
    world.page_entries = 10
    scan = path("d").scan()
    seen: list[str] = []

    def take() -> None:
        for page in scan:
            seen.extend(page.names())

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(seen) == [f"{row:04}" for row in range(500)]


def test_leases_that_nobody_holds_are_forgotten(world: MemoryWorld) -> None:
    world.put("x")
    world.session.cache.tier.resize(max_entries=10)
    for row in range(5000):
        path(f"{row}/x").exists()
    (space,) = world.session.cache.spaces("memory")
    assert len(space.leases) < 3000


def test_a_third_partys_context_counts_requests() -> None:
    session = Session()
    context = BackendContext(session.settings, session.meter.record)
    with session.meter.counting() as counts:
        context.record_request("ListThings")
        context.record_request("ListThings")
    context.record_request("ListThings")
    assert counts.by_operation == {"ListThings": 2}
    assert repr(counts) == "<2 requests: ListThings 2>"
    assert session.meter.snapshot() == {"ListThings": 3}
