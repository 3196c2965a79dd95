"""What is kept between starts, from the panes' side: said at once, written by a thread, a failure told once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.scripted_backend import DEADLINE_SECONDS
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app
from tfm.operations.kept_state import KeptState, StateFile
from tfm.ui.keeper import Keeper


def read(path: Path) -> KeptState:
    complaints: list[str] = []
    state = StateFile(str(path)).read(complaints)
    assert complaints == []
    return state


def test_places_and_bookmarks_are_there_at_once_and_after_the_end(tmp_path: Path) -> None:
    path = tmp_path / "tfm" / "state.json"
    keeper = Keeper(StateFile(str(path)), clock=iter([10.0, 20.0, 30.0]).__next__)
    keeper.went(place("a/"))
    keeper.went(place("b/"))
    keeper.went(place("a/"))
    keeper.set_bookmark("m", place("a/"))
    keeper.set_bookmark("n", place("b/"))
    keeper.set_bookmark("n", None)
    assert [(each.location, each.visited_at) for each in keeper.recent] == [(place("a/"), 30.0), (place("b/"), 20.0)]
    assert keeper.bookmarks == {"m": place("a/")}
    keeper.finish()
    assert read(path) == keeper.state


def test_many_changes_are_few_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[KeptState] = []
    file = StateFile(str(tmp_path / "state.json"))
    monkeypatch.setattr(file, "write", written.append)
    keeper = Keeper(file, pause_seconds=DEADLINE_SECONDS)
    for number in range(100):
        keeper.set_bookmark(str(number), place(f"{number}/"))
    keeper.finish()
    assert written == [keeper.state]


def test_it_is_written_while_the_program_runs(tmp_path: Path) -> None:
    file = StateFile(str(tmp_path / "state.json"))
    written = threading.Event()
    usual = file.write

    def write(state: KeptState) -> None:
        usual(state)
        written.set()

    file.write = write  # type: ignore[method-assign]
    keeper = Keeper(file, pause_seconds=0.0)
    for name in "ab":
        keeper.set_bookmark(name, place("d/"))
        assert written.wait(DEADLINE_SECONDS)
        written.clear()
    assert set(read(tmp_path / "state.json").bookmarks) == {"a", "b"}


def test_without_a_file_nothing_is_kept_and_all_of_it_works() -> None:
    keeper = Keeper()
    keeper.set_bookmark("m", place("d/"))
    keeper.went(place("d/"))
    keeper.finish()
    assert keeper.bookmarks == {"m": place("d/")}
    assert not [thread for thread in threading.enumerate() if thread.name == "tfm-keep"]


def test_what_is_listed_is_a_place_to_come_back_to_and_what_is_not_there_is_none() -> None:
    memory = Memory()
    memory.put(["d/sub/x", "e/y"])
    keeper = Keeper()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.until_listed(running.right, "memory://bucket/e/")
        await running.press("down", "enter")
        await running.until_listed(running.left, "memory://bucket/d/sub/")
        running.left.go_to(place("missing/", bucket="none"))
        await running.until(lambda: "✗" in running.left.error_block.text)
        await running.press("backspace")

    run_app(memory.session, place("d/"), place("e/"), look, keeper=keeper)
    assert keeper.recent[0].location == place("d/sub/")
    assert {each.location for each in keeper.recent} == {place("d/sub/"), place("d/"), place("e/")}


def test_a_file_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    memory = Memory()
    memory.put(["d/x"])
    (tmp_path / "file").write_text("")
    path = os.path.join(tmp_path, "file", "state.json")
    keeper = Keeper(StateFile(path), pause_seconds=0.0)

    async def look(running: Running) -> None:
        await running.until(lambda: path in running.browse.notices.current())
        running.browse.keeper.set_bookmark("m", place("d/"))
        keeper.finish()
        await running.until_listed(running.left, "memory://bucket/d/")
        said = [notice.text for notice in running.browse.notices.all() if path in notice.text]
        assert len(said) == 1
        assert said[0].endswith("nothing is kept for the next start.")

    run_app(memory.session, place("d/"), place("d/"), look, keeper=keeper)
