"""People who come from elsewhere: with yazi's keys, with keys of their own, and by what the screen says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.moto import MotoServer
from tests.stories.conftest import StartProgram

pytestmark = pytest.mark.tmux


def configure(home: Path, text: str) -> Path:
    path = home / ".config" / "tfm" / "config.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_user_of_vim_keys_yanks_here_and_pastes_there(start: StartProgram, bucket: MotoServer, home: Path) -> None:
    configure(home, "class Config:\n    KEYMAP = 'vim'\n")
    there = home / "there"
    there.mkdir()
    program = start("s3://data/runs/", str(there))
    program.until_shown("2026", "old", side=0)
    program.press("j", "l")
    program.until_shown("a.txt", "b.txt", side=0)
    program.press("g")
    program.until_shown("g …", "The first entry", "Esc ends it")
    program.press("g", "j", "y")
    program.until_shown("go where to, and paste")
    program.press("Tab", "p")
    program.until_shown("Copy", "1 object", "[ Copy ]")
    program.press("Enter")
    program.until_shown("✓ copy a.txt", "done")
    program.until_shown("a.txt", side=1)
    assert (there / "a.txt").read_bytes() == b"a"
    program.press("Tab", "h")
    program.until_shown("2026", side=0)
    program.press("q")
    assert program.ended() == 0


def test_wrong_keys_of_ones_own_are_told_by_their_line_and_the_rest_works(
    start: StartProgram, bucket: MotoServer, home: Path
) -> None:
    configure(home, "class Config:\n    KEYS = {\n        'f12 x': 'quit',\n        'ctrl+y': 'cpoy',\n    }\n")
    program = start("s3://data/", str(home), columns=140)
    program.until_shown("config.py, line 4: KEYS['ctrl+y']: there is no action 'cpoy'; did you mean copy?")
    program.press("F12")
    program.until_shown("F12 …  x: Quit")
    program.press("x")
    assert program.ended() == 0


def test_who_knows_no_key_finds_it_in_the_palette(start: StartProgram, bucket: MotoServer, home: Path) -> None:
    program = start("s3://data/", str(home))
    program.until_shown("3 entries", "Ctrl-P All")
    program.press("C-p")
    program.until_shown("Actions", "Find:")
    program.press("d", "i", "r", "e", "c", "t", "o", "r", "y", "Space", "m", "a", "k", "e")
    program.until_shown("Make a directory", "F7")
    program.press("Enter")
    program.until_shown("Make a directory", "Name:")
    program.press("n", "e", "w", "Enter")
    program.until_shown("new", "4 entries", side=0)
    assert bucket.client().list_objects_v2(Bucket="data", Prefix="new/")["KeyCount"] == 1
    program.press("F10")
    assert program.ended() == 0
