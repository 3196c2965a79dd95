"""Journals in a file and in memory, and steps to put in."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tfm.journal import Journal, null_journal, open_journal


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_784_456_130.0  # 2026-07-19 10:15:30 UTC

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where the journal is to be; the directory is not there yet."""
    return str(tmp_path / "state" / "journal.sqlite")


@pytest.fixture
def open_again(path: str, clock: Clock) -> Iterator[Callable[[], Journal]]:
    """Opens the journal of this test, as another program would; closed at the end."""
    opened: list[Journal] = []

    def open_one() -> Journal:
        opened.append(open_journal(path, clock=clock))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture(params=["file", "memory"])
def journal(request: pytest.FixtureRequest, path: str, clock: Clock) -> Iterator[Journal]:
    """One that is kept, and one that keeps nothing: they behave alike."""
    made = open_journal(path, clock=clock) if request.param == "file" else null_journal(clock=clock)
    yield made
    made.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", place], capture_output=True
    ).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)
