"""Shift-Enter: a file with the program that is for it, on the terminal or beside tfm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ui.jobs import memory_with, until_closed
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app
from tests.ui.test_editing import content, copies, editor_on, shown  # noqa: F401 - a fixture of all tests here
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import with_settings
from tfm.operations.external import Invocation
from tfm.storage.session import Session
from tfm.ui.keymaps.key_names import parse_keys


def with_openers(memory: Memory, **openers: str) -> None:
    memory.session.settings = with_settings(
        memory.session.settings,
        {"OPENERS": openers},
        source="config.py",
        lines={f"OPENERS {key}": 5 for key in openers},
    )


@pytest.mark.parametrize("keys", [["shift+enter"], ["ctrl+k", "o"]])
def test_the_opener_for_its_name_gets_a_copy_and_what_it_changed_is_stored(
    keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = memory_with("d/a.csv", "d/b.txt")
    with_openers(memory, **{"*.csv": "visidata --quiet {file} --end", "*.txt": "less"})

    async def look(running: Running) -> None:
        editor = editor_on(memory, running, monkeypatch, lambda _path: None)
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", *keys)
        await until_closed(running)
        command = list(editor.invocations[0].arguments)
        assert command[:2] == ["visidata", "--quiet"]
        assert (Path(command[2]).name, command[3]) == ("a.csv", "--end")
        editor.work = lambda path: path.write_text("changed")
        await running.press("down", keys[-1])
        await until_closed(running)
        assert editor.invocations[1].arguments[0] == "less"

    run_app(memory.session, place("d/"), place("d/"), look)
    assert content(memory, "d/b.txt") == b"changed"
    assert content(memory, "d/a.csv") == b"12345"


def test_a_program_beside_tfm_is_asked_about_and_heard_of_when_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_with("d/a.pdf")
    with_openers(memory, **{"*.pdf": "zathura {file} &"})
    started: list[tuple[Invocation, Callable[[int, str], None]]] = []

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        monkeypatch.setattr(running.browse, "run_beside", lambda invocation, ended: started.append((invocation, ended)))
        await running.press("down", "shift+enter")
        await running.until(lambda: "open in another program" in shown(running).said.text)
        invocation, ended = started[0]
        path, names = invocation.arguments[1], invocation.environment["TFM_THIS_SELECTED_FILE"]
        assert read(path) == b"12345"
        assert read(names) == b"a.pdf\0"
        ended(4, "no \x1b[31mdisplay")
        assert read(names) is None, "until then it was there for the program"
        await running.until(lambda: "zathura ended with 4: no ␛[31mdisplay" in shown_status(running))
        write(path, "with a note")
        await running.press("enter")
        await until_closed(running)
        assert read(path) is None

    run_app(memory.session, place("d/"), place("d/"), look)
    assert content(memory, "d/a.pdf") == b"with a note"


def read(path: str) -> bytes | None:
    return Path(path).read_bytes() if Path(path).exists() else None


def write(path: str, text: str) -> None:
    Path(path).write_text(text)


def shown_status(running: Running) -> str:
    return "".join(segment.text for segment in running.browse.status.render_line(0))


def test_a_wrong_one_is_said_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_with("d/a", "d/b.x")
    with_openers(memory, **{"*.x": "tfm-no-such-program &", "*": "&"})

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "shift+enter")
        assert "config.py, line 5" in running.browse.status.text
        await running.press("down", "shift+enter")
        await running.until(lambda: "name another in config.py, line 5" in shown(running).error_block.text)
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)


def test_files_of_the_disk_are_opened_themselves_whatever_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = ["$(touch pwned)", "-rf", "a\nb\x1b[31m", "{file}", "é\udcff"]
    (tmp_path / "d").mkdir()
    for name in hostile:
        (tmp_path / "d" / name).write_text("x")
    here = Location(StorageAddress("file"), f"{tmp_path}/d/", Kind.DIRECTORY)
    session = Session()
    session.settings = with_settings(session.settings, {"OPENERS": {"*": "show --name={file}"}}, source="config.py")
    seen: list[Invocation] = []

    def run(invocation: Invocation, **_: object) -> int:
        seen.append(invocation)
        return 0

    async def look(running: Running) -> None:
        monkeypatch.setattr(running.browse, "run_outside", run)
        await running.until_listed(running.left, f"{tmp_path}/d/")
        for _ in hostile:
            await running.press("down", "shift+enter")

    run_app(session, here, here, look)
    assert sorted(str(each.arguments[1]) for each in seen) == sorted(f"--name={tmp_path}/d/{name}" for name in hostile)
    assert parse_keys("shift+enter") == ("shift+enter",)
