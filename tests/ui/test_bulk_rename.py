"""Alt-R: many entries renamed by a rule that is seen before it is done."""

from __future__ import annotations

import os
import stat

import pytest

from tests.ui.jobs import memory_with, until_closed
from tests.ui.memory_panes import denied, place
from tests.ui.running import Running, names, run_app
from tfm.operations import expression_process
from tfm.operations.external import Invocation
from tfm.ui.rename_dialog import BulkRenameDialog


def shown(running: Running) -> BulkRenameDialog:
    assert isinstance(running.app.screen, BulkRenameDialog)
    return running.app.screen


def rows(running: Running) -> list[str]:
    return [" ".join(line.split()) for line in shown(running).table.text.splitlines()]


@pytest.mark.parametrize(("size", "keys"), [((80, 24), ["alt+r"]), ((140, 40), ["ctrl+k", "R"])])
def test_the_rule_is_seen_while_it_is_typed_then_done_and_undone(size: tuple[int, int], keys: list[str]) -> None:
    memory = memory_with("d/img-1.jpg", "d/img-2.jpg", "d/notes")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "insert", "insert", *keys)
        await running.until(lambda: "Nothing changes yet" in shown(running).said.text)
        await running.press(*"img", "tab", *"photo")
        await running.until(lambda: rows(running) == ["img-1.jpg → photo-1.jpg", "img-2.jpg → photo-2.jpg"])
        assert shown(running).said.text == "2 of 2 will be renamed."
        await running.press("enter")
        await running.until(lambda: "2 renamed." in shown(running).said.text)
        assert memory.stored() == ["d/notes", "d/photo-1.jpg", "d/photo-2.jpg"]
        shown(running).pressed("undo")
        await running.until(lambda: "2 have their old names again." in shown(running).said.text)
        await running.press("enter")
        await until_closed(running)
        await running.until(
            lambda: [name[1:] for name in names(running.left)[1:]] == ["img-1.jpg", "img-2.jpg", "notes"]
        )

    run_app(memory.session, place("d/"), place("d/"), look, size=size)
    assert memory.stored() == ["d/img-1.jpg", "d/img-2.jpg", "d/notes"]


def test_counters_count_as_the_rows_stand_and_expressions_have_groups() -> None:
    memory = memory_with("d/b-x", "d/a-y")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "insert", "insert", "alt+r")
        await running.press(*"(.)-(.)", "tab", *r"\2\1{n:02}", "tab", "right", "tab", "right", "right")
        await running.until(lambda: rows(running) == ["a-y → YA01", "b-x → XB02"])
        shown(running).set_focus(shown(running).find)
        await running.press("enter")
        await running.until(lambda: "2 renamed." in shown(running).said.text)

    run_app(memory.session, place("d/"), place("d/"), look)
    assert memory.stored() == ["d/XB02", "d/YA01"]


def test_an_expression_that_never_ends_is_said_and_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expression_process, "LIMIT_SECONDS", 0.2)
    memory = memory_with(f"d/{'a' * 40}b")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "alt+r", "tab", "tab", "right", "shift+tab", "shift+tab")
        shown(running).find.set_value("(a+)+$")
        await running.until(lambda: "takes too long" in shown(running).error_block.text)
        await running.press("enter")
        assert memory.stored() == [f"d/{'a' * 40}b"]
        await running.press("ctrl+u", *"a+", "tab", "x")
        await running.until(lambda: rows(running)[0].endswith("→ xb"))
        assert not shown(running).error_block.text

    run_app(memory.session, place("d/"), place("d/"), look)


def test_what_is_wrong_is_said_and_hinders_only_itself() -> None:
    memory = memory_with("d/a", "d/b", "d/c")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "insert", "insert", "alt+r", *"a", "tab", *"c")
        await running.until(lambda: "1 cannot be" in shown(running).said.text)
        assert rows(running)[0] == "a → c ✗ Something there has this name."
        await running.press("{")
        await running.until(lambda: "A brace stands alone" in shown(running).said.text)
        assert rows(running) == ["a", "b"]
        await running.press("enter")
        await running.press("ctrl+u", *"[ab]", "shift+tab", "ctrl+u", "tab", "ctrl+u", *"{n}")
        await running.until(lambda: rows(running) == ["a → 1", "b → 2"])
        memory.denied.add("d/1")
        await running.press("enter")
        await running.until(lambda: "1 could not be" in shown(running).said.text)
        assert denied("d/1").cause in shown(running).said.text

    run_app(memory.session, place("d/"), place("d/"), look)
    assert memory.stored() == ["d/2", "d/a", "d/c"]


def test_where_the_directory_cannot_be_listed_nothing_is_renamed() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        memory.errors["list_page"] = denied("d/")
        memory.clock.now += 1000
        await running.press("down", "alt+r", *"a", "tab", *"b")
        await running.until(lambda: "Access denied" in shown(running).error_block.text)
        await running.press("enter", "escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)
    memory.errors.clear()
    assert memory.stored() == ["d/a"]


def test_the_names_are_edited_in_an_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_with("d/a", "d/b\n2")
    seen: list[str] = []
    wanted = ["a1", "b\\n3"]

    def edit(invocation: Invocation) -> int:
        assert invocation.arguments[0] == "my-editor"
        path = invocation.arguments[-1]
        assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
        with open(path, encoding="utf-8") as file:
            seen.append(file.read())
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(wanted) + "\n")
        return 0 if len(seen) > 1 else 3

    async def look(running: Running) -> None:
        monkeypatch.setenv("VISUAL", "my-editor")
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "insert", "insert", "alt+r")
        await running.until(lambda: "Nothing changes yet" in shown(running).said.text)
        shown(running).pressed("edit")
        assert "No other program can have this terminal" in shown(running).error_block.text
        monkeypatch.setattr(shown(running), "run_outside", edit)
        shown(running).pressed("edit")
        assert "ended with 3" in shown(running).error_block.text
        wanted.append("one more")
        shown(running).pressed("edit")
        assert "There were 2 names and there are 3 lines now" in shown(running).said.text
        wanted.pop()
        shown(running).pressed("edit")
        assert rows(running) == ["a → a1", "b␊2 → b␊3"]
        await running.press("enter")
        await running.until(lambda: "2 renamed." in shown(running).said.text)

    run_app(memory.session, place("d/"), place("d/"), look)
    assert seen[0] == "a\nb\\n2\n"
    assert memory.stored() == ["d/a1", "d/b\n3"]
