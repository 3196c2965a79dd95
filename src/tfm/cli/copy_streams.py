"""``-`` as source or destination of ``tfm cp``: standard input and output."""

from __future__ import annotations

import argparse

from tfm.cli import cat, put
from tfm.cli.arguments import expanded
from tfm.cli.output import EXIT_USAGE, Report
from tfm.operations.conflict import ConflictPolicy

__all__ = ["run_streams", "uses_streams"]


def uses_streams(sources: list[str], target: str) -> bool:
    return target == "-" or "-" in sources


def run_streams(sources: list[str], target: str, options: argparse.Namespace, report: Report) -> None:
    """Standard input becomes one object, or one object goes to standard output."""
    wrong = _objection(sources, target, options)
    if wrong:
        report.say(wrong, exit_code=EXIT_USAGE)
    elif target == "-":
        _to_output(sources[0], options, report)
    else:
        streamed = argparse.Namespace(
            source="-",
            path=target,
            overwrite=options.policy is ConflictPolicy.OVERWRITE,
            content_type=None,
            json=options.json,
            profile=options.profile,
        )
        report.exit_code = max(report.exit_code, put.run(streamed))


def _objection(sources: list[str], target: str, options: argparse.Namespace) -> str:
    if len(sources) > 1:
        return "A standard stream (-) is one file: it is copied alone. A local file of that name is ./-."
    if sources[0] == target:
        return "Standard input to standard output is cat's work."
    if options.dry_run or options.plan:
        return "What comes or goes through a standard stream cannot be planned."
    if sources[0] == "-" and options.policy not in {None, ConflictPolicy.OVERWRITE, ConflictPolicy.FAIL}:
        return "Standard input is copied with --overwrite or --fail: it has no time and is read once."
    return ""


def _to_output(text: str, options: argparse.Namespace, report: Report) -> None:
    # One more than there may be tells.
    meant = [each for each, _ in zip(expanded(text, options.profile), range(2), strict=False)]
    if len(meant) > 1:
        report.say("Several files fit, and one goes to standard output. tfm cat writes them all.", exit_code=EXIT_USAGE)
        return
    report.exit_code = max(report.exit_code, cat.run(argparse.Namespace(paths=[text], profile=options.profile)))
