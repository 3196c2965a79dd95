"""Rounds of transfers: every tool in turn, each in a place of its own, what came of it checked."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final

from botocore.config import Config
from botocore.session import Session
from tests.servers.seaweedfs import SeaweedServer

from benchmarks.measuring import Cost
from benchmarks.transfers.content import (
    Digests,
    bucket_digests,
    directory_digests,
    object_digest,
    require_same,
    write_file,
    write_tree,
)
from benchmarks.transfers.tools import Tool, Verb

__all__ = ["Costs", "measure_file", "measure_tree", "settle"]

Costs = dict[tuple[Verb, str], list[Cost]]
"""By verb and tool, one of each round."""

_WARMING: Final = 64
"""Objects that a new bucket gets, beside those that are measured."""

_WARMING_AT_ONCE: Final = 8
_QUIET_SHARE: Final = 0.05
_QUIET_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.2
_BLIND_SECONDS: Final = 1.0


def measure_tree(
    server: SeaweedServer,
    tools: Sequence[Tool],
    work: str,
    *,
    objects: int,
    size_bytes: int,
    rounds: Callable[[str], int],
) -> Costs:
    """Up, down, copied and deleted, ``rounds`` times (asked with the tool's name). RuntimeError for a wrong result."""
    source = os.path.join(work, "source")
    expected = write_tree(source, objects, size_bytes)
    place = _Place(server, work)

    def one(tool: Tool, bucket: str, verb: Verb) -> Cost:
        local = os.path.join(work, bucket)
        remote = f"s3://{bucket}"
        if verb == "up":
            cost = place.run(tool, verb, source, f"{remote}/up")
            place.check_bucket(tool, bucket, "up/", expected)
        elif verb == "down":
            cost = _on_disk(lambda: place.run(tool, verb, f"{remote}/up", local))
            # It stays until all is measured: ext4 looks for a while at each inode that was given back before it takes
            # another one, and makes files four times as slowly where twenty thousand were deleted a minute ago.
            require_same(f"{tool.name}, down", directory_digests(local), expected)
        elif verb == "copy":
            cost = place.run(tool, verb, f"{remote}/up", f"{remote}/copied")
            place.check_bucket(tool, bucket, "copied/", expected)
        else:
            cost = place.run(tool, verb, f"{remote}/copied")
            place.check_bucket(tool, bucket, "copied/", {})
        return cost

    try:
        place.warm(tools, ("up", "down", "copy", "delete"))
        return place.rounds(tools, ("up", "down", "copy", "delete"), rounds, one)
    finally:
        place.close()


def measure_file(
    server: SeaweedServer, tools: Sequence[Tool], work: str, *, size_bytes: int, rounds: Callable[[str], int]
) -> Costs:
    """One object up and down, otherwise as :func:`measure_tree`."""
    source = os.path.join(work, "source.bin")
    expected = write_file(source, size_bytes)
    place = _Place(server, work)

    def one(tool: Tool, bucket: str, verb: Verb) -> Cost:
        local = os.path.join(work, bucket)
        remote = f"s3://{bucket}/large.bin"
        if verb == "put":
            cost = place.run(tool, verb, source, remote)
            found = object_digest(place.client, bucket, "large.bin")
            require_same(f"{tool.name}, up", {"large.bin": found}, {"large.bin": expected})
        else:
            os.makedirs(local)
            cost = _on_disk(lambda: place.run(tool, verb, remote, os.path.join(local, "large.bin")))
            require_same(f"{tool.name}, down", directory_digests(local), {"large.bin": expected})
            shutil.rmtree(local)
        return cost

    try:
        place.warm(tools, ("up", "down"))
        return place.rounds(tools, ("put", "get"), rounds, one)
    finally:
        place.close()


def _on_disk(run: Callable[[], Cost]) -> Cost:
    """Until the disk has what was written. tfm's command line asks for that itself, for the others it is asked here."""
    os.sync()
    cost = run()
    began = time.monotonic()
    os.sync()
    return replace(cost, wall_seconds=cost.wall_seconds + time.monotonic() - began)


class _Place:
    """The buckets of the rounds, on one server."""

    def __init__(self, server: SeaweedServer, work: str) -> None:
        self._server = server
        self._work = work
        self.client: Any = Session().create_client(  # botocore has no types
            "s3", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="test",
            aws_secret_access_key="testsecret", config=Config(signature_version="s3v4"),
        )  # fmt: skip

    def close(self) -> None:
        self.client.close()

    def rounds(
        self,
        tools: Sequence[Tool],
        verbs: Sequence[Verb],
        rounds: Callable[[str], int],
        one: Callable[[Tool, str, Verb], Cost],
    ) -> Costs:
        """A verb after the other, in each all tools, so that a busy minute of the machine is everybody's; another tool
        is the first in each round."""
        costs: Costs = defaultdict(list)
        for number in range(max(rounds(tool.name) for tool in tools)):
            first = number % len(tools)
            turns = [tool for tool in [*tools[first:], *tools[:first]] if rounds(tool.name) > number]
            with self._buckets([f"round-{number}-{place}" for place in range(len(turns))]) as buckets:
                for verb in verbs:
                    for tool, bucket in zip(turns, buckets, strict=True):
                        settle(self._server)
                        cost = one(tool, bucket, verb)
                        costs[verb, tool.name].append(cost)
                        _say(f"  {number + 1}. {verb}, {tool.name}: {cost.wall_seconds:.2f} s")
        # In the order in which the tools were named, whichever was the first of a round.
        return {(verb, tool.name): costs[verb, tool.name] for verb in verbs for tool in tools}

    def run(self, tool: Tool, verb: Verb, source: str, target: str = "") -> Cost:
        before = _server_seconds(self._server)
        cost = tool.run(verb, source, target)
        return replace(cost, served_seconds=_server_seconds(self._server) - before)

    def check_bucket(self, tool: Tool, bucket: str, prefix: str, expected: Digests) -> None:
        require_same(f"{tool.name}, {prefix}", bucket_digests(self.client, bucket, prefix), expected)

    def warm(self, tools: Sequence[Tool], verbs: Sequence[Verb]) -> None:
        """Every tool once with ten files: a library has its session open,
        and a program is in the kernel's memory."""
        source = os.path.join(self._work, "warming")
        write_tree(source, 10, 1000)
        with self._buckets(["warming"]):
            for place, tool in enumerate(tools):
                remote, local = f"s3://warming/{place}", os.path.join(self._work, f"warmed-{place}")
                targets = {"up": (source, f"{remote}/up"), "down": (f"{remote}/up", local)}
                targets |= {"copy": (f"{remote}/up", f"{remote}/copied"), "delete": (f"{remote}/copied", "")}
                for verb in verbs:
                    tool.run(verb, *targets[verb])
                shutil.rmtree(local)
        shutil.rmtree(source)

    @contextmanager
    def _buckets(self, buckets: list[str]) -> Iterator[list[str]]:
        """Buckets whose volumes are there: SeaweedFS makes them at the first writes, which nobody is to wait for."""
        try:
            for bucket in buckets:
                self.client.create_bucket(Bucket=bucket)
                with ThreadPoolExecutor(_WARMING_AT_ONCE) as pool:
                    list(pool.map(partial(self._put, bucket), range(_WARMING)))
            yield buckets
        finally:
            for bucket in buckets:
                self.client.delete_bucket(Bucket=bucket)  # with all that is in it

    def _put(self, bucket: str, number: int) -> None:
        self.client.put_object(Bucket=bucket, Key=f"warming/{number}", Body=bytes(4096))


def settle(server: SeaweedServer) -> None:
    """Let the server finish what it does after it has answered (it takes objects apart later), so that the next
    tool does not pay for the one before."""
    process = server._process
    if process is None or not sys.platform.startswith("linux"):
        time.sleep(_BLIND_SECONDS)
        return
    deadline = time.monotonic() + _QUIET_SECONDS
    before = _cpu_seconds(process.pid)
    while time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        now = _cpu_seconds(process.pid)
        if now - before <= _QUIET_SHARE * _LOOK_SECONDS:
            return
        before = now


def _server_seconds(server: SeaweedServer) -> float:
    """What it has used of the processor so far; 0.0 where the system does not tell."""
    process = server._process
    return _cpu_seconds(process.pid) if process is not None and sys.platform.startswith("linux") else 0.0


def _cpu_seconds(process_id: int) -> float:
    """User and system time of a process so far: proc_pid_stat(5), fields 14 and 15."""
    with open(f"/proc/{process_id}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
