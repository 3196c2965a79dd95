"""Several programs at once, and programs that are killed."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tfm.journal import Journal, StepState

Open = Callable[[], Journal]


@contextmanager
def program(path: str, what: str, *before: str) -> Iterator[subprocess.Popen[str]]:
    command = [*before, sys.executable, "-m", "tests.journal.program", path, what]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            yield process
        finally:
            process.kill()


def answers(process: subprocess.Popen[str]) -> Iterator[tuple[str, str]]:
    assert process.stdout is not None
    for line in process.stdout:
        word, _, rest = line.rstrip("\n").partition(" ")
        if line.endswith("\n"):
            yield word, rest


@pytest.mark.parametrize("words", [*range(1, 15), 30, 45, 77, 120, 150, 300])
def test_a_kill_loses_nothing_that_was_said_to_be_on_record(path: str, open_again: Open, words: int) -> None:
    """Killed while it goes on after that many words: in the middle of whatever it does then."""
    last = {"intent": 0, "part": 0, "done": 0}
    job_id = ""
    with program(path, "work") as process:
        for count, (word, rest) in enumerate(answers(process), start=1):
            if word == "job":
                job_id = rest
            else:
                last[word] = int(rest)
            if count == words:
                process.kill()
        process.wait()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    journal = open_again()
    (record,) = journal.unfinished()
    assert (record.id, record.is_held) == (job_id, False)
    orphans = journal.orphans()
    job = journal.claim(job_id)
    assert job is not None
    steps = job.steps(limit=10**6)
    assert len(steps) >= last["intent"]
    assert [each.number for each in steps] == list(range(1, len(steps) + 1))
    assert all(each.state is StepState.DONE for each in steps[: last["done"]])
    for state in StepState:
        assert job.counts()[state].steps == sum(each.state is state for each in steps)
    known = {each.key: each for each in job.uploads()}
    assert len(known) == len(orphans) <= 1
    if not known:  # it ended, which is on record after what was marked before
        assert all(each.state is StepState.DONE for each in steps[: last["intent"]])
    elif last["part"] > last["done"]:
        (upload,) = known.values()
        assert upload.id == f"id{upload.step}"
        assert [each.crc for each in job.upload(upload).parts()] == [7]


@pytest.mark.parametrize("_", range(3))
def test_of_several_programs_that_claim_a_job_one_gets_it(path: str, open_again: Open, _: int) -> None:
    first, last = open_again(), open_again()
    job = first.begin_job("copy", "", {})
    with ExitStack() as stack:
        programs = [stack.enter_context(program(path, "claim")) for _ in range(3)]
        readers = [answers(each) for each in programs]
        assert [next(reader) for reader in readers] == [("ready", "")] * 3
        first.close()
        for each in programs:
            assert each.stdin is not None
            each.stdin.write("\n")
            each.stdin.flush()
        assert sorted(next(reader)[0] for reader in readers) == ["lost", "lost", "won"]
        assert last.unfinished() == []
    assert [each.id for each in last.unfinished()] == [job.id]  # the one that had it was killed


def test_programs_that_begin_at_once_share_it(path: str, open_again: Open) -> None:
    with ExitStack() as stack:
        programs = [stack.enter_context(program(path, "share")) for _ in range(4)]
        ids = {dict(answers(each))["job"] for each in programs}
        assert [each.wait() for each in programs] == [0] * 4
    jobs = open_again().jobs()
    assert {job.id for job in jobs} == ids
    assert len(ids) == 4
    assert [job.counts[StepState.DONE].steps for job in jobs] == [5000] * 4
    assert open_again().orphans() == []


def test_a_child_that_fork_made_releases_nothing(path: str, open_again: Open) -> None:
    with program(path, "fork") as process:
        assert next(answers(process)) == ("held", "True")
        assert open_again().unfinished() == []
    (record,) = open_again().unfinished()
    assert record.counts[StepState.DONE].steps == 1


def test_before_a_delete_the_disk_has_it_all(path: str, tmp_path: Path) -> None:
    """As the kernel saw it: between what is marked and the word that the source may go, the log was synced."""
    strace = shutil.which("strace")
    if strace is None or subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True).returncode:
        pytest.skip("needs strace")
    log = tmp_path / "calls"
    with program(
        path, "delete", strace, "-f", "-y", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o", str(log)
    ) as run:
        assert len(list(answers(run))) == 10
    events = []
    for line in log.read_text(errors="replace").splitlines():
        if "DELETE" in line:
            events.append("delete")
        elif re.search(r"sync\(.*journal\.sqlite-wal>", line):
            events.append("sync")
        elif re.search(r"write64\(.*journal\.sqlite-wal>", line):
            events.append("write")
    deletes = [place for place, event in enumerate(events) if event == "delete"]
    assert len(deletes) == 10
    for before, place in zip([0, *deletes], deletes, strict=False):
        since = events[before:place]
        assert "write" in since
        assert since[-1] == "sync"
