"""What is counted is called what it is where it lies, and a plan, its result and its failures add up."""

from __future__ import annotations

from pathlib import Path as DiskPath

from tests.ui.jobs import dialog, memory_with, queue, until_closed, until_counted, until_over
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.job_state import JobState
from tfm.ui.delete_dialog import DeleteDialog
from tfm.ui.jobs_dialog import JobsDialog
from tfm.ui.usage_screen import UsageScreen


def on_disk(directory: DiskPath, *files: str) -> Location:
    for name in files:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text("12345")
    return Location(StorageAddress("file"), f"{directory}/", Kind.DIRECTORY)


async def listed(running: Running) -> None:
    await running.until(lambda: running.left.is_listed and running.right.is_listed)


async def jobs_list(running: Running) -> JobsDialog:
    await running.press("ctrl+t")
    await running.until(lambda: isinstance(running.app.screen, JobsDialog))
    assert isinstance(running.app.screen, JobsDialog)
    return running.app.screen


async def until_asked(running: Running, said: str) -> None:
    """And left again."""
    await running.until(
        lambda: isinstance(running.app.screen, DeleteDialog) and said in running.app.screen.question.text
    )
    await running.press("escape")
    await until_closed(running)


def test_files_of_a_disk_are_no_objects(tmp_path: DiskPath) -> None:
    here, there = on_disk(tmp_path / "here", "a", "sub/b"), on_disk(tmp_path / "there", "c")

    async def look(running: Running) -> None:
        await listed(running)
        await running.press("down", "insert", "insert", "f5")
        await until_counted(running, "2 files, 1 directory, 10 B")
        await running.press("enter")
        await until_over(running)
        assert (await jobs_list(running)).details.text.startswith("3 of 3 entries, 10 B of 10 B")
        await running.press("escape")
        await until_closed(running)
        await running.press("alt+u")
        await running.until(
            lambda: isinstance(running.app.screen, UsageScreen) and "10 B in 2 files" in running.app.screen.status.text
        )
        assert isinstance(running.app.screen, UsageScreen)
        assert "Files" in running.app.screen.header.text
        await running.press("escape")
        await until_closed(running)

    run_app(Memory().session, here, there, look)


def test_a_delete_says_files_of_a_disk_and_entries_where_directories_count(tmp_path: DiskPath) -> None:
    here = on_disk(tmp_path, "a", "b", "sub/c")

    async def look(running: Running) -> None:
        await listed(running)
        await running.press("end", "insert", "shift+f8")
        await until_asked(running, "Delete 1 file, 5 B?")
        await running.press("home", "down", "insert", "shift+f8")  # the directory besides
        await until_asked(running, "Delete 3 entries, 10 B?")

    run_app(Memory().session, here, here, look)


def test_odd_keys_on_their_way_to_a_disk_add_up_and_are_not_offered_again(tmp_path: DiskPath) -> None:
    memory = memory_with("d/ok", "d/sub/ok", "d/a//b", "d/x", "d/x-1", "d/x/inside", "d/../up")

    async def look(running: Running) -> None:
        await listed(running)
        await running.press("down", "f5")
        await until_counted(running, "4 objects, 1 directory, 20 B, 4 requests")
        assert "\n! 3 cannot be there: " in dialog(running).plan_text.text
        await running.press("enter")
        await until_over(running, JobState.FAILED)
        job = queue(running).jobs()[0]
        assert (job.snapshot().failed, job.can_retry) == (3, False)
        said = (await jobs_list(running)).details.text
        assert said.startswith("5 of 8 entries, 20 B of 20 B; 3 failed")
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place(), on_disk(tmp_path), look)
    assert sorted(path.name for path in (tmp_path / "d").rglob("*") if path.is_file()) == ["ok", "ok", "x", "x-1"]


def test_an_object_and_a_directory_of_one_name_are_not_both_copied_to_a_disk(tmp_path: DiskPath) -> None:
    memory = memory_with("d/x", "d/x/inside")

    async def look(running: Running) -> None:
        await listed(running)
        await running.press("down", "insert", "insert", "f5")
        await running.until(lambda: "! 1 cannot be there: " in dialog(running).plan_text.text)
        assert "the same name" in dialog(running).plan_text.text
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), on_disk(tmp_path), look)


def test_what_the_plan_refused_counts_still_when_the_rest_is_tried_again() -> None:
    memory = memory_with("d/sub/a", "d/sub/b", f"d/sub/{'k' * 1017}", "longer/other")
    memory.denied = {"longer/sub/b"}

    async def look(running: Running) -> None:
        await listed(running)
        await running.press("down", "f5")
        await until_counted(running, "2 objects, 10 B")
        await running.press("enter")
        await until_over(running, JobState.FAILED)
        dialog_of_jobs = await jobs_list(running)
        assert dialog_of_jobs.details.text.startswith("1 of 3 objects, 5 B of 10 B; 2 failed")
        memory.denied = set()
        await running.press("enter")
        await until_over(running, JobState.FAILED)
        await running.until(lambda: dialog_of_jobs.details.text.startswith("2 of 3 objects, 10 B of 10 B; 1 failed"))
        assert not queue(running).jobs()[0].can_retry
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("longer/"), look)
