"""What it costs to start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile

from benchmarks.measuring import client_environment, run_measured, spread_of
from benchmarks.scale import Scale
from benchmarks.section import Section, milliseconds, times

__all__ = ["measure"]


def measure(scale: Scale) -> list[Section]:
    """One table, in multiples of a Python that does nothing."""
    section = Section(
        "Start-up",
        "CPU (user and system) of a whole process, in turns, after one run that is not counted; `tfm ls` lists a local "
        "directory of twenty files.",
        ("program", "CPU ms", "range", "of python -c pass", "wall ms"),
    )
    environment = client_environment()
    with tempfile.TemporaryDirectory() as directory:
        for number in range(20):
            with open(os.path.join(directory, f"file-{number:02}.txt"), "w", encoding="ascii") as file:
                file.write("x" * number)
        programs = _programs(section, directory, environment)
        for command in programs.values():
            run_measured(command, environment)
        costs: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
        for _ in range(scale.start_repeats):
            for name, command in programs.items():
                cost, _ = run_measured(command, environment)
                costs[name].append((cost.cpu_seconds, cost.wall_seconds))
    bare = spread_of([cpu for cpu, _ in costs["python -c pass"]]).median
    for name, measured in costs.items():
        cpu, wall = spread_of([each[0] for each in measured]), spread_of([each[1] for each in measured])
        section.rows.append(
            (name, *milliseconds(cpu, digits=1), times(cpu.median, bare), milliseconds(wall, digits=1)[0])
        )
    return [section]


def _programs(section: Section, directory: str, environment: dict[str, str]) -> dict[str, list[str]]:
    tfm = os.path.join(sysconfig.get_path("scripts"), "tfm")
    programs = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import tfm": [sys.executable, "-c", "import tfm"],
        "tfm --version": [tfm, "--version"],
        "tfm ls, 20 local files": [tfm, "ls", directory],
        "import textual.app": [sys.executable, "-c", "import textual.app"],
        "import boto3": [sys.executable, "-c", "import boto3"],
    }
    if not os.access(tfm, os.X_OK):
        for name in ("tfm --version", "tfm ls, 20 local files"):
            programs[name][:1] = [sys.executable, "-m", "tfm"]
    aws = shutil.which("aws")
    if aws is not None and subprocess.run([aws, "--version"], env=environment, capture_output=True).returncode == 0:
        programs["aws --version"] = [aws, "--version"]
    else:
        section.left_out.append("aws (not installed)")
    return programs
