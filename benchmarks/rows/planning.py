"""A copy of a million objects, planned and begun."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.key_spaces import PAGE_KEYS
from benchmarks.listing_server import ListingServer, ask_server
from benchmarks.measuring import client_environment, run_measured, run_python
from benchmarks.s5cmd_program import s5cmd_program
from benchmarks.scale import Scale
from benchmarks.section import Section, target

__all__ = ["measure", "measure_plans"]

_MEGABYTE: Final = 1_000_000
_TREE: Final = "warehouse"
"""The directory below which all keys of the space ``plain`` are."""

_EMPTY: Final = "flat-0"
_BEGUN_SECONDS: Final = 2.0
_MEMORY_BYTES: Final = 200 * _MEGABYTE
_GROWTH_BYTES: Final = 16 * _MEGABYTE
"""What ten times as many objects may take more, to be called flat."""

_NOTE: Final = (
    "From a server that has its answers ready, without latency; nothing is transferred. tfm's own copy job runs as it "
    "always does (checks, plan, conflicts, free room, every step into a journal on the disk) up to where a step would "
    "go to a worker. The first is given at `first step`, with the session, the client and the journal made since the "
    "start; the last at `all`. In practice transfers hold the plan back to their own pace. CPU is the job's, the peak "
    "of resident memory the whole process's. Where all of it is there already, each object is looked up and to be "
    "overwritten. s5cmd prints what it would copy, into a file, as its own `--dry-run`, and looks at no destination; "
    "its times are of the whole process. `fewest` requests are a page of 1,000 keys each, of both sides where the "
    "destination is a bucket."
)


@dataclass(frozen=True, slots=True)
class _Destination:
    """``place`` gives the directory for a number of objects and a directory of the disk to work in."""

    words: str
    place: Callable[[int, str], str]
    fewest_requests: Callable[[int], int]


_DESTINATIONS: Final = (
    _Destination("an empty bucket", lambda _objects, _work: f"s3://{_EMPTY}/{_TREE}/", lambda pages: pages + 1),
    _Destination(
        "a bucket that has them", lambda objects, _work: f"s3://{_target(objects)}/{_TREE}/", lambda pages: 2 * pages
    ),
    _Destination("a disk", lambda _objects, work: os.path.join(work, "copied"), lambda pages: pages),
)


def measure(scale: Scale) -> list[Section]:
    """One table, of all the objects and of a tenth."""
    if not sys.platform.startswith("linux"):
        section = _section(scale.planned_keys)
        section.left_out.append("everything: resident memory is read from Linux's /proc")
        return [section]
    with ListingServer() as server:
        return [measure_plans(server, scale.planned_keys)]


def measure_plans(server: ListingServer, objects: int) -> Section:
    """RuntimeError if a plan has other steps than there are objects."""
    section = _section(objects)
    program = s5cmd_program()
    if program is None:
        section.left_out.append("s5cmd (not measured: not installed)")
    peaks: dict[tuple[str, int], int] = {}
    for count in (objects // 10, objects):
        for bucket in (_source(count), _target(count)):
            server.prepare(bucket)
        for destination in _DESTINATIONS:
            answer, requests = _planned(server, destination, count)
            peaks[destination.words, count] = answer["peak_bytes"]
            pages = -(-count // PAGE_KEYS)
            section.rows.append(
                (
                    f"tfm, {count:,}, to {destination.words}", f"{answer['first_seconds']:.2f}",
                    f"{answer['whole_seconds']:.2f}", f"{answer['cpu_seconds']:.2f}",
                    f"{answer['peak_bytes'] / _MEGABYTE:.0f}", f"{requests:,}",
                    f"{destination.fewest_requests(pages):,}", "yes",
                )
            )  # fmt: skip
            if count == objects:
                _add_targets(section, destination.words, count, answer, peaks)
        if program is not None:
            section.rows.append(_s5cmd_row(server, program, count))
        for bucket in (_source(count), _target(count)):
            server.forget(bucket)
    return section


def _section(objects: int) -> Section:
    return Section(
        f"A copy of {objects:,} objects planned and begun",
        _NOTE,
        (
            "tool, objects, destination",
            "first step, s",
            "all, s",
            "CPU s",
            "peak MB",
            "requests",
            "fewest",
            "all planned",
        ),
    )


def _source(objects: int) -> str:
    return f"plain-{objects}"


def _target(objects: int) -> str:
    return f"plain-{objects + 1}"  # the same keys, and one that is in nobody's way


def _planned(server: ListingServer, destination: _Destination, objects: int) -> tuple[dict[str, Any], int]:
    with tempfile.TemporaryDirectory() as work:
        environment = client_environment(server.url, XDG_STATE_HOME=work, XDG_CONFIG_HOME=work, XDG_CACHE_HOME=work)
        ask_server(server.url, "reset")
        _, answer = run_python(
            "benchmarks.children.planning", f"s3://{_source(objects)}/{_TREE}/", destination.place(objects, work),
            os.path.join(work, "tfm", "journal.sqlite"), environment=environment,
        )  # fmt: skip
        requests = int(ask_server(server.url, "count"))
    if (answer["steps"], answer["recorded"], answer["failed"]) != _steps_of(destination, objects):
        raise RuntimeError(f"tfm does not plan {objects} objects to {destination.words}: {answer}")
    return answer, requests


def _steps_of(destination: _Destination, objects: int) -> tuple[int, int, int]:
    """Steps, steps in the journal, failures: on a disk the directory itself is one more."""
    steps = objects + (destination.words == "a disk")
    return steps, steps, 0


def _s5cmd_row(server: ListingServer, program: str, objects: int) -> tuple[str, ...]:
    source, place = f"s3://{_source(objects)}/{_TREE}/*", f"s3://{_EMPTY}/{_TREE}/"
    ask_server(server.url, "reset")
    cost, output = run_measured([program, "--dry-run", "cp", source, place], client_environment(server.url))
    requests = int(ask_server(server.url, "count"))
    printed = output.count(b"\n")  # of a million it loses some, though it has listed them all
    return (
        f"s5cmd --dry-run, {objects:,}", "", f"{cost.wall_seconds:.2f}", f"{cost.cpu_seconds:.2f}",
        f"{cost.peak_bytes / _MEGABYTE:.0f}", f"{requests:,}", f"{-(-objects // PAGE_KEYS):,}",
        "yes" if printed == objects else f"no: {printed:,} printed",
    )  # fmt: skip


def _add_targets(
    section: Section, words: str, objects: int, answer: dict[str, Any], peaks: dict[tuple[str, int], int]
) -> None:
    first, peak = answer["first_seconds"], answer["peak_bytes"]
    growth = peak - peaks[words, objects // 10]
    section.targets += [
        target(f"to {words}: begun within seconds", f"{first:.2f} s", met=first <= _BEGUN_SECONDS),
        target(
            f"to {words}: at most 200 MB, flat (16 MB more than for a tenth)",
            f"{peak / _MEGABYTE:.0f} MB, {growth / _MEGABYTE:+.0f} MB",
            met=peak <= _MEMORY_BYTES and growth <= _GROWTH_BYTES,
        ),
    ]
