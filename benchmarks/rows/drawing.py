"""A directory of 100 entries drawn, and what that costs in requests beside other tools."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Final

from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer

from benchmarks.measuring import client_environment, run_python, spread_of
from benchmarks.scale import Scale
from benchmarks.section import Section, installed_of, milliseconds, target, times

__all__ = ["fill_directory", "measure_drawing", "measure_questions", "measure_requests"]

_ENTRIES: Final = 100
_BUCKET: Final = "drawn"
_PREFIX: Final = "runs/"
_LATENCIES: Final = (0.0, 0.020)
_STATES: Final = (
    # what it is called, how the child draws, seconds of TTL
    ("cache off, each path asked", "questions", "0"),
    ("cache off, from the listed paths' info", "info", "0"),
    ("cache on, first visit", "cold", "600"),
    ("cache on, visited before", "questions", "600"),
)
_NANOSECONDS_TARGET: Final = 1000


def fill_directory(moto: MotoServer) -> list[list[Any]]:
    """Put the directory on the server; gives the rows that every tool must draw (as JSON has them, lists)."""
    sizes = {f"row-{number:03}.csv": 100 + 13 * number for number in range(_ENTRIES)}
    moto.put(_BUCKET, {f"{_PREFIX}{name}": b"x" * size for name, size in sizes.items()})
    return [[name, False, size] for name, size in sorted(sizes.items())]


def measure_drawing(scale: Scale) -> list[Section]:
    """With the cache off and on, at the latencies of a near and of a far server."""
    section = Section(
        "A directory of 100 drawn, cache off and on",
        "tfm on moto: list the directory, then name, is_dir(), size and time of each entry, formatted as a line. With "
        "20 ms of latency a proxy waits that long before each request. `Less` is against the first line of the same "
        "latency, and against the second, which is the cheapest way without a cache.",
        ("state", "latency", "ms", "range", "CPU ms", "requests", "less than asked", "less than info"),
    )
    with ExitStack() as stack:
        moto = stack.enter_context(MotoServer())
        expected = fill_directory(moto)
        for latency in _LATENCIES:
            url = moto.url
            if latency:
                proxy = stack.enter_context(FaultProxy(moto.url))
                proxy.delay(latency, times=10**9)
                url = proxy.url
            _add_latency(section, url, latency, expected, scale.draws)
    return [section]


def _add_latency(section: Section, url: str, latency: float, expected: list[list[Any]], draws: int) -> None:
    medians: list[float] = []
    for state, way, ttl in _STATES:
        environment = client_environment(url, TFM_S3_CACHE_TTL=ttl)
        _, answer = run_python(
            "benchmarks.children.drawing", way, _BUCKET, _PREFIX, str(draws), environment=environment
        )
        if [line.split()[0] for line in answer["lines"]] != [row[0] for row in expected]:
            raise RuntimeError("tfm does not draw what is in the directory")
        wall = spread_of(answer["wall"])
        medians.append(wall.median)
        less = [f"{(1 - wall.median / base) * 100:.1f} %" if wall.median <= base else "" for base in medians[:2]]
        section.rows.append(
            (
                state, f"{latency * 1000:.0f} ms", *milliseconds(wall),
                f"{spread_of(answer['cpu']).median * 1000:.2f}", f"{answer['requests']:g}",
                less[0], less[1] if len(less) > 1 else "",
            )
        )  # fmt: skip
    reduction = 1 - medians[3] / medians[1]
    section.targets.append(
        target(
            f"50 to 90 % less time with the cache, as the reference says, at {latency * 1000:.0f} ms",
            f"{reduction * 100:.1f} % less than the cheapest way without", met=reduction >= 0.5,
        )
    )  # fmt: skip


def measure_requests(_scale: Scale) -> list[Section]:
    """Counted at the server; the same however large the run is."""
    section = Section(
        "Requests for a directory of 100, listed and every row asked",
        "Counted by moto, with nothing known before: the directory listed, then is_dir() and stat() of each row, or "
        "what the tool has in their place. boto3 as scripts commonly use it: its paginator, and a HEAD for each key.",
        ("tool", "requests", "of tfm's", "same names and sizes"),
    )
    tools = installed_of(("tfm", "s3fs", "boto3", "cloudpathlib", "s3path"), section)
    with MotoServer() as moto:
        expected = fill_directory(moto)
        ours = 1
        for tool in tools:
            moto.reset_requests()
            environment = client_environment(moto.url)
            _, answer = run_python("benchmarks.clients", "draw", tool, _BUCKET, _PREFIX, environment=environment)
            requests = len(moto.requests())
            if answer["rows"] != expected:
                raise RuntimeError(f"{tool} does not draw what is in the directory")
            if tool == "tfm":
                ours = requests
                section.targets.append(target("one request", f"{requests}", met=requests == 1))
            section.rows.append((tool, f"{requests}", times(requests, ours), "yes"))
    return [section]


def measure_questions(scale: Scale) -> list[Section]:
    """Questions about a path that a listing gave."""
    section = Section(
        "Questions about a listed path",
        "Nanoseconds a call, on a path that iterdir() gave, while its listing is fresh; the least of seven repeats and "
        "the median. pathlib asks the kernel about a local file; cloudpathlib and s3path ask moto anew each time, "
        "without latency.",
        ("tool and question", "ns, least", "ns, median", "of tfm's"),
    )
    tools = ["tfm", "pathlib", *installed_of(("cloudpathlib", "s3path"), section)]
    with MotoServer() as moto:
        fill_directory(moto)
        ours: dict[str, float] = {}
        for tool in tools:
            calls = (20_000 if scale.repeats > 1 else 2_000) if tool in {"tfm", "pathlib"} else min(scale.repeats, 5)
            _, answer = run_python(
                "benchmarks.children.questions", tool, _BUCKET, _PREFIX, str(calls),
                environment=client_environment(moto.url, TFM_S3_CACHE_TTL="600"),
            )  # fmt: skip
            for question, values in answer.items():
                spread = spread_of(values)
                if tool == "tfm":
                    ours[question] = spread.least
                share = times(spread.least, ours[question])
                cells = (f"{tool} {question}", f"{spread.least:,.0f}", f"{spread.median:,.0f}", share)
                section.rows.append(cells)
        for question in ("is_dir()", "is_file()", "info"):
            section.targets.append(
                target(
                    f"{question} under a microsecond", f"{ours[question]:.0f} ns",
                    met=ours[question] < _NANOSECONDS_TARGET,
                )
            )  # fmt: skip
    return [section]
