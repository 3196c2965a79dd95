"""What programs outside are told, and how commands are made: never by a shell."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.memory_panes import Memory, place
from tfm.core.entry import Kind
from tfm.core.errors import InvalidPathError, UnsupportedOperation
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import Settings, with_settings
from tfm.operations.external import (
    Invocation,
    Side,
    editor_command,
    editor_origin,
    filled,
    panes_environment,
    run_program,
    shell_command,
    working_directory,
)


def at(key: str) -> Location:
    return Location(place().storage, key, Kind.DIRECTORY if key.endswith("/") else Kind.FILE)


def disk(path: Path | str) -> Location:
    return Location(StorageAddress("file"), f"{path}/", Kind.DIRECTORY)


def test_programs_are_told_of_both_panes(tmp_path: Path) -> None:
    memory = Memory()
    names = ["-rf", "a b", "$(touch pwned)", "x\ny", "é\udcff"]
    left = Side(place("d/"), [at(f"d/{name}") for name in names] + [at("d/sub/")])
    right = Side(disk(tmp_path))
    with panes_environment(memory.session, left, right, left_is_this=False) as environment:
        assert environment["TFM_ACTIVE"] == "1"
        assert environment["TFM_OTHER_DIR"] == environment["TFM_LEFT_DIR"] == "memory://bucket/d/"
        assert environment["TFM_THIS_DIR"] == environment["TFM_RIGHT_DIR"] == str(tmp_path)
        assert shlex.split(environment["TFM_LEFT_SELECTED"]) == ["./-rf", *names[1:], "sub"]
        path = Path(environment["TFM_OTHER_SELECTED_FILE"])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert path.read_bytes() == b"".join(os.fsencode(name) + b"\0" for name in [*names, "sub"])
        assert environment["TFM_THIS_SELECTED"] == ""
        assert Path(environment["TFM_THIS_SELECTED_FILE"]).read_bytes() == b""
        environment["PYTHONPATH"] = ""
        script = "import os, sys; sys.exit(os.environ['TFM_LEFT_DIR'] != 'memory://bucket/d/')"
        assert run_program(Invocation([sys.executable, "-c", script], str(tmp_path), environment)) == 0
    assert not path.parent.exists()


def test_what_is_too_long_for_a_variable_is_in_the_file(tmp_path: Path) -> None:
    memory = Memory()
    left = Side(place(), [at(f"{number:0100}") for number in range(2_000)])
    with panes_environment(memory.session, left, Side(disk(tmp_path)), left_is_this=True) as environment:
        assert environment["TFM_THIS_SELECTED"] == ""
        assert Path(environment["TFM_THIS_SELECTED_FILE"]).read_bytes().count(b"\0") == 2_000


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    side = Side(place(), [at("a\0b")])
    with pytest.raises(InvalidPathError), panes_environment(Memory().session, side, side, left_is_this=True):
        pass


def test_programs_run_where_the_pane_is_if_that_is_on_the_disk(tmp_path: Path) -> None:
    memory = Memory()
    assert working_directory(memory.session, disk(tmp_path)) == str(tmp_path)
    assert working_directory(memory.session, place("d/")) == os.path.expanduser("~")
    assert working_directory(memory.session, disk(tmp_path / "gone")) == os.path.expanduser("~")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedOperation, match="There is no program"):
        run_program(Invocation(["tfm-no-such-program"], str(tmp_path), os.environ))
    (tmp_path / "plain").write_text("")
    with pytest.raises(UnsupportedOperation, match="cannot be started"):
        run_program(Invocation([str(tmp_path / "plain")], str(tmp_path), os.environ))
    assert run_program(Invocation([sys.executable, "-c", "raise SystemExit(3)"], str(tmp_path), os.environ)) == 3


def test_the_editor_is_the_setting_then_visual_then_editor() -> None:
    environment = {"VISUAL": "code --wait", "EDITOR": "nano"}
    emacs = with_settings(Settings(), {"EDITOR": "emacs -nw"}, source="config.py", lines={"EDITOR": 3})
    assert editor_command(emacs, environment) == ["emacs", "-nw"]
    assert editor_command(Settings(), environment) == ["code", "--wait"]
    assert editor_command(Settings(), {"EDITOR": "nano"}) == ["nano"]
    assert editor_command(Settings(), {}) == editor_command(Settings(editor="  "), {"VISUAL": " "}) == ["vi"]
    with pytest.raises(UnsupportedOperation, match=r"Look at \$EDITOR\."):
        editor_command(Settings(), {"EDITOR": "'open"})
    assert editor_origin(emacs, environment) == "config.py, line 3"
    assert editor_origin(Settings(), environment) == "$VISUAL"
    assert shell_command({"SHELL": "/bin/zsh"}) == ["/bin/zsh"]
    assert shell_command({})


def test_placeholders_are_filled_and_a_file_comes_last_where_none_is_named() -> None:
    environment = {"TFM_OTHER_DIR": "/other/{file}"}
    assert filled(["a", "--in={file}", "{x}", "{"], file="/f", environment={}) == ["a", "--in=/f", "{x}", "{"]
    assert filled(["less"], file="/f", environment={}) == ["less", "/f"]
    assert filled(["cp", "{files}", "{TFM_OTHER_DIR}"], names=["-a", "b c"], environment=environment) == [
        "cp", "./-a", "b c", "/other/{file}",
    ]  # fmt: skip
    with pytest.raises(UnsupportedOperation, match="cursor is on none"):
        filled(["less", "{file}"], environment={})


@given(st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_a_name_is_one_argument_whatever_it_says(name: str) -> None:
    assert filled(["run", "{file}"], file=name, environment={"TFM_X": "y"}) == ["run", name]
    assert filled(["run", "{files}"], names=[name], environment={}) == [
        "run", f"./{name}" if name.startswith("-") else name,
    ]  # fmt: skip
