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
from tfm.ui.places import location_text
from tfm.ui.tabs import tab_name


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


STRANGE = KeptState(
    (
        KeptPane(
            (*pane("/a/", "/b/", position=0, view="time reverse").tabs, *pane("/").tabs, KeptTab((Visited(BUCKET),))), 1
        ),
        KeptPane(
            (
                KeptTab((Visited(Location(StorageAddress("s3", "bucket", "me"), "a/b c/", Kind.DIRECTORY)),)),
                KeptTab((Visited(Location(StorageAddress("s3"), "", Kind.DIRECTORY)),)),
            )
        ),
    ),
    keymap="vim",
)


@pytest.mark.parametrize("state", [PLAIN, STRANGE], ids=["plain", "tabs"])
def test_panes_are_read_as_the_panes_read_them(state: KeptState, path: str) -> None:
    write(path, state)
    complaints: list[str] = []
    start = start_of(StateFile(path).read(complaints), None, None, lambda: disk("/"))
    assert complaints == []
    found = kept_places(path)
    assert found is not None
    assert found.left_percent == start.left_percent
    assert found.active_pane == start.active_pane
    for place, kept in zip(found.panes, start.panes, strict=True):
        locations = [tab.location for tab in kept.tabs]
        assert place.active == kept.active
        assert [tab.where for tab in place.tabs] == [location_text(location) for location in locations]
        assert [tab.name for tab in place.tabs] == [tab_name(location) for location in locations]
        assert [tab.is_local for tab in place.tabs] == [location.storage.scheme == "file" for location in locations]
        assert [tab.profile for tab in place.tabs] == [location.storage.profile or "" for location in locations]
        assert [tab.view for tab in place.tabs] == [tab.view for tab in kept.tabs]


def test_the_cursor_is_read_by_name_and_kind(path: str) -> None:
    write(path, PLAIN)
    found = kept_places(path)
    assert found is not None
    assert [place.tabs[0].cursor for place in found.panes] == [("c\n", True), ("c/d", False)]


def test_where_nothing_was_kept_there_is_nothing(path: str) -> None:
    assert kept_places(path) is None
    write(path, KeptState(bookmarks={"a": disk("/a/")}))
    assert kept_places(path) is None


def test_unknown_keys_are_refused(path: str) -> None:
    write(path, replace(PLAIN, keymap="of another tfm"))
    with pytest.raises(ValueError, match="keys"):
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
