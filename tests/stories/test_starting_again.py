"""Quit, and start again: everything is where it was; the very first start says where help is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.moto import MotoServer
from tests.stories.conftest import StartProgram
from tfm.operations.kept_state import state_path

pytestmark = pytest.mark.tmux


def test_the_next_start_is_as_the_last_one_was_left(start: StartProgram, bucket: MotoServer, home: Path) -> None:
    (home / "sub").mkdir()
    (home / "sub" / "note.txt").write_text("here")
    program = start("s3://data/", str(home))
    program.until_shown("readme.txt", "3 entries", side=0)
    program.until_shown("/sub", side=1)
    program.press("M-t", "Down", "Down", "Enter")
    program.until_shown("1 data", "2 runs", "s3://data/runs/", "old", side=0)
    program.press("Tab", "Down", "Enter")
    program.until_shown(f"{home.name}/sub/", "note.txt", side=1)
    program.press("F10")
    assert program.ended() == 0

    program = start()
    program.until_shown("1 data", "2 runs", "s3://data/runs/", "old", side=0)
    program.until_shown(f"{home.name}/sub/", "note.txt", side=1)
    program.press("M-Left")  # the keys are where they were: in the right pane
    program.until_shown("/sub", side=1)
    program.press("Tab", "C-PPage")
    program.until_shown("s3://data/ ", "readme.txt", side=0)
    program.press("F10")
    assert program.ended() == 0

    program = start(str(home / "sub"))
    program.until_shown(f"{home.name}/sub/", "note.txt", "2 runs", side=0)
    program.press("M-Left")
    program.until_shown("s3://data/ ", "readme.txt", side=0)
    program.press("C-q")
    assert program.ended() == 0


def test_the_very_first_start_says_where_the_keys_are(start: StartProgram, home: Path) -> None:
    Path(state_path()).unlink()
    program = start(".")
    program.until_shown("New here? F1 all keys, Ctrl-K vim keys, Ctrl-P all actions.")
    program.press("C-k")
    program.until_shown("vim keys, now and at the next start")
    program.press("F10")
    assert program.ended() == 0
    assert Path(state_path()).exists()
    again = start(".")
    again.until_shown("entries")
    again.press("q")
    assert again.ended() == 0
