"""Alt-F1, Alt-F2, Ctrl-L: where one could go, chosen from a list that is there at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path as DiskPath

import pytest

from tests.scripted_backend import DEADLINE_SECONDS
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app
from tfm.core.location import StorageAddress
from tfm.operations import known_places
from tfm.operations.mounts import Mount
from tfm.storage.contract import Root
from tfm.ui.places_dialog import PlacesDialog


class World(Memory):
    """Two profiles; what is mounted is told when the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.put(["d/x", "e/y", "f/z"])
        self.session.registry.add("s3", self)
        self.mounted = threading.Event()

    def roots(self) -> Sequence[Root]:
        return [Root("memory://", StorageAddress("memory", "", name), f"profile {name}") for name in ("lab", "work")]

    def mounts(self) -> list[Mount]:
        assert self.mounted.wait(DEADLINE_SECONDS)
        return [Mount("/", "ext4", "")]


@pytest.fixture
def world(tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(known_places, "mounts", world.mounts)
    monkeypatch.setattr(known_places, "free_bytes_of", lambda _path: 79 << 30)
    return world


def dialog(running: Running) -> PlacesDialog:
    assert isinstance(running.app.screen, PlacesDialog)
    return running.app.screen


def listed(running: Running) -> list[tuple[str, str]]:
    return [(row.text, row.note) for row in dialog(running).list.rows]


@pytest.mark.parametrize(
    ("keys", "side"),
    [(["alt+f1"], 0), (["alt+f2"], 1), (["ctrl+l"], 0), (["tab", "ctrl+l"], 1), (["ctrl+k", "g", "l"], 0)],
)
def test_a_profile_is_opened_in_the_pane_that_was_meant(world: World, keys: list[str], side: int) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press(*keys)
        await running.until(lambda: ("memory://", "profile work") in listed(running))
        await running.press(*"work", "enter")
        pane = running.browse.panes[side]
        await running.until_listed(pane, "memory://")
        assert pane.location.storage == StorageAddress("memory", "", "work")
        assert running.browse.pane is pane

    world.mounted.set()
    run_app(world.session, place("d/"), place("e/"), look)


def test_it_is_there_at_once_and_fills_with_the_cursor_kept(world: World, tmp_path: DiskPath) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.until_listed(running.right, "memory://bucket/e/")
        running.browse.keeper.set_bookmark("f", place("f/"))
        await running.press("ctrl+l")
        kept = [("Bookmarks", ""), ("f  memory://bucket/f/", ""), ("Where you were", ""), ("memory://bucket/e/", "")]
        assert listed(running)[:2] == [("This machine", ""), (f"{tmp_path}/", "home")]
        assert listed(running)[-4:] == kept
        await running.press("end", "pagedown")
        row = dialog(running).list.row
        assert row is not None
        assert row.value == place("e/")
        world.mounted.set()
        await running.until(lambda: ("/", "ext4 · 79.0 GB free") in listed(running))
        row = dialog(running).list.row
        assert row is not None
        assert row.value == place("e/"), "more rows do not move what Enter is about"
        await running.press("enter")
        await running.until_listed(running.left, "memory://bucket/e/")

    run_app(world.session, place("d/"), place("e/"), look)


def test_a_side_that_does_not_exist_is_said(world: World) -> None:
    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.browse.run_command("places middle")
        assert "not for 'middle'" in running.browse.status.text

    run_app(world.session, place("d/"), place("e/"), look)
