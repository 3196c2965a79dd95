"""Memory that a listing takes while it is held."""

from __future__ import annotations

import sys
from typing import Any, Final

from benchmarks.key_spaces import expected_digest
from benchmarks.listing_server import ListingServer
from benchmarks.measuring import client_environment, run_python, spread_of
from benchmarks.scale import Scale
from benchmarks.section import Section, installed_of, target, times

__all__ = ["measure"]

_MEGABYTE: Final = 1_000_000
_TARGET_BYTES: Final = 120 * _MEGABYTE
_REPEATS: Final = 3


def measure(scale: Scale) -> list[Section]:
    """One table: the smaller number of entries for all, the larger for who is quick enough."""
    section = Section(
        "Memory for a listing that is held",
        "Resident memory (RSS) of the process with the listing, less that of the same process after it had listed ten "
        "keys; in MB of a million bytes. The peak is on the way there. tfm's own figure is what its cache counts. "
        "Names are forty bytes in one directory; nothing is extrapolated.",
        ("tool, entries", "MB held", "MB at the peak", "bytes an entry", "of tfm's", "own figure, MB", "same keys"),
    )
    if not sys.platform.startswith("linux"):
        section.left_out.append("everything: resident memory is read from Linux's /proc")
        return [section]
    tools = installed_of(("tfm", "obstore", "boto3", "s3fs"), section)
    with ListingServer() as server:
        for entries in sorted({scale.peer_entries, scale.many_entries}):
            bucket = f"flat-{entries}"
            server.prepare(bucket)
            chosen = tools if entries == scale.peer_entries else [tool for tool in tools if tool in {"tfm", "obstore"}]
            _add_rows(section, server, bucket, entries, chosen, min(_REPEATS, scale.repeats))
            server.forget(bucket)
    return [section]


def _add_rows(
    section: Section, server: ListingServer, bucket: str, entries: int, tools: list[str], repeats: int
) -> None:
    expected = expected_digest(bucket)
    ours = 0.0
    for tool in tools:
        answers = [_answer(server, tool, bucket) for _ in range(repeats)]
        if any(answer["digest"] != expected for answer in answers):
            raise RuntimeError(f"{tool} does not list what is in {bucket}")
        held = spread_of([answer["resident"] for answer in answers]).median
        peak = spread_of([answer["peak"] for answer in answers]).median
        said = answers[0]["said"]
        if tool == "tfm":
            ours = held
            if entries == 1_000_000:
                section.targets.append(
                    target(
                        "1,000,000 entries in at most 120 MB over the idle program",
                        f"{held / _MEGABYTE:.0f} MB", met=held <= _TARGET_BYTES,
                    )
                )  # fmt: skip
        section.rows.append(
            (
                f"{tool}, {entries:,}",
                f"{held / _MEGABYTE:.1f}",
                f"{peak / _MEGABYTE:.1f}",
                f"{held / entries:.0f}",
                times(held, ours) if ours else "",
                "" if said is None else f"{said / _MEGABYTE:.1f}",
                "yes",
            )
        )


def _answer(server: ListingServer, tool: str, bucket: str) -> Any:  # JSON
    return run_python("benchmarks.clients", "memory", tool, bucket, environment=client_environment(server.url))[1]
