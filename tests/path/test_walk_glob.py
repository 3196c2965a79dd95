"""Walking and matching: what they find, in what order, and for how many requests."""

from __future__ import annotations

import pytest

from tests.memory_world import MemoryWorld
from tests.scripted_backend import Clock, Script, directory, make_session
from tfm import NetworkError, NotFoundError, Path, PermissionDeniedError, UnsupportedOperation, cache_policy
from tfm.core.capability import Capability
from tfm.core.errors import StorageError
from tfm.path.sessions import use_session

ROOT = "memory://bucket/"
TREE = ("d/a", "d/b/c", "d/b/e/f", "d/b/e/g.txt", "d/h/", "d//x", "d/b-", "other")


def path(key: str = "") -> Path:
    return Path(ROOT + key)


def relative(paths: object, base: str = "d/") -> list[str]:
    assert hasattr(paths, "__iter__")
    return [str(each).removeprefix(ROOT + base) for each in paths]


@pytest.fixture
def tree(world: MemoryWorld) -> MemoryWorld:
    world.put(*TREE)
    return world


def walked(**options: bool) -> list[tuple[str, list[str], list[str]]]:
    return [
        (str(here).removeprefix(ROOT), directories, files)
        for here, directories, files in path("d").walk(**options)  # type: ignore[arg-type]
    ]


EXPECTED = [
    ("d/", ["", "b", "h"], ["a", "b-"]),
    ("d//", [], ["x"]),
    ("d/b/", ["e"], ["c"]),
    ("d/b/e/", [], ["f", "g.txt"]),
    ("d/h/", [], []),
]


def test_walk_goes_down_from_one_listing(tree: MemoryWorld) -> None:
    assert tree.cost(lambda: walked()) == 1
    assert walked() == EXPECTED
    assert tree.cost(lambda: walked()) == 0


def test_walk_goes_up_when_asked(tree: MemoryWorld) -> None:
    upward = walked(top_down=False)
    assert sorted(upward) == sorted(EXPECTED)
    assert [here for here, _, _ in upward] == ["d//", "d/b/e/", "d/b/", "d/h/", "d/"]


def test_a_removed_name_is_not_entered_and_the_order_is_the_callers(tree: MemoryWorld) -> None:
    seen = []
    for here, directories, _ in path("d").walk():
        seen.append(str(here).removeprefix(ROOT))
        if "b" in directories:
            directories.remove("b")
        directories.reverse()
    assert seen == ["d/", "d/h/", "d//"]


def test_walk_of_a_tree_beyond_ten_pages_goes_directory_by_directory(world: MemoryWorld) -> None:
    world.put(*(f"d/{row:02}/{column}" for row in range(11) for column in range(10)))
    world.page_entries = 10
    steps = path("d").walk()
    # Ten pages are read before the eleventh is refused; then the first directory, of two pages.
    assert world.cost(lambda: next(steps)) == 10 + 2
    assert world.cost(lambda: next(steps)) == 1
    assert world.cost(lambda: list(steps)) == 10
    assert len(list(path("d").walk())) == 12


def test_walk_of_ten_pages_is_ten_requests(world: MemoryWorld) -> None:
    world.put(*(f"d/{row:02}/{column}" for row in range(10) for column in range(10)))
    world.page_entries = 10
    assert world.cost(lambda: list(path("d").walk())) == 10
    assert world.cost(lambda: list(path("d").walk())) == 0


def test_a_large_tree_that_is_cached_is_walked_for_nothing(world: MemoryWorld) -> None:
    world.put(*(f"d/{row:02}/{column}" for row in range(20) for column in range(10)))
    world.page_entries = 10
    assert world.cost(lambda: list(path().rglob("*"))) == 20
    assert world.cost(lambda: list(path("d").walk())) == 0
    assert world.cost(lambda: list(path("d/03").rglob("*"))) == 0


def test_a_missing_root_is_an_error_in_walk_and_no_match_in_glob(world: MemoryWorld) -> None:
    with pytest.raises(NotFoundError):
        next(path("missing").walk())
    for pattern in ("*", "**", "**/*", "x/*", "x", "*/x"):
        assert list(path("missing").glob(pattern)) == []


def test_walk_goes_past_a_directory_that_it_may_not_read() -> None:
    script = Script(
        directories={"": ["a/", "b/", "c"], "a/": ["x"], "b/": ["y"]},
        errors={("a/", 0): PermissionDeniedError("No.", uri="scripted://bucket/a/")},
        capabilities=frozenset({Capability.CACHED}),
    )
    with use_session(make_session({"scripted": script}, Clock())):
        root = Path.from_location(directory())
        seen: list[str] = []
        with pytest.raises(PermissionDeniedError):
            seen.extend(str(here) for here, _, _ in root.walk())
        told: list[StorageError] = []
        seen = [str(here) for here, _, _ in root.walk(on_error=told.append)]
        assert seen == ["scripted://bucket/", "scripted://bucket/b/"]
        assert [error.uri for error in told] == ["scripted://bucket/a/"]
        script.errors[("", 0)] = NetworkError("Gone.")
        with pytest.raises(NetworkError), cache_policy(ttl=0):
            next(root.walk(on_error=told.append))


# Patterns


@pytest.mark.parametrize(
    ("pattern", "expected", "requests"),
    [
        ("*", ["/", "a", "b-", "b/", "h/"], 1),
        ("b*", ["b-", "b/"], 1),
        ("b/*", ["b/c", "b/e/"], 1),
        ("b/e/*.txt", ["b/e/g.txt"], 1),
        ("*/c", ["b/c"], 4),
        ("b/?", ["b/c", "b/e/"], 1),
        ("[!a]", ["h/", "b/"], 1),
        ("b/e/f", ["b/e/f"], 1),
        ("a", ["a"], 1),
        ("b", ["b/"], 1),
        ("none", [], 1),
        ("*/", ["/", "b/", "h/"], 1),
        ("**/", ["", "/", "b/", "b/e/", "h/"], 1),
        ("**", ["", "/", "/x", "a", "b-", "b/", "b/c", "b/e/", "b/e/f", "b/e/g.txt", "h/"], 1),
        ("**/*", ["/", "/x", "a", "b-", "b/", "b/c", "b/e/", "b/e/f", "b/e/g.txt", "h/"], 1),
        ("**/*.txt", ["b/e/g.txt"], 1),
        ("**/e/*", ["b/e/f", "b/e/g.txt"], 1),
        ("b/**/f", ["b/e/f"], 1),
        ("**/**/f", ["b/e/f"], 1),
        ("**/e/**", ["b/e/", "b/e/f", "b/e/g.txt"], 1),
    ],
)
def test_a_pattern_finds_what_fits_and_costs_few_requests(
    tree: MemoryWorld, pattern: str, expected: list[str], requests: int
) -> None:
    found: list[str] = []
    assert tree.cost(lambda: found.extend(relative(path("d").glob(pattern)))) == requests
    assert sorted(found) == sorted(expected)
    assert tree.cost(lambda: found.extend(relative(path("d").glob(pattern)))) == 0


def test_what_a_pattern_found_is_asked_for_nothing(tree: MemoryWorld) -> None:
    found = [*path("d").glob("*"), *path("d").rglob("*")]
    assert tree.cost(lambda: [(each.is_dir(), each.is_file(), each.stat()) for each in found]) == 0
    assert {str(each) for each in found if each.is_dir()} == {
        f"{ROOT}d/{each}" for each in ("/", "b/", "b/e/", "h/")
    }  # fmt: skip
    assert all(each.exists() and each == Path(str(each)) for each in found)


def test_an_object_and_a_directory_of_one_name_are_two_matches(world: MemoryWorld) -> None:
    world.put("x", "x/y")
    assert relative(path().glob("*"), "") == ["x", "x/"]
    assert relative(path().glob("x"), "") == ["x", "x/"]
    assert relative(path().rglob("*"), "") == ["x", "x/", "x/y"]
    assert all(each.is_file() and each.is_dir() for each in path().glob("x*"))


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("page_entries", [2, 1000])
def test_each_match_comes_once_whatever_the_servers_order(
    world: MemoryWorld, shuffled: bool, page_entries: int
) -> None:
    world.put(*TREE)
    world.shuffled = shuffled
    world.page_entries = page_entries
    found = relative(path().rglob("*"), "")
    assert len(found) == len(set(found))
    assert set(found) == {*TREE, "d/", "d//", "d/b/", "d/b/e/"}
    assert sorted(str(here) for here, _, _ in path("d").walk()) == sorted(ROOT + here for here, _, _ in EXPECTED)


def test_names_that_begin_with_a_dot_or_hold_a_newline_fit(world: MemoryWorld) -> None:
    world.put("d/.x", "d/a\nb", "d/[x]", "d/..")
    assert sorted(relative(path("d").glob("*"))) == ["..", ".x", "[x]", "a\nb"]
    assert relative(path("d").glob("[[]x]")) == ["[x]"]
    assert relative(path("d").glob("..")) == [".."]


def test_impossible_patterns_are_refused_as_pathlib_does(world: MemoryWorld) -> None:
    with pytest.raises(ValueError, match="Unacceptable"):
        list(path().glob(""))
    with pytest.raises(ValueError, match="Unacceptable"):
        path().rglob("")
    with pytest.raises(NotImplementedError):
        list(path().glob("/x"))


def test_a_failing_listing_is_no_empty_match(world: MemoryWorld) -> None:
    def fail(prefix: str) -> None:
        raise NetworkError("No route.", uri=prefix)

    world.before_list = fail
    for pattern in ("*", "**/*", "x", "*/x"):
        with pytest.raises(NetworkError):
            list(path().glob(pattern))


def test_dropping_an_iterator_asks_for_no_more_pages(world: MemoryWorld) -> None:
    world.put(*(f"d/{row}" for row in range(50)))
    world.page_entries = 10

    def first_of_each() -> None:
        next(path("d").iterdir())
        next(path("d").glob("*"))
        next(path("d").rglob("*"))
        next(path("d").scan())

    assert world.cost(first_of_each) == 4


def test_a_page_has_a_length_columns_and_entries(tree: MemoryWorld) -> None:
    (page,) = path("d").scan()
    assert len(page) == 5
    assert page.names() == ["", "a", "b-", "b", "h"]
    assert [entry.key for entry in page] == ["d//", "d/a", "d/b-", "d/b/", "d/h/"]
    (whole,) = path("d").scan(recursive=True)
    assert [entry.key for entry in whole] == sorted(key for key in TREE if key.startswith("d/"))


def test_scan_raises_at_the_call(world: MemoryWorld) -> None:
    with pytest.raises(NotFoundError):
        path("missing").scan()
    with pytest.raises(NotFoundError):
        path("missing").iterdir()


def test_an_empty_bucket_has_no_entries(world: MemoryWorld) -> None:
    assert list(path().iterdir()) == list(path().rglob("*")) == []
    assert list(path().walk()) == [(path(), [], [])]
    assert path().is_dir()


# The list of buckets


def test_patterns_go_from_the_list_of_buckets_into_them(world: MemoryWorld) -> None:
    for bucket in ("one", "two", "other"):
        world.factory.store.put(bucket, {"d/x": b"", "y": b""})
    top = Path("memory://")
    assert [str(each) for each in top.glob("o*")] == ["memory://one/", "memory://other/"]
    assert [str(each) for each in top.glob("o*/y")] == ["memory://one/y", "memory://other/y"]
    assert [str(each) for each in top.glob("two/**/x")] == ["memory://two/d/x"]
    assert [str(each) for each in top.glob("one")] == ["memory://one/"]
    assert list(top.glob("none/*")) == []
    for pattern in ("**", "**/x"):
        with pytest.raises(UnsupportedOperation):
            top.glob(pattern)


def test_walk_goes_from_the_list_of_buckets_into_them(world: MemoryWorld) -> None:
    for bucket in ("one", "two"):
        world.factory.store.put(bucket, {"d/x": b"", "y": b""})
    walked = []
    for here, directories, files in Path("memory://").walk():
        walked.append((str(here), list(directories), files))
        if "bucket" in directories:
            directories.remove("bucket")
    assert walked == [
        ("memory://", ["bucket", "one", "two"], []),
        ("memory://one/", ["d"], ["y"]),
        ("memory://one/d/", [], ["x"]),
        ("memory://two/", ["d"], ["y"]),
        ("memory://two/d/", [], ["x"]),
    ]
    assert [str(here) for here, _, _ in Path("memory://").walk(top_down=False)][-3:] == [
        "memory://two/d/",
        "memory://two/",
        "memory://",
    ]
