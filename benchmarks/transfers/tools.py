"""The tools that transfer: programs from their start to their end, libraries in a process that stays.

Places are paths of the disk and ``s3://BUCKET/KEY``, trees without a slash at the end: what is in the source is in the
target afterwards. Every tool is quiet, works on whatever number of workers it has by itself unless said below, and is
told of the server by its environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from benchmarks.clients.contract import reason_missing
from benchmarks.measuring import Cost, client_environment, run_measured
from benchmarks.rclone_program import rclone_environment, rclone_program
from benchmarks.s5cmd_program import s5cmd_program
from benchmarks.section import Section

__all__ = ["BOTO3", "RCLONE", "S5CMD", "TFM_COMMAND", "TFM_LIBRARY", "Tool", "Verb", "installed_tools"]

Verb = Literal["up", "down", "copy", "delete", "put", "get"]
"""``put`` and ``get`` are of one object, the others of a tree."""

TFM_LIBRARY: Final = "tfm, warm library"
TFM_COMMAND: Final = "tfm, command line"
S5CMD: Final = "s5cmd"
RCLONE: Final = "rclone"
BOTO3: Final = "boto3, 32 threads"

# What rclone does by itself is 4 transfers and 8 checkers. It does not look at the destination, as s5cmd does not.
_RCLONE_OPTIONS: Final = (
    "--config=", "--quiet", "--transfers=32", "--checkers=32", "--fast-list", "--no-check-dest", "--s3-no-check-bucket",
)  # fmt: skip


class Tool(Protocol):
    """Does one thing at a time; RuntimeError if it fails."""

    @property
    def name(self) -> str: ...
    def run(self, verb: Verb, source: str, target: str = "") -> Cost: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Program:
    """Costs are of the whole process."""

    name: str
    command: Callable[[Verb, str, str], list[str]]
    environment: Mapping[str, str]

    def run(self, verb: Verb, source: str, target: str = "") -> Cost:
        return run_measured(self.command(verb, source, target), self.environment)[0]

    def close(self) -> None:
        pass


class Library:
    """In a child process that stays, with its session or client open. Costs are of the call alone; the peak of memory
    is the whole child's while it lasts."""

    def __init__(self, name: str, client: str, environment: Mapping[str, str]) -> None:
        self.name = name
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.children.transferring", client],
            cwd=Path(__file__).parent.parent.parent,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def run(self, verb: Verb, source: str, target: str = "") -> Cost:
        question, answers = self._process.stdin, self._process.stdout
        assert question is not None
        assert answers is not None
        question.write(json.dumps([verb, source, target]).encode() + b"\n")
        question.flush()
        line = answers.readline()
        if not line:
            self._errors.seek(0)
            raise RuntimeError(f"{self.name} ended:\n{self._errors.read().decode(errors='replace')[-2000:]}")
        return Cost(*json.loads(line))

    def close(self) -> None:
        """End the child, by the end of what it reads, and wait for it."""
        question, answers = self._process.stdin, self._process.stdout
        assert question is not None
        assert answers is not None
        try:
            question.close()
        except BrokenPipeError:
            pass  # it has ended by itself
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        answers.close()
        self._errors.close()


def installed_tools(names: tuple[str, ...], section: Section, url: str, state: str) -> list[Tool]:
    """Those of ``names`` that can be measured here, to be closed; the others are named in the section. ``state`` is a
    directory in which tfm keeps its journal, in place of the user's."""
    environment = client_environment(url, XDG_STATE_HOME=state, XDG_CONFIG_HOME=state, XDG_CACHE_HOME=state)
    tools: list[Tool] = []
    for name in names:
        made = _made(name, environment, url)
        if isinstance(made, str):
            section.left_out.append(f"{name} ({made})")
        else:
            tools.append(made)
    return tools


def _made(name: str, environment: dict[str, str], url: str) -> Tool | str:
    """The tool, or why it cannot be measured."""
    if name == TFM_LIBRARY:
        return Library(name, "tfm", environment)
    if name == TFM_COMMAND:
        return Program(name, _tfm_command, environment)
    if name == BOTO3:
        reason = reason_missing("boto3")
        return Library(name, "boto3", environment) if reason is None else f"not measured: {reason}"
    if name == S5CMD:
        s5cmd = s5cmd_program()
        return Program(name, _s5cmd_command(s5cmd), environment) if s5cmd else "not measured: not installed"
    if name == RCLONE:
        rclone = rclone_program()
        more = environment | rclone_environment(url)
        return Program(name, _rclone_command(rclone), more) if rclone else "not measured: not installed"
    raise ValueError(f"no tool is called {name!r}")


def _tfm_command(verb: Verb, source: str, target: str) -> list[str]:
    script = os.path.join(sysconfig.get_path("scripts"), "tfm")
    program = [script] if os.access(script, os.X_OK) else [sys.executable, "-m", "tfm"]
    if verb == "delete":
        return [*program, "rm", "-r", "--yes", f"{source}/"]
    if verb in {"put", "get"}:
        return [*program, "cp", "--quiet", source, target]
    slash = "/" if source.startswith("s3://") else ""
    return [*program, "cp", "-r", "--quiet", f"{source}{slash}", target]


def _s5cmd_command(program: str) -> Callable[[Verb, str, str], list[str]]:
    def command(verb: Verb, source: str, target: str) -> list[str]:
        quiet = [program, "--log", "error"]
        if verb == "delete":
            return [*quiet, "rm", f"{source}/*"]
        if verb in {"put", "get"}:
            return [*quiet, "cp", source, target]
        return [*quiet, "cp", f"{source}/*", f"{target}/"]

    return command


def _rclone_command(program: str) -> Callable[[Verb, str, str], list[str]]:
    def command(verb: Verb, source: str, target: str) -> list[str]:
        places = [place.replace("s3://", ":s3:", 1) for place in (source, target) if place]
        name = {"delete": "delete", "put": "copyto", "get": "copyto"}.get(verb, "copy")
        return [program, name, *_RCLONE_OPTIONS, *places]

    return command
