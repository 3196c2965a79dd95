"""Programs run to their end, with what they cost; medians of what was measured."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["Cost", "Spread", "client_environment", "run_measured", "run_python", "spread_of"]

_ROOT: Final = Path(__file__).parent.parent
_LAUNCHER: Final = str(Path(__file__).parent / "children" / "launching.py")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process cost, from its start to its end. ``cpu_seconds`` are user and system, ``served_seconds`` the
    same of the server that it asked, where that is measured."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    served_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some measurements, and the least and the greatest of them."""

    median: float
    least: float
    greatest: float


def spread_of(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    return Spread(statistics.median(values), min(values), max(values))


def client_environment(url: str | None = None, **more: str) -> dict[str, str]:
    """The environment for a measured tool: nothing of the user's own AWS configuration, compiled modules kept."""
    dropped = ("AWS_", "TFM_", "PYTHONDONTWRITEBYTECODE")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(dropped) and not name.lower().endswith("_proxy")
    }
    environment |= {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "testsecret",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if url is not None:
        environment |= {"AWS_ENDPOINT_URL_S3": url, "S3_ENDPOINT_URL": url}
    return environment | more


def run_measured(command: Sequence[str], environment: Mapping[str, str]) -> tuple[Cost, bytes]:
    """Run to the end; the cost, and what it wrote to its standard output. RuntimeError if it failed.

    The output goes to a file, so that nobody waits for a reader.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors, tempfile.NamedTemporaryFile() as cost:
        launched = subprocess.run(
            [sys.executable, "-I", "-S", _LAUNCHER, cost.name, *command],
            env=dict(environment), cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, check=False,
        )  # fmt: skip
        if launched.returncode != 0:
            errors.seek(0)
            told = errors.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {launched.returncode}:\n{told}")
        output.seek(0)
        cpu_seconds, wall_seconds, peak_bytes = json.load(cost)
        return Cost(cpu_seconds, wall_seconds, peak_bytes), output.read()


def run_python(module: str, *arguments: str, environment: Mapping[str, str]) -> tuple[Cost, Any]:
    """Run a module of these benchmarks in a new Python; the cost, and the JSON of the last line that it wrote."""
    cost, output = run_measured([sys.executable, "-m", module, *arguments], environment)
    return cost, json.loads(output.decode().strip().splitlines()[-1])
