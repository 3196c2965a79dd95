"""What a copy says of itself before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tfm.operations.conflict import ConflictPolicy
from tfm.ui.format import format_size

if TYPE_CHECKING:
    from tfm.operations.counted_plan import PlanCounts

__all__ = ["POLICIES", "counted", "plan_lines"]

POLICIES: Final = (
    (ConflictPolicy.ASK, "ask each time"),
    (ConflictPolicy.SKIP, "skip it"),
    (ConflictPolicy.OVERWRITE, "overwrite it"),
    (ConflictPolicy.NEWER, "overwrite what is older, skip the rest"),
    (ConflictPolicy.RENAME, 'keep both: "name (1)"'),
    (ConflictPolicy.FAIL, "do not copy it, and say so"),
)


def counted(count: int, one: str, many: str = "") -> str:
    """``1 request``, ``2,512 requests``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def plan_lines(
    counts: PlanCounts, policy: ConflictPolicy, *, move: bool, object_by_object: bool, ended: bool
) -> list[str]:
    """What would be written, what it costs, what is in the way, and what nobody can take back. ``ended`` says that no
    more is counted."""
    more = "" if counts.is_whole else " or more" if ended else " so far…"
    noun = counts.noun
    if counts.in_one_step:
        lines = [f"{noun.counted(counts.objects)}, one step each; to another disk copied, then deleted."]
    else:
        directories = f", {counted(counts.directories, 'directory', 'directories')}" if counts.directories else ""
        size = format_size(counts.size_bytes)
        lines = [f"{noun.counted(counts.objects)}{directories}, {size}{more}{_cost(counts)}"]
    if move and not counts.in_one_step:
        why = ": a directory has no name of its own to change" if object_by_object else ""
        lines.append(f"Each {noun.one} is copied, then deleted here{why}.")
    if counts.conflicts:
        size = f", {format_size(counts.conflict_bytes)}" if counts.conflict_bytes else ""
        lines.append(f"{_are(counts.conflicts)} there already{size}{_lost(counts, policy)}.")
    if counts.skipped:
        lines.append(f"{counted(counts.skipped, 'directory', 'directories')} there already.")
    if counts.refused:
        lines.append(f"! {counts.refused:,} cannot be there: {counts.first_refusal}")
    return lines


def _are(count: int) -> str:
    return f"{count:,} {'is' if count == 1 else 'are'}"


def _lost(counts: PlanCounts, policy: ConflictPolicy) -> str:
    """What becomes of that which is in the way, where it is replaced and nobody is asked."""
    gone = "the old content is gone" + (" unless the bucket keeps versions" if counts.in_bucket else "")
    if policy is ConflictPolicy.OVERWRITE:
        return f", and replaced: {gone}"
    if policy is ConflictPolicy.NEWER and counts.older is None:
        return f", and replaced where older: {gone}"
    if policy is ConflictPolicy.NEWER and counts.older:
        return f"; {_are(counts.older)} older and replaced: {gone}"
    return ""


def _cost(counts: PlanCounts) -> str:
    if not counts.requests:
        return ""
    cost = f"≈ ${counts.dollars:,.2f}" if counts.dollars >= 0.1 else f"≈ ${counts.dollars:.2g}"
    if counts.dollars < 0.0001:
        cost = "below $0.0001"
    return f", {counted(counts.requests, 'request')} {cost}"
