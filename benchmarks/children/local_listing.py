"""A local directory listed: ``python -m benchmarks.children.local_listing WAY DIRECTORY``.

Seconds to the first rows and to all of them, wall and CPU. Rows are name, kind, size and time, sorted by name where the
way does not show anything before all names are there.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
import time
from collections.abc import Iterator, Sized


def by_tfm(directory: str) -> Iterator[Sized]:
    """Pages in columns, as the panes get them."""
    from tfm import Path

    yield from Path(directory).scan()


def by_scandir(directory: str) -> Iterator[Sized]:
    """The least that plain Python takes: names and facts of every entry, sorted."""
    with os.scandir(directory) as entries:
        rows = [(entry.name, entry.is_dir(), entry.stat(follow_symlinks=False)) for entry in entries]
    rows.sort(key=lambda row: row[0])
    yield rows


def by_pathlib(directory: str) -> Iterator[Sized]:
    """pathlib's iterdir, and a question for each row."""
    rows = [(path.name, path.is_dir(), path.stat()) for path in pathlib.Path(directory).iterdir()]
    rows.sort(key=lambda row: row[0])
    yield rows


WAYS = {"tfm": by_tfm, "scandir": by_scandir, "pathlib": by_pathlib}


def main() -> None:
    way, directory = sys.argv[1:]
    for _ in WAYS[way](os.path.dirname(__file__)):
        pass  # loads what is loaded lazily
    wall, cpu = time.perf_counter(), time.process_time()
    pages = WAYS[way](directory)
    held = [next(pages)]
    first = (time.perf_counter() - wall, time.process_time() - cpu)
    held.extend(pages)
    answer = {
        "first_wall": first[0],
        "first_cpu": first[1],
        "whole_wall": time.perf_counter() - wall,
        "whole_cpu": time.process_time() - cpu,
        "first_count": len(held[0]),
        "count": sum(map(len, held)),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
