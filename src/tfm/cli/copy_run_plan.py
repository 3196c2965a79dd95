"""``tfm cp --run-plan`` and ``tfm mv --run-plan``: exactly what a plan says that was written before."""

from __future__ import annotations

import argparse

from tfm.cli.copy_account import CopyAccount
from tfm.cli.copy_asking import Asker
from tfm.cli.copy_running import JobEvents, run_job
from tfm.cli.output import EXIT_USAGE, Report
from tfm.cli.own_journal import opened_journal, sweeping
from tfm.core.errors import StorageError
from tfm.journal import Journal
from tfm.operations.copy_job import CopyJob
from tfm.operations.plan_file import PlannedJob, planned_job, read_plan
from tfm.path.sessions import current_session

__all__ = ["run_plan"]


def run_plan(options: argparse.Namespace, report: Report, *, move: bool) -> None:
    """Do what the plan in the file of that option says; of what keeps it from that ``report`` hears."""
    if options.paths or options.policy or options.dry_run or options.plan is not None:
        report.say("A plan says itself what is done: --run-plan FILE stands alone.", exit_code=EXIT_USAGE)
        return
    try:
        plans = read_plan(options.run_plan)
    except OSError as error:
        report.say(_plan_error(error), exit_code=EXIT_USAGE)
        return
    if any(plan.spec.move is not move for plan in plans):
        report.say(
            f"{options.run_plan}: This is the plan of a {'copy' if move else 'move'}. "
            f"tfm {'cp' if move else 'mv'} --run-plan does it.",
            exit_code=EXIT_USAGE,
        )
        return
    account = CopyAccount(report, quiet=options.quiet, as_json=options.json)
    with opened_journal(report) as journal, sweeping(journal):
        for number, plan in enumerate(plans, 1):
            _run_planned(plan, account, journal, more=number < len(plans))
    account.finish()


def _plan_error(error: OSError) -> str:
    return str(error) if isinstance(error, StorageError) else f"{error.filename}: {error.strerror}."


def _run_planned(plan: PlannedJob, account: CopyAccount, journal: Journal, *, more: bool) -> None:
    def make(events: JobEvents) -> CopyJob:
        done = events.done if account.wants_objects else None
        return planned_job(current_session(), journal, plan, done=done)

    try:
        run_job(make, account, Asker().ask, kept=journal.is_kept, more=more)
    except StorageError as error:
        account.not_begun(error)
