"""Changing things at the real program: a directory, a file, a delete, and the other pane that shows it by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.stories.conftest import StartProgram

pytestmark = pytest.mark.tmux


def test_make_fill_and_delete_with_the_other_pane_looking_on(
    start: StartProgram, bucket: MotoServer, home: Path
) -> None:
    program = start("s3://data/runs/", "s3://data/runs/")
    program.until_shown("2026", "old", "2 entries", side=0)
    program.until_shown("2026", "old", "2 entries", side=1)

    program.press("F7")
    program.until_shown("Make a directory", "Name:")
    program.press("made", "Enter")
    program.until_shown("/made", "3 entries", side=0)
    program.until_shown("/made", "3 entries", side=1)
    program.until_shown("1 PUT")
    assert bucket.requests()[-1].startswith("PUT /data/runs/made/")

    program.press("Enter")  # the cursor is on it
    program.until_shown("s3://data/runs/made/", side=0)
    program.press("S-F4")
    program.until_shown("New file", "Name:")
    program.press("notes.txt", "Enter")
    program.until_shown("notes.txt", "0 B", "1 entry", side=0)

    # A name that is taken is said in the dialog, which stays.
    program.press("C-n")
    program.until_shown("New file")
    program.press("notes.txt", "Enter")
    program.until_shown("Something is there already")
    program.press("Escape")
    program.until(lambda: "New file" not in program.screen())

    program.press("BSpace")
    program.until_shown("s3://data/runs/ ", "3 entries", side=0)
    program.press("F8")
    program.until_shown("Delete 2 objects, 0 B, in 1 request?", "Permanently: this cannot be undone.")
    program.press("Left", "Enter")
    program.until(lambda: "[ Cancel ]" not in program.screen() and "made" not in program.screen())
    program.until_shown("2 entries", side=0)
    program.until_shown("2 entries", side=1)
    assert "1 DELETE" in program.screen()
    program.press("F10")
    assert program.ended() == 0


def test_a_large_directory_is_counted_deleted_and_gone_in_both_panes(
    start: StartProgram, bucket: MotoServer, home: Path
) -> None:
    program = start("s3://data/", "s3://data/many/")
    program.until_shown("many", "3 entries", side=0)
    program.until_shown("2,500 entries", side=1)
    program.press("Down", "F8")
    program.until_shown("/many", "Delete 2,500 objects, 9.8 KB, in 3 requests?")
    program.press("Enter")  # the marked button is the harmless one
    program.until(lambda: "[ Cancel ]" not in program.screen())
    assert not [line for line in bucket.requests() if line.startswith(("POST", "DELETE"))]
    program.press("F8")
    program.until_shown("in 3 requests?")
    program.press("Left", "Enter")
    program.until_shown("2 entries", side=0)
    program.until_shown("not there any more", side=1)
    assert len([line for line in bucket.requests() if line.startswith("POST /data?delete")]) == 3
    screen = program.screen()
    assert "runs" in screen
    assert "readme.txt" in screen
    program.press("F10")
    assert program.ended() == 0


def test_quitting_while_the_server_keeps_a_delete_waiting(
    start: StartProgram, bucket: MotoServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultProxy(bucket.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        program = start("s3://data/", str(home))
        program.until_shown("readme.txt", side=0)
        stalled = proxy.stall(match="POST /data", times=100)
        program.press("End", "F8")
        program.until_shown("Delete 1 object", "Permanently: this cannot be undone.")
        program.press("Enter")
        assert stalled.happened.wait(10)
        program.until_shown("Deleting", "0 of 1")
        program.press("C-q")
        program.until_shown("A delete is running. Stop it and quit?")
        program.press("Left", "Enter")
        assert program.ended(seconds=5) == 0


def test_on_the_disk(start: StartProgram, home: Path) -> None:
    (home / "project").mkdir()
    (home / "project" / "old.txt").write_text("old")
    program = start(f"{home}/project", f"{home}/project")
    program.until_shown("old.txt", "1 entry", side=0)
    program.press("F7")
    program.until_shown("Make a directory")
    program.press("a/b/c", "Enter")
    program.until_shown("/a", "2 entries", side=0)
    program.until_shown("/a", "2 entries", side=1)
    assert (home / "project" / "a" / "b" / "c").is_dir()
    program.press("Down", "F8")
    program.until_shown("old.txt", "Move 1 entry to the trash?", "This can be undone.")
    program.press("Enter")
    program.until_shown("1 entry", side=1)
    program.until_shown("1 entry", side=0)  # where the next key looks
    assert not (home / "project" / "old.txt").exists()
    assert (home / ".local" / "share" / "Trash" / "files" / "old.txt").read_text() == "old"
    program.press("S-F8")
    program.until_shown("/a", "Delete 3 entries, 0 B?", "Permanently: this cannot be undone.")
    program.press("Left", "Enter")
    program.until_shown("0 entries", side=1)
    assert list((home / "project").iterdir()) == []
    program.press("F10")
    assert program.ended() == 0
