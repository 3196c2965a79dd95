"""Questions about a path that was listed: ``python -m benchmarks.children.questions TOOL BUCKET PREFIX CALLS``.

Nanoseconds a call, by repeats, for each question that the tool answers.
"""

from __future__ import annotations

import json
import pathlib
import sys
import timeit
from collections.abc import Callable
from typing import Any

_REPEATS = 7


def tfm_questions(bucket: str, prefix: str) -> dict[str, Callable[[], object]]:
    from tfm import Path

    paths = list(Path(f"s3://{bucket}/{prefix}").iterdir())
    path = paths[len(paths) // 2]
    return {
        "is_dir()": path.is_dir,
        "is_file()": path.is_file,
        "exists()": path.exists,
        "stat()": path.stat,
        "info": lambda: path.info,
        "info.is_dir()": path.info.is_dir,
    }


def pathlib_questions(_bucket: str, _prefix: str) -> dict[str, Callable[[], object]]:
    path = pathlib.Path(__file__)
    return {"is_dir()": path.is_dir, "is_file()": path.is_file, "exists()": path.exists, "stat()": path.stat}


def other_questions(tool: str) -> Callable[[str, str], dict[str, Callable[[], object]]]:
    def questions(bucket: str, prefix: str) -> dict[str, Callable[[], object]]:
        from benchmarks.clients.contract import made_client

        client: Any = made_client(tool)  # only some clients give the paths they listed
        paths = client.listed(bucket, prefix)
        path = paths[len(paths) // 2]
        return {"is_dir()": path.is_dir, "is_file()": path.is_file, "exists()": path.exists, "stat()": path.stat}

    return questions


def main() -> None:
    tool, bucket, prefix, calls = sys.argv[1:]
    makers = {"tfm": tfm_questions, "pathlib": pathlib_questions}
    questions = makers.get(tool, other_questions(tool))(bucket, prefix)
    answer = {}
    for name, question in questions.items():
        number = int(calls)
        seconds = timeit.repeat("ask()", globals={"ask": question}, number=number, repeat=_REPEATS)
        answer[name] = [each / number * 1e9 for each in seconds]
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
