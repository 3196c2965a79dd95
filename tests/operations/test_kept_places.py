"""What the first paint reads is what the panes read."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.history import Visited
from tfm.operations.kept_places import kept_places
from tfm.operations.kept_state import KeptPane, KeptState, KeptTab, StateFile
from tfm.operations.start import start_of


def disk(key: str) -> Location:
    return Location(StorageAddress("file"), key, Kind.DIRECTORY)


BUCKET = Location(StorageAddress("s3", "bucket"), "", Kind.DIRECTORY)


def pane(*keys: str, position: int = -1, view: str = "") -> KeptPane:
    return KeptPane((KeptTab(tuple(Visited(disk(key)) for key in keys), position, view),))


def cursor_pane(key: str, cursor: str, kind: Kind) -> KeptPane:
    return KeptPane((KeptTab((Visited(disk("/before/")), Visited(disk(key), (f"{key}{cursor}", kind))), 1),))


PLAIN = KeptState(
    (cursor_pane("/b \udcff é\n/", "c\n/", Kind.DIRECTORY), cursor_pane("/d/", "c/d", Kind.FILE)),
    active_pane=1,
    left_percent=61,
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state" / "state.json")


def write(path: str, state: KeptState) -> None:
    StateFile(path).write(state)


def test_two_directories_are_read_as_the_panes_read_them(path: str) -> None:
    write(path, PLAIN)
    complaints: list[str] = []
    start = start_of(StateFile(path).read(complaints), None, None, lambda: disk("/"))
    assert complaints == []
    found = kept_places(path)
    assert found is not None
    left, right = found.panes
    assert [left.directory, right.directory] == [location.key for location in start.directories]
    assert [left.directory, right.directory] == ["/b \udcff é\n/", "/d/"]
    assert [left.cursor, right.cursor] == [("c\n", True), ("c/d", False)]
    assert found.left_percent == start.left_percent == 61
    assert found.active_pane == start.active_pane == 1


def test_what_is_not_on_the_disk_is_nowhere(path: str) -> None:
    write(path, replace(PLAIN, panes=(pane("/a/", "/b/", position=0), KeptPane((KeptTab((Visited(BUCKET),)),)))))
    found = kept_places(path)
    assert found is not None
    assert [(place.directory, place.cursor) for place in found.panes] == [("/a/", None), ("", None)]


def test_where_nothing_was_kept_there_is_nothing(path: str) -> None:
    assert kept_places(path) is None
    write(path, KeptState(bookmarks={"a": disk("/a/")}))
    assert kept_places(path) is None


@pytest.mark.parametrize(
    "state",
    [
        replace(PLAIN, panes=(pane("/a/", view="by size"), pane("/d/"))),
        replace(PLAIN, panes=(pane("/a/"), KeptPane((*pane("/b/").tabs, *pane("/c/").tabs)))),
        replace(PLAIN, keymap="vim"),
    ],
    ids=["another order", "two tabs", "other keys"],
)
def test_what_looks_other_than_usual_is_refused(state: KeptState, path: str) -> None:
    write(path, state)
    with pytest.raises(ValueError):
        kept_places(path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 2, "panes": []}', "\xe9"])
def test_a_damaged_or_newer_file_is_refused(content: str, path: str) -> None:
    write(path, PLAIN)
    Path(path).write_text(content, encoding="utf-8")
    with pytest.raises((ValueError, LookupError, TypeError, StopIteration)):
        kept_places(path)


def test_a_file_that_others_can_write_is_refused(path: str) -> None:
    write(path, PLAIN)
    os.chmod(path, 0o620)
    with pytest.raises(ValueError, match="own"):
        kept_places(path)


def test_a_link_is_refused(path: str) -> None:
    write(path, PLAIN)
    os.rename(path, f"{path}.real")
    os.symlink(f"{path}.real", path)
    with pytest.raises(OSError):
        kept_places(path)
