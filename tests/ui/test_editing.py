"""F4: the file in the user's editor, and what becomes of a copy when it cannot be stored."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from tests.ui.jobs import memory_with, until_closed
from tests.ui.memory_panes import Memory, denied, place
from tests.ui.running import Running, cursor_name, names, run_app
from tfm.core.entry import Entry, Kind
from tfm.core.errors import NetworkError, NotFoundError, UnsupportedOperation
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import with_settings
from tfm.operations.external import Invocation
from tfm.operations.undo import Permanent
from tfm.storage.session import Session
from tfm.ui import edit_question
from tfm.ui.app import FileManagerApp
from tfm.ui.edit_question import EditQuestion, doubt_of
from tfm.ui.given_terminal import Pause
from tfm.ui.local_copy_dialog import LocalCopyDialog
from tfm.ui.quit_dialog import QuitDialog
from tfm.ui.side_by_side_dialog import SideBySideDialog


@pytest.fixture(autouse=True)
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where private copies are made."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "my-editor --wait")
    return directory


class Editor:
    """In the place of the terminal's: ``work`` is done on the file, ``code`` is the program's exit code."""

    def __init__(self, running: Running, monkeypatch: pytest.MonkeyPatch, work: Callable[[Path], object]) -> None:
        self.work = work
        self.code = 0
        self.seconds = 10.0
        self.clock: Callable[[float], None] = lambda _seconds: None
        self.invocations: list[Invocation] = []
        monkeypatch.setattr(running.browse, "run_outside", self)

    def __call__(self, invocation: Invocation, *, pause: Pause, heading: str = "") -> int:
        assert (pause, heading) == (Pause.ON_FAILURE, "")
        self.invocations.append(invocation)
        self.clock(self.seconds)
        self.work(Path(invocation.arguments[-1]))
        return self.code

    @property
    def path(self) -> Path:
        return Path(self.invocations[-1].arguments[-1])


def editor_on(
    memory: Memory, running: Running, monkeypatch: pytest.MonkeyPatch, work: Callable[[Path], object]
) -> Editor:
    editor = Editor(running, monkeypatch, work)

    def pass_time(seconds: float) -> None:
        memory.clock.now += seconds

    editor.clock = pass_time
    return editor


def shown(running: Running) -> LocalCopyDialog:
    assert isinstance(running.app.screen, LocalCopyDialog)
    return running.app.screen


def content(memory: Memory, key: str) -> bytes:
    with memory.storage.read(key) as reader:
        return reader.read()


def add(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(path.read_text() + text)


async def open_first(running: Running, key: str = "f4") -> None:
    await running.until_listed(running.left, "memory://bucket/d/")
    await running.press("down", key)


@pytest.mark.parametrize("keys", [["f4"], ["ctrl+k", "e"]])
def test_a_remote_file_is_edited_as_a_copy_and_stored(
    keys: list[str], copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = memory_with("d/notes.txt")

    async def look(running: Running) -> None:
        editor = editor_on(memory, running, monkeypatch, add(" more"))
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", *keys)
        await until_closed(running)
        await running.until(lambda: "Stored: memory://bucket/d/notes.txt" in running.browse.status.text)
        assert list(editor.invocations[0].arguments) == ["my-editor", "--wait", str(editor.path)]
        assert editor.path.name == "notes.txt"
        assert editor.invocations[0].environment["TFM_THIS_SELECTED"] == "notes.txt"
        latest = running.browse.undoing.log.latest
        assert isinstance(latest, Permanent), "an undo must not take back something older instead"
        assert latest.title == "an edit of notes.txt"

    run_app(memory.session, place("d/"), place("d/"), look)
    assert content(memory, "d/notes.txt") == b"12345 more"
    assert os.listdir(copies) == []


def test_what_was_not_changed_is_not_stored(copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        editor = editor_on(memory, running, monkeypatch, lambda _path: None)
        await open_first(running)
        await until_closed(running)
        assert "Nothing was changed" in running.browse.status.text
        editor.code = 3
        await running.press("f4")
        await until_closed(running)
        assert "ended with 3. Nothing was changed" in running.browse.status.text
        assert "write" not in memory.requests

    run_app(memory.session, place("d/"), place("d/"), look)
    assert os.listdir(copies) == []


def test_a_file_of_the_disk_is_edited_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = ["$(touch pwned)", "-rf", "a\nb\x1b[31m", "é\udcff"]
    for name in hostile:
        (tmp_path / "d" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "d" / name).write_text("x")
    here = Location(StorageAddress("file"), f"{tmp_path}/d/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        editor = Editor(running, monkeypatch, add("y"))
        await running.until_listed(running.left, f"{tmp_path}/d/")
        for _ in hostile:
            await running.press("down", "f4")
        assert sorted(str(each.arguments[-1]) for each in editor.invocations) == sorted(
            f"{tmp_path}/d/{name}" for name in hostile
        )
        assert {each.directory for each in editor.invocations} == {f"{tmp_path}/d"}
        assert isinstance(running.browse.undoing.log.latest, Permanent), "an undo must not take back something older"
        editor.code = -9
        await running.press("f4")
        assert "was ended by signal 9" in running.browse.status.text

    run_app(Session(), here, here, look)
    assert sorted(os.listdir(tmp_path / "d")) == sorted(hostile)
    assert (tmp_path / "d" / "-rf").read_text().startswith("xy")


def test_a_file_that_was_only_looked_at_is_nothing_to_undo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "file").write_text("x")
    here = Location(StorageAddress("file"), f"{tmp_path}/d/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        editor = Editor(running, monkeypatch, lambda _path: None)
        await running.until_listed(running.left, f"{tmp_path}/d/")
        await running.press("down", "f4")
        assert len(editor.invocations) == 1
        assert running.browse.undoing.log.latest is None

    run_app(Session(), here, here, look)


@pytest.mark.parametrize(("size_bytes", "said"), [(6, "no text"), (10 * 2**20 + 1, "10.0 MB")])
@pytest.mark.parametrize("keys", [["f4"], ["ctrl+k", "e"]])
def test_what_is_binary_or_very_large_on_the_disk_is_asked_about(
    keys: list[str], size_bytes: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "file").write_bytes(b"a\0b")
    os.truncate(tmp_path / "d" / "file", size_bytes)
    here = Location(StorageAddress("file"), f"{tmp_path}/d/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        editor = Editor(running, monkeypatch, lambda _path: None)
        await running.until_listed(running.left, f"{tmp_path}/d/")
        await running.press("down", *keys[:-1])
        for answer, times in ((["enter"], 0), (["escape"], 0), (["left", "enter"], 1)):
            await running.press(keys[-1])
            await running.until(lambda: isinstance(running.app.screen, EditQuestion))
            assert isinstance(running.app.screen, EditQuestion)
            assert said in running.app.screen.body.text
            await running.press(*answer)
            await until_closed(running)
            assert len(editor.invocations) == times

    run_app(Session(), here, here, look)


def test_a_pipe_is_nothing_to_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "d" / "pipe")
    here = Location(StorageAddress("file"), f"{tmp_path}/d/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        editor = Editor(running, monkeypatch, lambda _path: None)
        await running.until_listed(running.left, f"{tmp_path}/d/")
        await running.press("down", "f4")
        await running.until(lambda: "A pipe, a socket or a device" in running.browse.status.text)
        assert editor.invocations == []

    run_app(Session(), here, here, look)


def test_what_went_since_it_was_listed_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="not there any more"):
        asyncio.run(doubt_of(Entry("gone", f"{tmp_path}/gone", Kind.FILE, 4), f"{tmp_path}/gone"))


def test_a_silent_disk_holds_up_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "text"
    path.write_text("text")
    answers = threading.Event()

    def silent(descriptor: int, mode: str) -> IO[bytes]:
        assert answers.wait(30)
        return os.fdopen(descriptor, "rb")

    monkeypatch.setattr(edit_question, "open", silent, raising=False)

    async def look() -> None:
        asked = asyncio.create_task(doubt_of(Entry("text", str(path), Kind.FILE, 4), str(path)))
        others = 0
        while not asked.done():
            await asyncio.sleep(0.01)
            others += 1
        assert await asked == "", "the editor waits no less, and can be ended"
        assert others > 3
        answers.set()

    asyncio.run(look())


@pytest.mark.parametrize(("answer", "times"), [(["enter"], 0), (["escape"], 0), (["left", "enter"], 1)])
def test_a_copy_that_is_binary_is_asked_about_without_another_request(
    answer: list[str], times: int, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    memory.store.put("bucket", {"d/program": b"a\0b"})

    async def look(running: Running) -> None:
        editor = editor_on(memory, running, monkeypatch, lambda _path: None)
        await open_first(running)
        await running.until(lambda: "no text" in shown(running).said.text)
        await running.press(*answer)
        await until_closed(running)
        assert len(editor.invocations) == times
        assert memory.requests["read"] == 1

    run_app(memory.session, place("d/"), place("d/"), look)
    assert os.listdir(copies) == []


def test_an_editor_that_is_not_there_is_said_with_where_it_was_named(
    copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = memory_with("d/a")
    memory.session.settings = with_settings(
        memory.session.settings, {"EDITOR": "'half"}, source="/home/me/config.py", lines={"EDITOR": 7}
    )

    async def look(running: Running) -> None:
        await open_first(running)
        assert "cannot be split" in running.browse.status.text
        assert "config.py, line 7" in running.browse.status.text
        memory.session.settings = with_settings(memory.session.settings, {"EDITOR": ""}, source="config.py")
        await running.press("f4")
        # The tests have no terminal to give away.
        await running.until(lambda: "No other program can have this terminal" in shown(running).error_block.text)
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)
    assert os.listdir(copies) == []


def test_what_somebody_else_changed_is_shown_and_replaced_only_when_that_is_said(
    copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = memory_with("d/a")

    def work(path: Path) -> None:
        path.write_text("same\nmine\n")
        memory.store.put("bucket", {"d/a": b"same\ntheirs\n"})

    async def look(running: Running) -> None:
        editor = editor_on(memory, running, monkeypatch, work)
        await open_first(running)
        await running.until(lambda: "Somebody else has changed" in shown(running).error_block.text)
        assert str(editor.path) in re.sub(r"\s", "", shown(running).error_block.text)
        shown(running).pressed("difference")
        await running.until(lambda: isinstance(running.app.screen, SideBySideDialog))
        dialog = running.app.screen
        assert isinstance(dialog, SideBySideDialog)
        await running.until(lambda: "2 - theirs" in dialog.lines.text and "+ mine" in dialog.lines.text)
        await running.press("escape")
        assert content(memory, "d/a") == b"same\ntheirs\n"
        memory.store.put("bucket", {"d/a": b"newer than what was looked at"})
        shown(running).pressed("replace")
        await running.until(lambda: shown(running).buttons["replace"].display)
        assert content(memory, "d/a") == b"newer than what was looked at"
        shown(running).pressed("replace")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)
    assert content(memory, "d/a") == b"same\nmine\n"
    assert os.listdir(copies) == []


def test_what_somebody_else_removed_is_saved_under_another_name(copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_with("d/a", "d/b")

    def work(path: Path) -> None:
        path.write_text("mine")
        memory.storage.delete("d/a")

    async def look(running: Running) -> None:
        editor_on(memory, running, monkeypatch, work)
        await open_first(running)
        await running.until(lambda: "changed or removed" in shown(running).error_block.text)
        shown(running).pressed("difference")
        await running.until(lambda: "somebody has removed it" in shown(running).error_block.text)
        shown(running).pressed("save")
        assert shown(running).field.value == "a"
        await running.press("backspace", "b", "enter")
        await running.until(lambda: "✗" in shown(running).error_block.text)
        assert content(memory, "d/b") == b"12345", "nothing is replaced"
        await running.press("2", "enter")
        await until_closed(running)
        await running.until(lambda: names(running.left) == [" ..", " b", " b2"])

    run_app(memory.session, place("d/"), place("d/"), look)
    assert content(memory, "d/b2") == b"mine"
    assert os.listdir(copies) == []


def test_what_could_not_be_stored_is_tried_again_or_kept(copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_with("d/a")
    memory.errors["put"] = NetworkError("Nobody answers.")

    async def look(running: Running) -> None:
        editor = editor_on(memory, running, monkeypatch, add("!"))
        await open_first(running)
        await running.until(lambda: "Nobody answers" in shown(running).error_block.text)
        assert str(editor.path) in shown(running).said.text
        memory.errors["put"] = denied("d/a")
        shown(running).pressed("again")
        await running.until(lambda: "Ask the owner" in shown(running).error_block.text)
        await running.press("escape")
        await until_closed(running)
        assert "Your copy stays" in running.browse.status.text
        assert editor.path.read_text() == "12345!"
        del memory.errors["put"]
        await running.press("f4")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)
    assert content(memory, "d/a") == b"12345!"
    assert len(os.listdir(copies)) == 1, "what was kept is still there"


@pytest.mark.parametrize(("button", "stored"), [("store", b"12345!"), ("discard", b"12345"), ("keep", b"12345")])
def test_what_a_failed_program_has_changed_is_asked_about(
    button: str, stored: bytes, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        editor_on(memory, running, monkeypatch, add("!")).code = 1
        await open_first(running)
        await running.until(lambda: "ended with 1, and has changed" in shown(running).said.text)
        shown(running).pressed(button)
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)
    assert content(memory, "d/a") == stored
    assert len(os.listdir(copies)) == (1 if button == "keep" else 0)


def test_an_editor_that_has_gone_into_a_window_of_its_own_is_waited_for(
    copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        editor = editor_on(memory, running, monkeypatch, lambda _path: None)
        editor.seconds = 0.1
        await open_first(running)
        await running.until(lambda: "ended at once" in shown(running).said.text)
        editor.path.write_text("typed in a window")
        await running.press("enter")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)
    assert content(memory, "d/a") == b"typed in a window"
    assert os.listdir(copies) == []


def test_a_large_one_is_asked_about_and_esc_stops_what_is_fetched(
    copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = memory_with("d/b")
    memory.store.put("bucket", {"d/a": b"x" * (11 << 20)})

    async def look(running: Running) -> None:
        editor = editor_on(memory, running, monkeypatch, lambda _path: None)
        await open_first(running)
        assert "11.0 MB" in shown(running).said.text
        await running.press("enter")
        await until_closed(running)
        assert "read" not in memory.requests
        await running.press("f4")
        shown(running).pressed("fetch")
        shown(running).leave()
        await until_closed(running)
        assert editor.invocations == []
        assert cursor_name(running.left) == "a"

    run_app(memory.session, place("d/"), place("d/"), look)
    assert os.listdir(copies) == []


def test_what_is_stored_while_somebody_is_asked_about_quitting_is_not_lost(
    copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = memory_with("d/a")
    gate = memory.gate("put")

    async def look(running: Running) -> None:
        editor_on(memory, running, monkeypatch, add("!"))
        await open_first(running)
        await running.until(memory.entered.is_set)
        await running.press("ctrl+q")
        assert isinstance(running.app.screen, QuitDialog)
        assert "Edit" in running.app.screen.body.text
        gate.set()
        await running.until(lambda: content(memory, "d/a") == b"12345!")
        await running.press("escape")
        await until_closed(running)
        await running.until(lambda: "Stored" in running.browse.status.text)
        assert running.app.last_words == []

    run_app(memory.session, place("d/"), place("d/"), look)
    assert os.listdir(copies) == []


def test_a_copy_that_was_not_stored_when_the_program_ends_is_told_of(
    copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = memory_with("d/a")
    gate = memory.gate("put")
    apps: list[FileManagerApp] = []

    async def look(running: Running) -> None:
        editor_on(memory, running, monkeypatch, add("!"))
        await open_first(running)
        await running.until(memory.entered.is_set)
        apps.append(running.app)
        running.app.exit(0)

    run_app(memory.session, place("d/"), place("d/"), look)
    gate.set()
    assert apps[0].last_words == [f"A copy that was not stored: {next(copies.iterdir())}/a"]


def test_directories_and_nothing_are_not_edited(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_with("d/sub/x")

    async def look(running: Running) -> None:
        editor = editor_on(memory, running, monkeypatch, lambda _path: None)
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("f4", "down", "f4")
        assert "set the cursor on one" in running.browse.status.text
        assert editor.invocations == []
        with pytest.raises(UnsupportedOperation):
            running.browse.__class__.run_outside(
                running.browse, Invocation(["true"], "/", os.environ), pause=Pause.NEVER
            )

    run_app(memory.session, place("d/"), place("d/"), look)
