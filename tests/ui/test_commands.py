"""Shift-F2, Alt-X and Ctrl-O: the user's menu, a line that is typed, a shell."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.ui.jobs import memory_with, until_closed
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app
from tests.ui.test_editing import content, copies  # noqa: F401 - a fixture of all tests here
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import with_settings
from tfm.operations.external import Invocation
from tfm.operations.kept_state import KeptState
from tfm.storage.session import Session
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.command_dialog import CommandDialog
from tfm.ui.given_terminal import Pause
from tfm.ui.keeper import Keeper
from tfm.ui.menu_dialog import MenuDialog, letters_for
from tfm.ui.search_dialog import SearchDialog

HOSTILE = ["$(touch pwned)", "-rf", "a\nb\x1b[31m", "{file}", "é\udcff"]


class Programs:
    """In the place of the terminal: what is started is written down, with what it could see at that time."""

    def __init__(self, running: Running, monkeypatch: pytest.MonkeyPatch, *, change: str = "") -> None:
        self.change = change
        self.code = 0
        self.started: list[Invocation] = []
        self.headings: list[str] = []
        self.pauses: list[Pause] = []
        self.selected: list[bytes] = []
        monkeypatch.setattr(running.browse, "run_outside", self)

    def __call__(self, invocation: Invocation, *, pause: Pause, heading: str = "") -> int:
        self.started.append(invocation)
        self.pauses.append(pause)
        self.headings.append(heading)
        self.selected.append(Path(invocation.environment["TFM_THIS_SELECTED_FILE"]).read_bytes())
        if self.change:
            Path(invocation.arguments[-1]).write_text(self.change)
        return self.code

    @property
    def commands(self) -> list[list[str]]:
        return [list(each.arguments) for each in self.started]


def with_menu(session: Session, **menu: str) -> None:
    session.settings = with_settings(
        session.settings, {"MENU": menu}, source="config.py", lines={f"MENU {title}": 8 for title in menu}
    )


def hostile_directory(tmp_path: Path) -> Location:
    (tmp_path / "d").mkdir()
    for name in HOSTILE:
        (tmp_path / "d" / name).write_text("x")
    return Location(StorageAddress("file"), f"{tmp_path}/d/", Kind.DIRECTORY)


def dialog(running: Running) -> CommandDialog:
    assert isinstance(running.app.screen, CommandDialog)
    return running.app.screen


def test_each_title_has_a_letter_of_its_own_as_long_as_there_are_any() -> None:
    assert letters_for(["Count lines", "Copy", "ccc", "日本"]) == ["c", "o", "a", "b"]
    assert letters_for(["x"] * 63)[-1] == ""


@pytest.mark.parametrize("keys", [["shift+f2"], ["ctrl+k", ";"]])
def test_a_letter_starts_a_command_of_the_menu_with_names_as_they_are(
    keys: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = hostile_directory(tmp_path)
    session = Session()
    with_menu(session, **{"Look at it": "less {file}", "All": "tar cf {TFM_OTHER_DIR}/x.tar {files}"})

    async def look(running: Running) -> None:
        programs = Programs(running, monkeypatch)
        await running.until_listed(running.left, f"{tmp_path}/d/")
        await running.press("down", *["insert"] * len(HOSTILE), *keys)
        assert isinstance(running.app.screen, MenuDialog)
        assert "a  All" in running.app.screen.list.text
        await running.press("a")
        await until_closed(running)
        command = programs.commands[0]
        assert command[:3] == ["tar", "cf", f"{tmp_path}/d/x.tar"]
        assert sorted(command[3:]) == sorted("./-rf" if name == "-rf" else name for name in HOSTILE)
        assert programs.started[0].directory == f"{tmp_path}/d"
        assert programs.pauses == [Pause.ALWAYS]
        assert len(programs.selected[0].split(b"\0")) == len(HOSTILE) + 1
        assert len(shlex.split(programs.started[0].environment["TFM_LEFT_SELECTED"])) == len(HOSTILE)
        await running.press(keys[-1], "down", "up", "enter")
        await until_closed(running)
        assert programs.commands[1][0] == "less"
        assert programs.commands[1][1].removeprefix(f"{tmp_path}/d/") in HOSTILE
        await running.press(keys[-1], "escape")
        await until_closed(running)
        assert len(programs.started) == 2

    run_app(session, here, here, look)
    assert len(list((tmp_path / "d").iterdir())) == len(HOSTILE)


def test_a_remote_file_is_a_copy_for_the_menu_and_remote_names_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_with("d/a", "d/b")
    with_menu(memory.session, Sort="sort -o {file} {file}", Names="echo {files}")

    async def look(running: Running) -> None:
        programs = Programs(running, monkeypatch, change="sorted")
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "shift+f2", "s")
        await until_closed(running)
        await running.until(lambda: "Stored" in running.browse.status.text)
        programs.change = ""
        await running.press("shift+f2", "n")
        await until_closed(running)
        assert programs.commands[1] == ["echo", "memory://bucket/d/a"], "a name alone would be one of the home"

    run_app(memory.session, place("d/"), place("d/"), look)
    assert content(memory, "d/a") == b"sorted"


def test_buckets_have_their_names_too(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        programs = Programs(running, monkeypatch)
        await running.until_listed(running.left, "memory:// ")
        await running.browse.run_command("run echo {files}")
        assert programs.selected == [b"bucket\0"]
        assert programs.commands == [["echo", "memory://bucket/"]]

    run_app(memory.session, place(bucket=""), place("d/"), look)


def test_an_empty_menu_a_wrong_one_and_a_missing_file_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = memory_with("d/sub/x")

    async def look(running: Running) -> None:
        programs = Programs(running, monkeypatch)
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("shift+f2")
        assert "Your menu is empty" in running.browse.status.text
        with_menu(memory.session, Bad="&")
        await running.press("shift+f2")
        assert "config.py, line 8" in running.browse.status.text
        with_menu(memory.session, Look="less {file}")
        await running.press("shift+f2", "l")
        assert "the cursor is on none" in running.browse.status.text
        await running.press("down", "shift+f2", "l")
        assert "not of directories" in running.browse.status.text
        assert programs.started == []

    run_app(memory.session, place("d/"), place("d/"), look)


@pytest.mark.parametrize("keys", [["alt+x"], ["ctrl+k", "!"]])
def test_a_typed_line_is_a_program_with_arguments_and_no_shell_reads_it(
    keys: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = hostile_directory(tmp_path)

    async def look(running: Running) -> None:
        programs = Programs(running, monkeypatch)
        await running.until_listed(running.left, f"{tmp_path}/d/")
        await running.press(*keys, "enter")
        assert "without a program" in dialog(running).error_block.text
        await running.press(*"'")
        await running.press("enter")
        await running.until(lambda: "cannot be split" in dialog(running).error_block.text)
        dialog(running).field.set_value("wc -c $(touch pwned) 'a b'; *")
        programs.code = 2
        await running.press("enter")
        await until_closed(running)
        assert programs.commands == [["wc", "-c", "$(touch", "pwned)", "a b;", "*"]]
        assert programs.headings == ["$ wc -c '$(touch' 'pwned)' 'a b;' '*'"]
        assert "wc ended with 2" in running.browse.status.text
        for name in HOSTILE:
            await running.press("down")
            await running.browse.run_command("run cat {file}")
            assert len(programs.commands[-1]) == 2, name
        assert sorted(command[1] for command in programs.commands[1:]) == sorted(
            f"{tmp_path}/d/{name}" for name in HOSTILE
        )
        await running.browse.run_command("run 'half")
        assert "cannot be split" in running.browse.status.text

    run_app(Session(), here, here, look)
    assert not (tmp_path / "d" / "pwned").exists()


def test_up_and_down_bring_back_what_was_typed_before_also_in_an_earlier_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = hostile_directory(tmp_path)
    keeper = Keeper(state=KeptState(typed={"run": ("make check",), "select": ("*.md",)}))

    async def look(running: Running) -> None:
        Programs(running, monkeypatch)
        await running.until_listed(running.left, f"{tmp_path}/d/")
        await running.press("alt+x", *"ls -l", "enter")
        await until_closed(running)
        await running.press("alt+x", *" secret", "enter")
        await until_closed(running)
        await running.press("alt+x", "w", "up")
        assert dialog(running).field.value == "ls -l"
        await running.press("up", "up")
        assert dialog(running).field.value == "make check"
        await running.press("down", "down", "down")
        assert dialog(running).field.value == "w"
        await running.press("escape", "plus", "up", "x", "enter")
        await running.press("minus", "up")
        assert "deselect: *.mdx" in running.left.footer.text
        await running.press("escape", "alt+f7", *"name", "tab", "tab", *"token", "enter")
        await running.press("alt+f7", "up", "tab", "tab", "up")
        search = running.app.screen
        assert isinstance(search, SearchDialog)
        assert (search.name_field.value, search.content.value) == ("name", "token")

    run_app(Session(), here, here, look, keeper=keeper)
    wanted = {"run": ("ls -l", "make check"), "select": ("*.mdx", "*.md"), "search": ("name",)}
    assert keeper.state.typed == wanted, "neither what begins with a blank nor what was sought in files"


@pytest.mark.parametrize("keymap", ["orthodox", "vim"])
def test_a_shell_starts_in_the_panes_directory_and_is_told_of_both(
    keymap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = hostile_directory(tmp_path)
    monkeypatch.setenv("SHELL", "/bin/my-shell")

    async def look(running: Running) -> None:
        programs = Programs(running, monkeypatch)
        await running.browse.run_command(f"keymap {keymap}")
        await running.until_listed(running.left, f"{tmp_path}/d/")
        programs.code = 130
        await running.press("ctrl+o")
        assert programs.commands == [["/bin/my-shell"]]
        assert programs.pauses == [Pause.NEVER]
        assert programs.started[0].directory == f"{tmp_path}/d"
        environment = programs.started[0].environment
        assert environment["TFM_ACTIVE"] == "1"
        assert environment["TFM_RIGHT_DIR"] == environment["TFM_OTHER_DIR"] == "memory://bucket/d/"
        assert "ended with" not in running.browse.status.text, "that is the code of the last command in it"

    run_app(memory_with("d/a").session, here, place("d/"), look)


def test_a_tfm_within_a_tfm_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    memory.put(["d/a"])
    monkeypatch.setenv("TFM_ACTIVE", "1")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        assert "started from a shell of another tfm" in running.browse.status.text
        assert isinstance(running.app.screen, BrowseScreen)

    run_app(memory.session, place("d/"), place("d/"), look)
