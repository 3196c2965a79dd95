"""How long the listing cache believes what it was told, and what makes it ask again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.memory_world import MemoryWorld
from tests.scripted_backend import Clock, Script, make_session
from tfm import NetworkError, NotFoundError, Path, cache_policy
from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import StorageError
from tfm.path.sessions import use_session

ROOT = "memory://bucket/"


def path(key: str = "") -> Path:
    return Path(ROOT + key)


def names(key: str = "", *, fresh: bool = False) -> list[str]:
    return [child.name for child in path(key).iterdir(fresh=fresh)]


# Age


def test_a_listing_is_believed_for_its_ttl(world: MemoryWorld) -> None:
    world.put("d/x")
    (x,) = path("d").iterdir()
    world.put("d/y")
    world.clock.now += 59.9
    assert world.cost(lambda: (names("d"), x.exists(), path("d/y").exists())) == 0
    assert not path("d/y").exists()
    world.clock.now += 0.2
    assert world.cost(x.exists) == 1
    assert world.cost(lambda: names("d")) == 1
    assert names("d") == ["x", "y"]


def test_a_listing_is_as_old_as_its_first_request(world: MemoryWorld) -> None:
    world.put("d/x", "d/y")
    world.page_entries = 1
    scan = path("d").scan()
    world.clock.now += 50
    assert len(list(scan)) == 2
    world.clock.now += 11
    assert world.cost(lambda: names("d")) == 2


def test_that_nothing_is_there_is_believed_for_ten_seconds(world: MemoryWorld) -> None:
    assert not path("x").exists()
    with pytest.raises(NotFoundError):
        path("missing").iterdir()
    world.put("x", "missing/y")
    world.clock.now += 9.9
    assert world.cost(lambda: path("x").exists()) == 0
    assert not path("x").exists()
    with pytest.raises(NotFoundError):
        path("missing").iterdir()
    world.clock.now += 0.2
    assert path("x").exists()
    assert names("missing") == ["y"]
    world.clock.now += 30
    assert world.cost(lambda: (path("x").exists(), names("missing"))) == 0


def test_that_nothing_is_there_is_never_believed_when_opening(world: MemoryWorld) -> None:
    assert not path("x").exists()
    world.put("x")
    assert path("x").read_bytes() == b"x"
    with path("x").open("rb") as file:
        assert file.read() == b"x"


def test_a_policy_shortens_and_lengthens_what_is_believed(world: MemoryWorld) -> None:
    world.put("d/x")
    (x,) = path("d").iterdir()
    world.clock.now += 5
    with cache_policy(ttl=5):
        assert world.cost(x.exists) == 1
        assert world.cost(lambda: names("d")) == 1
    world.clock.now += 100
    with cache_policy(ttl=300):
        assert world.cost(lambda: names("d")) == 0
        with cache_policy(ttl=0):
            assert world.cost(lambda: (names("d"), names("d"))) == 2
    world.remove("d/x")
    world.clock.now += 100
    with cache_policy(ttl=300):
        assert names("d") == ["x"]
    with pytest.raises(ValueError, match="ttl"), cache_policy(ttl=-1):
        pass


def test_offline_believes_everything_and_asks_nothing(world: MemoryWorld) -> None:
    world.put("d/x", "e/y")
    names("d")
    world.clock.now += 1e6
    with cache_policy(ttl="offline"):
        assert world.cost(lambda: (names("d"), path("d/x").stat(), path("d/z").exists())) == 0
        for ask in (lambda: names("e"), lambda: path("e/y").exists(), lambda: names("d", fresh=True)):
            with pytest.raises(NetworkError, match="offline"):
                ask()
        assert path("d/x").read_bytes() == b"d/x"
    assert names("e") == ["y"]


# Contradiction


def test_fresh_asks_and_what_it_learns_is_believed(world: MemoryWorld) -> None:
    world.put("d/x")
    (x,) = path("d").iterdir()
    world.remove("d/x")
    world.put("d/y")
    assert x.exists()
    assert not x.exists(fresh=True)
    assert world.cost(lambda: (x.exists(), path("d/x").exists())) == 0
    assert names("d") == ["y"], "the listing that said otherwise must be gone"


def test_a_fresh_answer_that_agrees_leaves_the_listing(world: MemoryWorld) -> None:
    world.put("d/x", "d/sub/y")
    names("d")
    assert path("d/x").exists(fresh=True)
    assert path("d/sub").is_dir(fresh=True)
    assert not path("d/none").exists(fresh=True)
    assert world.cost(lambda: names("d")) == 0


@pytest.mark.parametrize("question", ["exists", "is_file", "stat"])
def test_a_fresh_answer_tells_of_a_new_version(world: MemoryWorld, question: str) -> None:
    world.put(files={"d/x": b"1"})
    (x,) = path("d").iterdir()
    world.put(files={"d/x": b"22"})
    getattr(x, question)(fresh=True)
    assert x.stat().st_size == 2
    assert [child.stat().st_size for child in path("d").iterdir()] == [2]


def test_a_directory_that_is_gone_takes_its_own_listings_along(world: MemoryWorld) -> None:
    world.put("d/e/x")
    assert names("d/e") == ["x"]
    world.remove("d/e/x")
    assert not path("d/e").exists(fresh=True)
    world.clock.now += 11
    assert not path("d/e").is_dir()
    with pytest.raises(NotFoundError):
        names("d/e")


def test_a_fresh_listing_of_a_directory_that_is_gone_says_so(world: MemoryWorld) -> None:
    world.put("d/e/x")
    assert names("d") == ["e"]
    assert names("d/e") == ["x"]
    world.remove("d/e/x")
    with pytest.raises(NotFoundError):
        path("d/e").iterdir(fresh=True)
    assert not path("d/e").is_dir()


def test_a_directory_that_was_found_ends_the_listing_that_lacks_it(world: MemoryWorld) -> None:
    world.put("d/x")
    assert names("d") == ["x"]
    world.put("d/new/y")
    assert names("d/new") == ["y"]
    assert path("d/new").is_dir()
    assert path("d/new").exists()
    assert names("d") == ["new", "x"]


def test_a_fresh_listing_ends_the_older_tree_that_covers_it(world: MemoryWorld) -> None:
    world.put("d/x")
    assert len(list(path().rglob("*"))) == 2
    world.put("d/y")
    assert names("d") == ["x"]
    assert names("d", fresh=True) == ["x", "y"]
    assert path("d/y").exists()
    assert [child.name for child in path().rglob("*")] == ["d", "x", "y"]


def test_the_newest_answer_is_the_one_that_is_given(world: MemoryWorld) -> None:
    assert not path("d/x").exists()
    world.put("d/x")
    assert [child.name for child in path().rglob("*")] == ["d", "x"]
    assert world.cost(lambda: path("d/x").exists()) == 0
    assert path("d/x").exists()
    assert path("d").is_dir()


def test_a_newer_tree_speaks_for_an_older_listing_in_it(world: MemoryWorld) -> None:
    world.put("d/x")
    assert names("d") == ["x"]
    world.put("d/y")
    assert [child.name for child in path().rglob("*")] == ["d", "x", "y"]
    assert world.cost(lambda: names("d")) == 0
    assert names("d") == ["x", "y"]
    assert [child.name for child in path("d").rglob("*")] == ["x", "y"]


def test_an_older_listing_ends_where_a_newer_one_is_stored(world: MemoryWorld) -> None:
    world.put(files={"d/x": b"1"})
    (older,) = path("d").iterdir()
    world.put(files={"d/x": b"22"})
    names("d", fresh=True)
    assert older.stat().st_size == 2
    assert older.info.size == 1, "a snapshot stays"


def test_a_slow_older_listing_does_not_replace_a_newer_one(world: MemoryWorld) -> None:
    world.put("d/x", "d/y")
    world.page_entries = 1
    slow = path("d").scan()
    next(slow)
    world.put("d/z")
    assert names("d") == ["x", "y", "z"]
    world.remove("d/y")
    list(slow)
    assert names("d") == ["x", "y", "z"]


# Invalidation


def test_a_path_asks_again_after_an_invalidation(world: MemoryWorld) -> None:
    world.put("d/x", "d/e/y")
    x = path("d/x")
    ways: list[Callable[[], None]] = [
        path("d/x").invalidate,
        path("d").invalidate,
        lambda: path().invalidate(recursive=True),
    ]
    for invalidate in ways:
        world.put("d/x", "d/e/y")
        assert x.exists(fresh=True)
        children = {child.name: child for child in path("d").iterdir()}
        world.remove("d/x")
        assert children["x"].exists()
        invalidate()
        assert not children["x"].exists()


@pytest.mark.parametrize(
    ("key", "recursive", "kept"),
    [
        ("a/x", False, {"b", "a/s", "tree a/s"}),
        ("a", False, {"b", "a/s", "tree a/s"}),
        ("a", True, {"b"}),
        ("a/s/deep", False, {"b"}),
        ("a/s", False, {"b"}),
        ("b/x", False, {"a", "a/s", "tree a/s"}),
    ],
)
def test_a_change_ends_what_it_touches_and_nothing_else(
    world: MemoryWorld, key: str, recursive: bool, kept: set[str]
) -> None:
    world.put("a/x", "a/s/y", "b/x")
    # The small ones first: a tree that is held answers for every directory under it.
    for place in ("", "a", "a/s", "b"):
        names(place)
    list(path("a/s").rglob("*"))
    path(key).invalidate(recursive=recursive)
    held = {
        f"{'tree ' if entry.shape.value == 'tree' else ''}{entry.text.removesuffix('/')}"
        for entry, fresh in world.session.cache.entries("memory")
        if fresh
    }
    assert held == kept


def test_a_listing_that_overlaps_a_change_is_not_stored(world: MemoryWorld) -> None:
    world.put("d/x", "d/y", "d/z")
    world.page_entries = 1
    scan = path("d").scan()
    next(scan)
    path("d/new").invalidate()
    assert len(list(scan)) == 2
    assert world.cost(lambda: names("d")) == 3


def test_a_listing_beside_a_change_is_stored(world: MemoryWorld) -> None:
    world.put("d/x", "d/y", "e/x")
    world.page_entries = 1
    scan = path("d").scan()
    path("e/x").invalidate()
    list(scan)
    assert world.cost(lambda: names("d")) == 0


def test_a_tree_and_an_answer_that_overlap_a_change_are_not_stored(world: MemoryWorld) -> None:
    world.put("d/e/x", "d/e/y")
    world.page_entries = 1
    scan = path().scan(recursive=True)
    path("d/e/x").invalidate()
    list(scan)
    assert world.cost(lambda: path("d/e/x").exists()) == 1
    world.before_list = lambda prefix: path("d/e/z").invalidate()
    path("d/e/z").exists()
    world.before_list = lambda prefix: None
    assert world.cost(lambda: path("d/e/z").exists()) == 1


def test_an_abandoned_listing_is_not_taken_for_a_complete_one(world: MemoryWorld) -> None:
    world.put(*(f"d/{row}" for row in range(9)))
    world.page_entries = 3
    scan = path("d").scan()
    next(scan)
    scan.close()
    assert list(scan) == []
    assert scan.has("d/0", Kind.FILE)
    assert scan.has("d/8", Kind.FILE) is None, "it was closed before that could be known"
    assert world.cost(lambda: path("d/8").exists()) == 1
    assert len(names("d")) == 9


# Partial and broken listings


def break_off(world: MemoryWorld) -> None:
    """Let the next listing request fail, and those after it be answered."""
    failures = iter([True])

    def fail_once(prefix: str) -> None:
        if next(failures, False):
            raise NetworkError("The connection broke.", uri=prefix)

    world.before_list = fail_once


def test_a_listing_that_broke_off_proves_nothing_missing(world: MemoryWorld) -> None:
    world.put(*(f"d/{row}" for row in "acegi"), "d/e/x")
    world.page_entries = 3
    children = path("d").iterdir()
    e = [next(children) for _ in range(3)][2]
    break_off(world)
    with pytest.raises(NetworkError):
        e.is_dir()
    assert e.is_dir(), "the listing broke off before e/: only the storage can tell"
    assert e.is_file()
    with pytest.raises(NetworkError):
        next(children)


def test_a_listing_that_broke_off_does_not_look_complete(world: MemoryWorld) -> None:
    world.put(*(f"d/{row}" for row in range(5)))
    world.page_entries = 2
    scan = path("d").scan()
    assert len(next(scan)) == 2

    def fail(prefix: str) -> None:
        raise NetworkError("The connection broke.", uri=prefix)

    world.before_list = fail
    for _ in range(2):
        with pytest.raises(StorageError, match="broke"):
            next(scan)
    world.before_list = lambda prefix: None
    assert len(names("d")) == 5


# A storage of directories


def test_an_empty_directory_of_a_storage_of_directories_is_one_request() -> None:
    script = Script(directories={"": ["d/"], "d/": []}, capabilities=frozenset({Capability.CACHED}))
    clock = Clock()
    with use_session(make_session({"scripted": script}, clock)):
        directory = Path("scripted://bucket/d")
        assert list(directory.iterdir()) == []
        assert list(directory.iterdir()) == []
        assert directory.is_dir()
        assert script.requests == ["list bucket/d/ 0"]
        clock.now += 30
        assert list(directory.iterdir()) == []
        assert len(script.requests) == 1
        with pytest.raises(NotFoundError):
            Path("scripted://bucket/missing").iterdir()


def test_a_thousand_answers_about_names_cost_a_change_nothing(world: MemoryWorld) -> None:
    """Each of 2,000 writes finds its own answer and no other: what a lease costs does not grow with their number."""
    storage = world.storage
    leases = storage._open_space().leases
    for number in range(2000):
        storage.put(f"d/{number}", b"1")
    assert all(storage.known_file(f"d/{number}") for number in (0, 999, 1999))
    assert sum(len(held) for held in leases._leases.values()) <= 1
    assert not storage.delete_many([f"d/{number}" for number in range(1000)])
    assert storage.known_file("d/999") is None
    assert sum(len(held) for held in leases._leases.values()) <= 1
