"""F5, F6 and Shift-F6: the plan is shown, its destination can be edited, and a job does it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as DiskPath

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, names, run_app
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.job_state import JobState
from tfm.operations.jobs import JobQueue
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.copy_dialog import CopyDialog


def memory_with(*keys: str) -> Memory:
    memory = Memory()
    memory.put(keys)
    return memory


def dialog(running: Running) -> CopyDialog:
    assert isinstance(running.app.screen, CopyDialog)
    return running.app.screen


def queue(running: Running) -> JobQueue:
    watch = running.browse.watch_of_jobs
    assert watch is not None
    return watch.queue


async def until_done(running: Running, *states: JobState) -> None:
    """All jobs are over, in these states."""
    await running.until(lambda: bool(queue(running).jobs()) and not queue(running).active())
    assert [job.snapshot().state for job in queue(running).jobs()] == list(states or (JobState.DONE,))
    await running.until(lambda: isinstance(running.app.screen, BrowseScreen))


async def both_listed(running: Running, left: str = "memory://bucket/d/", right: str = "memory://bucket/e/") -> None:
    await running.until_listed(running.left, left)
    await running.until_listed(running.right, right)


def content(memory: Memory, *keys: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for key in keys:
        with memory.storage.read(key) as reader:
            found[key] = reader.read()
    return found


def on_disk(directory: DiskPath) -> Location:
    return Location(StorageAddress("file"), f"{directory}/", Kind.DIRECTORY)


def tree(directory: DiskPath, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_an_entry_is_copied_into_the_other_panes_directory_which_shows_it() -> None:
    memory = memory_with("d/a", "d/z", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "f5")
        assert dialog(running).field.value == "memory://bucket/e/"
        await running.until(lambda: dialog(running).plan_text.text.startswith("1 object, 5 B"))
        assert dialog(running).body.text == "a"
        await running.press("enter")
        await until_done(running)
        await running.until(lambda: names(running.right) == [" ..", " a", " other"])
        assert "✓ copy a → memory://bucket/e/: done" in running.browse.status.text

    run_app(memory.session, place("d/"), place("e/"), look)
    assert content(memory, "d/a", "e/a") == dict.fromkeys(("d/a", "e/a"), b"12345")


def test_a_selection_with_a_tree_is_copied_and_deselected_and_lists_nothing_twice() -> None:
    memory = memory_with("d/a", "d/sub/x", "d/sub/y/z", "d/unchosen", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "space", "space", "f5")
        await running.until(lambda: dialog(running).plan_text.text.startswith("3 objects, 15 B"))
        assert dialog(running).body.text.splitlines() == ["/sub", "a"]
        counted = memory.requests
        await running.press("enter")
        await until_done(running)
        await running.until(lambda: names(running.right) == [" ..", " /sub", " a", " other"])
        assert not len(running.left.list.selection)
        asked = {name: count - counted.get(name, 0) for name, count in memory.requests.items()}
        assert asked == {"copy": 3, "list": 1}, "what was counted is run; the other pane looks at what came of it"

    run_app(memory.session, place("d/"), place("e/"), look)
    assert memory.stored() == ["d/a", "d/sub/x", "d/sub/y/z", "d/unchosen", "e/a", "e/other", "e/sub/x", "e/sub/y/z"]
