"""What the line above the rows says of a disk."""

from __future__ import annotations

import threading
from pathlib import Path as DiskPath

import pytest

from tests.scripted_backend import DEADLINE_SECONDS
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app
from tests.ui.test_copying import on_disk
from tfm.operations.disk_facts import DiskFacts
from tfm.ui import pane_title


def test_a_disk_says_what_is_free_now_and_again_after_a_while(
    tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    memory.put(["d/x"])
    asked: list[str] = []

    def facts(directory: str) -> DiskFacts:
        asked.append(directory)
        return DiskFacts("ext4", len(asked) << 30)

    monkeypatch.setattr(pane_title, "disk_facts", facts)

    async def look(running: Running) -> None:
        await running.until(lambda: running.left.title_text == f"{tmp_path}/ ext4 · 1.0 GB free")
        await running.until_listed(running.right, "memory://bucket/d/ now")
        running.left.tick()
        assert asked == [f"{tmp_path}/"], "not at each look"
        memory.clock.now += 31
        await running.until(lambda: running.left.title_text.endswith("2.0 GB free"))
        assert running.right.title_text.endswith("31 s ago")

    run_app(memory.session, on_disk(tmp_path), place("d/"), look, size=(200, 24))


def test_a_disk_that_says_nothing_holds_up_nobody(tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    memory = Memory()
    memory.put(["d/x"])
    answer = threading.Event()

    def facts(directory: str) -> DiskFacts:
        if not directory.endswith("sub/"):
            assert answer.wait(DEADLINE_SECONDS)
        return DiskFacts("xfs" if directory.endswith("sub/") else "nfs4", None)

    monkeypatch.setattr(pane_title, "disk_facts", facts)

    async def look(running: Running) -> None:
        await running.until_listed(running.left, f"{tmp_path}/ now")
        await running.press("down", "enter")
        await running.until(lambda: running.left.title_text == f"{tmp_path}/sub/ xfs")
        answer.set()
        await running.press("backspace")
        await running.until(lambda: running.left.title_text == f"{tmp_path}/ nfs4")

    run_app(memory.session, on_disk(tmp_path), place("d/"), look, size=(200, 24))
