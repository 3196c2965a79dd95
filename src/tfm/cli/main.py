"""``tfm``: the verbs, and the panes where no verb is given."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from tfm.cli.options import add_storage_options, session_from, settings_from
from tfm.cli.output import EXIT_FAILURE, EXIT_USAGE, Report, for_terminal
from tfm.core.errors import NotDirectoryError, NotFoundError, SettingsError, StorageError
from tfm.core.version import __version__

__all__ = ["main"]

_VERBS: Final = {
    "ls": "list a directory",
    "stat": "show what is known about a path",
    "cat": "write objects to standard output",
}

_DESCRIPTION: Final = "Two panes on S3 and the local disk, and the same from the command line."
_EPILOG: Final = """\
verbs:
  tfm ls [-lR] PATH...    list directories        tfm cat PATH...    write objects to standard output
  tfm stat PATH...        what is known           tfm demo           try it, on a server of its own

A PATH is a local path, s3:// (your buckets), s3://BUCKET/ or s3://BUCKET/KEY. A local directory whose name is a verb is
./ls. Each verb has its own --help. Exit codes: 0 all done, 1 something failed, 2 asked wrongly.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``tfm`` with these arguments (those of the process, if None); the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(given)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read has gone. Python would complain once more when it flushes at its end.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except SettingsError as error:
        print(f"tfm: {for_terminal(str(error))}", file=sys.stderr)
        return EXIT_USAGE
    except StorageError as error:
        report = Report()
        report.failed(error)
        return report.exit_code


def _run(given: list[str]) -> int:
    if given and given[0] in _VERBS:
        return _run_verb(given[0], given[1:])
    if given and given[0] == "demo":
        return _run_demo(given[1:])
    return _run_panes(given)


def _run_verb(verb: str, given: list[str]) -> int:
    module = import_module(f"tfm.cli.{verb}")
    parser = argparse.ArgumentParser(prog=f"tfm {verb}", description=f"{_VERBS[verb].capitalize()}.")
    module.add_arguments(parser)
    add_storage_options(parser)
    options = parser.parse_args(given)

    from tfm.path.sessions import use_session

    run: Callable[[argparse.Namespace], int] = module.run
    with use_session(session_from(options)):
        return run(options)


def _run_panes(given: list[str]) -> int:
    from tfm.cli import panes

    parser = argparse.ArgumentParser(
        prog="tfm", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"tfm {__version__}")
    panes.add_arguments(parser)
    add_storage_options(parser)
    options = parser.parse_args(given)
    session = session_from(options)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("tfm: the panes need a terminal. For scripts there are tfm ls, stat and cat.", file=sys.stderr)
        return EXIT_FAILURE
    try:
        return panes.run(options, session)
    except (NotFoundError, NotDirectoryError) as error:
        print(f"tfm: {for_terminal(str(error))}", file=sys.stderr)
        return EXIT_USAGE


def _run_demo(given: list[str]) -> int:
    from tfm.cli.demo import run_demo
    from tfm.cli.panes import open_panes

    options = argparse.Namespace(
        config=None, region=None, endpoint_url=None, no_sign_request=False, request_payer=False
    )
    return run_demo(given, settings_from(options), open_panes)
