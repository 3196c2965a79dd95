"""What a change does to what is known: the reference's rules of invalidation, and that nothing else is touched.

Its rules for copy, move and archives are tried where those are made. After each of the program's own changes the next
look is right, and costs no more than what nobody can know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from tests.memory_world import BUCKET, MemoryWorld
from tests.path.test_write_requests import Ledger
from tests.servers.moto import MotoServer
from tfm import Path
from tfm.core.settings import Settings
from tfm.path.sessions import use_session
from tfm.storage.session import Session
from tfm.testing.hooks import ODD_KEYS

ROOT: Final = "s3://bucket/"


@pytest.fixture
def ledger(moto: MotoServer) -> Iterator[Ledger]:
    """A session that knows what moto enforces, as one on AWS knows it of AWS."""
    with use_session(Session(Settings(s3_conditions="create,replace,delete"))):
        yield Ledger(moto)


@dataclass(frozen=True)
class Rule:
    """A change, and for each directory what is in it afterwards and what that look costs: where nothing was known
    before, where each directory had been listed, and where all of it had been listed as a tree."""

    change: Callable[[], object]
    then: dict[str, tuple[list[str], int, int, int]]


RULES: Final = {
    "a created object: its directory": Rule(
        lambda: Path(f"{ROOT}d/new").write_bytes(b"1"),
        {"d": (["e", "new", "x"], 1, 0, 0), "": (["d", "f"], 1, 0, 0), "d/e": (["y"], 1, 0, 0)},
    ),
    "a created object: every directory that comes to exist above it": Rule(
        lambda: Path(f"{ROOT}new/er/x").write_bytes(b"1"),
        {"": (["d", "f", "new"], 1, 0, 0), "new": (["er"], 1, 1, 0), "new/er": (["x"], 1, 1, 0)},
    ),
    "a created directory: itself and its parent": Rule(
        lambda: Path(f"{ROOT}d/made").mkdir(),
        {"d": (["e", "made", "x"], 1, 0, 0), "d/made": ([], 1, 1, 0), "": (["d", "f"], 1, 0, 0)},
    ),
    "a touched object": Rule(lambda: Path(f"{ROOT}d/t").touch(), {"d": (["e", "t", "x"], 1, 0, 0)}),
    "a deleted object: its directory": Rule(
        lambda: Path(f"{ROOT}d/x").unlink(), {"d": (["e"], 1, 0, 0), "": (["d", "f"], 1, 0, 0)}
    ),
    "a deleted object: every directory that vanishes above it": Rule(
        lambda: Path(f"{ROOT}d/e/y").unlink(), {"d": (["x"], 1, 0, 0), "": (["d", "f"], 1, 0, 0)}
    ),
    "a deleted tree: its parent": Rule(
        lambda: Path(f"{ROOT}d/e").rmtree(), {"d": (["x"], 1, 0, 0), "": (["d", "f"], 1, 0, 0)}
    ),
    "a deleted tree that was all of it": Rule(lambda: Path(f"{ROOT}d").rmtree(), {"": (["f"], 1, 0, 0)}),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("warmth", ["cold", "levels", "tree"])
def test_the_next_look_is_right_and_costs_the_least(ledger: Ledger, rule: str, warmth: str) -> None:
    ledger.server.put("bucket", {"d/x": b"1", "d/e/y": b"1", "f": b"1"})
    if warmth == "levels":
        for name in ("", "d", "d/e"):
            list(Path(f"{ROOT}{name}").iterdir())
    elif warmth == "tree":
        list(Path(ROOT).rglob("*"))
    RULES[rule].change()
    for directory, (expected, *costs) in RULES[rule].then.items():
        path = Path(f"{ROOT}{directory}")
        cost = ledger.cost(lambda: list(path.iterdir()))  # noqa: B023 - called at once
        assert cost <= costs[("cold", "levels", "tree").index(warmth)], directory
        assert sorted(each.name for each in path.iterdir()) == expected
    for directory, (expected, *_) in RULES[rule].then.items():
        assert sorted(each.name for each in Path(f"{ROOT}{directory}").iterdir(fresh=True)) == expected


@pytest.mark.parametrize("warmth", ["cold", "levels", "tree"])
def test_what_was_written_or_deleted_is_known_without_a_look(ledger: Ledger, warmth: str) -> None:
    ledger.server.put("bucket", {"d/x": b"1", "d/y": b"1"})
    if warmth == "levels":
        list(Path(f"{ROOT}d").iterdir())
    elif warmth == "tree":
        list(Path(ROOT).rglob("*"))
    Path(f"{ROOT}d/new").write_bytes(b"22")
    Path(f"{ROOT}d/x").unlink()

    def look() -> None:
        assert Path(f"{ROOT}d/new").stat().st_size == 2
        assert Path(f"{ROOT}d/new").is_file()
        assert not Path(f"{ROOT}d/x").is_file()

    assert ledger.cost(look) == 0


def test_a_listed_path_hears_of_every_change_to_its_name(ledger: Ledger) -> None:
    ledger.server.put("bucket", {"d/x": b"1", "d/y": b"1"})
    x, y = Path(f"{ROOT}d").iterdir()
    Path(f"{ROOT}d/x").write_bytes(b"333")
    Path(f"{ROOT}d/y").unlink()
    Path(f"{ROOT}d/x/below").write_bytes(b"1")

    def look() -> None:
        assert x.stat().st_size == 3
        assert (y.exists(), y.is_file()) == (False, False)
        assert (x.is_file(), x.is_dir()) == (True, True)

    assert ledger.cost(look) == 0


# What is deleted is exactly what was meant

CROWD: Final = (
    "bak", "bak/x", "bak/sub/y", "bakbak/x", "bak.txt", "x", "x/", "x/y", "a/b", "a//b", "a//", "marker/", "marker/z",
    "empty/", "virtual/only",
)  # fmt: skip
DELETES: Final[list[tuple[str, str, set[str]]]] = [
    ("bak", "unlink", {"bak"}),
    ("bak/", "rmtree", {"bak/x", "bak/sub/y"}),
    ("bak", "rmtree", {"bak/x", "bak/sub/y"}),
    ("bakbak", "rmtree", {"bakbak/x"}),
    ("x", "unlink", {"x"}),
    ("x/", "rmtree", {"x/", "x/y"}),
    ("a", "rmtree", {"a/b", "a//b", "a//"}),
    ("a//", "rmtree", {"a//", "a//b"}),
    ("a//b", "unlink", {"a//b"}),
    ("a/b", "unlink", {"a/b"}),
    ("marker", "rmtree", {"marker/", "marker/z"}),
    ("empty", "rmdir", {"empty/"}),
    ("empty", "rmtree", {"empty/"}),
    ("virtual/only", "unlink", {"virtual/only"}),
]


class Bucket:
    """What the server holds, asked past tfm, on moto or in memory."""

    def __init__(self, name: str, moto: MotoServer | None, world: MemoryWorld | None) -> None:
        self.root = f"{name}://{BUCKET}/"
        self._moto = moto
        self._world = world
        self._client = None if moto is None else moto.client()

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def holdable(self) -> list[str]:
        """Odd keys; moto finds none with a line break when it is asked about one of them."""
        return [key for key in ODD_KEYS if self._moto is None or "\n" not in key]

    def put(self, files: dict[str, bytes]) -> None:
        if self._moto is not None:
            self._moto.put(BUCKET, files)
        if self._world is not None:
            self._world.put(files=files)

    def keys(self) -> set[str]:
        if self._world is not None:
            rows, _ = self._world.factory.store.select(BUCKET, "", "", recursive=True, limit=10_000)
            return {key for key, _ in rows}
        assert self._client is not None
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return {each["Key"] for page in pages for each in page.get("Contents", [])}


@pytest.fixture(params=["memory", "s3"])
def bucket(request: pytest.FixtureRequest) -> Iterator[Bucket]:
    if request.param == "memory":
        yield Bucket("memory", None, request.getfixturevalue("world"))
        return
    moto = request.getfixturevalue("moto")
    with use_session(Session(Settings(s3_conditions="create,replace,delete"))):
        made = Bucket("s3", moto, None)
        yield made
        made.close()


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize(("name", "verb", "doomed"), DELETES)
def test_nothing_else_is_touched(bucket: Bucket, name: str, verb: str, doomed: set[str], warm: bool) -> None:
    bucket.put({key: b"" if key.endswith("/") and key != "marker/" else key.encode() for key in CROWD})
    assert bucket.keys() == set(CROWD)
    if warm:
        list(Path(bucket.root).rglob("*"))
        list(Path(bucket.root).iterdir())
    getattr(Path(f"{bucket.root}{name}"), verb)()
    assert bucket.keys() == set(CROWD) - doomed


def test_a_directory_that_it_made_itself(bucket: Bucket) -> None:
    bucket.put({"other": b"1"})
    directory = Path(f"{bucket.root}made")
    directory.mkdir()
    (directory / "x").write_bytes(b"1")
    (directory / "x").unlink()
    assert (directory.is_dir(), list(directory.iterdir())) == (True, [])
    directory.rmdir()
    assert not directory.exists()
    assert bucket.keys() == {"other"}


def test_2500_objects(bucket: Bucket) -> None:
    bucket.put({f"t/{number % 3}/{number:05}": b"" for number in range(2500)} | {"t": b"", "tt/x": b"", "t.x": b""})
    summary = Path(f"{bucket.root}t/").rmtree()
    assert (summary.objects, summary.failed) == (2500, 0)
    assert bucket.keys() == {"t", "tt/x", "t.x"}


def test_every_odd_key_is_deleted_exactly(bucket: Bucket) -> None:
    odd_keys = bucket.holdable()
    bucket.put(dict.fromkeys(odd_keys, b"odd"))
    left = bucket.keys()
    assert left == set(odd_keys)
    for key in odd_keys:
        if key not in left:
            continue
        path = Path(f"{bucket.root}{key}")
        if key.endswith("/"):
            path.rmtree()
            left -= {each for each in left if each.startswith(key)}
        else:
            path.unlink()
            left.remove(key)
        assert bucket.keys() == left, key
    assert left == set()


def test_every_odd_key_is_written_exactly_and_known_at_once(bucket: Bucket) -> None:
    odd_keys = bucket.holdable()
    bucket.put({"other": b"1"})
    list(Path(bucket.root).rglob("*"))
    written = {key for key in odd_keys if not key.endswith("/")}
    for key in sorted(written):
        path = Path(f"{bucket.root}{key}")
        path.write_bytes(key.encode())
        assert path.is_file(), key
    assert bucket.keys() == written | {"other"}
    listed = {str(each)[len(bucket.root) :] for each in Path(bucket.root).rglob("*") if not str(each).endswith("/")}
    assert listed == written | {"other"}
    Path(bucket.root).invalidate(recursive=True)
    assert {str(each) for each in Path(bucket.root).rglob("*") if not str(each).endswith("/")} == {
        f"{bucket.root}{key}" for key in listed
    }
