"""A copy that is planned and begun, and nothing of it transferred.

``python -m benchmarks.children.planning SOURCE TARGET JOURNAL``: both are directories, in ``s3://`` or on the disk.
Answers with seconds from the first look to the first step that a worker is given, and to the last; their number; CPU,
and the process's memory before and at the peak.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import closing
from typing import Any

from benchmarks.clients.__main__ import resident_bytes
from tfm import Path
from tfm.core.entry import Kind
from tfm.core.settings import Settings, settings_from_environment
from tfm.journal import open_journal
from tfm.operations.conflict import ConflictPolicy
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.path.copying import fixed_location
from tfm.storage.session import Session


class PlannedCopy(CopyJob):
    """A job as every other, whose steps are counted where they would go to the workers."""

    steps = 0
    first_at: float | None = None

    def _begin(self, *_arguments: Any, **_named: Any) -> None:  # whatever the job's own takes
        if self.first_at is None:
            self.first_at = time.perf_counter()
        self.steps += 1


def main() -> None:
    source, target, place = sys.argv[1:]
    spec = CopySpec(
        (fixed_location(Path(source), Kind.DIRECTORY),),
        fixed_location(Path(target), Kind.DIRECTORY),
        into=False,
        policy=ConflictPolicy.OVERWRITE,
    )
    idle = resident_bytes()
    cpu, started = time.process_time(), time.perf_counter()
    session = Session(settings_from_environment(Settings(), os.environ))
    with closing(open_journal(place)) as journal:
        job = PlannedCopy(session, spec, journal=journal)
        job.run()
        whole = time.perf_counter() - started
        cpu_seconds = time.process_time() - cpu
        assert job.id is not None
        record = journal.job(job.id)
        assert record is not None
        recorded = sum(count.steps for count in record.counts.values())
    answer = {
        "first_seconds": None if job.first_at is None else job.first_at - started,
        "whole_seconds": whole,
        "cpu_seconds": cpu_seconds,
        "steps": job.steps,
        "recorded": recorded,
        "failed": job.summary.failed,
        "idle_bytes": idle,
        "peak_bytes": resident_bytes("VmHWM"),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
