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


def plan_lines(counts: PlanCounts, *, object_by_object: bool, ended: bool) -> list[str]:
    """What would be written, what it costs, and what is in the way. ``ended`` says that no more is counted."""
    more = "" if counts.is_whole else " or more" if ended else " so far…"
    noun = counts.noun
    if counts.in_one_step:
        lines = [f"{noun.counted(counts.objects)}, one step each; on another file system, copied."]
    else:
        directories = f", {counted(counts.directories, 'directory', 'directories')}" if counts.directories else ""
        size = format_size(counts.size_bytes)
        lines = [f"{noun.counted(counts.objects)}{directories}, {size}{more}{_cost(counts)}"]
    if object_by_object:
        lines.append(f"Each {noun.one} is copied, then deleted here: a directory has no name of its own to change.")
    if counts.conflicts:
        size = f", {format_size(counts.conflict_bytes)}" if counts.conflict_bytes else ""
        lines.append(f"{counts.conflicts:,} {'is' if counts.conflicts == 1 else 'are'} there already{size}.")
    if counts.skipped:
        lines.append(f"{counted(counts.skipped, 'directory', 'directories')} there already.")
    if counts.refused:
        lines.append(f"! {counts.refused:,} cannot be there: {counts.first_refusal}")
    return lines


def _cost(counts: PlanCounts) -> str:
    if not counts.requests:
        return ""
    cost = f"≈ ${counts.dollars:,.2f}" if counts.dollars >= 0.1 else f"≈ ${counts.dollars:.2g}"
    if counts.dollars < 0.0001:
        cost = "below $0.0001"
    return f", {counted(counts.requests, 'request')} {cost}"
