"""Something is in the way of a copy: a dialog asks, one question at a time."""

from __future__ import annotations

import pytest

from tests.ui.jobs import both_listed, contents, memory_with, queue, until_closed, until_over
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app
from tfm.operations.job_state import JobState
from tfm.ui import conflict_dialog
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.conflict_dialog import ConflictDialog
from tfm.ui.jobs_dialog import JobsDialog


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflict_dialog, "_PAUSE_SECONDS", 0.01)


def memory_in_the_way() -> Memory:
    """Three to be copied, two of them there already: an older one, and a newer one."""
    memory = memory_with()
    memory.store.put("bucket", {"e/a": b"old a"})
    memory.store.put("bucket", {"d/a": b"new a", "d/b": b"new b", "d/c": b"new c"})
    memory.store.put("bucket", {"e/b": b"latest b"})
    return memory


def asked(running: Running) -> ConflictDialog:
    assert isinstance(running.app.screen, ConflictDialog)
    return running.app.screen


async def until_asked(running: Running, about: str, *, keys: str = "Keys: s o n r") -> None:
    """The question about this one; ``keys`` are named once they count."""

    def shown() -> bool:
        screen = running.app.screen
        return isinstance(screen, ConflictDialog) and about in screen.body.text and keys in screen.asks.text

    await running.until(shown)


async def begin(running: Running) -> None:
    await both_listed(running)
    await running.press("down", "space", "space", "space", "f5", "enter")


def test_each_is_asked_about_with_what_is_known_of_both() -> None:
    memory = memory_in_the_way()

    async def look(running: Running) -> None:
        await begin(running)
        await until_asked(running, "memory://bucket/e/a")
        there, new = asked(running).body.text.splitlines()[1:3]
        assert "5 B" in there
        assert "newer" not in there
        assert "newer" in new
        await running.press("o")
        await until_asked(running, "memory://bucket/e/b")
        there, new = asked(running).body.text.splitlines()[1:3]
        assert "newer" in there
        assert "newer" not in new
        assert "something is in the way" in running.browse.status.text
        await running.press("s")
        await until_over(running)
        await until_closed(running)
        await running.until(lambda: "done, 1 skipped" in running.browse.status.text)

    run_app(memory.session, place("d/"), place("e/"), look)
    found = contents(memory)
    assert (found["e/a"], found["e/b"], found["e/c"]) == (b"new a", b"latest b", b"new c")


@pytest.mark.parametrize(
    ("keys", "a", "b"),
    [
        (("O",), b"new a", b"new b"),
        (("S",), b"old a", b"latest b"),
        (("N",), b"new a", b"latest b"),
        (("tab", "tab", "left", "right", "tab", "enter", "enter"), b"old a", b"latest b"),
    ],
)
def test_one_answer_for_all(keys: tuple[str, ...], a: bytes, b: bytes) -> None:
    memory = memory_in_the_way()

    async def look(running: Running) -> None:
        await begin(running)
        await until_asked(running, "memory://bucket/e/a")
        for key in keys:
            if not isinstance(running.app.screen, BrowseScreen):
                await running.press(key)
        await until_over(running)

    run_app(memory.session, place("d/"), place("e/"), look)
    found = contents(memory)
    assert (found["e/a"], found["e/b"], found["e/c"]) == (a, b, b"new c")


def test_for_all_is_chosen_with_the_arrows_too() -> None:
    memory = memory_in_the_way()

    async def look(running: Running) -> None:
        await begin(running)
        await until_asked(running, "memory://bucket/e/a")
        asked(running).set_focus(asked(running).reach)
        await running.press("right")
        assert asked(running).reach.value
        await running.pilot.click("#overwrite")
        await until_over(running)

    run_app(memory.session, place("d/"), place("e/"), look)
    assert contents(memory)["e/b"] == b"new b"


def test_both_are_kept() -> None:
    memory = memory_in_the_way()

    async def look(running: Running) -> None:
        await begin(running)
        await until_asked(running, "memory://bucket/e/a")
        await running.press("R")
        await until_over(running)

    run_app(memory.session, place("d/"), place("e/"), look)
    found = contents(memory)
    assert (found["e/a"], found["e/a (1)"], found["e/b (1)"]) == (b"old a", b"new a", b"new b")


def test_escape_asks_before_it_cancels_the_job() -> None:
    memory = memory_in_the_way()

    async def look(running: Running) -> None:
        await begin(running)
        await until_asked(running, "memory://bucket/e/a")
        await running.press("escape")
        assert "Cancel the whole job?" in asked(running).asks.text
        await running.press("o")
        assert "Cancel the whole job?" in asked(running).asks.text
        await running.press("enter")  # the marked button goes back
        assert "Cancel the whole job?" not in asked(running).asks.text
        await running.press("escape", "left", "enter")
        await until_over(running, JobState.CANCELLED)
        await running.until(lambda: "cancelled" in running.browse.status.text)
        assert not queue(running).jobs()[0].failures()

    run_app(memory.session, place("d/"), place("e/"), look)
    found = contents(memory)
    assert (found["e/a"], found["e/b"]) == (b"old a", b"latest b")


def test_what_was_being_typed_when_it_opened_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflict_dialog, "_PAUSE_SECONDS", 60.0)
    memory = memory_in_the_way()

    async def look(running: Running) -> None:
        await begin(running)
        await until_asked(running, "memory://bucket/e/a", keys="")
        assert "Keys" not in asked(running).asks.text
        await running.press("o", "enter", "O")
        await until_asked(running, "memory://bucket/e/a", keys="")

    run_app(memory.session, place("d/"), place("e/"), look)
    assert contents(memory)["e/a"] == b"old a"


def test_a_question_does_not_come_over_another_dialog() -> None:
    memory = memory_in_the_way()
    gate = memory.gate("list_page")
    gate.set()

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "space", "space", "space", "f5", "enter", "ctrl+t")
        await running.until(lambda: queue(running).question() is not None)
        screen = running.app.screen
        if isinstance(screen, ConflictDialog):
            return  # it was faster than the key
        assert isinstance(screen, JobsDialog)
        await running.until(lambda: "something is in the way" in screen.table.text)
        await running.press("escape")
        await until_asked(running, "memory://bucket/e/a")

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_hostile_name_is_shown_harmlessly() -> None:
    memory = memory_with("d/\x1b[31m‮a", "e/\x1b[31m‮a")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "f5")
        await running.pilot.pause(0.1)
        await running.press("enter")
        await until_asked(running, "memory://bucket/e/")
        assert "\x1b" not in asked(running).body.text
        assert "‮" not in asked(running).body.text
        assert "␛[31m‹202E›a" in asked(running).body.text

    run_app(memory.session, place("d/"), place("e/"), look)
