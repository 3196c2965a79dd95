"""Alt-F7: what is found is shown in the pane, and is worked with as any rows."""

from __future__ import annotations

from pathlib import Path as DiskPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.jobs import both_listed, contents, dialog, memory_with, until_closed, until_over
from tests.ui.memory_panes import Memory, denied, place
from tests.ui.running import Running, cursor_name, names, run_app
from tests.ui.test_copying import files_in, on_disk, tree
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.browse import BrowseState
from tfm.storage.session import Session
from tfm.ui.delete_dialog import DeleteDialog
from tfm.ui.name_dialog import NameDialog
from tfm.ui.pager import PagerScreen
from tfm.ui.pane import Pane
from tfm.ui.places import outermost
from tfm.ui.search_dialog import SearchDialog


def asked(running: Running) -> SearchDialog:
    assert isinstance(running.app.screen, SearchDialog)
    return running.app.screen


def found(pane: Pane) -> list[str]:
    """The rows, without the one that leads back."""
    rows = names(pane)
    assert rows[0] == " .."
    return [row[1:] for row in rows[1:]]


async def searched(running: Running, *keys: str, count: int) -> None:
    """Search from the left pane; wait for so many."""
    await running.until_listed(running.left, "memory://bucket/d/")
    await running.press("alt+f7", *keys, "enter")
    await running.until(lambda: running.left.found is not None)
    await running.until(lambda: running.left.footer.text.startswith(f"{count:,} found · "))


def some() -> Memory:
    return memory_with("d/a/log1", "d/a/x", "d/b/c/log2", "d/logs/y", "d/z", "e/1")


@pytest.mark.parametrize(
    ("size", "keys"), [((80, 24), ["alt+f7"]), ((140, 40), ["ctrl+s"]), ((80, 24), ["ctrl+k", "s"])]
)
def test_what_is_found_by_name_is_shown_with_its_path(size: tuple[int, int], keys: list[str]) -> None:
    memory = some()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press(*keys)
        assert asked(running).body.text == "Below memory://bucket/d/"
        await running.press(*"log", "enter")
        await running.until(lambda: running.left.footer.text == "3 found · 5 looked at")
        assert found(running.left) == ["/logs", "a/log1", "b/c/log2"]
        assert running.left.title_text.startswith("search: log in memory://bucket/d/")

    run_app(memory.session, place("d/"), place("e/"), look, size=size)
    assert memory.requests["list"] == 3  # two panes, and the tree


def test_enter_goes_to_the_entry_and_the_results_come_back_without_a_request() -> None:
    memory = some()

    async def look(running: Running) -> None:
        await searched(running, *"log", count=3)
        await running.press("end", "enter")
        await running.until_listed(running.left, "memory://bucket/d/b/c/")
        await running.until(lambda: cursor_name(running.left) == "log2")
        before = memory.requests
        await running.press("alt+f8")
        await running.until(lambda: found(running.left) == ["/logs", "a/log1", "b/c/log2"])
        assert cursor_name(running.left) == "b/c/log2"
        await running.press("home", "down", "enter")
        await running.until_listed(running.left, "memory://bucket/d/")
        assert cursor_name(running.left) == "logs"
        assert memory.requests == before
        await running.press("alt+f8", "alt+f8", "backspace")
        await running.until_listed(running.left, "memory://bucket/d/")
        assert running.left.found is None

    run_app(memory.session, place("d/"), place("e/"), look)


def test_without_a_search_there_are_no_results() -> None:
    memory = some()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("alt+f8")
        assert "Nothing was searched for" in running.browse.status.text

    run_app(memory.session, place("d/"), place("e/"), look)


def test_results_are_viewed_copied_renamed_and_deleted() -> None:
    memory = some()

    async def look(running: Running) -> None:
        await both_listed(running)
        await searched(running, *"log?", count=3)
        await running.press("end", "f3")
        await running.until(lambda: isinstance(running.app.screen, PagerScreen))
        await running.press("q")
        await until_closed(running)
        await running.press("end", "insert", "up", "insert", "f5")
        await running.until(lambda: dialog(running).plan_text.text.startswith("2 objects, 10 B"))
        await running.press("enter")
        await until_over(running)
        await running.press("end", "shift+f6")
        assert isinstance(running.app.screen, NameDialog)
        assert running.app.screen.field.value == "log2"
        await running.press("ctrl+u", *"log3", "enter")
        await until_closed(running)
        await running.until(lambda: "b/c/log3" in found(running.left))
        await running.press("home", "down", "down", "f8")
        await running.until(lambda: isinstance(running.app.screen, DeleteDialog))
        await running.until(lambda: "a/log1" in " ".join(running.everything()))
        await running.pilot.pause(0.2)
        await running.press("enter")
        await until_closed(running)
        await running.until(lambda: found(running.left) == ["/logs", "b/c/log3"])

    run_app(memory.session, place("d/"), place("e/"), look)
    assert sorted(contents(memory)) == ["d/a/x", "d/b/c/log3", "d/logs/y", "d/z", "e/1", "e/log1", "e/log2"]


def test_content_is_looked_for_and_a_refusal_is_named() -> None:
    memory = Memory()
    memory.store.put("bucket", {"d/1": b"the needle", "d/2": b"nothing", "d/3": b"no\0needle", "d/x/4": b"NEEDLE"})
    usual = memory.storage.read

    def read(key: str, **how: object) -> object:
        if key == "d/2":
            raise denied(key)
        return usual(key, **how)  # type: ignore[arg-type]

    memory.storage.read = read  # type: ignore[method-assign, assignment]

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("ctrl+k", "S", *"needle", "enter")
        await running.until(lambda: running.left.footer.text.startswith("2 found · 4 looked at · "))
        assert "1 binary" in running.left.footer.text
        assert found(running.left) == ["1", "x/4"]
        assert "Access denied" in running.left.error_block.text
        # What is read is not read again because something changed.
        reads = memory.requests["read"]
        await running.press("end", "f8")
        await running.until(lambda: isinstance(running.app.screen, DeleteDialog))
        await running.pilot.pause(0.2)
        await running.press("enter")
        await until_closed(running)
        assert memory.requests["read"] == reads

    run_app(memory.session, place("d/"), place("d/"), look)
    assert memory.stored() == ["d/1", "d/2", "d/3"]


def test_sizes_times_kinds_and_expressions_and_what_is_none() -> None:
    memory = some()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("alt+f7", *"(")
        asked(running).name_form.action_choose(1)
        await running.press("enter")
        await running.until(lambda: "no regular expression" in asked(running).error_block.text)
        await running.press("ctrl+u", *"[12]$")
        asked(running).size_field.value = "much"
        await running.press("enter")
        await running.until(lambda: "is no size" in asked(running).error_block.text)
        asked(running).size_field.value = "+4"
        asked(running).changed.value = "1h"
        await running.press("enter")
        await running.until(lambda: running.left.footer.text.startswith("2 found"))
        assert found(running.left) == ["a/log1", "b/c/log2"]
        await running.press("alt+f7")
        asked(running).changed.value = "-1h"
        await running.press("enter")
        await running.until(lambda: running.left.footer.text.startswith("0 found"))

    run_app(memory.session, place("d/"), place("e/"), look)


def test_escape_stops_a_search_and_keeps_what_was_found() -> None:
    memory = memory_with(*(f"d/{number:04}" for number in range(1500)))

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        gate = memory.gate("list_page")
        await running.press("alt+f7", *"99", "enter")
        await running.until(memory.entered.is_set)
        assert "searching…" in running.left.footer.text
        await running.press("escape")
        await running.until(lambda: "stopped" in running.left.footer.text)
        gate.set()

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_failure_stays_in_the_pane_and_refresh_searches_again() -> None:
    memory = some()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        memory.errors["list_page"] = denied("d/")
        await running.press("alt+f7", *"log", "enter")
        await running.until(lambda: "Access denied" in running.left.error_block.text)
        assert "not searched" in " ".join(names(running.left))
        memory.errors.clear()
        await running.press("ctrl+r")
        await running.until(lambda: running.left.footer.text.startswith("3 found · "))
        assert not running.left.error_block.text
        memory.put(["d/new-log"])
        await running.press("ctrl+r")
        await running.until(lambda: running.left.footer.text.startswith("4 found · "))

    run_app(memory.session, place("d/"), place("e/"), look)


def test_whole_buckets_are_not_searched() -> None:
    memory = some()

    async def look(running: Running) -> None:
        await running.until(lambda: running.left.update_shown is not None)
        await running.press("alt+f7")
        assert "enter one to search" in running.browse.status.text

    run_app(memory.session, place(bucket=""), place("e/"), look)


def test_on_a_disk_results_follow_what_changes(tmp_path: DiskPath) -> None:
    tree(tmp_path / "disk", "a/log1", "b/log2")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, f"{tmp_path}/disk/")
        await running.press("alt+f7", *"log", "enter")
        await running.until(lambda: running.left.footer.text.startswith("2 found · "))
        await running.press("end", "shift+f6", "ctrl+u", *"log9", "enter")
        await running.until(lambda: found(running.left) == ["a/log1", "b/log9"])
        assert running.left.update_shown is not None
        assert running.left.update_shown.state is BrowseState.COMPLETE

    run_app(Session(), on_disk(tmp_path / "disk"), on_disk(tmp_path / "disk"), look)
    assert files_in(tmp_path / "disk") == ["a/log1", "b/log9"]


@given(st.lists(st.lists(st.sampled_from(["a", "b", ""]), min_size=1, max_size=4).map("/".join), unique=True))
def test_what_is_in_a_chosen_directory_is_not_chosen_twice(keys: list[str]) -> None:
    storage = StorageAddress("memory", "bucket")
    chosen = [Location(storage, key, Kind.DIRECTORY if key.endswith("/") else Kind.FILE) for key in keys if key]
    kept = [
        each.key
        for each in chosen
        if not any(
            other.kind is Kind.DIRECTORY and each.key != other.key and each.key.startswith(other.key)
            for other in chosen
        )
    ]
    assert [each.key for each in outermost(chosen)] == kept


def test_a_directory_and_what_is_in_it_are_deleted_together(tmp_path: DiskPath) -> None:
    tree(tmp_path / "disk", "log/log1", "log/x", "other")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, f"{tmp_path}/disk/")
        await running.press("alt+f7", *"log", "enter")
        await running.until(lambda: running.left.footer.text.startswith("2 found · "))
        await running.press("down", "insert", "insert", "shift+f8")
        await running.until(lambda: isinstance(running.app.screen, DeleteDialog))
        await running.until(lambda: "cannot be undone" in " ".join(running.everything()))
        await running.press("left", "enter")
        await until_closed(running)
        await running.until(lambda: running.left.footer.text.startswith("0 found · "))

    run_app(Session(), on_disk(tmp_path / "disk"), on_disk(tmp_path / "disk"), look)
    assert files_in(tmp_path / "disk") == ["other"]


def test_results_of_one_name_keep_their_paths_when_they_are_copied() -> None:
    memory = memory_with("d/a/log", "d/b/log", "d/c", "e/1")

    async def look(running: Running) -> None:
        await both_listed(running)
        await searched(running, *"log", count=2)
        await running.press("down", "insert", "insert", "f5")
        await running.until(lambda: dialog(running).plan_text.text.startswith("2 objects, 10 B"))
        await running.press("enter")
        await until_over(running)

    run_app(memory.session, place("d/"), place("e/"), look)
    assert [key for key in memory.stored() if key.startswith("e/")] == ["e/1", "e/a/log", "e/b/log"]
