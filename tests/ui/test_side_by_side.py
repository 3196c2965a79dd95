"""Compare, in the dialog of a conflict."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.ui.jobs import both_listed, contents, memory_with, until_closed, until_over
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app
from tfm.ui import conflict_dialog
from tfm.ui.conflict_dialog import ConflictDialog
from tfm.ui.side_by_side_dialog import SideBySideDialog


def in_the_way(there: bytes, new: bytes) -> Memory:
    memory = memory_with()
    memory.store.put("bucket", {"e/a": there})
    memory.store.put("bucket", {"d/a": new})
    return memory


async def compared(running: Running, verdict: str) -> str:
    await both_listed(running)
    await running.press("down", "f5", "enter")
    await running.until(
        lambda: isinstance(running.app.screen, ConflictDialog) and "Keys" in running.app.screen.asks.text
    )
    await running.press("c")
    dialog = running.app.screen
    assert isinstance(dialog, SideBySideDialog)
    await running.until(lambda: verdict in dialog.lines.text or bool(dialog.error_block.text))
    return dialog.lines.text or dialog.error_block.text


def run(memory: Memory, look: Callable[[Running], Awaitable[None]]) -> None:
    run_app(memory.session, place("d/"), place("e/"), look)


def test_both_sides_stand_beside_each_other_with_the_lines_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflict_dialog, "_PAUSE_SECONDS", 0.01)
    memory = in_the_way(b"one\ntwo\nthree\n", b"one\n2\x1b[31m\nthree\nfour\n")

    async def look(running: Running) -> None:
        text = await compared(running, "They differ, first at byte 4.")
        assert "2 - two" in text
        assert "\x1b" not in text
        dialog = running.app.screen
        assert isinstance(dialog, SideBySideDialog)
        assert "14 bytes" in dialog.body.text
        await running.press("escape")
        assert isinstance(running.app.screen, ConflictDialog)
        for button in running.app.screen.buttons.values():
            assert not button.display or button.region.right <= 80 - 7  # inside the box, at 80 cells
        await running.press("s")
        await until_over(running)
        await until_closed(running)

    run(memory, look)
    assert contents(memory)["e/a"] == b"one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("there", "new", "verdict"),
    [
        (b"same", b"same", "Both hold the same bytes."),
        (b"a\0b", b"a\0c", "first at byte 2; at least one is not text"),
        (b"x" * 300_000, b"x" * 300_001, "The first 256 KiB are the same; the rest was not read."),
        (b"", b"new", "first at byte 0"),
    ],
)
def test_what_is_known_of_the_contents_is_said(there: bytes, new: bytes, verdict: str) -> None:
    memory = in_the_way(there, new)

    async def look(running: Running) -> None:
        assert verdict in await compared(running, verdict)
        assert memory.requests["read"] == 2
        await running.press("escape", "escape", "tab")

    run(memory, look)
