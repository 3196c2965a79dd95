"""Jobs in the background: the line that tells of them, the list, quitting, and going on with them at the next start."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path as DiskPath

from tests.ui.jobs import both_listed, contents, memory_with, queue, until_closed, until_over
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, names, run_app
from tfm.operations.job_state import JobState
from tfm.operations.queued_job import QueuedJob
from tfm.ui.jobs_dialog import JobsDialog
from tfm.ui.quit_dialog import QuitDialog


def jobs_list(running: Running) -> JobsDialog:
    assert isinstance(running.app.screen, JobsDialog)
    return running.app.screen


async def copy_under_cursor(running: Running) -> QueuedJob:
    before = len(queue(running).jobs()) if running.browse.watch_of_jobs else 0
    await running.press("f5", "enter")
    await running.until(lambda: running.browse.watch_of_jobs is not None and len(queue(running).jobs()) > before)
    await until_closed(running)
    return queue(running).jobs()[-1]


async def until_under_way(running: Running, memory: Memory) -> QueuedJob:
    """One job, whose copies wait at the gate."""
    await both_listed(running)
    await running.press("down")
    job = await copy_under_cursor(running)
    await running.until(memory.entered.is_set)
    return job


async def open_list(running: Running) -> None:
    await running.press("ctrl+t")
    assert isinstance(running.app.screen, JobsDialog)


def buttons(running: Running) -> list[str]:
    return [name for name, button in jobs_list(running).buttons.items() if button.display]


def test_a_line_says_how_far_the_first_is_and_how_many_more_there_are() -> None:
    memory = memory_with("d/a", "d/b", "d/c", "e/other")
    gate = memory.gate("copy_from")

    async def look(running: Running) -> None:
        await until_under_way(running, memory)
        await running.until(lambda: "⇣ copy a → memory://bucket/e/" in running.browse.status.text)
        await running.press("down")
        await copy_under_cursor(running)
        await running.press("down")
        await copy_under_cursor(running)
        await running.until(lambda: "+2" in running.browse.status.text)
        await open_list(running)
        first, second, third = jobs_list(running).table.text.splitlines()
        assert first.startswith("copy a → memory://bucket/e/ 0 %")
        assert second.startswith("copy b → ")
        assert third == "copy c → memory://bucket/e/ queued"[: len(third)] or "planning" in third
        states = [job.snapshot().state for job in queue(running).jobs()]
        assert states == [JobState.RUNNING, JobState.RUNNING, JobState.QUEUED]
        gate.set()
        await until_over(running, JobState.DONE, JobState.DONE, JobState.DONE)
        await running.until(lambda: all(line.endswith("done") for line in jobs_list(running).table.text.splitlines()))

    run_app(memory.session, place("d/"), place("e/"), look)
    assert {"e/a", "e/b", "e/c"} <= set(memory.stored())


def test_a_job_is_paused_and_goes_on() -> None:
    memory = memory_with(*(f"d/sub/{number:03}" for number in range(200)), "e/other")
    gate = memory.gate("copy_from")

    async def look(running: Running) -> None:
        job = await until_under_way(running, memory)
        await open_list(running)
        await running.press("p")
        await running.until(lambda: "paused" in jobs_list(running).table.text)
        assert buttons(running) == ["go_on", "cancel", "close"]
        gate.set()
        await running.pilot.pause(0.2)
        assert job.snapshot().progress.objects_done <= 64, "what was under way was finished, and no more begun"
        await running.press("enter")  # the first button
        await until_over(running)

    run_app(memory.session, place("d/"), place("e/"), look)
    assert len([key for key in memory.stored() if key.startswith("e/sub/")]) == 200


def test_a_paused_job_lets_another_one_go_first() -> None:
    memory = memory_with("d/a", "d/b", "d/c", "e/other")
    gate = memory.gate("copy_from")

    async def look(running: Running) -> None:
        await until_under_way(running, memory)
        for _ in range(2):
            await running.press("down")
            await copy_under_cursor(running)
        await running.until(lambda: queue(running).jobs()[1].snapshot().state is JobState.RUNNING)
        assert queue(running).jobs()[2].snapshot().state is JobState.QUEUED
        await open_list(running)
        await running.press("p")
        await running.until(lambda: queue(running).jobs()[2].snapshot().state is JobState.RUNNING)
        gate.set()
        await running.press("p")
        await until_over(running, JobState.DONE, JobState.DONE, JobState.DONE)

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_cancelled_job_can_be_gone_on_with() -> None:
    memory = memory_with(*(f"d/sub/{number:03}" for number in range(200)), "e/other")
    gate = memory.gate("copy_from")

    async def look(running: Running) -> None:
        await until_under_way(running, memory)
        await open_list(running)
        await running.press("c")
        gate.set()
        await until_over(running, JobState.CANCELLED)
        await running.until(lambda: buttons(running) == ["retry", "close"])
        assert "cancelled" in jobs_list(running).table.text
        await running.press("r")
        await until_over(running)

    run_app(memory.session, place("d/"), place("e/"), look)
    assert len([key for key in memory.stored() if key.startswith("e/sub/")]) == 200


def test_a_job_that_waits_is_cancelled_before_it_begins() -> None:
    memory = memory_with("d/a", "d/b", "d/c", "e/other")
    gate = memory.gate("copy_from")

    async def look(running: Running) -> None:
        await until_under_way(running, memory)
        for _ in range(2):
            await running.press("down")
            await copy_under_cursor(running)
        await open_list(running)
        await running.press("down", "down", "c")
        await running.until(lambda: queue(running).jobs()[2].is_over)
        gate.set()
        await until_over(running, JobState.DONE, JobState.DONE, JobState.CANCELLED)

    run_app(memory.session, place("d/"), place("e/"), look)
    assert "e/c" not in memory.stored()


def test_what_failed_is_listed_with_its_cause_and_tried_again() -> None:
    memory = memory_with("d/sub/a", "d/sub/b", "d/sub/c", "e/other")
    memory.denied = {"e/sub/b"}

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down")
        await copy_under_cursor(running)
        await until_over(running, JobState.FAILED)
        await running.until(lambda: "1 failed (Ctrl-T says why)" in running.browse.status.text)
        await open_list(running)
        assert "Access denied." in jobs_list(running).failures.text
        assert "→ Ask the owner." in jobs_list(running).failures.text
        assert jobs_list(running).details.text.startswith("2 of 3 objects, 10 B of 15 B; 1 failed\nRequests: ")
        memory.denied = set()
        before = memory.requests["copy"]
        await running.press("enter")
        await until_over(running)
        assert memory.requests["copy"] == before + 1, "what is done is not done again"
        await running.until(lambda: not jobs_list(running).failures.text)

    run_app(memory.session, place("d/"), place("e/"), look)
    assert contents(memory)["e/sub/b"] == b"12345"


def test_what_the_plan_refused_is_not_offered_to_be_tried_again() -> None:
    memory = memory_with("d/a", "e/a")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "f5", "tab", "left", "enter")
        await until_over(running, JobState.FAILED)
        await until_closed(running)
        await open_list(running)
        assert "Something is there already" in jobs_list(running).failures.text
        assert buttons(running) == ["close"]
        await running.press("enter")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("e/"), look)


def test_an_old_result_gives_way_when_one_goes_elsewhere_or_something_else_is_said() -> None:
    memory = memory_with("d/a", "d/sub/b", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("end")
        await copy_under_cursor(running)
        await running.until(lambda: "✓ copy a" in running.browse.status.text)
        await running.press("up")
        assert "✓ copy a" in running.browse.status.text
        await running.press("enter")
        await running.until_listed(running.left, "memory://bucket/d/sub/")
        assert "✓" not in running.browse.status.text
        await running.press("end")
        await copy_under_cursor(running)
        await running.until(lambda: "✓ copy b" in running.browse.status.text)
        await running.press("alt+w")
        assert "This is the only tab." in running.browse.status.text
        running.browse.notices.forget()
        running.browse.on_screen_resume()
        assert "✓" not in running.browse.status.text, "nor does it come again"
        assert "copy b" in " ".join(notice.text for notice in running.browse.notices.all())

    run_app(memory.session, place("d/"), place("e/"), look)


def test_an_empty_list_says_so() -> None:
    memory = memory_with("d/a", "e/a")

    async def look(running: Running) -> None:
        await both_listed(running)
        await open_list(running)
        assert jobs_list(running).table.text == "No job yet."
        await running.press("r", "p", "c", "up", "down", "enter")
        await until_closed(running)
        await open_list(running)
        await running.press("q")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("e/"), look)


# Quitting, and the next start


async def quit_with_a_job(running: Running, memory: Memory) -> None:
    await until_under_way(running, memory)
    await running.press("f10")
    screen = running.app.screen
    assert isinstance(screen, QuitDialog)
    assert "“copy sub” is running. Stop it and quit?" in screen.body.text
    await running.press("enter")  # the marked button stays
    await until_closed(running)
    assert queue(running).active()
    await running.press("f10", "left", "enter")
    await running.until(lambda: running.app.return_code is not None)
    assert running.app.return_code == 0


def test_what_ends_while_it_is_asked_about_is_asked_about_no_more() -> None:
    memory = memory_with("d/sub/a", "e/other")
    gate = memory.gate("copy_from")

    async def look(running: Running) -> None:
        await until_under_way(running, memory)
        await running.press("f10")
        screen = running.app.screen
        assert isinstance(screen, QuitDialog)
        assert "is running" in screen.body.text
        gate.set()
        await running.until(lambda: screen.body.text == "Nothing is running any more. Quit?")
        assert running.app.return_code is None, "that is still the user's to say"
        await running.press("left", "enter")
        await running.until(lambda: running.app.return_code == 0)

    run_app(memory.session, place("d/"), place("e/"), look)


def test_quitting_asks_and_the_next_start_offers_to_go_on(tmp_path: DiskPath) -> None:
    journal = str(tmp_path / "journal" / "journal.sqlite")
    memory = memory_with(*(f"d/sub/{number:03}" for number in range(100)), "e/other")
    gate = memory.gate("copy_from")
    run_app(
        memory.session, place("d/"), place("e/"), lambda running: quit_with_a_job(running, memory), journal_path=journal
    )
    gate.set()

    async def again(running: Running) -> None:
        await both_listed(running)
        await running.until(lambda: "1 copy was interrupted: Ctrl-T resumes" in running.browse.status.text)
        await open_list(running)
        assert "copy sub → memory://bucket/e/ interrupted" in jobs_list(running).table.text
        await running.press("enter")
        await until_over(running)
        await running.press("escape")
        await running.until(lambda: names(running.right) == [" ..", " /sub", " other"])

    run_app(memory.session, place("d/"), place("e/"), again, journal_path=journal)
    assert len([key for key in memory.stored() if key.startswith("e/sub/")]) == 100

    async def and_again(running: Running) -> None:
        await both_listed(running)
        await running.pilot.pause(1.0)
        assert "interrupted" not in running.browse.status.text

    run_app(memory.session, place("d/"), place("e/"), and_again, journal_path=journal)


def test_an_interrupted_job_is_forgotten(tmp_path: DiskPath) -> None:
    journal = str(tmp_path / "journal" / "journal.sqlite")
    memory = memory_with(*(f"d/sub/{number:03}" for number in range(100)), "e/other")
    gate = memory.gate("copy_from")
    run_app(
        memory.session, place("d/"), place("e/"), lambda running: quit_with_a_job(running, memory), journal_path=journal
    )
    gate.set()

    async def forget(running: Running) -> None:
        await both_listed(running)
        await running.until(lambda: "was interrupted" in running.browse.status.text)
        await open_list(running)
        await running.press("right", "delete")
        await running.until(lambda: jobs_list(running).table.text == "No job yet.")

    run_app(memory.session, place("d/"), place("e/"), forget, journal_path=journal)

    async def again(running: Running) -> None:
        await both_listed(running)
        await running.pilot.pause(1.0)
        assert "interrupted" not in running.browse.status.text

    run_app(memory.session, place("d/"), place("e/"), again, journal_path=journal)


def test_who_cancelled_a_job_is_not_offered_it_again(tmp_path: DiskPath) -> None:
    journal = str(tmp_path / "journal" / "journal.sqlite")
    memory = memory_with("d/sub/x", "e/other")
    gate = memory.gate("copy_from")

    async def cancel(running: Running) -> None:
        await until_under_way(running, memory)
        await open_list(running)
        await running.press("c")
        gate.set()
        await until_over(running, JobState.CANCELLED)

    run_app(memory.session, place("d/"), place("e/"), cancel, journal_path=journal)

    async def again(running: Running) -> None:
        await both_listed(running)
        await running.pilot.pause(1.0)
        assert "interrupted" not in running.browse.status.text

    run_app(memory.session, place("d/"), place("e/"), again, journal_path=journal)


def test_what_waited_for_its_turn_is_offered_too(tmp_path: DiskPath) -> None:
    journal = str(tmp_path / "journal" / "journal.sqlite")
    memory = memory_with("d/a", "d/b", "d/c", "e/other")
    gate = memory.gate("copy_from")

    async def three(running: Running) -> None:
        await until_under_way(running, memory)
        for _ in range(2):
            await running.press("down")
            await copy_under_cursor(running)
        await running.press("f10", "left", "enter")
        await running.until(lambda: running.app.return_code is not None)

    run_app(memory.session, place("d/"), place("e/"), three, journal_path=journal)
    gate.set()

    async def again(running: Running) -> None:
        await both_listed(running)
        await running.until(lambda: "3 copies were interrupted" in running.browse.status.text)
        await open_list(running)
        await running.press("enter", "up", "up", "r")
        await running.until(lambda: len(queue(running).jobs()) == 2)

    run_app(memory.session, place("d/"), place("e/"), again, journal_path=journal)


def test_the_program_starts_without_the_engine_and_the_journal(tmp_path: DiskPath) -> None:
    code = """
        import asyncio, sys
        import tfm
        from tfm.storage.session import Session
        from tfm.operations.start import start_at
        from tfm.ui.app import FileManagerApp

        async def go():
            place = tfm.Path("/").location
            app = FileManagerApp(Session(), start_at(place, place), journal_path=sys.argv[1])
            async with app.run_test() as pilot:
                await pilot.pause(0.6)

        asyncio.run(go())
        loaded = ("sqlite3", "tfm.journal", "tfm.transfer", "tfm.operations.copy_job", "tfm.operations.jobs")
        print([name for name in loaded if name in sys.modules])
    """
    arguments = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "none" / "journal.sqlite")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]", done.stderr
