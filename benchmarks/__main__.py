"""``python -m benchmarks``: measure, print the tables, and write them to docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.report import QUICK_WARNING, machine_lines, report
from benchmarks.rows import (
    drawing,
    first_page,
    held_key,
    local_directory,
    memory,
    page_cpu,
    painting,
    planning,
    starting,
    transfers,
)
from benchmarks.scale import FULL, QUICK, Scale
from benchmarks.section import Section, render

__all__ = ["MEASUREMENTS", "main"]

MEASUREMENTS: Final[dict[str, Callable[[Scale], list[Section]]]] = {
    "page-cpu": page_cpu.measure,
    "drawing": drawing.measure_drawing,
    "questions": drawing.measure_questions,
    "requests": drawing.measure_requests,
    "memory": memory.measure,
    "first-page": first_page.measure,
    "start-up": starting.measure,
    "first-paint": painting.measure,
    "local": local_directory.measure,
    "held-key": held_key.measure,
    "small-objects": transfers.measure_small,
    "large-object": transfers.measure_large,
    "million-plan": planning.measure,
}

_DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if a measurement failed: a tool that gave a wrong result, or did not run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="tfm measured beside other tools.")
    parser.add_argument("--quick", action="store_true", help="small numbers, each once: shows that everything works")
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument(
        "--output", type=Path, help="where to write the tables (a full run: docs/benchmarks.md; otherwise nowhere)"
    )
    options = parser.parse_args(arguments)
    started = time.monotonic()
    sections: list[Section] = []
    failed = False
    for name in options.only or MEASUREMENTS:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        try:
            measured = MEASUREMENTS[name](QUICK if options.quick else FULL)
        except (RuntimeError, OSError) as error:
            failed = True
            print(f"{name} failed: {error}", file=sys.stderr, flush=True)
            continue
        sections += measured
        for section in measured:
            print(render(section), flush=True)
    print("\n".join(machine_lines(time.monotonic() - started)))
    if options.quick:
        print(f"\n{QUICK_WARNING}", end="")
    full = not options.quick and not options.only and not failed
    output: Path | None = options.output or (_DOCUMENT if full else None)
    if output is not None:
        output.write_text(
            report(sections, took_seconds=time.monotonic() - started, quick=options.quick), encoding="utf-8"
        )
        print(f"written to {output}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
