"""Local paths on a real disk agree with pathlib.

What differs, on purpose; nothing else may:

* ``glob("**")`` gives files too, and a literal last segment finds a broken link: as pathlib since Python 3.13.
* ``exists()`` of text that no disk takes (too long) is False, as pathlib's since 3.12.
* ``stat()`` of something below a file raises NotFoundError where pathlib has NotADirectoryError, because object stores
  cannot tell the two apart.
* ``walk()`` of a missing directory raises, and so does one that cannot be read, after all else: pathlib's says nothing,
  which looks like an empty tree.
* ``iterdir()`` raises at the call, as pathlib's since 3.13.
* ``read_bytes()`` and ``read_text()`` of a pipe, a socket or a device raise UnsupportedOperation: they might never end.
* Reading and listing through links that lead in a circle raises InvalidPathError, a ValueError;
  pathlib has OSError.
* Errors are tfm's own, of the builtin class that pathlib raises.
"""

from __future__ import annotations

import errno
import os
import pathlib
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfm import InvalidPathError, LocalPath, NotFoundError, Path, UnsupportedOperation, count_requests

NAMES = ["a", "b.txt", "c d", ".hidden", "é", "new\nline", "\udcff", "x.tar.gz", "[s]"]
Tree = dict[str, object]

tree_text = st.recursive(
    st.one_of(st.binary(max_size=5), st.sampled_from(["link:a", "link:../a", "link:nowhere", "link:.", "link:b.txt"])),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
trees = st.dictionaries(st.sampled_from(NAMES), tree_text, max_size=5)


def build(place: pathlib.Path, tree: Tree) -> None:
    for name, content in tree.items():
        if isinstance(content, dict):
            (place / name).mkdir()
            build(place / name, content)
        elif isinstance(content, bytes):
            (place / name).write_bytes(content)
        else:
            assert isinstance(content, str)
            (place / name).symlink_to(content.removeprefix("link:"))


@contextmanager
def built(tree: Tree) -> Iterator[pathlib.Path]:
    outside = pathlib.Path(tempfile.mkdtemp(prefix="tfm-test-"))
    place = outside / "in" / "side"  # so that ".." and links upward stay in here
    try:
        place.mkdir(parents=True)
        build(place, tree)
        yield place
    finally:
        shutil.rmtree(outside)


def everything(place: pathlib.Path) -> list[pathlib.Path]:
    found = [place / "missing", place / "a" / "below", place / "nul\0", place / ("x" * 50), place]
    for here, directories, files in os.walk(place):
        found += [pathlib.Path(here, name) for name in [*directories, *files]]
    return found


def outcome(work: Callable[[], object]) -> object:
    """What it gives, or the builtin class of what it raises."""
    try:
        return work()
    except (OSError, ValueError) as error:
        builtin = [kind for kind in type(error).__mro__ if kind.__module__ == "builtins" and kind is not Exception]
        return builtin[0]


def in_a_circle(path: pathlib.Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError) as error:
        return getattr(error, "errno", None) == errno.ELOOP
    return False


def texts(paths: object) -> list[str]:
    assert hasattr(paths, "__iter__")
    return sorted(str(each) for each in paths)


@settings(max_examples=60, deadline=None)
@given(trees)
@example(
    {"a": b"1", "b.txt": "link:a", "c d": {"a": b"22", ".hidden": "link:nowhere", "é": "link:../a"}, "x.tar.gz": {}}
)
def test_a_disk_says_what_pathlib_says(tree: Tree) -> None:
    with built(tree) as place:
        for theirs in everything(place):
            ours = Path(theirs)
            for question in ("exists", "is_dir", "is_file", "is_symlink", "is_mount", "is_fifo"):
                assert getattr(ours, question)() == getattr(theirs, question)(), (question, ours)
            assert ours.info.is_symlink() == theirs.is_symlink()
            if theirs.exists():
                said, native = ours.stat(), theirs.stat()
                assert (said.st_mode, said.st_mtime, said.st_ino) == (native.st_mode, native.st_mtime, native.st_ino)
                assert said.st_size == native.st_size
                assert LocalPath(theirs).lstat() == theirs.lstat()
            elif theirs.parent.is_dir() or not theirs.parent.exists():
                assert outcome(ours.stat) == outcome(theirs.stat)
            if not in_a_circle(theirs):
                assert outcome(ours.read_bytes) == outcome(theirs.read_bytes)
            if theirs.is_dir():
                assert texts(ours.iterdir()) == texts(theirs.iterdir())
                for child in ours.iterdir():
                    plain = pathlib.Path(str(child))
                    assert (child.is_dir(), child.is_file(), child.exists(), child.is_symlink()) == (
                        plain.is_dir(), plain.is_file(), plain.exists(), plain.is_symlink(),
                    )  # fmt: skip
                    assert child.info.exists() == plain.exists()
                    assert child.info.is_dir() == plain.is_dir()
                    assert child.info.is_dir(follow_symlinks=False) == (plain.is_dir() and not plain.is_symlink())


PATTERNS = [
    "*", "*/", "*.txt", "a", "a/*", "*/*", "**/*", "**/a", "**/", "**/*/", "**/**/*", "**/a/**/*", "*/../*", "**/.*",
    "c d/**/a", "[[]s]",
]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(trees, st.sampled_from(PATTERNS))
def test_patterns_find_what_pathlib_finds(tree: Tree, pattern: str) -> None:
    with built(tree) as place:
        ours = texts(Path(place).glob(pattern))
        assert len(ours) == len(set(ours))
        assert ours == sorted(set(texts(place.glob(pattern))) | broken_literals(place, pattern))
        if not pattern.startswith("**"):
            assert texts(Path(place).rglob(pattern)) == sorted(
                set(texts(place.rglob(pattern))) | broken_literals(place, f"**/{pattern}")
            )


def broken_literals(place: pathlib.Path, pattern: str) -> set[str]:
    """The broken links that pathlib passes over before Python 3.13 where the last segment is literal."""
    *above, last = pattern.removesuffix("/").split("/")
    if pattern.endswith("/") or "*" in last or "[" in last:
        return set()
    holders = place.glob("/".join(above)) if above else [place]
    return {str(holder / last) for holder in holders if (holder / last).is_symlink()}


@settings(max_examples=40, deadline=None)
@given(trees, st.booleans())
def test_walk_gives_what_os_walk_gives(tree: Tree, top_down: bool) -> None:
    with built(tree) as place:
        expected = {}
        for here, directories, files in os.walk(place):
            links = [name for name in directories if os.path.islink(os.path.join(here, name))]
            expected[here] = (sorted(set(directories) - set(links)), sorted(files + links))
        seen = {}
        order = []
        for ours, directories, files in Path(place).walk(top_down=top_down):
            assert isinstance(ours, LocalPath)
            seen[str(ours)] = (sorted(directories), sorted(files))
            order.append(str(ours))
        assert seen == expected
        for number, here in enumerate(order):
            inside = [each for each in order[number + 1 :] if each.startswith(f"{here}/")]
            assert top_down or not inside, "a directory comes after all that is in it"


def test_walk_follows_links_when_asked(tmp_path: pathlib.Path) -> None:
    build(tmp_path, {"real": {"x": b""}, "link": "link:real"})
    assert [str(here) for here, _, _ in Path(tmp_path).walk()] == [str(tmp_path), f"{tmp_path}/real"]
    followed = sorted(str(here) for here, _, _ in Path(tmp_path).walk(follow_symlinks=True))
    assert followed == [str(tmp_path), f"{tmp_path}/link", f"{tmp_path}/real"]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), st.sampled_from([None, "", "\n", "\r", "\r\n"]), st.sampled_from(["utf-8", "latin-1"]))
def test_text_is_read_as_pathlib_reads_it(content: bytes, newline: str | None, encoding: str) -> None:
    with built({"x": content}) as place:
        ours, theirs = Path(place / "x"), place / "x"
        assert outcome(lambda: ours.read_text(encoding)) == outcome(lambda: theirs.read_text(encoding))

        def lines(path: Path | pathlib.Path) -> list[str]:
            with path.open("r", encoding=encoding, newline=newline) as file:
                return list(file)

        assert outcome(lambda: lines(ours)) == outcome(lambda: lines(theirs))
        if encoding == "latin-1":
            assert ours.read_text(encoding, newline=newline) == "".join(lines(theirs))


def test_an_open_file_is_one_of_the_operating_system(tmp_path: pathlib.Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    with Path(tmp_path / "x").open("rb") as file:
        assert os.fstat(file.fileno()).st_size == 7
    with pytest.raises(ValueError, match="mode"):
        Path(tmp_path / "x").open("z")
    with pytest.raises(FileNotFoundError):
        Path(tmp_path / "y").open()
    with Path(tmp_path / "x").local() as local:
        assert local == Path(tmp_path / "x")
    assert Path(tmp_path / "x").read_range(3, 2) == b"te"


def test_relative_paths_begin_in_the_working_directory(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, {"a": {"b": b"1"}, "c": b"22"})
    monkeypatch.chdir(tmp_path)
    for here in (Path(), Path("."), Path("")):
        assert texts(here.iterdir()) == ["a", "c"]
        assert texts(here.rglob("*")) == ["a", "a/b", "c"]
        assert [str(each) for each, _, _ in here.walk()] == [".", "a"]
        assert here.is_dir()
    assert Path("c").read_bytes() == b"22"
    assert LocalPath.cwd() == Path(tmp_path)
    assert Path("c").resolve() == Path(tmp_path / "c")  # type: ignore[attr-defined]
    assert LocalPath("a").absolute() == LocalPath(tmp_path, "a")
    assert LocalPath("~/x").expanduser() == LocalPath.home() / "x"
    assert LocalPath("c").samefile("a/../c")
    assert not LocalPath("c").is_junction()
    assert LocalPath("c").owner() == pathlib.Path("c").owner()
    assert bytes(LocalPath("\udcff")) == b"\xff"
    with open(LocalPath("c"), "rb") as file:
        assert file.read() == b"22"


def test_what_might_never_end_is_not_read(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        for name in ("pipe", "s"):
            path = Path(tmp_path / name)
            assert path.exists()
            assert not path.is_file()
            assert not path.is_dir()
            with pytest.raises(UnsupportedOperation):
                path.read_bytes()
        assert {child.name: child.info.is_file() for child in Path(tmp_path).iterdir()} == {"pipe": False, "s": False}


def test_the_documented_differences(tmp_path: pathlib.Path) -> None:
    build(tmp_path, {"file": b"", "d": {"x": b""}, "broken": "link:nowhere"})
    base = Path(tmp_path)
    assert texts(base.glob("**")) == texts([tmp_path, *tmp_path.glob("**/*")])
    assert texts(base.glob("broken")) == [f"{tmp_path}/broken"]
    assert not (base / ("x" * 300)).exists()
    with pytest.raises(InvalidPathError):
        (base / "nul\0").stat()
    with pytest.raises(NotFoundError):
        (base / "file" / "x").stat()
    with pytest.raises(NotADirectoryError):
        (base / "file").iterdir()
    with pytest.raises(FileNotFoundError):
        (base / "missing").iterdir()
    with pytest.raises(FileNotFoundError):
        next((base / "missing").walk())


def test_the_local_disk_is_asked_each_time_and_costs_no_request(tmp_path: pathlib.Path) -> None:
    (tmp_path / "x").write_bytes(b"1")
    with count_requests() as requests:
        (x,) = Path(tmp_path).iterdir()
        (tmp_path / "x").write_bytes(b"22")
        assert x.stat().st_size == 2
        assert x.info.size == 1
        (tmp_path / "x").unlink()
        assert not x.exists()
        assert list(Path(tmp_path).iterdir()) == []
    assert requests.total == 0
