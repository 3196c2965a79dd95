"""The user's own commands, as they are read; and a program beside tfm."""

from __future__ import annotations

import os
import queue
import sys
from pathlib import Path

import pytest

from tests.scripted_backend import DEADLINE_SECONDS
from tests.ui.memory_panes import Memory, place
from tfm.core.entry import Kind
from tfm.core.errors import NotFoundError, UnsupportedOperation
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import Settings, with_settings
from tfm.operations.beside import start_beside
from tfm.operations.external import Invocation
from tfm.operations.programs import Program, menu_of, names_for, opener_of, program_of, typed_program


def settings(**values: dict[str, str]) -> Settings:
    lines = {f"{name} {row}": 10 + number for name in values for number, row in enumerate(values[name])}
    return with_settings(Settings(), values, source="config.py", lines=lines)


def test_the_first_pattern_that_fits_opens_without_regard_to_case() -> None:
    made = settings(OPENERS={"*.pdf": "zathura {file} &", "*.tar.*": "tar tf", "*": "less"})
    assert opener_of(made, "A.PDF", {}) == Program(("zathura", "{file}"), "config.py, line 10", beside=True)
    assert opener_of(made, "x.tar.gz", {}).command == ("tar", "tf")
    assert opener_of(made, "x", {}).origin == "config.py, line 12"


@pytest.mark.skipif(sys.platform == "darwin", reason="there is always a desktop")
def test_else_the_desktop_opens_and_without_one_its_opener_gets_the_terminal() -> None:
    assert opener_of(Settings(), "x", {"DISPLAY": ":0"}) == Program(
        ("xdg-open", "{file}"), "config.py (OPENERS)", beside=True
    )
    assert not opener_of(Settings(), "x", {"DISPLAY": ""}).beside


def test_a_command_without_a_program_is_said_with_its_line() -> None:
    with pytest.raises(UnsupportedOperation, match=r"config\.py, line 10"):
        opener_of(settings(OPENERS={"*": "&"}), "x", {})
    with pytest.raises(UnsupportedOperation, match=r"config\.py, line 11"):
        menu_of(settings(MENU={"Good": "true", "Bad": "''"}))
    assert menu_of(settings(MENU={"One": "a {file}"})) == [("One", Program(("a", "{file}"), "config.py, line 10"))]


def test_a_line_is_split_and_nothing_else_is_done_to_it() -> None:
    assert typed_program("cp 'a b' $HOME *.txt | $(x)").command == ("cp", "a b", "$HOME", "*.txt", "|", "$(x)")
    assert typed_program("gimp {file} &") == program_of(["gimp", "{file}", "&"], "")
    assert typed_program("gimp  '{file}' 'a b' &").text == "gimp {file} 'a b' &"
    assert typed_program("a {file}.x").takes_file
    assert typed_program("a {files}").takes_names
    assert not typed_program("a").takes_file
    for wrong in ("", "  ", "&", "echo 'half"):
        with pytest.raises(UnsupportedOperation):
            typed_program(wrong)


def test_names_are_relative_where_the_program_runs_and_whole_where_it_cannot(tmp_path: Path) -> None:
    session = Memory().session
    here = Location(StorageAddress("file"), f"{tmp_path}/", Kind.DIRECTORY)
    assert names_for(session, here, [Location(here.storage, f"{tmp_path}/a b", Kind.FILE)]) == ["a b"]
    remote = place("d/")
    assert names_for(session, remote, [Location(remote.storage, "d/x", Kind.FILE)]) == ["memory://bucket/d/x"]
    gone = Location(here.storage, f"{tmp_path}/gone/", Kind.DIRECTORY)
    with pytest.raises(NotFoundError):
        names_for(session, gone, [])


def test_a_program_beside_has_a_session_of_its_own_and_is_heard_of(tmp_path: Path) -> None:
    heard: queue.Queue[tuple[int, str]] = queue.Queue()

    def run(script: str) -> tuple[int, str]:
        invocation = Invocation([sys.executable, "-c", script], str(tmp_path), os.environ)
        start_beside(invocation, lambda code, complaint: heard.put((code, complaint)))
        return heard.get(timeout=DEADLINE_SECONDS)

    assert run("import os, sys; print('gone'); sys.exit(os.getsid(0) != os.getpid() or len(sys.stdin.read()))") == (
        0, ""
    )  # fmt: skip
    assert run("import sys; sys.exit('first\\nlast words')") == (1, "last words")
    with pytest.raises(UnsupportedOperation, match=r"another in config\.py, line 3"):
        start_beside(Invocation(["tfm-no-such"], str(tmp_path), os.environ, "config.py, line 3"), lambda *_: None)
