"""Whether somebody agrees to what is about to be deleted. Who is no person on a terminal is not asked, but refused."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from tfm.cli.output import EXIT_FAILURE, EXIT_USAGE, Report, can_ask, for_terminal
from tfm.cli.progress import count_text
from tfm.operations.delete_plan import DeletePlan
from tfm.operations.noun import Noun

__all__ = ["agreed", "is_much"]

_MUCH_OBJECTS: Final = 1000
_MUCH_BYTES: Final = 1 << 30


def is_much(objects: int, size_bytes: int) -> bool:
    """Whether deleting that many is asked about."""
    return objects > _MUCH_OBJECTS or size_bytes > _MUCH_BYTES


def agreed(plan: DeletePlan, unconfirmed: Sequence[str], report: Report, *, noun: Noun, ask_amount: bool) -> bool:
    """Whether ``plan`` may be run: each of the ``unconfirmed`` buckets was named and, with ``ask_amount``, the amount
    was agreed to where it is much; ``noun`` is what is counted. What keeps it from that is said."""
    asks_amount = ask_amount and is_much(plan.objects, plan.size_bytes)
    if not unconfirmed and not asks_amount:
        return True
    if not can_ask():
        report.say(_refusal(plan, unconfirmed, noun), exit_code=EXIT_USAGE)
        return False
    amount = count_text(noun, plan.objects, plan.size_bytes)
    for bucket in unconfirmed:
        question = f"This deletes all that is in the bucket {bucket} ({amount}). Its name, to go on: "
        if _answer(question) != bucket:
            report.say("That is not its name. Nothing was deleted.", exit_code=EXIT_FAILURE)
            return False
    if asks_amount and _answer(f"Delete {amount}? [y/N] ").lower() not in {"y", "yes"}:
        report.say("Nothing was deleted.", exit_code=EXIT_FAILURE)
        return False
    return True


def _refusal(plan: DeletePlan, unconfirmed: Sequence[str], noun: Noun) -> str:
    if unconfirmed:
        options = " ".join(f"--confirm {bucket}" for bucket in unconfirmed)
        return f"This deletes all that is in a bucket. Nothing was deleted. {options} says that it is meant."
    amount = count_text(noun, plan.objects, plan.size_bytes) + (" or more" if plan.stopped else "")
    return f"This deletes {amount}. Nothing was deleted. --dry-run shows what it is, --yes says that it is meant."


def _answer(question: str) -> str:
    print(for_terminal(question), end="", file=sys.stderr, flush=True)
    return sys.stdin.buffer.readline().decode(errors="replace").strip()
