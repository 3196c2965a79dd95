"""What a path that is being typed could become, and where it leads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path as DiskPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.ui.memory_panes import Memory, denied, place
from tfm.core.entry import Kind
from tfm.core.errors import InvalidPathError, NotDirectoryError, NotFoundError, PermissionDeniedError
from tfm.core.location import Location, StorageAddress
from tfm.core.progress import Cancel
from tfm.operations.completion import Candidate, Completer, Goal, goal_of_text, longest_beginning
from tfm.operations.typed_place import PlaceReader, absolute_text
from tfm.storage.session import Session

_NAMES = st.sampled_from(["", "x", "X", "xy", " ", "ü", "日本", "~", "..", ".h", "a b", "s3:", "\x1b[1m", "-n"])
KEYS = st.lists(_NAMES, min_size=1, max_size=4).map("/".join)


def memory_with(*keys: str) -> Memory:
    memory = Memory()
    memory.put(keys)
    return memory


def reader_at(memory: Memory, here: Location | None = None) -> PlaceReader:
    return PlaceReader(memory.session, here or place())


def completer(memory: Memory, here: Location | None = None) -> Completer:
    return Completer(memory.session, reader_at(memory, here), pause_seconds=0)


def texts(candidates: Sequence[Candidate]) -> list[str]:
    return [candidate.text for candidate in candidates]


def on_disk(path: DiskPath) -> Location:
    return Location(StorageAddress("file"), f"{path}/", Kind.DIRECTORY)


@given(
    st.lists(KEYS.filter(bool), min_size=1, max_size=6, unique=True),
    st.sampled_from(["", "x/", "/", "x//"]),
    st.sampled_from(["", "x", "xy", "~", ".", " "]),
)
@example(["x", "x/y", "x//z", "xy", "/"], "", "x")
@example(["x//~", "x//", "x///z"], "x//", "")
@example(["x"], "x/", "")
@example(["xy"], "x/", "")
def test_every_entry_that_begins_so_is_offered_by_a_text_that_names_it(keys: list[str], above: str, begun: str) -> None:
    memory = memory_with(*keys)
    page = memory.storage.first_rows(above, limit=1000)
    expected = {(entry.key, entry.kind) for entry in page if entry.name.startswith(begun)}
    for here, typed in ((place(), f"memory://bucket/{above}{begun}"), (place(above), begun)):
        if typed == "~":
            continue  # that is the home directory
        reader = reader_at(memory, here)
        try:
            found = completer(memory, here).complete(typed)
        except (NotFoundError, NotDirectoryError):
            assert not len(page)
            continue
        offered = {(each.location.key, each.location.kind) for each in found}
        assert offered == expected or (not expected and begun), (
            "what fits but for capitals is offered instead of nothing"
        )
        for each in found:
            assert reader.names(each.text, each.location)


def test_directories_come_first_and_numbers_count() -> None:
    memory = memory_with("d/x", "d/x/y", "d/x10", "d/x9", "d/z")
    assert texts(completer(memory, place("d/")).complete("x")) == ["x/", "x", "x9", "x10"]


def test_capitals_make_no_difference_where_nothing_fits_exactly() -> None:
    memory = memory_with("d/Readme", "d/other")
    assert texts(completer(memory).complete("memory://bucket/d/re")) == []
    assert texts(completer(memory, place("d/")).complete("")) == ["other", "Readme"]
    assert texts(completer(memory, place("d/")).complete("re")) == ["Readme"], "what is listed whole is looked through"


def test_one_request_a_directory_and_none_for_what_is_known() -> None:
    memory = memory_with("d/aa", "d/ab", "d/b", "e/x")
    complete = completer(memory).complete
    assert texts(complete("memory://bucket/d/a")) == ["memory://bucket/d/aa", "memory://bucket/d/ab"]
    assert texts(complete("memory://bucket/d/ab")) == ["memory://bucket/d/ab"]
    assert memory.requests == {"list": 1}, "the second text was answered by the first question"
    assert texts(complete("memory://bucket/d/b")) == ["memory://bucket/d/b"]
    assert memory.requests == {"list": 2}
    assert len(complete("memory://bucket/d/")) == 3
    assert len(completer(memory).complete("memory://bucket/d/a")) == 2
    assert memory.requests == {"list": 3}, "what was listed whole is in the cache, for others too"
    memory.clock.now += 3600
    assert len(completer(memory).complete("memory://bucket/d/a")) == 2
    assert memory.requests == {"list": 3}, "an old listing is good enough to type by"


def test_of_a_large_directory_one_page_is_asked_for_by_what_is_typed() -> None:
    memory = memory_with(*[f"d/{letter}{number:04}" for letter in "ab" for number in range(1500)])
    complete = completer(memory).complete
    assert len(complete("memory://bucket/d/")) == 1000
    assert memory.requests == {"list": 1}
    assert len(complete("memory://bucket/d/b000")) == 10
    assert texts(complete("memory://bucket/d/b0001")) == ["memory://bucket/d/b0001"]
    assert memory.requests == {"list": 2}


def test_who_types_on_asks_nothing() -> None:
    memory = memory_with("d/a")
    cancel = Cancel()
    cancel.set()
    assert completer(memory).complete("memory://bucket/d/", cancel) == []
    assert memory.requests == {}


def test_buckets_complete_and_their_names_lead_on() -> None:
    memory = memory_with("d/a")
    memory.put(["x"], bucket="budget")
    top = Location(StorageAddress("memory"), "", Kind.DIRECTORY)
    assert texts(completer(memory).complete("memory://bu")) == ["memory://bucket/", "memory://budget/"]
    assert texts(completer(memory, top).complete("buc")) == ["bucket/"]
    assert texts(completer(memory, top).complete("bucket/d")) == ["bucket/d/"]
    assert goal_of_text(memory.session, reader_at(memory, top), "budget").directory == place(bucket="budget")
    assert texts(completer(memory).complete("mem")) == ["memory://"]


def test_paths_of_the_disk(tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    (tmp_path / ".hidden").touch()
    (tmp_path / "a b").touch()
    (tmp_path / "~").touch()
    os.symlink("sub", tmp_path / "link")
    monkeypatch.setenv("HOME", str(tmp_path))
    session = Session()
    complete = Completer(session, PlaceReader(session, on_disk(tmp_path / "sub"))).complete
    assert texts(complete("../s")) == ["../sub/"]
    assert texts(complete("d")) == ["deep/"]
    assert texts(complete("~")) == ["~/"]
    assert texts(complete("~/")) == ["~/link/", "~/sub/", "~/a b", "~/~"]
    assert texts(complete("~/.")) == ["~/.hidden"]
    assert texts(complete(f"file://{tmp_path}/a")) == [f"file://{tmp_path}/a b"]
    assert texts(complete("~nobody-of-that-name")) == []
    here = Completer(session, PlaceReader(session, on_disk(tmp_path))).complete
    assert f"{tmp_path}/~" in texts(here("")), "a name that would be read as another place stands there in full"


def test_where_a_text_leads(tmp_path: DiskPath) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "file").touch()
    session = Session()
    reader = PlaceReader(session, on_disk(tmp_path))
    assert goal_of_text(session, reader, "sub") == Goal(on_disk(tmp_path / "sub"))
    assert goal_of_text(session, reader, "sub/..") == Goal(on_disk(tmp_path))
    file = Location(StorageAddress("file"), str(tmp_path / "file"), Kind.FILE)
    assert goal_of_text(session, reader, "file") == Goal(on_disk(tmp_path), file)
    with pytest.raises(NotDirectoryError):
        goal_of_text(session, reader, "file/")
    with pytest.raises(NotFoundError, match="nothing of that name"):
        goal_of_text(session, reader, "nothing")
    for text in ("", "s3:///key", "file://elsewhere/x"):
        with pytest.raises(InvalidPathError):
            goal_of_text(session, reader, text)


def test_an_object_beside_a_directory_is_meant_without_the_slash() -> None:
    memory = memory_with("d/x", "d/x/y")
    reader = reader_at(memory, place("d/"))
    assert goal_of_text(memory.session, reader, "x") == Goal(
        place("d/"), Location(StorageAddress("memory", "bucket"), "d/x", Kind.FILE)
    )
    assert goal_of_text(memory.session, reader, "x/") == Goal(place("d/x/"))
    assert memory.requests == {"list": 2}
    assert goal_of_text(memory.session, reader, "x/") == Goal(place("d/x/"))
    assert memory.requests == {"list": 2}


def test_what_is_not_there_and_what_is_refused() -> None:
    memory = memory_with("d/x")
    reader = reader_at(memory)
    for text in ("y", "y/", "memory://nowhere", "memory://nowhere/d/"):
        with pytest.raises(NotFoundError):
            goal_of_text(memory.session, reader, text)
    memory.errors["list_page"] = denied("e")
    with pytest.raises(PermissionDeniedError):
        goal_of_text(memory.session, reader, "e/")
    with pytest.raises(PermissionDeniedError):
        completer(memory).complete("memory://bucket/e/")


def test_a_uri_has_the_profile_of_who_looks_at_such_a_place() -> None:
    session = Memory().session
    here = Location(StorageAddress("memory", "bucket", "work"), "", Kind.DIRECTORY)
    disk = Location(StorageAddress("file"), "/", Kind.DIRECTORY)
    assert PlaceReader(session, disk, (here,)).location("memory://other/").storage.profile == "work"
    assert PlaceReader(session, disk).location("memory://other/").storage.profile is None


@pytest.mark.parametrize(
    ("given", "common"), [([], ""), (["ab"], "ab"), (["abc", "abd", "ab"], "ab"), (["x", "y"], "")]
)
def test_what_all_begin_with(given: list[str], common: str) -> None:
    assert longest_beginning([Candidate(text, text, place()) for text in given]) == common


@given(KEYS)
def test_a_place_as_an_absolute_text_is_that_place(key: str) -> None:
    location = Location(StorageAddress("memory", "bucket"), key, Kind.FILE)
    assert reader_at(Memory()).names(absolute_text(location), location)
