"""tfm draws a directory: ``python -m benchmarks.children.drawing WAY BUCKET PREFIX TIMES``.

``questions`` asks each path; ``info`` reads what the listing told of it. The cache is as TFM_S3_CACHE_TTL says, and
``cold`` empties it before each draw. One draw before the timed ones opens the connection and, with a cache, fills it.
"""

from __future__ import annotations

import json
import sys
import time

from tfm import Path, count_requests
from tfm.s3 import clear_s3_cache


def drawn_by_questions(directory: Path) -> list[str]:
    """A line for each entry: name, kind, size and time."""
    lines = []
    for path in directory.iterdir():
        mark = "/" if path.is_dir() else ""
        stat = path.stat()
        lines.append(_line(path.name + mark, stat.st_size, stat.st_mtime))
    return lines


def drawn_by_info(directory: Path) -> list[str]:
    """The same lines from the snapshots that the listing left on its paths."""
    lines = []
    for path in directory.iterdir():
        info = path.info
        mark = "/" if info.is_dir() else ""
        moment = info.modified_at
        lines.append(_line(path.name + mark, info.size or 0, 0.0 if moment is None else moment.timestamp()))
    return lines


def _line(name: str, size_bytes: int, timestamp: float) -> str:
    return f"{name:<40} {size_bytes:>12,} {time.strftime('%Y-%m-%d %H:%M', time.localtime(timestamp))}"


def main() -> None:
    way, bucket, prefix, draws = sys.argv[1:]
    cold = way == "cold"
    draw = drawn_by_info if way == "info" else drawn_by_questions
    directory = f"s3://{bucket}/{prefix}"
    lines = draw(Path(directory))
    wall, cpu = [], []
    with count_requests() as requests:
        for _ in range(int(draws)):
            if cold:
                clear_s3_cache()
            wall_started, cpu_started = time.perf_counter(), time.process_time()
            if draw(Path(directory)) != lines:
                raise RuntimeError("a later draw shows something else than the first")
            wall.append(time.perf_counter() - wall_started)
            cpu.append(time.process_time() - cpu_started)
    print(json.dumps({"wall": wall, "cpu": cpu, "requests": requests.total / int(draws), "lines": lines}))


if __name__ == "__main__":
    main()
