"""Ctrl-G: a path is typed, completed, and the pane goes there."""

from __future__ import annotations

from pathlib import Path as DiskPath

import pytest

from tests.ui.jobs import memory_with, until_closed
from tests.ui.memory_panes import Memory, denied, place
from tests.ui.running import Running, cursor_name, run_app
from tfm.core.entry import Kind
from tfm.core.errors import NetworkError
from tfm.core.location import Location, StorageAddress
from tfm.core.page import Page
from tfm.storage.contract import Backend
from tfm.ui.go_to_dialog import GoToDialog


def dialog(running: Running) -> GoToDialog:
    assert isinstance(running.app.screen, GoToDialog)
    return running.app.screen


def offered(running: Running) -> list[str]:
    return [row.text for row in dialog(running).list.rows]


def world() -> Memory:
    return memory_with("d/x", "e/sub/deep", "e/sub/deeper", "e/sum", "f/y")


@pytest.mark.parametrize("keys", [["ctrl+g"], ["ctrl+k", "g", "space"]])
def test_a_uri_is_completed_and_gone_to_at_a_request_a_directory(keys: list[str]) -> None:
    memory = world()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press(*keys, *"memory://bucket/e/")
        await running.until(lambda: offered(running) == ["sub/", "sum"])
        before = memory.requests["list"]  # on a slow machine there was a pause between two letters, too
        await running.press("s", "u", "tab")
        await running.until(lambda: dialog(running).field.value == "memory://bucket/e/su")
        await running.press("b", "tab")
        await running.until(lambda: offered(running) == ["deep", "deeper"])
        assert dialog(running).field.value == "memory://bucket/e/sub/"
        await running.press("enter")
        await running.until_listed(running.left, "memory://bucket/e/sub/")
        assert memory.requests["list"] == before + 1, "the pane shows what the completion asked for"

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_file_is_gone_to_with_the_cursor_on_it() -> None:
    memory = world()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        for key in ("ctrl+g", *"memory://bucket/e/sum", "enter"):
            running.app.simulate_key(key)  # in one go, as who knows the way types
        await running.until_listed(running.left, "memory://bucket/e/")
        await running.until(lambda: cursor_name(running.left) == "sum")

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_tab_typed_ahead_completes_what_was_typed_before_it() -> None:
    memory = world()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/e/")
        for key in ("ctrl+g", *"sub", "tab", *"deeper", "enter"):
            running.app.simulate_key(key)
        await running.until_listed(running.left, "memory://bucket/e/sub/")
        await running.until(lambda: cursor_name(running.left) == "deeper")

    run_app(memory.session, place("e/"), place("d/"), look)


def test_a_row_that_is_moved_to_stands_in_the_line_and_what_was_typed_comes_back() -> None:
    memory = world()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/e/")
        await running.press("ctrl+g", "s")
        await running.until(lambda: offered(running) == ["sub/", "sum"])
        before = memory.requests
        await running.press("down", "down")
        assert dialog(running).field.value == "sum"
        await running.press("up")
        assert dialog(running).field.value == "sub/"
        await running.press("up")
        assert dialog(running).field.value == "s"
        await running.press("pagedown", "enter")
        await until_closed(running)
        await running.until(lambda: cursor_name(running.left) == "sum")
        assert memory.requests == before

    run_app(memory.session, place("e/"), place("d/"), look)


def test_a_tab_that_waits_is_over_when_a_row_is_chosen_meanwhile() -> None:
    memory = world()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("ctrl+g", *"memory://bucket/e/")
        await running.until(lambda: offered(running) == ["sub/", "sum"])
        gate = memory.gate("list_page")
        await running.press("down")
        assert dialog(running).field.value == "memory://bucket/e/sub/"
        await running.press("tab")
        await running.until(memory.entered.is_set)
        await running.press("up", "backspace")
        gate.set()
        await running.press("tab")
        await running.until(lambda: dialog(running).field.value == "memory://bucket/e/sub/")
        await running.until(lambda: offered(running) == ["deep", "deeper"])
        await running.press("enter")
        await running.until_listed(running.left, "memory://bucket/e/sub/")

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_row_is_clicked() -> None:
    memory = world()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/e/")
        await running.press("ctrl+g", "s")
        await running.until(lambda: offered(running) == ["sub/", "sum"])
        await running.pilot.click(dialog(running).list, offset=(2, 0))
        await running.until_listed(running.left, "memory://bucket/e/sub/")

    run_app(memory.session, place("e/"), place("d/"), look)


def test_what_is_not_there_is_said_and_the_text_stays_to_be_mended() -> None:
    memory = world()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("ctrl+g", *"memory://bucket/e/sur", "enter")
        await running.until(lambda: "nothing of that name" in dialog(running).error_block.text)
        await running.press("backspace", "m")
        assert dialog(running).error_block.text == ""
        await running.press("enter")
        await running.until_listed(running.left, "memory://bucket/e/")

    run_app(memory.session, place("d/"), place("d/"), look)


def test_nothing_typed_is_said() -> None:
    memory = world()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("ctrl+g", "enter")
        await running.until(lambda: "Nothing is typed" in dialog(running).error_block.text)
        await running.press("escape")
        await until_closed(running)
        assert running.left.location == place("d/")

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_failure_of_listing_is_no_empty_list_and_a_refusal_is_for_the_pane() -> None:
    memory = world()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        memory.errors["list_page"] = NetworkError("Nobody answers.", next_step="Try again.", operation="list")
        await running.press("ctrl+g", *"memory://bucket/f/")
        await running.until(lambda: "Nobody answers." in dialog(running).list.text)
        memory.errors["list_page"] = denied("f/")
        await running.press("enter")
        await until_closed(running)
        assert running.left.location == place("f/")
        await running.until(lambda: "Access denied." in running.left.error_block.text)

    run_app(memory.session, place("d/"), place("d/"), look)


class WithoutBuckets(Memory):
    """Buckets may not be listed."""

    def open(self, address: StorageAddress) -> Backend:
        backend = super().open(address)
        if not address.authority:
            backend.list_page = self._refuse  # type: ignore[method-assign]
        return backend

    @staticmethod
    def _refuse(*_: object, **__: object) -> Page:
        raise denied("")


def test_a_bucket_is_opened_by_its_name_where_buckets_may_not_be_listed() -> None:
    memory = WithoutBuckets()
    memory.put(["d/x"])
    memory.put(["x"], bucket="secret")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("ctrl+g", *"memory://sec")
        await running.until(lambda: "Access denied." in dialog(running).list.text)
        await running.press(*"ret", "enter")
        await running.until_listed(running.left, "memory://secret/")

    run_app(memory.session, place("d/"), place("d/"), look)


def test_with_an_argument_it_goes_at_once(tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "data").mkdir()
    memory = world()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.browse.run_command("go_to ~/data")
        await running.until_listed(running.left, f"{tmp_path}/data/")
        await running.browse.run_command("go_to nowhere")
        await running.until(lambda: "nothing of that name" in dialog(running).error_block.text)
        assert dialog(running).field.value == "nowhere"

    run_app(memory.session, place("d/"), place("d/"), look)


def test_home(tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    memory = world()

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("ctrl+k", "g", "h")
        await running.until(
            lambda: running.left.location == Location(StorageAddress("file"), f"{tmp_path}/", Kind.DIRECTORY)
        )

    run_app(memory.session, place("d/"), place("d/"), look)
