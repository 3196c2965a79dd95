"""Objects up, down, copied and deleted: many small ones, and one large."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.servers.seaweedfs import SeaweedServer

from benchmarks.measuring import Cost, spread_of
from benchmarks.scale import Scale
from benchmarks.section import Section, target, times
from benchmarks.transfers.rounds import Costs, measure_file, measure_tree
from benchmarks.transfers.tools import BOTO3, RCLONE, S5CMD, TFM_COMMAND, TFM_LIBRARY, Verb, installed_tools

__all__ = ["add_large", "add_small", "large_section", "measure_large", "measure_small", "small_section"]

_SMALL_BYTES: Final = 4096
_MEGABYTE: Final = 1_000_000
_MEMORY_BYTES: Final = 200 * _MEGABYTE
_SHARE: Final = 1.0
_VERIFIED_SHARE: Final = 1.1

_WORDS: Final[dict[Verb, str]] = {
    "up": "up", "down": "down", "copy": "copied", "delete": "deleted", "put": "up", "get": "down"
}  # fmt: skip
_VERIFIED: Final = frozenset({"up", "down", "put", "get"})
"""What tfm verifies beyond s5cmd."""

_HEADERS: Final = (
    "what, tool",
    "wall s",
    "range",
    "of s5cmd's",
    "CPU s",
    "of s5cmd's",
    "server's CPU s",
    "peak MB",
    "names and hashes",
)

_NOTE: Final = (
    "On SeaweedFS on this machine, which has its own share of the cores: wall time is the client's and the server's. "
    "CPU (user and system) and the peak of resident memory are the client's alone, but for the column that says "
    "otherwise. {what} Each tool works in a bucket and a directory of its own, another one is first in each round, and "
    "the next begins when the server is idle again. What comes down counts until the disk has it: tfm's command line "
    "waits for that by itself, for the others sync is called behind them. After each step the names and hashes of all "
    "that is there are compared, and a wrong result ends the measurement. tfm verifies what it sends and what it gets, "
    "keeps times, writes files under a temporary name until they are whole, refuses to overwrite (the server sees to "
    "that, and it costs the server), and notes each object in its journal; s5cmd does none of this; boto3 sends a "
    "CRC-32 and compares one that comes; rclone keeps times and compares hashes. {tools}"
)
_SMALL_TOOLS: Final = (
    "s5cmd as it is (256 workers), tfm as it is (64), rclone with 32 transfers and checkers, --fast-list and "
    "--no-check-dest, boto3's put_object, get_object, copy_object and delete_objects on 32 threads."
)


def measure_small(scale: Scale) -> list[Section]:
    """A table for libraries that are loaded, and one for whole programs."""
    sizes = ((scale.warm_objects, True, scale.repeats), (scale.command_objects, False, scale.command_repeats))
    sections = []
    for objects, warm, repeats in sizes:
        section = small_section(objects, repeats, warm=warm)
        sections.append(section)
        reason = SeaweedServer.missing_reason()
        if reason is not None:
            section.left_out.append(f"everything, not measured: {reason}")
            continue
        with tempfile.TemporaryDirectory() as directory, SeaweedServer(Path(directory)) as server:
            add_small(section, server, objects, repeats, warm=warm)
    return sections


def small_section(objects: int, repeats: int, *, warm: bool) -> Section:
    if warm:
        what = (
            f"Medians of {repeats}. tfm as a library, and boto3, in a process that has its session open and has "
            "transferred ten files before; the others from start to end, tfm's command line as well."
        )
    else:
        what = (
            f"Medians of {repeats} (boto3, which takes minutes, once). Whole programs from start to end; boto3 in a "
            "process that has its client already."
        )
    title = f"{objects:,} objects of 4 KiB up, down, copied on the server, deleted"
    return Section(title, _NOTE.format(what=what, tools=_SMALL_TOOLS), _HEADERS)


def add_small(section: Section, server: SeaweedServer, objects: int, repeats: int, *, warm: bool) -> None:
    """Measure, and fill the section. RuntimeError if a tool does anything but what it was asked."""
    names = (TFM_LIBRARY, TFM_COMMAND, S5CMD, RCLONE, BOTO3) if warm else (TFM_COMMAND, S5CMD, RCLONE, BOTO3)
    with ExitStack() as stack:
        work = stack.enter_context(tempfile.TemporaryDirectory())
        tools = installed_tools(names, section, server.url, f"{work}/state")
        for tool in tools:
            stack.callback(tool.close)

        def rounds(name: str) -> int:
            return 1 if name == BOTO3 and not warm else repeats

        costs = measure_tree(server, tools, work, objects=objects, size_bytes=_SMALL_BYTES, rounds=rounds)
    _fill(section, costs, TFM_LIBRARY if warm else TFM_COMMAND)


def measure_large(scale: Scale) -> list[Section]:
    """One table."""
    section = large_section(scale.large_bytes, scale.large_repeats)
    reason = SeaweedServer.missing_reason()
    if reason is not None:
        section.left_out.append(f"everything, not measured: {reason}")
        return [section]
    with tempfile.TemporaryDirectory() as directory, SeaweedServer(Path(directory)) as server:
        add_large(section, server, scale.large_bytes, scale.large_repeats)
    return [section]


def large_section(size_bytes: int, repeats: int) -> Section:
    size = f"{size_bytes >> 30} GiB" if size_bytes >= 1 << 30 else f"{size_bytes >> 20} MiB"
    what = f"Medians of {repeats}. Whole programs; boto3's upload_file and download_file in a process that is there."
    tools = "All with their own sizes and numbers of parts, save that boto3 has 32 threads in place of 10."
    return Section(f"An object of {size} up and down", _NOTE.format(what=what, tools=tools), _HEADERS)


def add_large(section: Section, server: SeaweedServer, size_bytes: int, repeats: int) -> None:
    """As :func:`add_small`."""
    with ExitStack() as stack:
        work = stack.enter_context(tempfile.TemporaryDirectory())
        tools = installed_tools((TFM_COMMAND, S5CMD, RCLONE, BOTO3), section, server.url, f"{work}/state")
        for tool in tools:
            stack.callback(tool.close)
        costs = measure_file(server, tools, work, size_bytes=size_bytes, rounds=lambda _name: repeats)
    _fill(section, costs, TFM_COMMAND)
    ours = [cost for (_, tool), measured in costs.items() if tool == TFM_COMMAND for cost in measured]
    peak = max(cost.peak_bytes for cost in ours)
    met = peak <= _MEMORY_BYTES
    section.targets.append(target("tfm in at most 200 MB, up and down", f"{peak / _MEGABYTE:.0f} MB", met=met))


def _fill(section: Section, costs: Costs, subject: str) -> None:
    """``subject`` is the tool that the target is about."""
    for (verb, tool), measured in costs.items():
        theirs = costs.get((verb, S5CMD))
        wall = spread_of([cost.wall_seconds for cost in measured])
        cpu = _cpu_median(measured)
        peak = spread_of([cost.peak_bytes for cost in measured]).median
        served = spread_of([cost.served_seconds for cost in measured]).median
        section.rows.append(
            (
                f"{_WORDS[verb]}, {tool}",
                f"{wall.median:.2f}",
                f"{wall.least:.2f} to {wall.greatest:.2f}",
                "" if theirs is None else times(wall.median, _wall_median(theirs)),
                f"{cpu:.2f}",
                "" if theirs is None else times(cpu, _cpu_median(theirs)),
                f"{served:.2f}" if served else "",
                f"{peak / _MEGABYTE:.0f}",
                "right",
            )
        )
        if tool == subject and theirs is not None:
            section.targets.append(_wall_target(verb, subject, wall.median / _wall_median(theirs)))


def _wall_target(verb: Verb, subject: str, share: float) -> str:
    words = f"{_WORDS[verb]}, {subject}: at most {_SHARE}x of s5cmd's wall time"
    if verb not in _VERIFIED:
        return target(words, f"{share:.2f}x", met=share <= _SHARE)
    words += f", {_VERIFIED_SHARE}x with verification, which is on"
    return target(words, f"{share:.2f}x", met=share <= _VERIFIED_SHARE)


def _wall_median(measured: list[Cost]) -> float:
    return spread_of([cost.wall_seconds for cost in measured]).median


def _cpu_median(measured: list[Cost]) -> float:
    return spread_of([cost.cpu_seconds for cost in measured]).median
