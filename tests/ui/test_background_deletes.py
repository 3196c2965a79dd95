"""A delete that is left to run: the status line, the list of jobs, what failed, and quitting."""

from __future__ import annotations

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, names, run_app
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.delete_dialog import DeleteDialog
from tfm.ui.deleting_dialog import DeletingDialog
from tfm.ui.jobs_dialog import JobsDialog
from tfm.ui.quit_dialog import QuitDialog


def memory_with_many() -> Memory:
    memory = Memory()
    memory.put([*(f"d/many/{number:04}" for number in range(1200)), "d/a"])
    return memory


async def left_to_run(running: Running, memory: Memory, *keys: str) -> None:
    """A delete of 1,200 objects waits in its first batch, and its dialog was left by these keys."""
    await running.until_listed(running.left, "memory://bucket/d/")
    await running.press("down", "f8")
    await running.until(
        lambda: isinstance(running.app.screen, DeleteDialog) and "1,200 objects" in running.app.screen.question.text
    )
    memory.gate("delete_many")
    await running.press("left", "enter")
    await running.until(memory.entered.is_set)
    assert isinstance(running.app.screen, DeletingDialog)
    await running.press(*keys)
    await running.until(lambda: isinstance(running.app.screen, BrowseScreen))


def jobs(running: Running) -> JobsDialog:
    assert isinstance(running.app.screen, JobsDialog)
    return running.app.screen


def test_it_goes_on_while_the_panes_are_used_and_says_when_it_is_done() -> None:
    memory = memory_with_many()

    async def look(running: Running) -> None:
        await left_to_run(running, memory, "b")
        assert "⇣ delete many  ░░░░░░░░░░  0 %  0 of 1,200" in running.browse.status.text
        await running.press("ctrl+t")
        assert jobs(running).table.text == "delete many 0 %"
        assert jobs(running).details.text.startswith("0 of 1,200, 0 B of 5.9 KB")
        await running.press("escape", "end")
        memory.gates["delete_many"].set()
        await running.until(lambda: "✓ delete many: done · 2 requests" in running.browse.status.text)
        await running.until(lambda: names(running.left) == [" ..", " a"])
        await running.press("ctrl+t")
        assert jobs(running).table.text == "delete many done"
        assert jobs(running).details.text.endswith("\nRequests: 2 delete many"), "its own, not those of the panes"
        assert [name for name, button in jobs(running).buttons.items() if button.display] == ["close"]

    run_app(memory.session, place("d/"), place("elsewhere/"), look)
    assert memory.stored() == ["d/a"]


def test_what_failed_is_in_the_list() -> None:
    memory = memory_with_many()
    memory.denied = {"d/many/0003", "d/many/1100"}

    async def look(running: Running) -> None:
        await left_to_run(running, memory, "B")
        memory.gates["delete_many"].set()
        await running.until(lambda: "✗ delete many: 2 failed (Ctrl-T says why)" in running.browse.status.text)
        await running.press("ctrl+t")
        assert jobs(running).table.text == "delete many 2 failed"
        said = "1,198 of 1,200 deleted, 5.8 KB; 2 not. Delete again what is left."
        assert jobs(running).details.text == f"{said}\nRequests: 2 delete many"
        assert jobs(running).failures.text.count("Access denied.") == 2

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_it_is_stopped_in_the_list() -> None:
    memory = memory_with_many()

    async def look(running: Running) -> None:
        await left_to_run(running, memory, "b")
        await running.press("ctrl+t", "c")
        assert jobs(running).table.text == "delete many stopping…"
        memory.gates["delete_many"].set()
        await running.until(lambda: jobs(running).details.text.startswith("Stopped. 1,000 of 1,200 deleted"))
        assert jobs(running).table.text == "delete many stopped"

    run_app(memory.session, place("d/"), place("elsewhere/"), look)
    assert len(memory.stored()) == 201


def test_a_delete_whose_end_nobody_waits_for_is_in_the_list_too() -> None:
    memory = memory_with_many()

    async def look(running: Running) -> None:
        await left_to_run(running, memory, "escape", "escape")
        await running.press("ctrl+t")
        assert jobs(running).table.text == "delete many stopping…"
        memory.gates["delete_many"].set()

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_quitting_asks() -> None:
    memory = memory_with_many()

    async def look(running: Running) -> None:
        await left_to_run(running, memory, "b")
        await running.press("f10")
        assert isinstance(running.app.screen, QuitDialog)
        assert running.app.screen.body.text == "A delete is running. Stop it and quit?"
        await running.press("left", "enter")
        memory.gates["delete_many"].set()
        await running.until(lambda: running.app.return_value == 0)

    run_app(memory.session, place("d/"), place("elsewhere/"), look)
    assert len(memory.stored()) == 201
