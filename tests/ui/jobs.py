"""Looks at the jobs of a program that a test runs."""

from __future__ import annotations

from tests.ui.memory_panes import Memory
from tests.ui.running import Running
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


async def until_closed(running: Running) -> None:
    await running.until(lambda: isinstance(running.app.screen, BrowseScreen))


async def until_over(running: Running, *states: JobState) -> None:
    """All jobs are over, in these states (all done, without any), and no dialog is open."""
    await running.until(lambda: bool(queue(running).jobs()) and not queue(running).active())
    found = [job.snapshot().state for job in queue(running).jobs()]
    assert found == list(states or (JobState.DONE,)), [job.failures() for job in queue(running).jobs()]


async def both_listed(running: Running, left: str = "memory://bucket/d/", right: str = "memory://bucket/e/") -> None:
    await running.until_listed(running.left, left)
    await running.until_listed(running.right, right)


async def until_counted(running: Running, begins: str) -> None:
    await running.until(lambda: dialog(running).plan_text.text.startswith(begins))


def contents(memory: Memory) -> dict[str, bytes]:
    """Everything in the bucket, which is small."""
    found: dict[str, bytes] = {}
    for key in memory.stored():
        if not key.endswith("/"):
            with memory.storage.read(key) as reader:
                found[key] = reader.read()
    return found
