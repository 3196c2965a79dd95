"""Paths as text: the laws that hold for every key, and agreement with pathlib for every local name."""

from __future__ import annotations

import copy
import os
import pickle
from itertools import pairwise
from pathlib import PurePosixPath

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tfm import InvalidPathError, LocalPath, Path, UnsupportedOperation

ODD = [
    "",
    ".",
    "..",
    "a",
    "b.txt",
    ".x",
    "..a",
    "a.",
    "x y",
    "+",
    "%2F",
    "?",
    "#",
    "s3:",
    "\n",
    "\x00",
    "é",
    "\U0001f600",
]

segment = st.one_of(
    st.sampled_from([*ODD, "\udcff", "\ud800", "k" * 1024]),
    st.text(st.characters(exclude_characters="/", codec=None), max_size=5),
)
segments = st.lists(segment, min_size=1, max_size=6)
names = segments.map("/".join)
remote = st.one_of(
    st.builds(lambda key, slash: Path(f"s3://bucket/{key}{slash}"), names, st.sampled_from(["", "/"])),
    st.sampled_from([Path("s3://bucket"), Path("s3://bucket/"), Path("s3://"), Path("s3://bucket//")]),
)
inside = remote.filter(lambda path: path.parent != path)
local_segment = segment.filter(lambda text: not any("\ud800" <= letter <= "\udfff" for letter in text))
local_text = st.one_of(
    st.lists(st.sampled_from([*ODD, "c", "d.tar.gz", "\udcff"]), max_size=5).map("/".join),
    st.lists(local_segment, max_size=5).map("/".join),
    st.lists(local_segment, max_size=5).map(lambda parts: "/" + "/".join(parts)),
).filter(lambda text: "://" not in text)


@given(inside)
def test_a_parent_and_its_name_give_the_path_back(path: Path) -> None:
    assert path.parent / path.name == path
    assert path.parent.is_relative_to(path.parent)
    assert str(path.parent).endswith("/")


@given(remote)
def test_the_text_of_a_path_is_the_path(path: Path) -> None:
    again = Path(str(path))
    assert again == path
    assert str(again) == str(path)
    assert hash(again) == hash(path)
    assert again.parts == path.parts


@given(remote)
def test_a_uri_gives_the_path_back(path: Path) -> None:
    assert Path.from_uri(path.as_uri()) == path
    assert path.as_uri().isascii()
    assert path.as_uri().isprintable()


@given(remote)
def test_copies_and_pickles_are_the_path(path: Path) -> None:
    for again in (pickle.loads(pickle.dumps(path)), copy.copy(path), copy.deepcopy(path)):
        assert again == path
        assert str(again) == str(path)
        assert type(again) is type(path)


@given(names)
def test_one_trailing_slash_is_a_hint_and_no_part_of_the_identity(key: str) -> None:
    plain = Path("s3://bucket", key)
    hinted = Path(f"{plain}/") if not str(plain).endswith("/") else plain
    assert hinted == plain
    assert hash(hinted) == hash(plain)
    assert hinted.name == plain.name
    assert hinted.parent == plain.parent


@given(inside, segment)
def test_a_path_with_another_name_is_beside_it(path: Path, name: str) -> None:
    other = path.with_name(name)
    assert other.parent == path.parent
    assert other.name == name
    assert path.with_name(path.name) == path


@given(inside)
def test_a_name_is_its_stem_and_its_suffix(path: Path) -> None:
    assert path.stem + path.suffix == path.name
    assert path.with_stem(path.stem) == path
    if path.name:
        assert path.with_suffix(path.suffix) == path


@given(remote)
def test_every_directory_above_gives_the_path_back_with_what_is_below_it(path: Path) -> None:
    for above in (path, *path.parents):
        rest = path.relative_to(above)
        assert above / rest == path
        assert not isinstance(rest, os.PathLike)
        assert path.is_relative_to(above)
        assert pickle.loads(pickle.dumps(rest)) == rest


@given(st.lists(remote))
def test_paths_have_one_order(paths: list[Path]) -> None:
    ordered = sorted(paths)
    assert all(before <= after for before, after in pairwise(ordered))
    ordered.reverse()
    assert ordered == sorted(paths, reverse=True)


@given(remote, segment)
def test_segments_are_kept_as_they_are(path: Path, name: str) -> None:
    if path.bucket and not name.startswith("/"):
        assert (path / name).parts == (*path.parts, name)


def test_double_slashes_and_dots_are_key_text() -> None:
    path = Path("s3://b/a//b/../c")
    assert path.key == "a//b/../c"
    assert path.parts == ("s3://b/", "a", "", "b", "..", "c")
    assert str(path.parent) == "s3://b/a//b/../"


def test_nothing_on_the_right_of_a_slash_leaves_the_bucket() -> None:
    base = Path("s3://b/x")
    assert str(base / "/etc") == "s3://b/etc"
    assert (base / "s3://other/y").key == "x/s3://other/y"
    assert (base / "..").key == "x/.."
    assert (base / "").parts == ("s3://b/", "x", "")
    assert str(base / "//y") == "s3://b//y"


def test_a_path_that_is_known_to_be_a_directory_prints_with_its_slash() -> None:
    assert str(Path("s3://b/folder/x.txt").parent) == "s3://b/folder/"
    assert Path("s3://b/folder/").name == "folder"
    assert str(Path("s3://b/folder/").parent) == "s3://b/"
    assert repr(Path("s3://b/folder/")) == "Path('s3://b/folder/')"


def test_the_root_of_a_bucket_is_its_own_parent() -> None:
    root = Path("s3://bucket")
    assert root == Path("s3://bucket/")
    assert str(root) == "s3://bucket/"
    assert root.parent == root
    assert root.parents == ()
    assert root.key == ""
    assert root.name == ""
    assert root.bucket == "bucket"
    assert root.parts == (root.anchor,) == ("s3://bucket/",)


def test_the_directory_without_a_name_is_not_the_root() -> None:
    nameless = Path("s3://b//")
    assert nameless != Path("s3://b/")
    assert nameless.name == ""
    assert nameless.key == "/"
    assert nameless.parent == Path("s3://b/")
    assert Path("s3://b/") / "" == nameless
    assert nameless / "x" == Path("s3://b//x")


def test_below_the_list_of_buckets_a_segment_is_a_bucket() -> None:
    top = Path("s3://")
    assert str(top / "bucket") == "s3://bucket/"
    assert top / "bucket" / "key" == Path("s3://bucket/key")
    assert top / "bucket/key/" == Path("s3://bucket/key/")
    assert top.parent == top
    assert Path("s3://bucket/a/b").relative_to(top).parts == ("bucket", "a", "b")
    with pytest.raises(InvalidPathError):
        top / ""


def test_parents_are_listed_from_the_nearest() -> None:
    assert [str(each) for each in Path("s3://b/x/y/z").parents] == ["s3://b/x/y/", "s3://b/x/", "s3://b/"]


def test_text_is_literal_and_a_uri_is_decoded() -> None:
    path = Path("s3://b/a%20b?c#d")
    assert path.key == "a%20b?c#d"
    assert path.as_uri() == "s3://b/a%2520b%3Fc%23d"
    assert Path.from_uri("s3://b/a%20b").key == "a b"
    assert Path.from_uri("file:///a%20b") == Path("/a b")
    assert Path.from_uri(Path("/x/\udcff").as_uri()) == Path("/x/\udcff")
    assert Path("S3://b/k") == Path("s3://b/k")


def test_a_profile_is_part_of_the_identity_and_is_inherited() -> None:
    mine = Path("s3://b/x", profile="work")
    assert mine != Path("s3://b/x")
    assert mine.parent.profile == (mine / "y").profile == Path(mine, "z").profile == "work"
    assert pickle.loads(pickle.dumps(mine)) == mine
    assert "work" in repr(mine)


def test_remote_paths_are_no_os_paths() -> None:
    with pytest.raises(TypeError):
        os.fspath(Path("s3://b/x"))  # type: ignore[call-overload]
    assert isinstance(Path("x"), os.PathLike)
    assert os.fspath(LocalPath("/x/y")) == "/x/y"


@pytest.mark.parametrize("text", ["s3:///key", "file://elsewhere/x", "file:///x?y", "not a uri", "s3://b/x#y"])
def test_a_malformed_uri_is_named(text: str) -> None:
    with pytest.raises(InvalidPathError, match="'") as caught:
        Path.from_uri(text)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


def test_a_key_without_its_bucket_is_refused() -> None:
    with pytest.raises(InvalidPathError, match="s3:///key"):
        Path("s3:///key")


def test_a_part_of_a_key_is_not_a_place() -> None:
    part = Path("s3://b/x/y").relative_to(Path("s3://b/x"))
    assert str(part) == "y"
    assert not part.is_absolute()
    with pytest.raises(UnsupportedOperation):
        part.exists()
    with pytest.raises(ValueError, match="part of a key"):
        part.as_uri()
    with pytest.raises(ValueError, match="not below"):
        Path("s3://b/x").relative_to("s3://c/")
    assert LocalPath("/tmp") / part == Path("/tmp/y")
    with pytest.raises(ValueError, match="directions"):
        LocalPath("/tmp") / Path("s3://b/../y").relative_to("s3://b")


def test_patterns_match_whole_keys_and_last_segments() -> None:
    path = Path("s3://b/a/b/c.txt")
    assert path.match("*.txt")
    assert path.match("b/*.txt")
    assert not path.match("a/*.txt")
    assert path.full_match("a/**/*.txt")
    assert path.full_match("s3://b/**")
    assert not path.full_match("*.txt")
    assert Path("/a/b").full_match("/**/b")
    assert not Path("a/b").full_match("/a/b")
    assert Path("").full_match("")


# Local names


@given(local_text)
@example("..a")
@example("//x")
@example("///x/./y/../z")
def test_a_local_path_says_what_pathlib_says(text: str) -> None:
    ours, theirs = Path(text), PurePosixPath(text)
    assert isinstance(ours, LocalPath)
    assert str(ours) == str(theirs)
    for name in ("name", "stem", "suffix", "suffixes", "anchor", "parts"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert str(ours.parent) == str(theirs.parent)
    assert [str(each) for each in ours.parents] == [str(each) for each in theirs.parents]
    assert ours.is_absolute() == theirs.is_absolute()
    assert ours.as_posix() == theirs.as_posix()
    if ours.is_absolute():
        assert ours.as_uri() == theirs.as_uri()
        assert Path.from_uri(ours.as_uri()) == ours
    assert Path(str(ours)) == pickle.loads(pickle.dumps(ours)) == ours


def said(work: object, *arguments: object) -> str:
    try:
        return str(work(*arguments))  # type: ignore[operator]
    except (ValueError, UnsupportedOperation) as error:
        return "ValueError" if isinstance(error, ValueError) else repr(error)


@given(local_text, local_text)
def test_local_paths_join_as_pathlibs_do(left: str, right: str) -> None:
    ours, theirs = Path(left), PurePosixPath(left)
    assert str(ours / right) == str(theirs / right)
    assert str(left / Path(right)) == str(left / PurePosixPath(right))
    assert str(Path(left, right, "x")) == str(PurePosixPath(left, right, "x"))
    assert said(ours.relative_to, right) == said(theirs.relative_to, right)
    assert ours.is_relative_to(right) == theirs.is_relative_to(right)
    assert (ours < Path(right)) == (theirs < PurePosixPath(right))
    assert (ours == Path(right)) == (theirs == PurePosixPath(right))
    assert (hash(ours) == hash(Path(right))) or ours != Path(right)


@given(local_text, local_segment)
def test_local_names_change_as_pathlibs_do(text: str, name: str) -> None:
    ours, theirs = Path(text), PurePosixPath(text)
    assume(theirs.stem != ".")  # of "..a": Python 3.11 makes a path of it that is none, later ones refuse, and so do we
    assert said(ours.with_name, name) == said(theirs.with_name, name)
    assert said(ours.with_stem, name) == said(theirs.with_stem, name)
    assert said(ours.with_suffix, name) == said(theirs.with_suffix, name)
    assert said(ours.with_suffix, f".{name}") == said(theirs.with_suffix, f".{name}")
    assert said(ours.match, name) == said(theirs.match, name)
