"""A large plan takes little space, and no memory."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

STEPS = 150_000

PROGRAM = """
    import os, resource, sys
    from tests.journal.some_steps import some_steps
    from tfm.journal import open_journal

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    journal = open_journal(sys.argv[1])
    job = journal.begin_job("copy", "", {})
    before = peak()
    numbers = job.add_steps(some_steps(int(sys.argv[2])))
    after = 0
    while records := job.pending(after=after):
        after = records[-1].number
    for number in numbers:
        job.done(number)
    assert job.pending() == []
    print(peak() - before)
    journal.close()
    print(os.path.getsize(sys.argv[1]))
"""


def test_a_step_takes_fifty_bytes_on_disk_and_none_in_memory(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), path, str(STEPS)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    memory, size = map(int, done.stdout.split())
    assert size / STEPS < 50
    assert memory < 30 << 20  # one row each as objects: 100 MB
