"""``tfm cache``: what tfm keeps between two runs, and forgetting what it found out about servers."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any, Final

from tfm.cli.options import settings_from
from tfm.cli.output import EXIT_FAILURE, Report, print_json, print_line
from tfm.cli.own_journal import opened_journal
from tfm.journal import JobRecord
from tfm.path.sessions import journal_path

__all__ = ["EPILOG", "OPERANDS", "add_arguments", "run"]

OPERANDS = "stats|clear"

EPILOG = """\
Listings are in the memory of the tfm that asked for them, and end with it. What
stays is what tfm doctor --write found out about servers, which clear forgets,
and the journal of copies and moves, which it keeps: see tfm resume, tfm clean.
"""

_SERVERS_FILE: Final = "s3-servers.json"
_JOURNAL_SUFFIXES: Final = ("", "-wal", "-shm")  # https://www.sqlite.org/tempfiles.html


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["stats", "clear"], metavar="stats|clear", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="print it as JSON objects, one a line")


def run(options: argparse.Namespace) -> int:
    report = Report()
    if options.action == "clear":
        _clear(options, report)
        return report.exit_code
    for record in (_listings(options), _servers(), _journal(report)):
        if options.json:
            print_json(record)
        else:
            _print(record)
    return report.exit_code


def _print(record: dict[str, Any]) -> None:
    print_line(str(record["what"]))
    for name, value in record.items():
        if name != "what" and value is not None:
            shown = f"{value:,}" if isinstance(value, int) else str(value)
            print_line(f"  {name.replace('_', ' '):<15}{shown}")


def _listings(options: argparse.Namespace) -> dict[str, Any]:  # JSON's own values
    settings = settings_from(options)
    return {
        "what": "listings",
        "kept": "in memory, until tfm ends",
        "size_bytes": 0,
        "ttl_seconds": settings.cache_ttl("s3"),
        "max_bytes": settings.cache_max_bytes,
        "max_entries": settings.cache_max_entries,
    }


def _servers() -> dict[str, Any]:
    path = _servers_path()
    return {"what": "servers", "path": path, "size_bytes": _size(path), "servers": _count_servers(path)}


def _journal(report: Report) -> dict[str, Any]:
    path = journal_path()
    record: dict[str, Any] = {"what": "journal", "path": path, "size_bytes": 0, "jobs": 0, "interrupted": 0}
    if os.path.exists(path):
        jobs: list[JobRecord] = []
        with opened_journal(report) as journal:
            jobs = journal.jobs()
        record["jobs"] = len(jobs)
        record["interrupted"] = sum(job.is_unfinished and not job.is_held for job in jobs)
        record["size_bytes"] = sum(_size(path + suffix) for suffix in _JOURNAL_SUFFIXES)
    return record


def _clear(options: argparse.Namespace, report: Report) -> None:
    path = _servers_path()
    servers = _count_servers(path)
    try:
        os.unlink(path)
        removed = True
    except FileNotFoundError:
        removed = False
    except OSError as error:
        report.say(f"{path}: {error.strerror}.", exit_code=EXIT_FAILURE)
        return
    if options.json:
        print_json({"path": path, "removed": removed, "servers": servers})
    elif removed:
        print_line(f"Forgot what was found out about {servers:,} {'server' if servers == 1 else 'servers'}.")
    else:
        print_line("There is nothing to forget.")


def _servers_path() -> str:
    """Beside the journal: both are in tfm's state directory."""
    return os.path.join(os.path.dirname(journal_path()), _SERVERS_FILE)


def _count_servers(path: str) -> int:
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return 0
    return len(found) if isinstance(found, dict) else 0


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
