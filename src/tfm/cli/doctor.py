"""``tfm doctor``: what is there, what is allowed, what a server enforces, and what to do about what is wrong."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from contextlib import closing
from typing import Final

from tfm.cli.arguments import is_local, path_of
from tfm.cli.doctor_general import general_findings
from tfm.cli.output import EXIT_FAILURE, EXIT_OK, Report, flush_output, for_terminal, print_json, print_line
from tfm.core.errors import InvalidPathError, MissingDependencyError, NotFoundError, StorageError
from tfm.core.finding import Finding, Verdict
from tfm.core.location import StorageAddress
from tfm.path.path import Path
from tfm.path.sessions import current_session

__all__ = ["EPILOG", "OPERANDS", "add_arguments", "run"]

OPERANDS: Final = "[URI]"
EPILOG: Final = """\
Without a URI: versions, settings, AWS's profiles. Writes only with --write,
and on a terminal asks before. Exit code 1 if anything is bad.
"""

_MARKS: Final = {Verdict.GOOD: "ok  ", Verdict.NOTE: "note", Verdict.BAD: "bad "}
_SUBJECT_WIDTH: Final = 20
_SAID_YES: Final = frozenset({"y", "yes"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("uri", nargs="?", metavar="URI", help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help="try writing there, on objects of its own")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(options: argparse.Namespace) -> int:
    report = Report()
    try:
        path = _place(options)
    except StorageError as error:
        report.failed(error, local=True)
        return report.exit_code
    may_write = bool(options.write) and path is not None and _agreed(path)
    worst = EXIT_OK
    with closing(_findings(options, path, may_write=may_write)) as findings:
        for finding in findings:
            _print(finding, as_json=options.json)
            flush_output()  # the next one may take seconds
            if finding.verdict is Verdict.BAD:
                worst = EXIT_FAILURE
    return worst


def _place(options: argparse.Namespace) -> Path | None:
    """What is to be examined. Raises InvalidPathError for what is asked wrongly, NotFoundError for a local path that
    is not there."""
    if options.uri is None:
        if options.write:
            raise InvalidPathError("--write needs a place to write at.", next_step="Name it: s3://BUCKET/PREFIX/.")
        return None
    path = path_of(options.uri, options.profile)
    current_session().storage(path.location.storage)  # a scheme that nothing speaks, an impossible bucket
    if is_local(path) and not path.exists():
        raise NotFoundError("There is nothing here.", uri=options.uri, operation="doctor")
    return path


def _agreed(path: Path) -> bool:
    """Whether the user wants it written there: where that can be asked, it is."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    question = f"Write something small named .tfm-doctor-... at {path}, try conditions on it, delete it? [y/N] "
    print(for_terminal(question), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in _SAID_YES


def _findings(options: argparse.Namespace, path: Path | None, *, may_write: bool) -> Generator[Finding, None, None]:
    session = current_session()
    yield from general_findings(session.settings, options.config)
    if path is not None:
        location = path.location
        yield from session.storage(location.storage).diagnose(location.key, may_write=may_write)
        return
    for scheme in session.registry.schemes():
        try:
            storage = session.storage(StorageAddress(scheme, "", options.profile))
        except MissingDependencyError as error:
            yield Finding(f"{scheme}://", Verdict.NOTE, error.cause, error.next_step)
        except InvalidPathError:
            continue  # it needs to know whom to ask
        else:
            yield from storage.diagnose(None, may_write=False)


def _print(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "subject": finding.subject,
                "verdict": finding.verdict.value,
                "text": finding.text,
                "next_step": finding.next_step,
            }
        )
        return
    print_line(f"{_MARKS[finding.verdict]}  {finding.subject:<{_SUBJECT_WIDTH}}{finding.text}")
    if finding.next_step:
        print_line(f"{'':<{_SUBJECT_WIDTH + 6}}{finding.next_step}")
