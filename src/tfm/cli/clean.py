"""``tfm clean``: what interrupted runs left and nobody will go on with is swept away."""

from __future__ import annotations

import argparse

from tfm.cli.output import EXIT_FAILURE, Report, print_json, print_line
from tfm.cli.own_journal import opened_journal
from tfm.cli.resume import job_line
from tfm.journal import UNFINISHED, Journal
from tfm.operations.resume import CleanSummary, clean, resumable
from tfm.path.sessions import current_session

__all__ = ["EPILOG", "OPERANDS", "add_arguments", "run"]

OPERANDS = ""

EPILOG = """\
Only unfinished uploads and temporary files of tfm's own, which it wrote down
before it began them; never those of a tfm that is at work. cp, mv and resume do
the same each time.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", action="store_true", help="give up the interrupted jobs too")
    parser.add_argument("-n", "--dry-run", action="store_true", help="print what would be swept; sweep nothing")
    parser.add_argument("--json", action="store_true", help="print what was swept as a JSON object")


def run(options: argparse.Namespace) -> int:
    report = Report()
    with opened_journal(report) as journal:
        if options.dry_run:
            summary = _told(journal, jobs=options.jobs, as_json=options.json)
        else:
            summary = clean(current_session(), journal, jobs=options.jobs)
    for failure in summary.failures:
        report.say(str(failure), exit_code=EXIT_FAILURE)
    if options.json:
        print_json(
            {
                "uploads": summary.uploads,
                "jobs": summary.jobs,
                "failed": len(summary.failures),
                "dry_run": options.dry_run,
            }
        )
    else:
        report.say(_said(summary, dry_run=options.dry_run))
    return report.exit_code


def _told(journal: Journal, *, jobs: bool, as_json: bool) -> CleanSummary:
    summary = CleanSummary()
    for upload in journal.orphans():
        if jobs or upload.job_id is None or upload.job_state not in UNFINISHED:
            summary.uploads += 1
            uri = current_session().storage(upload.address).uri_of(upload.key)
            if as_json:
                print_json({"path": uri})
            else:
                print_line(uri)
    for record in resumable(journal) if jobs else []:
        summary.jobs += 1
        if as_json:
            print_json({"job": record.id, "title": record.title})
        else:
            print_line(job_line(record))
    return summary


def _said(summary: CleanSummary, *, dry_run: bool) -> str:
    if not summary.uploads and not summary.jobs:
        return "There is nothing to sweep."
    would = "would be " if dry_run else ""
    uploads = f"{summary.uploads:,} unfinished {'upload' if summary.uploads == 1 else 'uploads'} or temporary files"
    parts = [f"{uploads} {would}swept away"]
    if summary.jobs:
        parts.append(f"{summary.jobs:,} interrupted {'job' if summary.jobs == 1 else 'jobs'} {would}given up")
    return f"{', '.join(parts)}."
