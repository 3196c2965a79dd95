"""What ``tfm cp`` and ``tfm mv`` have in common, which is nearly all."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from tfm.cli.arguments import is_local, path_of
from tfm.cli.copy_account import CopyAccount
from tfm.cli.copy_asking import Asker
from tfm.cli.copy_running import JobEvents, run_job
from tfm.cli.copy_sources import copy_specs
from tfm.cli.copy_streams import run_streams, uses_streams
from tfm.cli.output import EXIT_USAGE, Report, can_ask
from tfm.cli.own_journal import opened_journal, sweeping
from tfm.core.errors import StorageError
from tfm.journal import Journal
from tfm.operations.conflict import ConflictPolicy
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.path.sessions import current_session

__all__ = ["add_copy_arguments", "run_copying"]

_POLICIES: Final = {
    ConflictPolicy.OVERWRITE: "replace what is there",
    ConflictPolicy.SKIP: "leave it as it is",
    ConflictPolicy.NEWER: "replace what is older than the source, leave the rest",
    ConflictPolicy.RENAME: 'write beside it, as "name (1)"',
    ConflictPolicy.FAIL: "a failure of that one (the default without a terminal)",
}


def add_copy_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help=argparse.SUPPRESS)
    conflict = parser.add_argument_group("where something is in the way").add_mutually_exclusive_group()
    for policy, text in _POLICIES.items():
        conflict.add_argument(f"--{policy}", dest="policy", action="store_const", const=policy, help=text)
    parser.add_argument("-n", "--dry-run", action="store_true", help="print the plan: how much, requests, cost")
    parser.add_argument("--plan", metavar="FILE", help="write the plan to the new FILE; nothing else")
    parser.add_argument("--run-plan", metavar="FILE", help="do exactly what the plan in FILE says")
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what fails")
    parser.add_argument("--json", action="store_true", help="a JSON object a line for each copy, and one for all")


def run_copying(options: argparse.Namespace, *, move: bool, recursive: bool) -> int:
    report = Report()
    if options.run_plan is not None:
        from tfm.cli.copy_run_plan import run_plan

        run_plan(options, report, move=move)
        return report.exit_code
    if len(options.paths) < 2:
        report.say("What is copied, and where to, must both be named.", exit_code=EXIT_USAGE)
        return report.exit_code
    *sources, target = options.paths
    if not move and uses_streams(sources, target):
        run_streams(sources, target, options, report)
        return report.exit_code
    account = CopyAccount(report, quiet=options.quiet, as_json=options.json)
    specs = _specs(sources, target, options, account, move=move, recursive=recursive)
    if options.dry_run or options.plan is not None:
        from tfm.cli.copy_dry_run import run_dry

        try:
            if specs is not None:
                run_dry(specs, report, as_json=options.json, plan_path=options.plan)
        except OSError as error:
            report.failed(error)
    elif specs:
        with opened_journal(report) as journal, sweeping(journal):
            _run(specs, account, journal)
    if not options.dry_run and options.plan is None and specs is not None:
        account.finish()
    return report.exit_code


def _specs(
    sources: Sequence[str],
    target: str,
    options: argparse.Namespace,
    account: CopyAccount,
    *,
    move: bool,
    recursive: bool,
) -> list[CopySpec] | None:
    """None where nothing can be done; why was said."""
    asked = options.policy or (ConflictPolicy.ASK if can_ask() else ConflictPolicy.FAIL)
    policy = ConflictPolicy.FAIL if options.policy is None and (options.dry_run or options.plan) else asked
    try:
        return copy_specs(
            sources,
            target,
            options.profile,
            policy,
            move=move,
            recursive=recursive,
            on_error=account.not_begun,
        )
    except StorageError as error:
        account.not_begun(error, local=_is_local(target, options.profile))
        return None


def _is_local(text: str, profile: str | None) -> bool:
    try:
        return is_local(path_of(text, profile))
    except StorageError:
        return False


def _run(specs: Sequence[CopySpec], account: CopyAccount, journal: Journal) -> None:
    asker = Asker()
    for number, spec in enumerate(specs, 1):

        def make(events: JobEvents, spec: CopySpec = spec) -> CopyJob:
            return CopyJob(
                current_session(),
                spec,
                journal=journal,
                ask=events.ask,
                done=events.done if account.wants_objects else None,
                skipped=events.skipped if account.wants_objects else None,
            )

        run_job(make, account, asker.ask, kept=journal.is_kept, more=number < len(specs))
