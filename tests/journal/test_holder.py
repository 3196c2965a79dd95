"""Whether a process still works on something is told though ids are used again, and machines are started again."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tfm.journal import Journal, holder
from tfm.journal.database import Database, connect
from tfm.journal.holder import Holder, may_live, this_process
from tfm.journal.opening import open_journal

HERE = Holder("host", "boot", "pid:[1]", 10, "500")


@contextmanager
def a_process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def proc(directory: Path, **stats: str) -> str:
    """A /proc with these processes."""
    (directory / "self").mkdir()
    for name, stat in stats.items():
        (directory / name[1:]).mkdir()
        (directory / name[1:] / "stat").write_text(stat)
    return str(directory)


def stat(started: int, state: str = "S", name: str = "tfm") -> str:
    return f"7 ({name}) {state} " + " ".join(["0"] * 18) + f" {started} 0 0"


def test_this_process_lives() -> None:
    assert may_live(this_process(), here=this_process())


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_a_process_lives_until_it_is_killed_though_nobody_has_collected_it() -> None:
    here = this_process()
    with a_process() as process:
        other = dataclasses.replace(here, process_id=process.pid, started=holder._started(process.pid, "/proc") or "")
        assert may_live(other, here=here)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not may_live(other, here=here)


@pytest.mark.parametrize(
    ("stats", "lives"),
    [
        ({"_7": stat(500)}, True),
        ({"_7": stat(500, name="a) S 1 (b")}, True),
        ({"_7": stat(501)}, False),  # another process has its id now
        ({"_7": stat(500, "Z")}, False),
        ({"_8": stat(500)}, False),
        ({"_7": ""}, False),
    ],
)
def test_an_id_that_is_used_again_is_another_process(tmp_path: Path, stats: dict[str, str], lives: bool) -> None:
    other = dataclasses.replace(HERE, process_id=7)
    assert may_live(other, here=HERE, proc=proc(tmp_path, **stats)) is lives


@pytest.mark.parametrize(
    ("changes", "lives"),
    [
        ({"boot_id": "before"}, False),  # the machine was started again since
        ({"boot_id": "another", "host": "another"}, True),  # another machine: nobody here can tell
        ({"pid_namespace": "pid:[2]"}, True),  # another container: nor here
    ],
)
def test_who_cannot_be_asked_may_live(tmp_path: Path, changes: dict[str, str], lives: bool) -> None:
    other = dataclasses.replace(HERE, process_id=7, **changes)
    assert may_live(other, here=HERE, proc=proc(tmp_path)) is lives


def test_without_proc_ps_is_asked(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no-proc")
    here = this_process(proc=nowhere)
    assert here.boot_id == here.pid_namespace == ""
    if not here.started:
        pytest.skip("there is no ps here")
    assert may_live(here, here=here, proc=nowhere)
    assert not may_live(dataclasses.replace(here, started="Thu Jan  1"), here=here, proc=nowhere)
    assert may_live(dataclasses.replace(here, host="another"), here=here, proc=nowhere)
    with a_process() as process:
        other = dataclasses.replace(here, process_id=process.pid, started=holder._started(process.pid, nowhere) or "")
        assert may_live(other, here=here, proc=nowhere)
    assert not may_live(other, here=here, proc=nowhere)


def test_a_job_of_a_process_whose_id_is_used_again_can_be_taken_over(path: str) -> None:
    open_journal(path).close()
    # It had the id that this process has now, and was killed: nothing was released.
    earlier = dataclasses.replace(this_process(), started="1")
    killed = Journal(Database(connect(path), path), process=earlier, clock=lambda: 0.0)
    job_id = killed.begin_job("copy", "", {}).id
    journal = open_journal(path)
    assert [job.id for job in journal.unfinished()] == [job_id]
    assert journal.claim(job_id) is not None
    journal.close()
    killed.close()
