"""``tfm put -``: standard input becomes one object, seen when all of it has come."""

from __future__ import annotations

import argparse
import io
import sys
from typing import Final, cast

from tfm.cli.arguments import is_local, path_of
from tfm.cli.interrupts import cleanup_limited
from tfm.cli.output import EXIT_USAGE, Report, entry_record, print_json
from tfm.cli.progress import ProgressLine
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, InvalidRequestError, IsDirectoryError, StorageError
from tfm.core.writing import NOTHING_THERE, ObjectFacts
from tfm.path.path import Path
from tfm.path.sessions import current_session, upload_recorder
from tfm.storage.writer import ObjectWriter

__all__ = ["EPILOG", "OPERANDS", "add_arguments", "run"]

OPERANDS = "- PATH"

EPILOG = """\
Standard input (-) is read to its end, in the memory of a few parts, and then is
seen whole and at once; after Ctrl-C or a failure nothing of it is. A program
that breaks off writing into the pipe ends it all the same, and tfm cannot tell:
what came until then is written.
"""

_CHUNK_BYTES: Final = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="-", help=argparse.SUPPRESS)
    parser.add_argument("path", metavar="PATH", help=argparse.SUPPRESS)
    conflict = parser.add_mutually_exclusive_group()
    conflict.add_argument("--overwrite", action="store_true", help="replace what is there")
    conflict.add_argument("--fail", action="store_true", help="fail where something is there (the default)")
    parser.add_argument("--content-type", metavar="TYPE", help="what the object says it is (default: by its name)")
    parser.add_argument("--json", action="store_true", help="print the facts of what was written as a JSON object")


def run(options: argparse.Namespace) -> int:
    report = Report()
    if options.source != "-":
        report.say(
            f"{options.source}: put writes standard input, which is called -. For a file: tfm put - PATH < FILE.",
            exit_code=EXIT_USAGE,
        )
        return report.exit_code
    local = False
    try:
        path = path_of(options.path, options.profile)
        local = is_local(path)
        entry = _put(path, options)
    except StorageError as error:
        report.failed(error, local=local)
    else:
        if options.json:
            print_json(entry_record(entry, str(path)))
    return report.exit_code


def _put(path: Path, options: argparse.Namespace) -> Entry:
    if options.path.endswith("/"):
        raise IsDirectoryError(
            "This is written as a directory.", next_step="Add a name.", uri=options.path, operation="put"
        )
    storage, key = current_session().storage(path.location.storage), path.location.key
    if not options.overwrite:
        _refuse_what_is_there(path)
    facts = ObjectFacts(content_type=options.content_type)
    only_if, record = None if options.overwrite else NOTHING_THERE, upload_recorder(path.location.storage)
    with (
        storage.writer(key, facts=facts, only_if=only_if, record=record) as writer,
        cleanup_limited(),
    ):
        _copy_input(writer)
        return writer.commit()


def _refuse_what_is_there(path: Path) -> None:
    """Asked before the input is read, which may take hours. The write itself is conditional too."""
    if path.exists() if is_local(path) else path.is_file():
        raise ConflictError(
            "Something is there already.", next_step="--overwrite replaces it.", uri=str(path), operation="put"
        )


def _copy_input(writer: ObjectWriter) -> None:
    if sys.stdin is None:
        raise InvalidRequestError("Standard input is closed.", operation="put")
    line = ProgressLine(wanted=not sys.stdin.isatty())
    try:
        while data := _read_input():
            writer.write(data)
            line.show(lambda: f"{_size_text(writer.written_bytes)} written…")
    finally:
        line.clear()


def _read_input() -> bytes:
    try:
        return cast("io.BufferedReader", sys.stdin.buffer).read1(_CHUNK_BYTES)
    except OSError as error:  # it is a directory, or a terminal of a job in the background
        raise InvalidRequestError(f"Standard input: {error.strerror}.", operation="put") from error


def _size_text(size_bytes: int) -> str:
    from tfm.ui.format import format_size

    return format_size(size_bytes)
