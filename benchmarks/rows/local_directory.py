"""A large local directory."""

from __future__ import annotations

import os
import tempfile
from typing import Final

from benchmarks.children.local_listing import WAYS
from benchmarks.measuring import client_environment, run_python, spread_of
from benchmarks.scale import Scale
from benchmarks.section import Section, milliseconds, times

__all__ = ["measure"]

_NAMES: Final = {
    "tfm": "tfm Path.scan()",
    "scandir": "os.scandir, stat, sort",
    "pathlib": "pathlib iterdir, stat, sort",
}


def measure(scale: Scale) -> list[Section]:
    """One table."""
    section = Section(
        f"First rows of a local directory of {scale.local_files:,} files",
        "From the call to the first portion of rows with name, kind, size and time, and to the last; the kernel has "
        "the directory in memory. The other two give their rows when all are read and sorted.",
        ("way", "first rows, ms", "range", "CPU ms", "of tfm's", "rows", "all, ms wall", "all, ms CPU"),
    )
    with tempfile.TemporaryDirectory() as directory:
        for number in range(scale.local_files):
            os.close(os.open(os.path.join(directory, f"file-{number * 7919 % 1_000_003:07}.dat"), os.O_CREAT))
        answers: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(scale.repeats):
            for way, given in answers.items():
                _, answer = run_python(
                    "benchmarks.children.local_listing", way, directory, environment=client_environment()
                )
                if answer["count"] != scale.local_files:
                    raise RuntimeError(f"{way} does not list what is in the directory")
                given.append(answer)
    ours = spread_of([answer["first_wall"] for answer in answers["tfm"]]).median
    for way, given in answers.items():
        first = spread_of([answer["first_wall"] for answer in given])
        cpu, whole, whole_cpu = (
            milliseconds(spread_of([answer[name] for answer in given]), digits=1)[0]
            for name in ("first_cpu", "whole_wall", "whole_cpu")
        )
        section.rows.append(
            (
                _NAMES[way], *milliseconds(first, digits=1), cpu, times(first.median, ours),
                f"{given[0]['first_count']:,}", whole, whole_cpu,
            )
        )  # fmt: skip
    return [section]
