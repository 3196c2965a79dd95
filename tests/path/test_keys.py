"""Keys are exact: what is put on the server is what every listing gives, and each child can be asked by its text."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.memory_world import BUCKET, memory_world
from tests.servers.moto import MotoServer
from tfm import Path
from tfm.path.sessions import use_session
from tfm.storage.session import Session

PIECES = [
    "", "/", "//", "a", "b", "x", "x/", "-", ".", "..", " ", "+", "%", "%2F", "%20", "?", "#", "&", "=", "\\", "'", '"',
    "<", ">", "]]>", "é", "e\u0301", "\u202e", "\u200b", "\U0001f600", "\uffff", "\t", "\r", "\x01", "\x1b",
    "\x7f", "\x85",
]  # fmt: skip


def key_sets(pieces: Iterable[str]) -> st.SearchStrategy[set[str]]:
    piece = st.sampled_from(sorted(pieces))
    letters = st.text(st.characters(codec="utf-8", exclude_characters="\n" if "\n" not in pieces else ""), max_size=3)
    key = st.lists(st.one_of(piece, letters), min_size=1, max_size=6).map("".join)
    return st.sets(key.filter(lambda text: 0 < len(text.encode()) <= 1024), min_size=1, max_size=12)


ODD = {"x", "x/", "x/y", "x-", "a//b", "/lead", "//", "/", "trail//", ".", "..", "a/../b", "\x01", "é", "k" * 1024}


def children_of(keys: set[str], prefix: str) -> dict[str, tuple[bool, bool]]:
    """What ``prefix`` holds, worked out from the keys alone: names, and whether an object and a directory have them."""
    found: dict[str, tuple[bool, bool]] = {}
    for key in keys:
        if not key.startswith(prefix) or key == prefix:
            continue
        name, slash, _ = key[len(prefix) :].partition("/")
        file, directory = found.get(name, (False, False))
        found[name] = (file or not slash, directory or bool(slash))
    return found


def check(root: Path, keys: set[str]) -> None:
    listed = {entry.key for page in root.scan(recursive=True) for entry in page}
    assert listed == keys, "flat"
    root.invalidate(recursive=True)
    waiting = [root]
    while waiting:
        place = waiting.pop()
        prefix = "" if place == root else place.key
        expected = children_of(keys, prefix)
        children = list(place.iterdir())
        assert sorted((each.name, str(each).endswith("/")) for each in children) == sorted(
            (name, is_directory)
            for name, kinds in expected.items()
            for is_directory in (False, True)
            if kinds[is_directory]
        ), place
        for child in children:
            assert (child.is_file(), child.is_dir()) == expected[child.name], child
            again = Path(str(child))
            assert again == child
            assert (again.is_file(), again.is_dir(), again.exists()) == (*expected[child.name], True), child
            assert child.parent == place
            if str(child).endswith("/"):
                waiting.append(child)
    root.invalidate(recursive=True)
    everything = {str(each) for each in root.rglob("*")}
    directories = {key[: end + 1] for key in keys for end, letter in enumerate(key) if letter == "/"}
    assert everything == {f"{root}{key}" for key in keys | directories}
    fresh = {key for key in keys if not key.endswith("/")}
    root.invalidate(recursive=True)
    for key in sorted(fresh)[:3]:
        path = root / key if not key.startswith("/") else Path(f"{root}{key}")
        assert path.is_file(), "asked alone, on a cold cache"
        assert path.key == key
        assert path.read_bytes() == b"content"


@settings(max_examples=80, deadline=None)
@given(key_sets([*PIECES, "\n"]))
@example(ODD | {"new\nline", "\n", "a/\n/b"})
def test_any_keys_in_memory(keys: set[str]) -> None:
    with memory_world() as world:
        world.put(files=dict.fromkeys(keys, b"content"))
        check(Path(f"memory://{BUCKET}/"), keys)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key_sets(PIECES))
@example(ODD)
@example({"x", "x/", "x/y", "x-"})
def test_any_keys_on_a_server(moto: MotoServer, keys: set[str]) -> None:
    moto.reset()
    moto.put("bucket", dict.fromkeys(keys, b"content"))
    with use_session(Session()):
        check(Path("s3://bucket/"), keys)


def test_a_thousand_and_twenty_four_bytes_and_pages_in_the_middle_of_twins() -> None:
    """``x`` and ``x/`` on two pages: neither hides the other, whichever is asked first."""
    with memory_world() as world:
        world.put("w", "x", "x/y", "y", "y/z", "z" * 1024)
        for size in range(1, 6):
            world.page_entries = size
            for question in ("is_dir", "is_file"):
                with use_session(world.session):
                    children = list(Path(f"memory://{BUCKET}/").iterdir(fresh=True))
                    assert [getattr(each, question)() for each in children] == [
                        getattr(Path(str(each)), question)(fresh=True) for each in children
                    ]
                    during = [getattr(each, question)() for each in Path(f"memory://{BUCKET}/").iterdir(fresh=True)]
                    assert during == [getattr(each, question)() for each in children]
