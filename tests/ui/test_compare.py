"""Alt-D: both panes compared."""

from __future__ import annotations

import pytest

from tests.ui.jobs import both_listed, contents, dialog, until_closed, until_over
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, names, run_app
from tfm.operations.job_state import JobState
from tfm.ui.compare_dialog import CompareDialog
from tfm.ui.compare_screen import CompareScreen


def asked(running: Running) -> CompareDialog:
    assert isinstance(running.app.screen, CompareDialog)
    return running.app.screen


def shown(running: Running) -> CompareScreen:
    assert isinstance(running.app.screen, CompareScreen)
    return running.app.screen


def rows(running: Running) -> list[list[str]]:
    return [line.split() for line in shown(running).table.text.splitlines()]


def differing() -> Memory:
    memory = Memory()
    memory.store.put(
        "bucket",
        {
            "d/same": b"1", "e/same": b"1", "d/sub/new": b"123", "d/changed": b"12", "e/changed": b"1",
            "e/only": b"1", "d/content": b"a", "e/content": b"b",
        },
    )  # fmt: skip
    return memory


async def compared(running: Running, *keys: str) -> None:
    await both_listed(running)
    await running.press("alt+d")
    asked(running)
    await running.press(*keys, "enter")
    await running.until(lambda: isinstance(running.app.screen, CompareScreen))


def test_what_differs_is_listed_and_the_copy_of_it_is_exactly_that() -> None:
    memory = differing()

    async def look(running: Running) -> None:
        await compared(running)
        await running.until(lambda: shown(running).table.count == 3 and "2 same" in shown(running).status.text)
        assert rows(running) == [
            ["changed", "2", "B", "≠", "1", "B"],
            ["only", "-", "←", "1", "B"],
            ["sub/new", "3", "B", "→", "-"],
        ]
        await running.press("f5")
        await running.until(lambda: dialog(running).plan_text.text.startswith("1 object, 3 B"))
        assert dialog(running).body.text == "changed\nsub/new"
        assert "1 is there already" in dialog(running).plan_text.text
        dialog(running).policy.action_choose(2)
        await running.press("enter")
        await running.until(lambda: isinstance(running.app.screen, CompareScreen))
        await until_over(running)
        await running.press("f2")
        await running.until(lambda: rows(running) == [["only", "-", "←", "1", "B"]])
        await running.press("f6")
        await running.until(lambda: dialog(running).plan_text.text.startswith("1 object"))
        await running.press("enter")
        await until_over(running, JobState.DONE, JobState.DONE)
        await running.press("f2")
        await running.until(lambda: "Nothing differs." in shown(running).table.text)
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("e/"), look)
    left = {key.removeprefix("d/"): value for key, value in contents(memory).items() if key.startswith("d/")}
    right = {key.removeprefix("e/"): value for key, value in contents(memory).items() if key.startswith("e/")}
    assert left | {"content": b""} == right | {"content": b""}
    assert (left["content"], right["changed"]) == (b"a", b"12")


def test_marked_rows_alone_are_copied_and_kinds_can_be_looked_at_alone() -> None:
    memory = differing()

    async def look(running: Running) -> None:
        await compared(running)
        await running.until(lambda: shown(running).table.count == 3)
        await running.press("end", "insert")
        assert "1 marked" in shown(running).status.text
        await running.press("f5")
        await running.until(lambda: dialog(running).plan_text.text.startswith("1 object, 3 B"))
        assert dialog(running).body.text == "sub/new"
        await running.press("escape", "a", "a")
        assert "marked" not in shown(running).status.text
        await running.press("f9")
        assert [row[0] for row in rows(running)] == ["sub/new"]
        await running.press("f6")
        assert "nothing to copy to the left" in shown(running).status.text

    run_app(memory.session, place("d/"), place("e/"), look)


def test_by_content_what_is_of_one_size_is_compared() -> None:
    memory = differing()

    async def look(running: Running) -> None:
        await compared(running, "right", "right")
        await running.until(lambda: shown(running).table.count == 4)
        assert [row[0] for row in rows(running)] == ["changed", "content", "only", "sub/new"]

    run_app(memory.session, place("d/"), place("e/"), look)


def test_enter_shows_the_entry_in_the_panes() -> None:
    memory = differing()

    async def look(running: Running) -> None:
        await compared(running)
        await running.until(lambda: shown(running).table.count == 3)
        await running.press("end", "enter")
        await until_closed(running)
        await running.until_listed(running.left, "memory://bucket/d/sub/")
        assert names(running.right) == [" ..", " changed", " content", " only", " same"]

    run_app(memory.session, place("d/"), place("e/"), look)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
def test_what_differs_is_selected_in_both_panes(size: tuple[int, int]) -> None:
    memory = differing()

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("alt+d", "tab", "tab", "tab", "enter")
        await until_closed(running)
        await running.until(lambda: "*changed" in names(running.left))
        assert names(running.left) == [" ..", "*/sub", "*changed", " content", " same"]
        assert names(running.right) == [" ..", "*changed", " content", "*only", " same"]
        assert "2 left, 2 right" in running.browse.status.text

    run_app(memory.session, place("d/"), place("e/"), look, size=size)


def test_one_directory_in_both_panes_is_said() -> None:
    memory = differing()

    async def look(running: Running) -> None:
        await both_listed(running, right="memory://bucket/d/")
        await running.press("alt+d")
        await until_closed(running)
        assert "nothing to compare" in running.browse.status.text

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_side_that_is_gone_is_told() -> None:
    memory = differing()

    async def look(running: Running) -> None:
        await both_listed(running)
        for key in ("e/same", "e/changed", "e/only", "e/content"):
            memory.store.remove("bucket", key)
        memory.session.storage(place().storage).invalidate("e/")
        await running.press("alt+d", "enter")
        await running.until(lambda: isinstance(running.app.screen, CompareScreen))
        await running.until(lambda: "no such directory" in shown(running).error_block.text)
        assert "not compared" in shown(running).table.text

    run_app(memory.session, place("d/"), place("e/"), look)
