"""What a job says of itself, in the line above the function keys and in the list of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tfm.core.location import Location
from tfm.operations.copy_spec import CopySpec
from tfm.operations.job_state import JobSnapshot, JobState
from tfm.operations.jobs import InterruptedJob
from tfm.operations.queued_job import QueuedJob
from tfm.ui.copy_text import counted
from tfm.ui.format import format_size
from tfm.ui.places import location_text
from tfm.ui.sanitise import cell_width, fit_right, screen_text

__all__ = [
    "copied_to",
    "details",
    "ended_text",
    "interrupted_state",
    "interrupted_text",
    "job_line",
    "job_state",
    "share_done",
]

_BAR_CELLS: Final = 10
_LEAST_TARGET_CELLS: Final = 12


def share_done(snapshot: JobSnapshot) -> float | None:
    """By bytes, by objects where those hold none; None as long as nobody knows how much there is."""
    progress = snapshot.progress
    if progress.bytes_total:
        return min(1.0, progress.bytes_done / progress.bytes_total)
    if progress.objects_total:
        return min(1.0, progress.objects_done / progress.objects_total)
    return None


def job_line(job: QueuedJob, width: int, *, more: int = 0) -> str:
    """``⇣ copy 2 → ~/data/runs/ ███████░░░ 68 % 212 MB/s 0:04 left +2``. Where ``width`` cells are not enough, the
    destination is shortened, and then what is less needed left out."""
    snapshot = job.snapshot()
    facts = _facts(job, snapshot)
    others = f" +{more}" if more else ""
    bar = _bar(share_done(snapshot))
    for shown in ([bar, *facts], facts, facts[::2], facts[:1]):
        tail = "  ".join(filter(None, shown)) + others
        room = width - cell_width(screen_text(tail)) - 2
        head = screen_text(f" ⇣ {job.title} → ")
        if room >= cell_width(head) + _LEAST_TARGET_CELLS:
            return f"{head}{_shortened(job.spec.target, room - cell_width(head))}  {tail}"
    return f" ⇣ {job.title}  {facts[0]}{others}"


def _facts(job: QueuedJob, snapshot: JobSnapshot) -> list[str]:
    if job.cancel_wanted:
        return ["stopping…"]
    if job.waits_for_answer:
        return ["? something is in the way"]
    if snapshot.state is not JobState.RUNNING:
        return [_percent(snapshot), snapshot.state.value]
    return [_percent(snapshot), _speed(snapshot), _time_left(snapshot)]


def _percent(snapshot: JobSnapshot) -> str:
    share = share_done(snapshot)
    if share is not None:
        return f"{int(100 * share)} %"
    return f"{snapshot.progress.objects_done:,} done" if snapshot.progress.objects_done else "planning…"


def _bar(share: float | None) -> str:
    done = int(_BAR_CELLS * (share or 0.0))
    return "█" * done + "░" * (_BAR_CELLS - done)


def _speed(snapshot: JobSnapshot) -> str:
    return f"{format_size(int(snapshot.bytes_per_second))}/s" if snapshot.bytes_per_second >= 1 else ""


def _time_left(snapshot: JobSnapshot) -> str:
    if snapshot.seconds_left is None:
        return ""
    minutes, seconds = divmod(int(max(0.0, snapshot.seconds_left)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02} left" if hours else f"{minutes}:{seconds:02} left"


def _shortened(target: Location, width: int) -> str:
    return fit_right(location_text(target), width).rstrip()


# The list of jobs


def job_state(job: QueuedJob) -> str:
    """In a few words."""
    snapshot = job.snapshot()
    if job.is_over:
        if snapshot.state is JobState.DONE:
            return "done"
        failed = len(job.failures())
        if snapshot.state is JobState.FAILED and failed:
            return f"{failed:,} failed"
        return snapshot.state.value
    return "  ".join(filter(None, _facts(job, snapshot)))


def interrupted_state(job: InterruptedJob) -> str:
    of_all = "" if job.objects is None else f" of {job.objects:,}"
    return f"interrupted, {job.objects_done:,}{of_all} done"


def details(job: QueuedJob) -> str:
    """What came of it so far, in one line."""
    snapshot = job.snapshot()
    progress = snapshot.progress
    objects = f"{progress.objects_done - snapshot.skipped - snapshot.failed:,}"
    if job.copy is None:
        return "It waits for its turn." if not job.is_over else ""
    of_all = "" if progress.objects_total is None else f" of {progress.objects_total:,}"
    size = format_size(progress.bytes_done)
    of_bytes = "" if progress.bytes_total is None else f" of {format_size(progress.bytes_total)}"
    parts = [f"{objects}{of_all} {snapshot.noun.many}, {size}{of_bytes}"]
    parts += [f"{snapshot.skipped:,} skipped"] if snapshot.skipped else []
    parts += [f"{snapshot.failed:,} failed"] if snapshot.failed else []
    unverified = job.copy.summary.unverified
    parts += [f"of {unverified:,} nothing tells whether the copy is right"] if unverified else []
    return "; ".join(parts)


# Notices


def ended_text(job: QueuedJob) -> str:
    """When it has ended."""
    snapshot = job.snapshot()
    name = f"{job.title} → {_shortened(job.spec.target, 30)}"
    if snapshot.state is JobState.DONE:
        skipped = f", {snapshot.skipped:,} skipped" if snapshot.skipped else ""
        return f" ✓ {name}: done{skipped}"
    if snapshot.state is JobState.CANCELLED:
        return f" {name}: cancelled (Ctrl-T goes on with it)"
    return f" ✗ {name}: {len(job.failures()):,} failed (Ctrl-T says why)"


def interrupted_text(jobs: Sequence[InterruptedJob]) -> str:
    """The offer at the start; empty where there is nothing to offer."""
    if not jobs:
        return ""
    moves = sum(job.spec.move for job in jobs)
    one, many = ("move", "moves") if moves == len(jobs) else ("copy", "copies")
    was = "was" if len(jobs) == 1 else "were"
    return f" {counted(len(jobs), one, many)} {was} interrupted: Ctrl-T resumes or forgets {_it(jobs)}"


def _it(jobs: Sequence[InterruptedJob]) -> str:
    return "it" if len(jobs) == 1 else "them"


def copied_to(spec: CopySpec) -> str:
    """``copy 3 entries → s3://bucket/runs/``."""
    return f"{spec.title} → {location_text(spec.target)}"
