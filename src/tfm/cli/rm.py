"""``tfm rm``: files, objects and trees are deleted, and what is much only after it was counted and agreed to."""

from __future__ import annotations

import argparse

from tfm.cli.output import Report, can_ask
from tfm.cli.rm_account import Account
from tfm.cli.rm_agreement import agreed, is_much
from tfm.cli.rm_targets import Targets
from tfm.cli.settling import Settling
from tfm.core.progress import Cancel, Progress
from tfm.operations.delete import delete_items
from tfm.operations.delete_plan import DeletePlan, plan_items, run_delete
from tfm.operations.delete_summary import DeleteSummary

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
Quote patterns of remote paths. Before more than 1,000 entries, a gibibyte or a
whole bucket go you are asked; without a terminal --yes and --confirm answer.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help=argparse.SUPPRESS)
    parser.add_argument("-r", "--recursive", action="store_true", help="directories too, with all that is in them")
    parser.add_argument("-f", "--force", action="store_true", help="what is missing is no failure")
    parser.add_argument("-n", "--dry-run", action="store_true", help="print what would be deleted; delete nothing")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask, however much it is")
    parser.add_argument(
        "--confirm", metavar="NAME", action="append", default=[], help="yes, all that is in the bucket NAME"
    )
    parser.add_argument("--json", action="store_true", help="a JSON object a line for each path, and one for all")


def run(options: argparse.Namespace) -> int:
    report = Report()
    account = Account(report, as_json=options.json, dry_run=options.dry_run, force=options.force)
    targets = Targets(options.paths, options.profile, recursive=options.recursive, on_error=account.not_tried)
    account.noun = targets.noun
    cancel = Cancel()
    deleting: Settling[DeleteSummary] | None = None
    unconfirmed = [bucket for bucket in targets.buckets if bucket not in options.confirm]
    answered = not unconfirmed and (options.yes or targets.only_buckets)
    try:
        if options.dry_run or answered:
            deleting = Settling(lambda: _stream(targets, account, cancel, dry_run=options.dry_run), cancel)
        else:
            plan = _count(targets, account, unconfirmed)
            asks = not options.yes and not targets.only_buckets
            if not agreed(plan, unconfirmed, report, noun=account.noun, ask_amount=asks):
                return report.exit_code
            deleting = Settling(lambda: _run(plan, account, cancel), cancel)
        account.ended(deleting.run())
    except KeyboardInterrupt:
        account.interrupted(knows_all=deleting is not None and deleting.settled)
        raise
    return report.exit_code


def _stream(targets: Targets, account: Account, cancel: Cancel, *, dry_run: bool) -> DeleteSummary:
    """Nothing has to be known before: a page is listed and deleted after the other."""
    account.begins_to_delete()
    return delete_items(
        targets.items(),
        dry_run=dry_run,
        progress=account.progress,
        on_error=account.failed,
        on_deleted=account.deleted,
        cancel=cancel,
    )


def _count(targets: Targets, account: Account, unconfirmed: list[str]) -> DeletePlan:
    """What would be deleted; where nobody can be asked, only as far as it is clear that somebody would have to be."""
    if unconfirmed and not can_ask():
        return DeletePlan(stopped=True)
    cancel = Cancel()

    def counted(progress: Progress) -> None:
        account.counting(progress)
        if is_much(progress.objects_done, progress.bytes_done) and not can_ask():
            cancel.set()

    plan = plan_items(targets.items(), progress=counted, cancel=cancel)
    for error in plan.failures:
        account.not_tried(error)
    account.counted()
    return plan


def _run(plan: DeletePlan, account: Account, cancel: Cancel) -> DeleteSummary:
    account.begins_to_delete()
    return run_delete(
        plan, progress=account.progress, on_error=account.failed, on_deleted=account.deleted, cancel=cancel
    )
