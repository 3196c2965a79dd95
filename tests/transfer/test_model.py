"""Random trees onto random trees, by every policy: what comes of it is what a few lines say."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path as Disk

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.memory_world import MemoryWorld, memory_world
from tests.transfer.places import Content, Place, copied, put
from tfm import Path

EXAMPLES = 1500 if os.environ.get("TFM_LONG_TESTS") else 120

SEGMENTS = st.sampled_from(["a", "b", "ab", "a b", "ü", "-", ".", "..", "", "A", "a.txt", "\u202e", "x" * 256, "😀"])
KEYS = st.builds(
    lambda segments, slash: "/".join(segments) + slash,
    st.lists(SEGMENTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
).filter(lambda key: key not in {"", "/"})
TREES = st.dictionaries(KEYS, st.binary(max_size=3), max_size=8)
POLICIES = st.sampled_from(["fail", "skip", "overwrite"])


def on_flat_keys(tree: Content, there: Content, policy: str) -> tuple[Content, int, int]:
    """The content afterwards, and how many are skipped and fail."""
    result = dict(there)
    skipped = failed = 0
    for key, data in tree.items():
        marker = key.endswith("/")
        if key not in there:
            result[key] = data
        elif marker and not data and not there[key]:
            skipped += 1  # the directory is there
        elif policy == "overwrite":
            result[key] = data
        elif policy == "skip":
            skipped += 1
        else:
            failed += 1
    return result, skipped, failed


def fits_a_disk(key: str, data: bytes) -> bool:
    segments = key.removesuffix("/").split("/")
    if not all(segment not in {"", ".", ".."} and len(segment.encode()) <= 255 for segment in segments):
        return False
    return not (key.endswith("/") and data)


def run(world: MemoryWorld, tree: Content, target: Place, policy: str, move: bool) -> tuple[Content, Content, int, int]:
    source = Place("memory://bucket/from/")
    put(world.session, source, tree)
    result = copied(world.session, source.path(), target.path(), conflict=policy, move=move)
    if not tree:
        assert result.error is not None
        return {}, target.content(world.session), 0, 0
    assert result.error is None
    return (
        source.content(world.session),
        target.content(world.session),
        result.summary.skipped,
        result.summary.failed,
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=TREES, there=TREES, policy=POLICIES, move=st.booleans())
def test_within_memory(tree: Content, there: Content, policy: str, move: bool) -> None:
    with memory_world() as world:
        target = Place("memory://bucket/to/")
        put(world.session, target, there)
        left, found, skipped, failed = run(world, tree, target, policy, move)
        wanted = on_flat_keys(tree, there, policy)
        assert (found, skipped, failed) == (wanted if tree else (there, 0, 0))
        stays = {} if move else tree
        if move:
            stays = {key: data for key, data in tree.items() if not _was_done(key, data, there, policy)}
        assert left == stays


def _was_done(key: str, data: bytes, there: Content, policy: str) -> bool:
    if key not in there:
        return True
    return policy == "overwrite" and not (key.endswith("/") and not data and not there[key])


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=TREES, policy=POLICIES, move=st.booleans())
def test_from_memory_to_a_disk(tree: Content, policy: str, move: bool) -> None:
    """Names that are a file and a directory at once are left out: who comes first has it."""
    above = {key[:place] for key in tree for place, letter in enumerate(key) if letter == "/"}
    tree = {key: data for key, data in tree.items() if key.endswith("/") or not (key in above or f"{key}/" in tree)}
    tree = {
        key: data
        for key, data in tree.items()
        if not any(f"{key}".startswith(f"{other}/") for other in tree if not other.endswith("/"))
    }
    place = Disk(tempfile.mkdtemp())
    try:
        with memory_world() as world:
            target = Place(f"{place}/to/")
            left, found, _, failed = run(world, tree, target, policy, move)
            fitting = {key: data for key, data in tree.items() if fits_a_disk(key, data)}
            assert {key: data for key, data in found.items() if not key.endswith("/")} == {
                key: data for key, data in fitting.items() if not key.endswith("/")
            }
            assert all(key in found for key in fitting)
            assert failed == len(tree) - len(fitting)
            if move:
                assert left == {key: data for key, data in tree.items() if key not in fitting}
            else:
                assert left == tree
            assert os.listdir(place) in (["to"], [])
    finally:
        shutil.rmtree(place)


@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=TREES.map(lambda tree: {key: data for key, data in tree.items() if fits_a_disk(key, data)}))
def test_to_a_disk_and_back(tree: Content) -> None:
    tree = {
        key: data
        for key, data in tree.items()
        if not any(other != key and (other.startswith(f"{key}/")) for other in tree) or key.endswith("/")
    }
    place = Disk(tempfile.mkdtemp())
    try:
        with memory_world() as world:
            _, found, _, failed = run(world, tree, Place(f"{place}/to/"), "fail", move=False)
            assert failed == 0
            if not tree:
                return
            back = copied(world.session, Path(place / "to"), Path("memory://bucket/back"))
            assert back.summary.failures == []
            files = {key: data for key, data in found.items() if not key.endswith("/")}
            returned = Place("memory://bucket/back/").content(world.session)
            assert {key: data for key, data in returned.items() if not key.endswith("/")} == files
            for key in tree:
                assert Path(f"memory://bucket/back/{key}").exists()
    finally:
        shutil.rmtree(place)
