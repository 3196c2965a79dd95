"""What a delete says of itself: before, while it runs, and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tfm.core.errors import StorageError
from tfm.core.progress import Progress
from tfm.operations.delete import DeleteSummary
from tfm.operations.delete_plan import DeletePlan
from tfm.operations.noun import ENTRY
from tfm.operations.trash import TrashSummary
from tfm.ui.copy_text import counted
from tfm.ui.format import format_size
from tfm.ui.sanitise import fit, screen_text

__all__ = [
    "count_text",
    "failure_lines",
    "names_shown",
    "odd_names_text",
    "outcome_text",
    "progress_text",
    "question",
    "trash_outcome_text",
    "trash_question",
]

_MOST_NAMES: Final = 5
_NAME_CELLS: Final = 60
_MOST_FAILURES: Final = 500


def names_shown(names: Sequence[str]) -> list[str]:
    """The first few names, those first that are not shown as they are, and how many there are besides."""
    ordered = sorted(names, key=lambda name: screen_text(name) == name)
    few = ordered if len(ordered) <= _MOST_NAMES else ordered[: _MOST_NAMES - 1]
    lines = [fit(name, _NAME_CELLS).rstrip() for name in few]
    return lines if len(few) == len(ordered) else [*lines, f"and {len(ordered) - len(few):,} more"]


def odd_names_text(names: Sequence[str]) -> str:
    """A warning where a name is not what it looks like, or nothing."""
    count = sum(screen_text(name) != name for name in names)
    if not count:
        return ""
    which = "This name holds" if len(names) == 1 else f"{count:,} of these names {'holds' if count == 1 else 'hold'}"
    return f"! {which} control, invisible or right-to-left characters, shown here as marks. Look twice."


def count_text(progress: Progress) -> str:
    """While the plan is made."""
    if not progress.objects_done:
        return "counting…"
    return f"counting… {progress.objects_done:,} so far, {format_size(progress.bytes_done)}"


def question(plan: DeletePlan) -> list[str]:
    """What the plan says, and that there is no way back."""
    if not plan.objects:
        return ["There is nothing here to delete."]
    requests = f", in {counted(plan.requests, 'request')}" if plan.requests else ""
    left = f" Of {ENTRY.counted(len(plan.failures))} nothing could be read." if plan.failures else ""
    return [f"Delete {_amount(plan)}{requests}?{left}", "Permanently: this cannot be undone."]


def trash_question(count: int) -> list[str]:
    """Of so many entries, each with all that is in it."""
    return [f"Move {ENTRY.counted(count)} to the trash?", "This can be undone."]


def progress_text(progress: Progress) -> str:
    """While it runs; without bytes where nobody counted them."""
    objects = f"{progress.objects_done:,} of {progress.objects_total or 0:,}"
    if progress.bytes_total is None:
        return objects
    return f"{objects}, {format_size(progress.bytes_done)} of {format_size(progress.bytes_total)}"


def outcome_text(plan: DeletePlan, summary: DeleteSummary) -> str:
    """At the end, what went and what did not."""
    text = f"{summary.objects:,} of {plan.objects:,} deleted, {format_size(summary.size_bytes)}"
    text += f"; {summary.failed:,} not." if summary.failed else "."
    if summary.stopped:
        text = f"Stopped. {text}"
    if summary.unknown:
        text += f" Of {summary.unknown:,} the answer was lost: they may be gone."
    return f"{text} Delete again what is left." if summary.failed or summary.stopped else text


def trash_outcome_text(summary: TrashSummary) -> str:
    """At the end, what went and what did not."""
    text = f"{len(summary.trashed):,} of {summary.asked:,} moved to the trash"
    text += f"; {len(summary.failures):,} not. Shift-F8 deletes permanently." if summary.failures else "."
    return f"Stopped. {text}" if summary.stopped else text


def failure_lines(failures: Sequence[StorageError]) -> list[str]:
    """Each with its cause and what to do, the first five hundred."""
    lines = []
    for error in failures[:_MOST_FAILURES]:
        where = f"{error.uri}: " if error.uri and error.uri not in error.cause else ""
        lines.append(f"✗ {where}{error.cause}")
        if error.next_step:
            lines.append(f"  → {error.next_step}")
    if len(failures) > _MOST_FAILURES:
        lines.append(f"and {len(failures) - _MOST_FAILURES:,} more")
    return lines


def _amount(plan: DeletePlan) -> str:
    return f"{plan.noun.counted(plan.objects)}, {format_size(plan.size_bytes)}"
