"""The first rows of a large directory, and all of them."""

from __future__ import annotations

from typing import Any

from benchmarks.listing_server import ListingServer
from benchmarks.measuring import client_environment, run_python, spread_of
from benchmarks.scale import Scale
from benchmarks.section import Section, installed_of, milliseconds, target, times

__all__ = ["measure"]


def measure(scale: Scale) -> list[Section]:
    """One table; the libraries that take minutes for a million entries get the smaller number."""
    section = Section(
        "First rows of a large directory, without latency",
        "From the call to the first portion that the library gives, as columns or entries, and to the last; the "
        "connection is open. Requests are counted at the server when the first portion is there. s3fs gives one "
        "portion; obstore lists without a delimiter, since with one it gives one portion.",
        ("tool, entries", "first rows, ms", "range", "requests", "of tfm's", "all, ms wall", "all, ms CPU"),
    )
    tools = installed_of(("tfm", "obstore", "boto3", "s3fs"), section)
    with ListingServer() as server:
        for entries in sorted({scale.peer_entries, scale.many_entries}, reverse=True):
            bucket = f"flat-{entries}"
            server.prepare(bucket)
            chosen = tools if entries == scale.peer_entries else [tool for tool in tools if tool in {"tfm", "obstore"}]
            ours = 0.0
            for tool in chosen:
                answers = [_answer(server, tool, bucket) for _ in range(min(3, scale.repeats))]
                if any(answer["count"] != entries for answer in answers):
                    raise RuntimeError(f"{tool} does not list what is in {bucket}")
                ours = _add_row(section, tool, entries, answers, ours)
            server.forget(bucket)
    return [section]


def _add_row(section: Section, tool: str, entries: int, answers: list[Any], ours: float) -> float:
    first = spread_of([answer["first_seconds"] for answer in answers])
    requests = max(answer["first_requests"] for answer in answers)
    if tool == "tfm":
        ours = first.median
        section.targets.append(
            target(
                f"of {entries:,}, first rows within 50 ms and one request",
                f"{first.median * 1000:.1f} ms, {requests}", met=first.median <= 0.050 and requests == 1,
            )
        )  # fmt: skip
    wall, cpu = (
        f"{spread_of([answer[name] for answer in answers]).median * 1000:,.0f}"
        for name in ("whole_seconds", "whole_cpu_seconds")
    )
    share = times(first.median, ours) if ours else ""
    section.rows.append((f"{tool}, {entries:,}", *milliseconds(first, digits=1), f"{requests:,}", share, wall, cpu))
    return ours


def _answer(server: ListingServer, tool: str, bucket: str) -> Any:  # JSON
    return run_python(
        "benchmarks.clients", "first-page", tool, bucket, "data/", environment=client_environment(server.url)
    )[1]
