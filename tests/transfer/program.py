"""A program that copies or moves, or goes on with that, until it is done or killed.

``python -m tests.transfer.program copy|move SOURCE TARGET`` and ``... resume``. It prints one line of JSON.

``TFM_DIE_AT=module:Class.function:3`` lets it end by SIGKILL when that is called for the third time.
``TFM_COPIED_PART_BYTES`` is beyond what size a server is asked to copy in parts, and their size.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from typing import Any

from tfm import OperationFailed, Path
from tfm.backends.s3.backend import S3Backend
from tfm.core.errors import StorageError
from tfm.operations.resume import clean, resumable, resume
from tfm.path.sessions import current_journal, current_session
from tfm.transfer import parted


def die_at(place: str) -> None:
    module, names, number = place.split(":")
    owner: Any = importlib.import_module(module)
    *above, name = names.split(".")
    for each in above:
        owner = getattr(owner, each)
    original = getattr(owner, name)
    left = int(number)

    def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **named)

    setattr(owner, name, counted)


def let_copies_be_in_parts(part_bytes: int) -> None:
    """As those of an object of more than 5 GiB."""
    S3Backend.copy_whole_bytes = part_bytes
    parted._COPIED_PART_BYTES = part_bytes  # type: ignore[misc] # this program's own


def transfer(verb: str, source: str, target: str) -> dict[str, object]:
    path = Path(source)
    run = path.copy if verb == "copy" else path.move
    try:
        run(target, conflict="overwrite")
    except OperationFailed as error:
        return {"failures": [str(each) for each in error.failures]}
    return {"failures": []}


def go_on() -> dict[str, object]:
    journal = current_journal()
    failures: list[str] = []
    listed = accounted = 0
    jobs = resumable(journal)
    for record in jobs:
        try:
            summary = resume(current_session(), journal, record.id).run()
        except StorageError as error:
            failures.append(str(error))
            continue
        failures += [str(each) for each in summary.failures]
        listed += summary.listed
        accounted += summary.done + summary.skipped + summary.failed
    left = clean(current_session(), journal)
    return {
        "jobs": len(jobs),
        "failures": failures,
        "listed": listed,
        "accounted": accounted,
        "cleaned": left.uploads,
        "not cleaned": [str(each) for each in left.failures],
    }


def main(verb: str, *operands: str) -> None:
    # A program that a shell put into the background has it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if place := os.environ.get("TFM_DIE_AT"):
        die_at(place)
    if part_bytes := os.environ.get("TFM_COPIED_PART_BYTES"):
        let_copies_be_in_parts(int(part_bytes))
    told = go_on() if verb == "resume" else transfer(verb, *operands)
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
