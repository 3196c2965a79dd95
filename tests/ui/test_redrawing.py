"""Panes redraw by themselves when something changed what they show."""

from __future__ import annotations

import threading
from pathlib import Path as DiskPath

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, cursor_name, list_rows, names, run_app
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.core.writing import NOTHING_THERE
from tfm.storage.session import Session
from tfm.ui.pane import Pane


def in_thread(work: object) -> None:
    """As an operation does it: not on the screen's thread."""
    assert callable(work)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


async def until_named(running: Running, pane: Pane, expected: list[str]) -> None:
    await running.until(lambda: names(pane) == expected)


def test_both_panes_show_what_was_written_and_ask_nothing() -> None:
    memory = Memory()
    memory.put(["d/b", "d/d", "other"])

    async def look(running: Running) -> None:
        left, right = running.left, running.right
        await running.until_listed(left, "memory://bucket/d/")
        await running.until_listed(right, "memory://bucket/d/")
        await running.press("down", "space")
        assert cursor_name(left) == "d"
        before = memory.requests
        in_thread(lambda: memory.storage.put("d/a", b"1"))
        await until_named(running, left, [" ..", " a", "*b", " d"])
        await until_named(running, right, [" ..", " a", " b", " d"])
        assert cursor_name(left) == "d"
        assert memory.requests == before | {"write": 1}

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_directory_that_came_to_exist_below_is_shown_above() -> None:
    memory = Memory()
    memory.put(["d/b"])

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/")
        in_thread(lambda: memory.storage.put("new/deep/x", b"1"))
        await running.until(lambda: names(running.left) == [" ..", " /d", " /new"])

    run_app(memory.session, place(), place("d/"), look)


def test_many_changes_are_a_few_looks() -> None:
    memory = Memory()
    memory.put(["d/b"])
    visits: list[object] = []

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "memory://bucket/d/")
        original = left.look

        def counted(**named: bool) -> None:
            visits.append(named)
            original(**named)

        left.look = counted  # type: ignore[method-assign]  # to see how often it looks
        in_thread(lambda: [memory.storage.put(f"d/{number}", b"1") for number in range(500)])
        await running.until(lambda: len(left.list) == 502)
        assert len(visits) <= 2

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_changes_elsewhere_are_nobodys_concern() -> None:
    memory = Memory()
    memory.put(["d/b", "e/c"])

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        visit = running.left.visit
        in_thread(lambda: memory.storage.put("e/x", b"1"))
        await running.until(lambda: len(running.right.list) == 3)
        assert running.left.visit is visit

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_directory_whose_last_entry_went_shows_no_rows_of_before() -> None:
    memory = Memory()
    memory.put(["d/b", "other"])

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "memory://bucket/d/")
        in_thread(lambda: memory.storage.delete("d/b"))
        await running.until(lambda: left.footer.text == "not there any more")
        assert list_rows(left.list) == [" ..", " (not there any more)"]
        assert not left.error_block.text
        await running.until(lambda: names(running.right) == [" ..", " other"])
        in_thread(lambda: memory.storage.put("d/c", b"1"))
        await running.until(lambda: names(left) == [" ..", " c"])
        assert left.footer.text == "1 entry"
        in_thread(lambda: memory.storage.delete("d/c"))
        await running.until(lambda: left.footer.text == "not there any more")
        await running.press("enter")
        await running.until_listed(left, "memory://bucket/ ")

    run_app(memory.session, place("d/"), place(), look)


def test_a_listing_that_was_stopped_is_not_begun_again() -> None:
    memory = Memory()
    memory.put([f"d/{number}" for number in range(2500)])
    gate = memory.gate("list_page")

    async def look(running: Running) -> None:
        left = running.left
        await running.until(memory.entered.is_set)
        await running.press("escape")
        await running.until(lambda: left.visit is not None and left.visit.ended)
        visit = left.visit
        gate.set()
        in_thread(lambda: memory.storage.put("d/x", b"1"))
        await running.until(lambda: len(running.right.list) == 2)
        assert left.visit is visit

    run_app(memory.session, place("d/"), place(), look)


def test_a_local_directory_shows_what_was_made_through_tfm(tmp_path: DiskPath) -> None:
    (tmp_path / "b").touch()
    session = Session()
    here = Location(StorageAddress("file"), f"{tmp_path}/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        for pane in (running.left, running.right):
            await until_named(running, pane, [" ..", " b"])
        storage = session.storage(here.storage)
        in_thread(lambda: storage.put(f"{here.key}a", b"1", only_if=NOTHING_THERE))
        for pane in (running.left, running.right):
            await until_named(running, pane, [" ..", " a", " b"])

    run_app(session, here, here, look)


def test_a_pane_that_went_elsewhere_hears_only_of_that() -> None:
    memory = Memory()
    memory.put(["d/b", "e/c"])

    async def look(running: Running) -> None:
        left: Pane = running.left
        await running.until_listed(left, "memory://bucket/")
        await running.press("down", "enter")
        await running.until_listed(left, "memory://bucket/d/")
        visit = left.visit
        in_thread(lambda: memory.storage.put("top", b"1"))
        await running.until(lambda: len(running.right.list) == 4)
        assert left.visit is visit
        assert len(memory.session.changes._listeners) == 2

    run_app(memory.session, place(), place(), look)
