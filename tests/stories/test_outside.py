"""Other programs at the real program: an editor, one during which somebody else edits, a command, a shell."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.servers.moto import MotoServer
from tests.stories.conftest import StartProgram

pytestmark = pytest.mark.tmux


def an_editor(home: Path, monkeypatch: pytest.MonkeyPatch, work: str) -> None:
    script = home / "editor.py"
    script.write_text(f"import os, sys\npath = sys.argv[1]\nprint('editing', os.path.basename(path))\n{work}\n")
    monkeypatch.setenv("TFM_EDITOR", f"{sys.executable} {script}")


def test_an_object_is_edited_and_stored(
    start: StartProgram, bucket: MotoServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_editor(home, monkeypatch, "print('press Enter'); input(); open(path, 'a').write(' and more')")
    program = start("s3://data/runs/2026/", str(home))
    program.until_shown("a.txt", side=0)
    program.press("Down", "F4")
    program.until_shown("editing a.txt", "press Enter")
    program.press("Enter")
    program.until_shown("Stored: s3://data/runs/2026/a.txt")
    program.until_shown("a.txt", "10 B", side=0)
    assert [line.split()[0] for line in bucket.requests() if "/a.txt" in line] == ["GET", "PUT"]
    # The terminal is tfm's again: keys arrive one by one, and nothing of the editor is left.
    program.press("Down", "F4")
    program.until_shown("editing b.txt")
    program.press("C-c")  # for the program, not for tfm
    program.until_shown("Any key goes back to tfm")
    program.press("x")
    program.until_shown("Nothing was changed", "b.txt")
    program.press("F10")
    assert program.ended() == 0


def test_what_somebody_else_changed_meanwhile_is_not_replaced(
    start: StartProgram, bucket: MotoServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_editor(home, monkeypatch, "print('press Enter'); input(); open(path, 'w').write('mine')")
    program = start("s3://data/runs/2026/", str(home))
    program.until_shown("a.txt", side=0)
    program.press("Down", "F4")
    program.until_shown("press Enter")
    bucket.put("data", {"runs/2026/a.txt": b"theirs"})
    program.press("Enter")
    program.until_shown("Somebody else has changed", "Your text is in", "[ Save as… ]", "[ Keep my copy ]")
    program.press("Left", "Left", "Left", "Enter")
    program.until_shown("Name:", "a.txt", "nothing is replaced")
    program.press("C-u", "mine.txt", "Enter")
    program.until_shown("Stored: s3://data/runs/2026/mine.txt")
    program.until_shown("mine.txt", "4 B", side=0)
    program.press("F10")
    assert program.ended() == 0


def test_a_command_and_a_shell_have_the_terminal_and_give_it_back(
    start: StartProgram, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "$(touch pwned)").write_text("what is in it\n")
    monkeypatch.setenv("TFM_MENU", json.dumps({"Show": "cat {files}"}))
    program = start(str(home), str(home))
    program.until_shown("$(touch pwned)", side=0)
    program.press("Down", "S-F2")
    program.until_shown("s  Show", "cat {files}")
    program.press("s")
    program.until_shown("$ cat {files}", "what is in it", "[done] Any key")
    program.press("Space")
    program.until_shown("$(touch pwned)", side=0)
    program.press("M-x")
    program.until_shown("Command:")
    program.press("sh -c 'exit 3'", "Enter")
    program.until_shown("ended with 3", "Any key")
    program.press("x")
    program.until_shown("sh ended with 3.", "$(touch pwned)")
    program.press("C-o")
    program.until_shown("exit goes back to the panes")
    program.press('echo "$TFM_ACTIVE:$TFM_THIS_SELECTED"; touch made', "Enter")
    program.until_shown("1:'$(touch pwned)'")
    program.press("kill -9 $$", "Enter")  # a shell that is killed leaves the terminal to a group that is gone
    program.until_shown("made", side=0)
    program.press("F10")
    assert program.ended() == 0
    assert not (home / "pwned").exists()
