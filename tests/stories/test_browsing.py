"""A session at the real program: walk a bucket, come back, refresh, look at a file, quit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.moto import MotoServer
from tests.stories.conftest import StartProgram

pytestmark = pytest.mark.tmux


def test_walk_a_bucket_and_come_back(start: StartProgram, bucket: MotoServer, home: Path) -> None:
    (home / "local.txt").write_text("here")
    program = start("s3://data/", str(home))
    program.until_shown("s3://data/", "many", "runs", "readme.txt", "3 entries", side=0)
    program.until_shown(home.name, "local.txt", "1 entry", side=1)
    program.until_shown("1 LIST")
    assert len(bucket.requests()) == 1

    program.press("Down", "Enter")  # ".." stands first where there is a place above
    program.until_shown("s3://data/many/", "2,500 entries", "sample-0000.csv", side=0)
    assert len(bucket.requests()) == 4
    program.press("End")
    program.until_shown("sample-2499.csv", side=0)
    program.press("BSpace")
    program.until_shown("readme.txt", "3 entries", side=0)
    program.press("Down", "Enter")  # the cursor is on the directory that was left
    program.until_shown("s3://data/runs/", "2026", "old", side=0)
    program.press("Down", "Enter")
    program.until_shown("s3://data/runs/2026/", "a.txt", "b.txt", side=0)
    requests = len(bucket.requests())
    assert requests == 6

    # Coming back, and once more through all of it: not one request.
    program.press("BSpace")
    program.until_shown("s3://data/runs/", "old", side=0)
    program.press("Enter")
    program.until_shown("a.txt", side=0)
    program.press("BSpace", "BSpace")
    program.until_shown("readme.txt", side=0)
    program.press("Up", "Enter")
    program.until_shown("2,500 entries", side=0)
    assert "6 LIST" in program.screen()
    assert len(bucket.requests()) == requests

    program.press("BSpace")
    program.until_shown("readme.txt", side=0)
    program.press("C-r")
    program.until_shown("7 LIST")
    assert len(bucket.requests()) == requests + 1
    program.press("F10")
    assert program.ended() == 0


def test_all_buckets_the_other_pane_and_the_pager(start: StartProgram, bucket: MotoServer, home: Path) -> None:
    program = start("s3://", "s3://data/")
    program.until_shown("data", "1 entry", side=0)
    program.until_shown("readme.txt", "3 entries", side=1)
    program.press("Tab", "End", "F3")
    program.until_shown("readme.txt", "line 0 of the text", "line 20 of the text", "byte 0 of 6,190")
    assert len(program.rows()) == 24
    program.press("End")
    program.until_shown("line 299 of the text", "100 %")
    program.press("Escape")
    screen = program.until_shown("3 entries", "1 GET")
    assert "line 299" not in screen
    program.press("C-q")
    assert program.ended() == 0


def test_selecting_counts_and_a_smaller_terminal(start: StartProgram, bucket: MotoServer, home: Path) -> None:
    program = start("s3://data/runs/2026/", str(home), columns=120, rows=30)
    program.until_shown("a.txt", "b.txt", side=0)
    program.press("Down", "IC", "Space")
    program.until_shown("2 selected", "3 B", side=0)
    program.resize(80, 24)
    program.until(lambda: len(program.rows()) == 24)
    program.until_shown("a.txt", "2 selected", side=0)
    program.until_shown("1Help", "10Quit")
    assert all(len(row) <= 80 for row in program.rows())
    program.press("Escape", "0")  # the twin of F10
    assert program.ended() == 0


def test_a_word_that_names_nothing(start: StartProgram, home: Path) -> None:
    program = start("lss")
    assert program.ended() == 2
    assert "Name a directory or a verb" in program.screen().replace("\n", "")
