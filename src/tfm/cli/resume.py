"""``tfm resume``: what was interrupted is gone on with, without a question."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any, Final

from tfm.cli.copy_account import CopyAccount
from tfm.cli.copy_asking import Asker
from tfm.cli.copy_running import JobEvents, run_job
from tfm.cli.output import EXIT_USAGE, Report, print_json, print_line
from tfm.cli.own_journal import opened_journal, sweeping
from tfm.core.errors import StorageError
from tfm.journal import JobRecord, JobState, Journal, StepCount, StepState
from tfm.operations.copy_job import CopyJob
from tfm.operations.resume import resumable, resume
from tfm.path.sessions import current_session

__all__ = ["EPILOG", "OPERANDS", "add_arguments", "job_line", "run"]

OPERANDS = "[JOB ...]"

EPILOG = """\
Without a JOB all that were interrupted, the oldest first. What is done is not
done again. Something in the way of what is left is that object's failure,
unless the job was told otherwise.
"""

_KINDS: Final = frozenset({"copy", "move"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=argparse.SUPPRESS)
    parser.add_argument("--list", action="store_true", help="print the jobs that could be resumed; do nothing")
    parser.add_argument("--retry-failed", action="store_true", help="try what failed again, in jobs that ended too")
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what fails")
    parser.add_argument("--json", action="store_true", help="a JSON object a line for each copy, and one for all")


def run(options: argparse.Namespace) -> int:
    report = Report()
    if options.list and options.jobs:
        report.say("--list prints all that could be resumed; it takes no JOB.", exit_code=EXIT_USAGE)
        return report.exit_code
    with opened_journal(report) as journal:
        records = _records(journal, with_failed=options.retry_failed)
        if options.list:
            for record in records:
                _print(record, as_json=options.json)
            return report.exit_code
        with sweeping(journal):
            ids = list(dict.fromkeys(options.jobs)) or [record.id for record in records]
            if not ids and not options.quiet:
                report.say("There is nothing to resume.")
            _resume(ids, options, report, journal)
    return report.exit_code


def _records(journal: Journal, *, with_failed: bool) -> list[JobRecord]:
    if not with_failed:
        return resumable(journal)
    return [
        record
        for record in journal.jobs()
        if record.kind in _KINDS and not record.is_held and (record.is_unfinished or record.state is JobState.FAILED)
    ]


def _resume(ids: list[str], options: argparse.Namespace, report: Report, journal: Journal) -> None:
    account = CopyAccount(report, quiet=options.quiet, as_json=options.json)
    for number, job_id in enumerate(ids, 1):

        def make(events: JobEvents, job_id: str = job_id) -> CopyJob:
            return resume(
                current_session(),
                journal,
                job_id,
                retry_failed=options.retry_failed,
                done=events.done if account.wants_objects else None,
                skipped=events.skipped if account.wants_objects else None,
            )

        try:
            run_job(make, account, Asker().ask, kept=journal.is_kept, more=number < len(ids))
        except StorageError as error:
            account.not_begun(error)
    if ids:
        account.finish()


def _print(record: JobRecord, *, as_json: bool) -> None:
    if as_json:
        print_json(_record(record))
    else:
        print_line(job_line(record))


def job_line(record: JobRecord) -> str:
    """A job for a list: its id, when it began in the reader's time zone, what it is, how far it is."""
    from tfm.ui.format import format_size

    done, all_of_it = record.counts[StepState.DONE], _sum(record)
    began = datetime.fromtimestamp(record.created_timestamp).astimezone()
    total = f"{all_of_it.steps:,}" if record.is_planned else f"{all_of_it.steps:,} or more"
    failed = record.counts[StepState.FAILED].steps
    also = f", {failed:,} failed" if failed else ""
    return (
        f"{record.id}  {began:%Y-%m-%d %H:%M:%S}  {record.title}  {done.steps:,} of {total} entries, "
        f"{format_size(done.size_bytes)} of {format_size(all_of_it.size_bytes)}{also}"
    )


def _sum(record: JobRecord) -> StepCount:
    counts = record.counts.values()
    return StepCount(sum(each.steps for each in counts), sum(each.size_bytes for each in counts))


def _record(record: JobRecord) -> dict[str, Any]:  # JSON's own values
    done, all_of_it = record.counts[StepState.DONE], _sum(record)
    return {
        "id": record.id,
        "began_at": record.created_at.isoformat(),
        "kind": record.kind,
        "title": record.title,
        "state": record.state.value,
        "planned": record.is_planned,
        "objects_done": done.steps,
        "objects": all_of_it.steps,
        "bytes_done": done.size_bytes,
        "size_bytes": all_of_it.size_bytes,
        "failed": record.counts[StepState.FAILED].steps,
    }
