"""``tfm``: the verbs, and the panes where no verb is given."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import nullcontext
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final, TextIO

from tfm.cli.interrupts import Ended, hears_interrupts
from tfm.cli.options import StorageOptions, session_from, settings_from, split_verb
from tfm.cli.output import EXIT_FAILURE, EXIT_OK, EXIT_USAGE, OutputError, Report, flush_output, for_terminal
from tfm.cli.verbs import VERBS
from tfm.core.errors import NotDirectoryError, NotFoundError, SettingsError, StorageError
from tfm.core.version import __version__

if TYPE_CHECKING:
    import argparse

    from tfm.ui.first_screen import FirstScreen

__all__ = ["run"]

_DESCRIPTION: Final = "Two panes, on directories of S3 or the local disk (default: as they were left)."
_EPILOG: Final = """\
verbs, each with its own --help (a directory named as one is ./ls):
  look   ls  stat  cat  find  du  presign      copy   cp  mv  resume  clean
  write  put  mkdir  touch  rm                 more   doctor  cache  completion
  tfm cp -r DIRECTORY s3://BUCKET/PREFIX/      try it out: tfm demo

A path is a local one, s3:// (your buckets), s3://BUCKET/ or s3://BUCKET/KEY.
"""


def run(given: list[str], first_screen: FirstScreen | None = None) -> int:
    """Run ``tfm`` with these arguments; the exit code. ``first_screen`` is what the terminal shows already."""
    # Closed by whoever started it (`>&-`); what is opened next would otherwise take its place and be written into.
    sys.stdout, sys.stderr = _opened(sys.stdout), _opened(sys.stderr)
    if isinstance(sys.stdout, TextIOWrapper):
        # Help and harmless text; exact names are written as bytes. An old terminal's encoding is no reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _run(given, first_screen)
        # Here and not when Python ends: there a reader that has gone or a full disk would be a traceback.
        flush_output()
        return code
    except Ended as ended:
        return 128 + ended.number
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        _abandon_output()
        return 128 + signal.SIGPIPE
    except OutputError as error:
        _abandon_output()
        print(f"tfm: {error}", file=sys.stderr)
        return EXIT_FAILURE


def _opened(stream: TextIO | None) -> TextIO:
    return open(os.devnull, "w", encoding="utf-8") if stream is None else stream


def _abandon_output() -> None:
    """Python flushes standard output once more at its end, and would complain once more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:
        pass


def _run(given: list[str], first_screen: FirstScreen | None) -> int:
    if given[:1] == ["--complete"]:  # the shell's scripts ask: see tfm.cli.completion
        from tfm.cli.completing import complete

        complete(given[1:])
        return EXIT_OK
    try:
        verb, rest = split_verb(given, [*VERBS, "demo"])
        if verb is None:
            return _run_panes(rest, first_screen)
        return _run_demo(rest) if verb == "demo" else _run_verb(verb, rest)
    except SystemExit as end:  # argparse: --help and --version are 0, a wrong option is 2
        return end.code if isinstance(end.code, int) else EXIT_OK
    except SettingsError as error:
        print(f"tfm: {for_terminal(str(error))}", file=sys.stderr)
        return EXIT_USAGE
    except StorageError as error:
        report = Report()
        report.failed(error)
        return report.exit_code


def _run_verb(verb: str, given: list[str]) -> int:
    from tfm.cli.parser import Parser, add_storage_options

    module = import_module(f"tfm.cli.{verb}")
    operands = getattr(module, "OPERANDS", "PATH ...")
    parser = Parser(f"tfm {verb}", operands, description=VERBS[verb], epilog=module.EPILOG)
    module.add_arguments(parser)
    add_storage_options(parser)
    prepared: Callable[[list[str]], list[str]] = getattr(module, "prepared", list)
    options = parser.parse_args(prepared(given))

    from tfm.path.sessions import use_session

    run: Callable[[argparse.Namespace], int] = module.run
    with hears_interrupts(), use_session(session_from(options)):
        return run(options)


def _run_panes(given: list[str], first_screen: FirstScreen | None) -> int:
    from tfm.cli import panes

    options: argparse.Namespace | StorageOptions = StorageOptions()
    if len(given) > 2 or any(text.startswith("-") for text in given):
        options = _parsed(given)
        given = [text for text in (options.left, options.right) if text is not None]
    complaints: list[str] = []
    try:
        # A wrong key or theme must not keep anybody from their files: the panes say what is left out.
        with first_screen or nullcontext():  # what goes wrong is said where it can be read
            session = session_from(options, complain=complaints.append)
            return panes.run(given, options.profile, session, complaints, first_screen)
    except (NotFoundError, NotDirectoryError) as error:
        print(f"tfm: {for_terminal(str(error))}", file=sys.stderr)
        return EXIT_USAGE


def _parsed(given: list[str]) -> argparse.Namespace:
    import argparse

    from tfm.cli.parser import Parser, add_storage_options

    parser = Parser("tfm", "[LEFT] [RIGHT]", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"tfm {__version__}")
    parser.add_argument("left", nargs="?", metavar="LEFT", help=argparse.SUPPRESS)
    parser.add_argument("right", nargs="?", metavar="RIGHT", help=argparse.SUPPRESS)
    add_storage_options(parser)
    return parser.parse_args(given)


def _run_demo(given: list[str]) -> int:
    from tfm.cli.demo import run_demo
    from tfm.cli.panes import open_panes

    return run_demo(given, settings_from(StorageOptions()), open_panes)
