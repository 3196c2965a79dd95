"""What is kept between starts: exact, merged, and never in the way of a start."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.history import History, Visited
from tfm.operations.kept_state import (
    KeptPane,
    KeptState,
    KeptTab,
    Recent,
    StateFile,
    Typed,
    with_recent,
    with_typed,
)


def place(key: str, *, authority: str = "bucket", profile: str | None = None) -> Location:
    return Location(StorageAddress("memory", authority, profile), key, Kind.DIRECTORY)


def a_state(**changes: object) -> KeptState:
    tab = KeptTab((Visited(place("a/"), ("a/\x1b[31m\udcff", Kind.FILE)), Visited(place("b//"))), 0, "size reversed")
    pane = KeptPane((tab, KeptTab((Visited(place("c/", profile="other")),), 0)), 1)
    facts = {"panes": (pane, pane), "active_pane": 1, "left_percent": 30, "keymap": "vim"} | changes
    return KeptState(**facts)  # type: ignore[arg-type]  # fields by their names


def read(path: Path) -> tuple[KeptState, list[str]]:
    complaints: list[str] = []
    return StateFile(str(path)).read(complaints), complaints


def test_what_is_written_is_read_again_exactly(tmp_path: Path) -> None:
    path = tmp_path / "tfm" / "state.json"
    state = a_state(recent=(Recent(place("x/"), 12.5),), bookmarks={"m": place("deep/\n/"), "näme": place("")})
    StateFile(str(path)).write(state)
    assert read(path) == (state, [])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == ["state.json"]


def test_lines_that_were_typed_are_kept_newest_first_once_and_bounded(tmp_path: Path) -> None:
    typed: Typed = {}
    for line in ("make", " export TOKEN=secret", "", "x" * 2000, "ls\udcff", "make", *map(str, range(10))):
        typed = with_typed(typed, "run", line)
    assert typed == {"run": (*map(str, reversed(range(10))), "make", "ls\udcff")}
    for number in range(100):
        typed = with_typed(typed, "run", f"line {number}")
    assert len(typed["run"]) == 50
    path = tmp_path / "state.json"
    one, two = StateFile(str(path)), StateFile(str(path))
    one.read([]), two.read([])
    one.write(a_state(typed={"run": ("a", "b"), "select": ("*.csv",)}))
    two.write(a_state(typed={"run": ("c", "b")}))
    assert read(path)[0].typed == {"run": ("c", "b", "a"), "select": ("*.csv",)}, "of both programs"


def test_nothing_is_there_at_the_first_start(tmp_path: Path) -> None:
    assert read(tmp_path / "state.json") == (KeptState(), [])


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"version": 1}', b'{"version": "x"}', b"null", b"[" * 100_000],
)
def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    state, complaints = read(path)
    assert state == KeptState()
    assert "set aside" in complaints[0]
    assert (tmp_path / "state.json.damaged").read_bytes() == content
    assert not path.exists()


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_json_keeps_the_program_from_starting(tmp_path_factory: pytest.TempPathFactory, part: object) -> None:
    path = tmp_path_factory.mktemp("any") / "state.json"
    whole = {"version": 1, "panes": part, "active_pane": 0, "left_percent": 50, "recent": part, "bookmarks": part}
    path.write_text(json.dumps(whole))
    state, complaints = read(path)
    assert isinstance(state, KeptState)
    assert bool(complaints) != path.exists()


def test_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"version": 99}')
    file = StateFile(str(path))
    complaints: list[str] = []
    assert file.read(complaints) == KeptState()
    file.write(a_state())
    assert "newer" in complaints[0]
    assert path.read_text() == '{"version": 99}'


@pytest.mark.parametrize("made", ["link", "writable", "directory"])
def test_what_others_could_have_written_is_not_read_nor_written(tmp_path: Path, made: str) -> None:
    path, real = tmp_path / "state.json", tmp_path / "real.json"
    StateFile(str(real)).write(a_state())
    if made == "link":
        path.symlink_to(real)
    elif made == "directory":
        path.mkdir()
    else:
        real.rename(path)
        path.chmod(0o622)
    file = StateFile(str(path))
    complaints: list[str] = []
    assert file.read(complaints) == KeptState()
    file.write(a_state(active_pane=0))
    assert len(complaints) == 1
    assert path.is_symlink() == (made == "link")


def test_two_programs_keep_each_others_bookmarks_and_recent_places(tmp_path: Path) -> None:
    path = str(tmp_path / "state.json")
    StateFile(path).write(a_state(bookmarks={"old": place("old/"), "kept": place("kept/")}))
    one, two = StateFile(path), StateFile(path)
    first, second = one.read([]), two.read([])
    one.write(a_state(bookmarks=dict(first.bookmarks) | {"a": place("a/")}, recent=(Recent(place("r1/"), 1.0),)))
    without = {name: where for name, where in second.bookmarks.items() if name != "old"}
    two.write(a_state(left_percent=70, bookmarks=without | {"b": place("b/")}, recent=(Recent(place("r2/"), 2.0),)))
    state, _ = read(Path(path))
    assert set(state.bookmarks) == {"a", "b", "kept"}
    assert [each.location.key for each in state.recent] == ["r2/", "r1/"]
    assert state.left_percent == 70, "of the panes the last writer's"


def test_a_password_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    StateFile(str(path)).write(a_state(bookmarks={"m": place("d/", authority="me:secret@host:22")}))
    assert "secret" not in path.read_text()
    assert read(path)[0].bookmarks["m"].storage.authority == "me@host:22"


def test_recent_places_are_once_each_the_latest_first_and_bounded() -> None:
    recent: tuple[Recent, ...] = ()
    for number in range(100):
        recent = with_recent(recent, place(f"{number % 80}/"), float(number))
    assert [each.location.key for each in recent[:2]] == ["19/", "18/"]
    assert len({each.location for each in recent}) == len(recent) == 60


def test_history_goes_back_and_forward_with_its_cursors() -> None:
    history = History()
    for key in ("a/", "b/", "b/", "c/"):
        history.leave((key, Kind.FILE))  # of the directory before
        history.went(place(key))
    assert [each.location.key for each in history.visited] == ["a/", "b/", "c/"]
    history.leave(("c/x", Kind.FILE))
    assert history.step(-1) == Visited(place("b/"), ("c/", Kind.FILE))
    assert history.step(-5) == Visited(place("a/"), ("b/", Kind.FILE))
    assert history.step(-1) is None
    assert history.step(2) == Visited(place("c/"), ("c/x", Kind.FILE))
    history.step(-2)
    history.went(place("d/"))
    assert [each.location.key for each in history.visited] == ["a/", "d/"]
    assert history.step(1) is None


def test_history_is_bounded() -> None:
    history = History()
    for number in range(1_000):
        history.went(place(f"{number}/"))
    assert len(history.visited) == 100
    assert history.position == 99
